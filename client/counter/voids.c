/* SPDX-License-Identifier: Apache-2.0 */
/* Voids and returns of a sale, and the sums of a day. */
#include "base/tm.h"
#include "client/counter/parts.h"
#include <string.h>

static json_t *view(const struct counter_voided *v)
{
    const struct body_void *b = v->body;
    const char *outcome = body_outcome_name(v->outcome);
    json_t *j = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s}", "void_id", b->void_id, "sale_id",
        b->sale_id, "kind", body_void_kind_name(b->kind), "at_ms", (json_int_t)b->at_utc_ms, "seq", (json_int_t)v->seq,
        "amount_fen", (json_int_t)b->amount_fen, "discount_back_fen", (json_int_t)b->discount_back_fen, "refund_fen",
        (json_int_t)b->refund_fen, "returned_fen", (json_int_t)b->returned_fen, "granted", b->granted, "outcome",
        outcome ? outcome : "unsent");
    if (j && v->code)
        json_object_set_new(j, "code", json_string(err_code(v->code)));
    if (j && b->cashier[0])
        json_object_set_new(j, "cashier", json_string(b->cashier));
    return j;
}

struct made {
    const struct request *r;
    json_t *v;
};

static enum err show_new(void *ctx, const struct counter_voided *v)
{
    struct made *m = ctx;
    const struct counter_after *after = m->r->counter->config.ops->after;
    struct buf text;
    m->v = view(v);
    if (!m->v)
        return ERR_NOMEM;
    buf_init(&text, 32768);
    if (!after->void_receipt(after->ctx, v, view_lang(m->r), 32, &text))
        json_object_set_new(m->v, "receipt", json_string(buf_str(&text)));
    buf_wipe(&text);
    return ERR_OK;
}

static enum err read_order(const json_t *v, struct counter_void *o)
{
    enum err e = jsonx_str(v, "reason", 1, DISPUTE_TEXT_MAX, &o->reason);
    if (!e)
        e = checkouts_cashier(v, 1, &o->cashier);
    if (!e && o->kind == BODY_VOID_RETURN)
        e = jsonx_int(v, "amount_fen", 1, OFFER_FEN_MAX, &o->amount_fen) ? ERR_BAD_AMOUNT : ERR_OK;
    return e ? e : dispute_text_ok(o->reason, strlen(o->reason)) ? ERR_OK : ERR_BAD_VALUE;
}

/* Sale and kind belong to what was asked under the key. */
static enum err fingerprint(const struct request *r, enum body_void_kind kind, uint8_t out[static KEY_HASH])
{
    json_t *all = json_pack("{s:s, s:s, s:O}", "sale", r->id, "kind", body_void_kind_name(kind), "body", r->json);
    enum err e = all ? keyed_fingerprint(all, out) : ERR_NOMEM;
    json_decref(all);
    return e;
}

static enum MHD_Result take_back(struct request *r, enum body_void_kind kind)
{
    const struct counter_after *after = r->counter->config.ops->after;
    uint8_t hash[KEY_HASH];
    struct counter_void o = {.request = hash, .sale_id = r->id, .kind = kind};
    struct made m = {.r = r};
    enum err e = after ? keyed_key(r, &o.key) : ERR_NOT_FOUND;
    if (!e)
        e = r->json ? read_order(r->json, &o) : ERR_BAD_JSON;
    if (!e)
        e = fingerprint(r, kind, hash);
    if (!e)
        e = after->take_back(after->ctx, &o, show_new, &m);
    if (e == ERR_BUSY && wait_again(r))
        return MHD_YES;
    return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_CREATED, m.v);
}

enum MHD_Result voids_void(struct request *r)
{
    return take_back(r, BODY_VOID_ALL);
}

enum MHD_Result voids_return(struct request *r)
{
    return take_back(r, BODY_VOID_RETURN);
}

static enum err add(void *ctx, const struct counter_voided *v)
{
    return json_array_append_new(ctx, view(v)) ? ERR_NOMEM : ERR_OK;
}

enum MHD_Result voids_list(struct request *r)
{
    const struct counter_after *after = r->counter->config.ops->after;
    json_t *list = after ? json_array() : NULL;
    enum err e = !after ? ERR_NOT_FOUND : list ? after->voids(after->ctx, r->id, add, list) : ERR_NOMEM;
    if (!e)
        return reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "voids", list));
    json_decref(list);
    return reply_problem(r, e);
}

static enum MHD_Result day(struct request *r, const char *asked, bool print)
{
    const struct counter_ops *ops = r->counter->config.ops;
    int32_t number = tm_day(ops->utc_ms(ops->ctx));
    enum err e = ERR_OK;
    if (!ops->after)
        return reply_problem(r, ERR_NOT_FOUND);
    if (asked && !tm_day_parse(asked, &number))
        return reply_problem(r, ERR_BAD_VALUE);
    json_t *v = ops->after->day(ops->after->ctx, number, print, &e);
    return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_OK, v);
}

enum MHD_Result voids_day(struct request *r)
{
    return day(r, route_query(r, "day"), false);
}

enum MHD_Result voids_day_close(struct request *r)
{
    const char *asked = NULL;
    if (r->json && jsonx_has(r->json, "day") && jsonx_str(r->json, "day", TM_DAY_LEN, TM_DAY_LEN, &asked))
        return reply_problem(r, ERR_BAD_VALUE);
    return day(r, asked, true);
}

/* A page that is no sale's receipt, as a copy. */
enum MHD_Result voids_print_again(struct request *r)
{
    const struct counter_after *after = r->counter->config.ops->after;
    bool queued = false;
    struct buf text;
    buf_init(&text, 32768);
    enum err e = after ? after->again(after->ctx, r->id, view_lang(r), &text, &queued) : ERR_NOT_FOUND;
    json_t *v = e ? NULL : json_pack("{s:s, s:s, s:b}", "id", r->id, "text", buf_str(&text), "queued", queued);
    buf_wipe(&text);
    return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_OK, v);
}
