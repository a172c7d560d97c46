/* SPDX-License-Identifier: Apache-2.0 */
/* A sale and its blob. */
#include "base/jsonw.h"
#include "base/text.h"
#include "proto/body_parts.h"
#include <stdlib.h>
#include <string.h>

static bool sum_ok(const struct body_sale *v)
{
    int64_t total = 0, discount = 0;
    if (v->total_fen < 1 || v->total_fen > OFFER_FEN_MAX || v->discount_fen < 0 || v->discount_fen > v->total_fen ||
        v->pay_fen != v->total_fen - v->discount_fen)
        return false;
    for (size_t i = 0; i < v->line_cnt; i++) {
        const struct body_line *l = &v->lines[i];
        if (l->amount_fen < 0 || l->amount_fen > OFFER_FEN_MAX || l->discount_fen < 0 ||
            l->discount_fen > l->amount_fen)
            return false;
        total += l->amount_fen;
        discount += l->discount_fen;
    }
    return !v->line_cnt || (total == v->total_fen && discount == v->discount_fen);
}

/* A sale is provisional under a lease, or a member's without one. */
static bool verdict_ok(const struct body_sale *v)
{
    return v->verdict == VERDICT_PROVISIONAL ? v->lease >= 1 : v->verdict == VERDICT_MEMBER && !v->lease;
}

static bool sale_ok(const struct body_sale *v)
{
    return body_time_ok(v->at_utc_ms) && strlen(v->card_last4) == 4 && strspn(v->card_last4, "0123456789") == 4 &&
           body_ulid_ok(v->sale_id) && body_ulid_ok(v->checkout_id) && v->own_price == !*v->offer_id &&
           (v->own_price || body_ulid_ok(v->offer_id)) && v->shop_version >= 1 && verdict_ok(v) &&
           body_by_name(v->by) && body_input_name(v->input) && v->line_cnt <= OFFER_LINES;
}

static void put_lines(struct jsonw *w, const struct body_sale *v)
{
    jsonw_open(w, "lines", '[');
    for (size_t i = 0; i < v->line_cnt; i++) {
        jsonw_open(w, NULL, '{');
        if (*v->lines[i].category)
            jsonw_str(w, "category", v->lines[i].category);
        jsonw_int(w, "amount_fen", v->lines[i].amount_fen);
        jsonw_int(w, "discount_fen", v->lines[i].discount_fen);
        jsonw_close(w, '}');
    }
    jsonw_close(w, ']');
}

enum err body_sale_encode(const struct body_sale *v, struct buf *out)
{
    if (!sale_ok(v) || !sum_ok(v))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    jsonw_str(&w, "sale_id", v->sale_id);
    jsonw_str(&w, "checkout_id", v->checkout_id);
    jsonw_int(&w, "total_fen", v->total_fen);
    jsonw_int(&w, "discount_fen", v->discount_fen);
    jsonw_int(&w, "pay_fen", v->pay_fen);
    jsonw_bool(&w, "own_price", v->own_price);
    if (!v->own_price)
        jsonw_str(&w, "offer_id", v->offer_id);
    jsonw_str(&w, "offer_title", v->offer_title);
    jsonw_int(&w, "shop_version", v->shop_version);
    jsonw_str(&w, "verdict", verdict_name(v->verdict));
    if (v->lease)
        jsonw_int(&w, "lease", v->lease);
    jsonw_str(&w, "by", body_by_name(v->by));
    jsonw_str(&w, "input", body_input_name(v->input));
    jsonw_str(&w, "card_last4", v->card_last4);
    if (*v->cashier)
        jsonw_str(&w, "cashier", v->cashier);
    if (v->line_cnt)
        put_lines(&w, v);
    if (v->has_slip)
        jsonw_hex(&w, "slip", v->slip, KEY_HASH);
    jsonw_hex(&w, "blob", v->blob, KEY_HASH);
    return jsonw_end(&w);
}

static enum err line_of(const json_t *obj, struct body_line *l)
{
    enum err e = jsonx_int(obj, "amount_fen", 0, OFFER_FEN_MAX, &l->amount_fen);
    if (!e)
        e = jsonx_int(obj, "discount_fen", 0, OFFER_FEN_MAX, &l->discount_fen);
    if (!e && jsonx_has(obj, "category"))
        e = body_text(obj, "category", 0, sizeof l->category, l->category);
    return e;
}

static enum err lines_of(const json_t *obj, struct body_sale *v)
{
    json_t *list, *item;
    size_t i, cnt;
    enum err e = jsonx_arr(obj, "lines", OFFER_LINES, &list);
    if (e || !(cnt = json_array_size(list)))
        return e;
    if (!(v->lines = calloc(cnt, sizeof *v->lines)))
        return ERR_NOMEM;
    v->line_cnt = cnt;
    json_array_foreach (list, i, item)
        if ((e = line_of(item, &v->lines[i])))
            return e;
    return ERR_OK;
}

static enum err sale_ids(const json_t *obj, struct body_sale *v)
{
    enum err e = jsonx_int(obj, "at_ms", 0, BODY_TIME_MAX, &v->at_utc_ms);
    if (!e)
        e = body_ulid(obj, "sale_id", v->sale_id);
    if (!e)
        e = body_ulid(obj, "checkout_id", v->checkout_id);
    if (!e)
        e = jsonx_bool(obj, "own_price", &v->own_price);
    if (!e && jsonx_has(obj, "offer_id"))
        e = body_ulid(obj, "offer_id", v->offer_id);
    if (!e)
        e = body_text(obj, "offer_title", 0, sizeof v->offer_title, v->offer_title);
    if (!e)
        e = jsonx_int(obj, "shop_version", 1, JSONX_INT_MAX, &v->shop_version);
    return e;
}

static enum err sale_money(const json_t *obj, struct body_sale *v)
{
    enum err e = jsonx_int(obj, "total_fen", 1, OFFER_FEN_MAX, &v->total_fen);
    if (!e)
        e = jsonx_int(obj, "discount_fen", 0, OFFER_FEN_MAX, &v->discount_fen);
    if (!e)
        e = jsonx_int(obj, "pay_fen", 0, OFFER_FEN_MAX, &v->pay_fen);
    if (!e && jsonx_has(obj, "lines"))
        e = lines_of(obj, v);
    return e == ERR_BAD_VALUE || (!e && !sum_ok(v)) ? ERR_BAD_AMOUNT : e;
}

static enum err sale_rest(const json_t *obj, struct body_sale *v)
{
    const char *verdict;
    enum err e = jsonx_str(obj, "verdict", 1, 32, &verdict);
    if (!e)
        v->verdict = verdict_from_name(verdict);
    if (!e && jsonx_has(obj, "lease"))
        e = jsonx_int(obj, "lease", 1, JSONX_INT_MAX, &v->lease);
    if (!e)
        e = body_by_of(obj, true, &v->by, &v->input);
    if (!e)
        e = body_last4(obj, "card_last4", v->card_last4);
    if (!e && jsonx_has(obj, "cashier"))
        e = body_text(obj, "cashier", 0, sizeof v->cashier, v->cashier);
    if (!e && (v->has_slip = jsonx_has(obj, "slip")))
        e = jsonx_hex(obj, "slip", v->slip, KEY_HASH);
    if (!e)
        e = jsonx_hex(obj, "blob", v->blob, KEY_HASH);
    return e ? e : sale_ok(v) ? ERR_OK : ERR_BAD_VALUE;
}

enum err body_sale_decode(const char *json, size_t len, struct body_sale *out)
{
    struct body_sale v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = sale_ids(obj, &v);
    if (!e)
        e = sale_money(obj, &v);
    if (!e)
        e = sale_rest(obj, &v);
    json_decref(obj);
    if (e)
        body_sale_release(&v);
    else
        *out = v;
    return e;
}

void body_sale_release(struct body_sale *v)
{
    free(v->lines);
    *v = (struct body_sale){0};
}

enum err body_blob_encode(const struct body_blob *v, struct buf *out)
{
    if (!body_by_name(v->by) || v->sealed_len > BODY_SEALED_MAX || (v->by == BODY_BY_NUMBER && !v->sealed_len))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    if (v->by == BODY_BY_QR)
        jsonw_base32(&w, "token", v->token, CARD_TOKEN);
    else
        jsonw_base64(&w, "sealed", v->sealed, v->sealed_len);
    if (*v->name_masked)
        jsonw_str(&w, "name_masked", v->name_masked);
    if (v->has_tag)
        jsonw_hex(&w, "tag", v->tag, BODY_TAG);
    return jsonw_end(&w);
}

static enum err sealed_of(const json_t *obj, struct body_blob *v)
{
    const char *s;
    enum err e = jsonx_str(obj, "sealed", 4, TEXT_BASE64_LEN(BODY_SEALED_MAX), &s);
    if (!e)
        e = text_unbase64(s, strlen(s), v->sealed, sizeof v->sealed, &v->sealed_len);
    return e == ERR_TOO_LARGE ? ERR_BAD_VALUE : e;
}

enum err body_blob_decode(const char *json, size_t len, struct body_blob *out)
{
    struct body_blob v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    bool token = jsonx_has(obj, "token");
    v.by = token ? BODY_BY_QR : BODY_BY_NUMBER;
    if (token == jsonx_has(obj, "sealed"))
        e = ERR_BAD_VALUE;
    else
        e = token ? jsonx_base32(obj, "token", v.token, CARD_TOKEN) : sealed_of(obj, &v);
    if (!e && jsonx_has(obj, "name_masked"))
        e = body_text(obj, "name_masked", 0, sizeof v.name_masked, v.name_masked);
    if (!e && (v.has_tag = jsonx_has(obj, "tag")))
        e = jsonx_hex(obj, "tag", v.tag, BODY_TAG);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}
