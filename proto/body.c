/* SPDX-License-Identifier: Apache-2.0 */
/* Verify and reserve. Batches are in body_batch.c; what records say in body_sale.c and body_record.c. */
#include "proto/body.h"
#include "base/jsonw.h"
#include "base/text.h"
#include "proto/body_parts.h"
#include <openssl/crypto.h>
#include <string.h>

static const char *const verdicts[] = {"refused", "member", "provisional"};
enum { VERDICT_CNT = sizeof verdicts / sizeof *verdicts };
static const char *const bys[] = {NULL, "qr", "number"};
static const char *const inputs[] = {NULL, "reader", "keyed", "api"};

const char *verdict_name(enum verdict v)
{
    return verdicts[(int)v > 0 && (int)v < VERDICT_CNT ? v : VERDICT_REFUSED];
}

enum verdict verdict_from_name(const char *name)
{
    for (int i = 1; name && i < VERDICT_CNT; i++)
        if (!strcmp(verdicts[i], name))
            return (enum verdict)i;
    return VERDICT_REFUSED;
}

const char *body_by_name(enum body_by v)
{
    return v == BODY_BY_QR || v == BODY_BY_NUMBER ? bys[v] : NULL;
}

const char *body_input_name(enum body_input v)
{
    return v > BODY_INPUT_NONE && v <= BODY_INPUT_API ? inputs[v] : NULL;
}

enum body_input body_input_from_name(const char *name)
{
    for (int i = 1; name && i < (int)(sizeof inputs / sizeof *inputs); i++)
        if (!strcmp(inputs[i], name))
            return (enum body_input)i;
    return BODY_INPUT_NONE;
}

enum body_by body_by_from_name(const char *name)
{
    for (int i = 1; name && i < (int)(sizeof bys / sizeof *bys); i++)
        if (!strcmp(bys[i], name))
            return (enum body_by)i;
    return BODY_BY_NONE;
}

enum err body_object(const char *json, size_t len, json_t **out)
{
    json_t *v;
    if (len > BODY_MAX)
        return ERR_TOO_LARGE;
    enum err e = jsonx_parse(json, len, &v);
    if (e)
        return e;
    if (!json_is_object(v)) {
        json_decref(v);
        return ERR_BAD_JSON;
    }
    *out = v;
    return ERR_OK;
}

enum err body_ulid(const json_t *obj, const char *key, char out[static ULID_LEN + 1])
{
    const char *s;
    uint8_t raw[ULID_SIZE];
    enum err e = jsonx_str(obj, key, ULID_LEN, ULID_LEN, &s);
    if (!e)
        e = ulid_decode(s, ULID_LEN, raw);
    return e ? e : text_copy(out, ULID_LEN + 1, s);
}

enum err body_text(const json_t *obj, const char *key, size_t min, size_t size, char *out)
{
    enum err e = jsonx_copy(obj, key, min, out, size);
    if (!e)
        text_clean(out);
    return e;
}

enum err body_last4(const json_t *obj, const char *key, char out[static 5])
{
    const char *s;
    enum err e = jsonx_str(obj, key, 4, 4, &s);
    if (!e && strspn(s, "0123456789") != 4)
        e = ERR_BAD_VALUE;
    return e ? e : text_copy(out, 5, s);
}

enum err body_reason(const json_t *obj, const char *key, enum err unknown, enum err *out)
{
    const char *s;
    enum err e = jsonx_str(obj, key, 1, 64, &s);
    if (e)
        return e;
    enum err reason = err_from_code(s);
    *out = !reason || (reason == ERR_INTERNAL && strcmp(s, err_code(ERR_INTERNAL))) ? unknown : reason;
    return ERR_OK;
}

bool body_ulid_ok(const char *s)
{
    uint8_t raw[ULID_SIZE];
    return !ulid_decode(s, strlen(s), raw);
}

static void card_members(struct jsonw *w, const struct body_card *c)
{
    if (c->by == BODY_BY_QR)
        jsonw_base32(w, "token", c->token, CARD_TOKEN);
    else
        jsonw_str(w, "number", c->number);
}

static bool card_ok(const struct body_card *c)
{
    return c->by == BODY_BY_QR || (c->by == BODY_BY_NUMBER && !card_number_check(c->number, strlen(c->number)));
}

static enum err card_of(const json_t *obj, struct body_card *out)
{
    const char *s;
    bool token = jsonx_has(obj, "token"), number = jsonx_has(obj, "number");
    if (token == number)
        return ERR_BAD_VALUE;
    out->by = token ? BODY_BY_QR : BODY_BY_NUMBER;
    if (token)
        return jsonx_base32(obj, "token", out->token, CARD_TOKEN);
    enum err e = jsonx_str(obj, "number", 1, 64, &s);
    if (!e)
        e = card_number_check(s, strlen(s));
    return e ? e : text_copy(out->number, sizeof out->number, s);
}

enum err body_verify_encode(const struct body_verify *v, struct buf *out)
{
    if (!body_ulid_ok(v->checkout_id) || !card_ok(&v->card))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_str(&w, "checkout_id", v->checkout_id);
    card_members(&w, &v->card);
    return jsonw_end(&w);
}

/* The text that the encoder above makes of a QR is nearly all that a service hears: known by its exact length and its fixed
 * parts, it needs no parser. Whatever differs in a single byte goes the strict way. */
static bool verify_as_encoded(const char *json, size_t len, struct body_verify *out)
{
    static const char before[] = "{\"checkout_id\":\"", between[] = "\",\"token\":\"", after[] = "\"}";
    enum { BEFORE = sizeof before - 1, BETWEEN = sizeof between - 1, AFTER = sizeof after - 1 };
    struct body_verify v = {.card = {.by = BODY_BY_QR}};
    uint8_t raw[ULID_SIZE];
    if (len != BEFORE + ULID_LEN + BETWEEN + CARD_TOKEN_LEN + AFTER)
        return false;
    const char *id = json + BEFORE, *token = id + ULID_LEN + BETWEEN;
    if (memcmp(json, before, BEFORE) || memcmp(id + ULID_LEN, between, BETWEEN) ||
        memcmp(token + CARD_TOKEN_LEN, after, AFTER) || ulid_decode(id, ULID_LEN, raw) ||
        text_unbase32(token, CARD_TOKEN_LEN, v.card.token, CARD_TOKEN))
        return false;
    memcpy(v.checkout_id, id, ULID_LEN);
    *out = v;
    return true;
}

enum err body_verify_decode(const char *json, size_t len, struct body_verify *out)
{
    struct body_verify v = {0};
    json_t *obj;
    if (verify_as_encoded(json, len, out))
        return ERR_OK;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = body_ulid(obj, "checkout_id", v.checkout_id);
    if (!e)
        e = card_of(obj, &v.card);
    if (!e)
        *out = v;
    OPENSSL_cleanse(&v, sizeof v);
    json_decref(obj);
    return e;
}

enum err body_verdict_encode(const struct body_verdict *v, struct buf *out)
{
    if (v->verdict != VERDICT_MEMBER && v->verdict != VERDICT_REFUSED)
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_str(&w, "verdict", verdict_name(v->verdict));
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    if (v->verdict != VERDICT_MEMBER) {
        jsonw_str(&w, "reason", err_code(v->reason ? v->reason : ERR_NOT_CONFIRMED));
        return jsonw_end(&w);
    }
    jsonw_str(&w, "card_last4", v->card_last4);
    if (*v->name_masked)
        jsonw_str(&w, "name_masked", v->name_masked);
    jsonw_open(&w, "uses", '[');
    for (size_t i = 0; i < v->use_cnt; i++) {
        jsonw_open(&w, NULL, '{');
        jsonw_str(&w, "offer_id", v->uses[i].offer_id);
        jsonw_int(&w, "left", v->uses[i].left);
        jsonw_close(&w, '}');
    }
    jsonw_close(&w, ']');
    return jsonw_end(&w);
}

static enum err uses_of(const json_t *obj, struct body_verdict *v)
{
    json_t *list, *item;
    size_t i;
    int64_t left;
    enum err e = jsonx_arr(obj, "uses", OFFER_PER_SHOP, &list);
    if (e)
        return e;
    json_array_foreach (list, i, item) {
        e = body_ulid(item, "offer_id", v->uses[i].offer_id);
        if (!e)
            e = jsonx_int(item, "left", 0, INT32_MAX, &left);
        if (e)
            return e;
        v->uses[i].left = (int32_t)left;
        v->use_cnt = i + 1;
    }
    return ERR_OK;
}

static enum err member_of(const json_t *obj, struct body_verdict *v)
{
    v->verdict = VERDICT_MEMBER;
    enum err e = body_last4(obj, "card_last4", v->card_last4);
    if (!e && jsonx_has(obj, "name_masked"))
        e = body_text(obj, "name_masked", 0, sizeof v->name_masked, v->name_masked);
    if (!e && jsonx_has(obj, "uses"))
        e = uses_of(obj, v);
    return e;
}

enum err body_verdict_decode(const char *json, size_t len, struct body_verdict *out)
{
    struct body_verdict v = {0};
    const char *verdict;
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = jsonx_str(obj, "verdict", 1, 32, &verdict);
    if (!e && !strcmp(verdict, verdicts[VERDICT_MEMBER]))
        e = member_of(obj, &v);
    else if (!e && !strcmp(verdict, verdicts[VERDICT_REFUSED]))
        e = body_reason(obj, "reason", ERR_NOT_CONFIRMED, &v.reason);
    else
        e = ERR_BAD_VALUE;
    if (!e)
        e = jsonx_int(obj, "at_ms", 0, JSONX_INT_MAX, &v.at_utc_ms);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}

enum err body_reserve_encode(const struct body_reserve *v, struct buf *out)
{
    if (!body_ulid_ok(v->checkout_id) || !body_ulid_ok(v->offer_id) || !card_ok(&v->card))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_str(&w, "checkout_id", v->checkout_id);
    jsonw_str(&w, "offer_id", v->offer_id);
    card_members(&w, &v->card);
    return jsonw_end(&w);
}

enum err body_reserve_decode(const char *json, size_t len, struct body_reserve *out)
{
    struct body_reserve v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = body_ulid(obj, "checkout_id", v.checkout_id);
    if (!e)
        e = body_ulid(obj, "offer_id", v.offer_id);
    if (!e)
        e = card_of(obj, &v.card);
    if (!e)
        *out = v;
    OPENSSL_cleanse(&v, sizeof v);
    json_decref(obj);
    return e;
}

enum err body_reserved_encode(const struct body_reserved *v, struct buf *out)
{
    struct jsonw w = jsonw_begin(out);
    jsonw_bool(&w, "reserved", v->reserved);
    if (v->reserved)
        jsonw_int(&w, "expires_ms", v->expires_utc_ms);
    else
        jsonw_str(&w, "reason", err_code(v->reason ? v->reason : ERR_LIMIT_REACHED));
    return jsonw_end(&w);
}

enum err body_reserved_decode(const char *json, size_t len, struct body_reserved *out)
{
    struct body_reserved v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = jsonx_bool(obj, "reserved", &v.reserved);
    if (!e && v.reserved)
        e = jsonx_int(obj, "expires_ms", 0, BODY_TIME_MAX, &v.expires_utc_ms);
    else if (!e)
        e = body_reason(obj, "reason", ERR_LIMIT_REACHED, &v.reason);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}
