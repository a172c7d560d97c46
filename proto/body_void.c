/* SPDX-License-Identifier: Apache-2.0 */
/* Voids and returns: the record, and what the service is asked before. */
#include "base/jsonw.h"
#include "proto/body_parts.h"
#include <string.h>

static const char *const kinds[] = {NULL, "void", "return"};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *body_void_kind_name(enum body_void_kind v)
{
    return (int)v > 0 && (int)v < KINDS ? kinds[v] : NULL;
}

static enum err kind_of(const json_t *obj, enum body_void_kind *out)
{
    const char *name;
    enum err e = jsonx_str(obj, "kind", 1, 16, &name);
    for (int i = 1; !e && i < KINDS; i++)
        if (!strcmp(kinds[i], name)) {
            *out = (enum body_void_kind)i;
            return ERR_OK;
        }
    return ERR_BAD_VALUE;
}

/* What the discount formula gives for the part between two states of "returned so far". */
static int64_t back_of(int64_t discount_fen, int64_t total_fen, int64_t before_fen, int64_t after_fen)
{
    int64_t already = offer_discount_back(discount_fen, total_fen, before_fen, 0);
    return offer_discount_back(discount_fen, total_fen, after_fen, already);
}

static bool within(int64_t v, int64_t min, int64_t max)
{
    return v >= min && v <= max;
}

static bool sums_ok(const struct body_void *v)
{
    return within(v->total_fen, 1, OFFER_FEN_MAX) && within(v->discount_fen, 0, v->total_fen) &&
           within(v->returned_fen, 1, v->total_fen) && within(v->amount_fen, 1, v->returned_fen) &&
           (v->kind != BODY_VOID_ALL || v->returned_fen == v->total_fen) &&
           v->discount_back_fen ==
               back_of(v->discount_fen, v->total_fen, v->returned_fen - v->amount_fen, v->returned_fen) &&
           v->refund_fen == v->amount_fen - v->discount_back_fen;
}

static bool void_ok(const struct body_void *v)
{
    return body_time_ok(v->at_utc_ms) && body_ulid_ok(v->void_id) && body_ulid_ok(v->sale_id) &&
           body_void_kind_name(v->kind) && within(v->terminal, 0, INT32_MAX);
}

enum err body_void_encode(const struct body_void *v, struct buf *out)
{
    if (!void_ok(v) || !sums_ok(v))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    jsonw_str(&w, "void_id", v->void_id);
    jsonw_str(&w, "sale_id", v->sale_id);
    jsonw_str(&w, "kind", body_void_kind_name(v->kind));
    jsonw_int(&w, "amount_fen", v->amount_fen);
    jsonw_int(&w, "discount_back_fen", v->discount_back_fen);
    jsonw_int(&w, "refund_fen", v->refund_fen);
    jsonw_int(&w, "returned_fen", v->returned_fen);
    jsonw_int(&w, "total_fen", v->total_fen);
    jsonw_int(&w, "discount_fen", v->discount_fen);
    if (v->terminal)
        jsonw_int(&w, "terminal", v->terminal);
    jsonw_bool(&w, "granted", v->granted);
    if (*v->cashier)
        jsonw_str(&w, "cashier", v->cashier);
    jsonw_hex(&w, "slip", v->slip, KEY_HASH);
    jsonw_hex(&w, "blob", v->blob, KEY_HASH);
    return jsonw_end(&w);
}

static enum err void_money(const json_t *obj, struct body_void *v)
{
    enum err e = jsonx_int(obj, "amount_fen", 1, OFFER_FEN_MAX, &v->amount_fen);
    if (!e)
        e = jsonx_int(obj, "discount_back_fen", 0, OFFER_FEN_MAX, &v->discount_back_fen);
    if (!e)
        e = jsonx_int(obj, "refund_fen", 0, OFFER_FEN_MAX, &v->refund_fen);
    if (!e)
        e = jsonx_int(obj, "returned_fen", 1, OFFER_FEN_MAX, &v->returned_fen);
    if (!e)
        e = jsonx_int(obj, "total_fen", 1, OFFER_FEN_MAX, &v->total_fen);
    if (!e)
        e = jsonx_int(obj, "discount_fen", 0, OFFER_FEN_MAX, &v->discount_fen);
    return e || !sums_ok(v) ? ERR_BAD_AMOUNT : ERR_OK;
}

static enum err void_rest(const json_t *obj, struct body_void *v)
{
    enum err e = jsonx_int(obj, "at_ms", 0, BODY_TIME_MAX, &v->at_utc_ms);
    if (!e)
        e = body_ulid(obj, "void_id", v->void_id);
    if (!e)
        e = body_ulid(obj, "sale_id", v->sale_id);
    if (!e && jsonx_has(obj, "terminal"))
        e = jsonx_int(obj, "terminal", 1, INT32_MAX, &v->terminal);
    if (!e)
        e = jsonx_bool(obj, "granted", &v->granted);
    if (!e && jsonx_has(obj, "cashier"))
        e = body_text(obj, "cashier", 0, sizeof v->cashier, v->cashier);
    if (!e)
        e = jsonx_hex(obj, "slip", v->slip, KEY_HASH);
    return e ? e : jsonx_hex(obj, "blob", v->blob, KEY_HASH);
}

enum err body_void_decode(const char *json, size_t len, struct body_void *out)
{
    struct body_void v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = kind_of(obj, &v.kind);
    if (!e)
        e = void_money(obj, &v);
    if (!e)
        e = void_rest(obj, &v);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}

enum err body_void_blob_encode(const struct body_void_blob *v, struct buf *out)
{
    return body_free_text_encode("reason", 1, v->reason, out);
}

enum err body_void_blob_decode(const char *json, size_t len, struct body_void_blob *out)
{
    return body_free_text_decode(json, len, "reason", 1, out->reason);
}

enum err body_void_ask_encode(const struct body_void_ask *v, struct buf *out)
{
    if (!body_ulid_ok(v->void_id) || !body_ulid_ok(v->sale_id) || !body_void_kind_name(v->kind) ||
        !within(v->amount_fen, 1, OFFER_FEN_MAX))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_str(&w, "void_id", v->void_id);
    jsonw_str(&w, "sale_id", v->sale_id);
    jsonw_str(&w, "kind", body_void_kind_name(v->kind));
    jsonw_int(&w, "amount_fen", v->amount_fen);
    return jsonw_end(&w);
}

enum err body_void_ask_decode(const char *json, size_t len, struct body_void_ask *out)
{
    struct body_void_ask v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = body_ulid(obj, "void_id", v.void_id);
    if (!e)
        e = body_ulid(obj, "sale_id", v.sale_id);
    if (!e)
        e = kind_of(obj, &v.kind);
    if (!e && jsonx_int(obj, "amount_fen", 1, OFFER_FEN_MAX, &v.amount_fen))
        e = ERR_BAD_AMOUNT;
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}

static bool answer_ok(const struct body_void_answer *v)
{
    int64_t amount = v->refund_fen + v->discount_back_fen;
    return within(v->total_fen, 1, OFFER_FEN_MAX) && within(v->discount_fen, 0, v->total_fen) &&
           within(v->returned_fen, 1, v->total_fen) && within(v->refund_fen, 0, OFFER_FEN_MAX) &&
           within(v->discount_back_fen, 0, OFFER_FEN_MAX) && within(amount, 1, v->returned_fen) &&
           v->discount_back_fen == back_of(v->discount_fen, v->total_fen, v->returned_fen - amount, v->returned_fen) &&
           within(v->terminal, 1, INT32_MAX);
}

enum err body_void_answer_encode(const struct body_void_answer *v, struct buf *out)
{
    if (v->granted && !answer_ok(v))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_bool(&w, "granted", v->granted);
    if (!v->granted) {
        jsonw_str(&w, "reason", err_code(v->reason ? v->reason : ERR_RETURN_OVER));
        return jsonw_end(&w);
    }
    jsonw_int(&w, "returned_fen", v->returned_fen);
    jsonw_int(&w, "discount_back_fen", v->discount_back_fen);
    jsonw_int(&w, "refund_fen", v->refund_fen);
    jsonw_int(&w, "total_fen", v->total_fen);
    jsonw_int(&w, "discount_fen", v->discount_fen);
    jsonw_int(&w, "terminal", v->terminal);
    return jsonw_end(&w);
}

static enum err granted_of(const json_t *obj, struct body_void_answer *v)
{
    enum err e = jsonx_int(obj, "returned_fen", 1, OFFER_FEN_MAX, &v->returned_fen);
    if (!e)
        e = jsonx_int(obj, "discount_back_fen", 0, OFFER_FEN_MAX, &v->discount_back_fen);
    if (!e)
        e = jsonx_int(obj, "refund_fen", 0, OFFER_FEN_MAX, &v->refund_fen);
    if (!e)
        e = jsonx_int(obj, "total_fen", 1, OFFER_FEN_MAX, &v->total_fen);
    if (!e)
        e = jsonx_int(obj, "discount_fen", 0, OFFER_FEN_MAX, &v->discount_fen);
    if (!e)
        e = jsonx_int(obj, "terminal", 1, INT32_MAX, &v->terminal);
    return e ? e : answer_ok(v) ? ERR_OK : ERR_BAD_VALUE;
}

enum err body_void_answer_decode(const char *json, size_t len, struct body_void_answer *out)
{
    struct body_void_answer v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = jsonx_bool(obj, "granted", &v.granted);
    if (!e)
        e = v.granted ? granted_of(obj, &v) : body_reason(obj, "reason", ERR_RETURN_OVER, &v.reason);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}
