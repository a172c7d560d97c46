/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/dispute_record.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t dispute_due_ms(const struct service *s, int64_t at_utc_ms)
{
    return workdays_due_ms(&s->workdays, at_utc_ms, (int)s->settings.policy.dispute_days);
}

/* Erased after its term, or never there: a complaint without words is one all the same. */
static enum err read_text(const struct body_record *r, const struct body_dispute *d, char **text)
{
    uint8_t hash[KEY_HASH];
    struct body_dispute_blob *blob;
    if (r->blob) {
        record_blob_hash(r->salt, r->blob, r->blob_len, hash);
        if (CRYPTO_memcmp(hash, d->blob, KEY_HASH) != 0)
            return ERR_CHAIN_BROKEN;
    }
    blob = calloc(1, sizeof *blob);
    enum err e = !blob ? ERR_NOMEM : r->blob ? body_dispute_blob_decode(r->blob, r->blob_len, blob) : ERR_OK;
    if (!e)
        *text = strdup(blob->text);
    free(blob);
    return e ? e : *text ? ERR_OK : ERR_NOMEM;
}

enum err dispute_record_read(
    const struct service *s, const struct body_record *r, int64_t at_utc_ms, struct store_dispute *out, char **text)
{
    struct body_dispute in;
    enum err e = body_dispute_decode(r->body, r->body_len, &in);
    if (e)
        return e;
    struct store_dispute d = {.reporter = in.reporter == DISPUTE_BY_SHOP ? STORE_REPORTER_SHOP : STORE_REPORTER_MEMBER,
        .channel = STORE_DISPUTE_BY_TERMINAL,
        .has_sale = in.sale_id[0] != 0,
        .refusal_seq = in.refusal_seq,
        .has_slip = true,
        .at_utc_ms = in.at_utc_ms,
        .received_utc_ms = at_utc_ms,
        .due_utc_ms = dispute_due_ms(s, at_utc_ms)};
    snprintf(d.kind, sizeof d.kind, "%s", dispute_kind_name(in.kind));
    memcpy(d.slip, in.slip, KEY_HASH);
    e = ulid_decode(in.dispute_id, ULID_LEN, d.dispute);
    if (!e && d.has_sale)
        e = ulid_decode(in.sale_id, ULID_LEN, d.sale);
    if (!e)
        e = read_text(r, &in, text);
    if (!e)
        *out = d;
    return e;
}
