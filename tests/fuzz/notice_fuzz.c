/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes and, behind a first byte of 't', 's', 'l', 'r' or 'a', payloads as if their signature had been good. */
#include "base/text.h"
#include "proto/notice.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void later_bodies(const struct notice *n)
{
    static struct notice_answer answer;
    struct notice_lease lease;
    struct notice_revoked revoked;
    struct ref ref;
    if (!notice_lease_parse(n, &lease)) {
        assert(n->kind == NOTICE_LEASE && lease.epoch && lease.issued_utc_ms < lease.stop_at_utc_ms);
        assert(lease.stop_at_utc_ms - lease.issued_utc_ms <= NOTICE_LEASE_MAX_MS && lease.allowance.sales >= 0);
        assert(lease.trust.version >= 1 && lease.shop.version >= 1 && lease.revoked.version >= 1);
    }
    if (!notice_revoked_parse(n, &revoked)) {
        assert(
            n->kind == NOTICE_REVOKED && revoked.len == 32 + 8 * revoked.count && revoked.delta_cnt <= NOTICE_DELTAS);
        for (size_t i = 0; i < revoked.delta_cnt; i++)
            assert(revoked.deltas[i].from >= 1 && revoked.deltas[i].from < revoked.version);
    }
    if (!notice_answer_parse(n, &answer)) {
        assert(n->kind == NOTICE_ANSWER && answer.state && !ref_parse(answer.ref, strlen(answer.ref), &ref));
        assert(dispute_text_ok(answer.text, strlen(answer.text)) && *answer.by);
    }
}

static void bodies(const struct notice *n)
{
    struct notice_trust trust;
    struct notice_shop shop;
    if (!notice_trust_parse(n, &trust)) {
        assert(n->kind == NOTICE_TRUST && trust.root && *trust.card_hosts && trust.sealing_cert.len);
        assert(n->sig_cnt || notice_verify(n, &trust));
        assert(trust.issuer_cnt <= NOTICE_ISSUERS && trust.reset_floor_utc_ms >= -1);
        assert(!(trust.reset_kinds & 1u << NOTICE_TRUST));
        notice_trust_release(&trust);
    }
    if (!notice_shop_parse(n, &shop)) {
        assert(n->kind == NOTICE_SHOP && shop.standing && shop.offer_cnt <= OFFER_PER_SHOP);
        assert(text_is_utf8(shop.name, strlen(shop.name)) && text_is_utf8(shop.reason, strlen(shop.reason)));
        notice_shop_release(&shop);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct notice n = {0};
    const uint8_t none[KEY_HASH] = {0};
    static const char kinds[] = {0, 't', 's', 'l', 'r', 'a'};
    const char *kind = size && *data ? memchr(kinds, *data, sizeof kinds) : NULL;
    if (kind) {
        n.kind = (enum notice_kind)(kind - kinds);
        n.version = 9;
        if (jsonx_parse((const char *)data + 1, size - 1, &n.body))
            return 0;
        bodies(&n);
        later_bodies(&n);
        notice_release(&n);
        return 0;
    }
    if (notice_open((const char *)data, size, &n))
        return 0;
    assert(n.kind && n.version >= 1 && n.sig_cnt >= 1 && n.sig_cnt <= 4 && n.payload.len);
    assert(!notice_newer(&n, 0, none) && notice_newer(&n, n.version, n.hash) == ERR_EXISTS);
    bodies(&n);
    later_bodies(&n);
    notice_release(&n);
    return 0;
}
