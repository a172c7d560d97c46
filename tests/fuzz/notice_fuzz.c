/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes and, behind a first byte of 't' or 's', payloads as if their signature had been good. */
#include "base/text.h"
#include "proto/notice.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void bodies(const struct notice *n)
{
    struct notice_trust trust;
    struct notice_shop shop;
    if (!notice_trust_parse(n, &trust)) {
        assert(n->kind == NOTICE_TRUST && trust.root && *trust.card_hosts && trust.sealing_cert.len);
        assert(n->sig_cnt || notice_verify(n, &trust));
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
    if (size && (*data == 't' || *data == 's')) {
        n.kind = *data == 't' ? NOTICE_TRUST : NOTICE_SHOP;
        n.version = 1;
        if (jsonx_parse((const char *)data + 1, size - 1, &n.body))
            return 0;
        bodies(&n);
        notice_release(&n);
        return 0;
    }
    if (notice_open((const char *)data, size, &n))
        return 0;
    assert(n.kind && n.version >= 1 && n.sig_cnt >= 1 && n.sig_cnt <= 4 && n.payload.len);
    assert(!notice_newer(&n, 0, none) && notice_newer(&n, n.version, n.hash) == ERR_EXISTS);
    bodies(&n);
    notice_release(&n);
    return 0;
}
