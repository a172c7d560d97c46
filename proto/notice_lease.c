/* SPDX-License-Identifier: Apache-2.0 */
/* What lease, revoked and answer notices say. The envelope is in notice.c. */
#include "base/ulid.h"
#include "proto/notice_parts.h"
#include "proto/revoked.h"
#include <stdlib.h>
#include <string.h>

static enum err id_of(const json_t *body, const char *key, char out[static ULID_LEN + 1])
{
    uint8_t raw[ULID_SIZE];
    enum err e = jsonx_copy(body, key, ULID_LEN, out, ULID_LEN + 1);
    return e ? e : ulid_decode(out, ULID_LEN, raw);
}

static enum err count_of(const json_t *obj, const char *key, int64_t max, uint64_t *out)
{
    int64_t v;
    enum err e = jsonx_int(obj, key, 0, max, &v);
    if (!e)
        *out = (uint64_t)v;
    return e;
}

static enum err lease_head(const json_t *body, struct notice_lease *l)
{
    int64_t epoch = 0;
    enum err e = id_of(body, "terminal_id", l->terminal_id);
    if (!e)
        e = id_of(body, "shop_id", l->shop_id);
    if (!e)
        e = jsonx_int(body, "epoch", 1, UINT32_MAX, &epoch);
    if (!e)
        e = jsonx_int(body, "issued_ms", 0, NOTICE_TIME_MAX, &l->issued_utc_ms);
    if (!e)
        e = jsonx_int(body, "stop_at_ms", 0, NOTICE_TIME_MAX, &l->stop_at_utc_ms);
    if (e)
        return e;
    l->epoch = (uint32_t)epoch;
    int64_t life = l->stop_at_utc_ms - l->issued_utc_ms;
    return life > 0 && life <= NOTICE_LEASE_MAX_MS ? ERR_OK : ERR_BAD_NOTICE;
}

static enum err allowance_of(const json_t *body, struct notice_allowance *a)
{
    json_t *v;
    enum err e = jsonx_obj(body, "allowance", &v);
    if (!e)
        e = jsonx_int(v, "sales", 0, NOTICE_ALLOWANCE_MAX, &a->sales);
    if (!e)
        e = jsonx_int(v, "amount_fen", 0, JSONX_INT_MAX, &a->amount_fen);
    if (!e)
        e = jsonx_int(v, "starts", 0, NOTICE_ALLOWANCE_MAX, &a->starts);
    if (!e)
        e = jsonx_int(v, "per_card_day", 0, NOTICE_ALLOWANCE_MAX, &a->per_card_day);
    if (!e)
        e = jsonx_int(v, "keyed_sales", 0, NOTICE_ALLOWANCE_MAX, &a->keyed_sales);
    return e ? e : jsonx_int(v, "keyed_amount_fen", 0, JSONX_INT_MAX, &a->keyed_amount_fen);
}

static enum err pin_of(const json_t *body, const char *key, struct notice_pin *p)
{
    json_t *v;
    enum err e = jsonx_obj(body, key, &v);
    if (!e)
        e = jsonx_int(v, "version", 1, JSONX_INT_MAX, &p->version);
    return e ? e : jsonx_hex(v, "sha256", p->sha256, KEY_HASH);
}

enum err notice_lease_parse(const struct notice *n, struct notice_lease *out)
{
    struct notice_lease l = {.version = n->version};
    if (n->kind != NOTICE_LEASE)
        return ERR_BAD_NOTICE;
    enum err e = lease_head(n->body, &l);
    if (!e)
        e = allowance_of(n->body, &l.allowance);
    if (!e)
        e = pin_of(n->body, "trust", &l.trust);
    if (!e)
        e = pin_of(n->body, "shop", &l.shop);
    if (!e)
        e = pin_of(n->body, "revoked", &l.revoked);
    if (!e)
        *out = l;
    return notice_bad(e);
}

static enum err deltas_of(const json_t *body, struct notice_revoked *r)
{
    json_t *list, *v;
    size_t i;
    enum err e = jsonx_arr(body, "deltas", NOTICE_DELTAS, &list);
    if (e)
        return e;
    json_array_foreach (list, i, v) {
        struct notice_delta *d = &r->deltas[i];
        e = jsonx_int(v, "from", 1, r->version - 1, &d->from);
        if (!e)
            e = count_of(v, "len", (int64_t)REVOKED_DELTA_HEADER + 2 * REVOKED_COUNT_MAX * REVOKED_VALUE, &d->len);
        if (!e && (d->len < REVOKED_DELTA_HEADER || (d->len - REVOKED_DELTA_HEADER) % REVOKED_VALUE))
            e = ERR_BAD_NOTICE;
        for (size_t k = 0; !e && k < i; k++)
            if (r->deltas[k].from == d->from)
                e = ERR_BAD_NOTICE;
        if (!e)
            e = jsonx_hex(v, "sha256", d->sha256, KEY_HASH);
        if (e)
            return e;
        r->delta_cnt = i + 1;
    }
    return ERR_OK;
}

enum err notice_revoked_parse(const struct notice *n, struct notice_revoked *out)
{
    struct notice_revoked r = {.version = n->version};
    if (n->kind != NOTICE_REVOKED)
        return ERR_BAD_NOTICE;
    enum err e = jsonx_int(n->body, "issued_ms", 0, NOTICE_TIME_MAX, &r.issued_utc_ms);
    if (!e)
        e = count_of(n->body, "count", REVOKED_COUNT_MAX, &r.count);
    if (!e)
        e = count_of(n->body, "len", JSONX_INT_MAX, &r.len);
    if (!e && r.len != REVOKED_HEADER + r.count * REVOKED_VALUE)
        e = ERR_BAD_NOTICE;
    if (!e)
        e = jsonx_hex(n->body, "sha256", r.sha256, KEY_HASH);
    if (!e)
        e = deltas_of(n->body, &r);
    if (!e)
        *out = r;
    return notice_bad(e);
}

/* Whatever form it came in, it is shown in ours. */
static enum err ref_of(const json_t *body, char out[static REF_LEN_MAX + 1])
{
    const char *s;
    struct ref r;
    enum err e = jsonx_str(body, "ref", 1, REF_LEN_MAX, &s);
    if (!e)
        e = ref_parse(s, strlen(s), &r);
    return e ? e : ref_format(&r, out);
}

static enum err answer_of(const json_t *body, struct notice_answer *a)
{
    const char *state;
    enum err e = id_of(body, "terminal_id", a->terminal_id);
    if (!e)
        e = id_of(body, "record_id", a->record_id);
    if (!e)
        e = ref_of(body, a->ref);
    if (!e)
        e = jsonx_str(body, "state", 1, 32, &state);
    if (!e && !(a->state = dispute_state_from_name(state)))
        e = ERR_BAD_NOTICE;
    if (!e)
        e = notice_text(body, "text", 0, sizeof a->text, a->text);
    if (!e && !dispute_text_ok(a->text, strlen(a->text)))
        e = ERR_BAD_NOTICE;
    if (!e)
        e = jsonx_int(body, "at_ms", 0, NOTICE_TIME_MAX, &a->at_utc_ms);
    if (!e && jsonx_has(body, "erased_ms"))
        e = jsonx_int(body, "erased_ms", 1, NOTICE_TIME_MAX, &a->erased_utc_ms);
    return e ? e : notice_text(body, "by", 1, sizeof a->by, a->by);
}

enum err notice_answer_parse(const struct notice *n, struct notice_answer *out)
{
    if (n->kind != NOTICE_ANSWER)
        return ERR_BAD_NOTICE;
    struct notice_answer *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_NOMEM;
    a->version = n->version;
    enum err e = answer_of(n->body, a);
    if (!e)
        *out = *a;
    free(a);
    return notice_bad(e);
}
