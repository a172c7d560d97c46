/* SPDX-License-Identifier: Apache-2.0 */
/* Disputes, and blobs of free text. */
#include "base/jsonw.h"
#include "base/text.h"
#include "proto/body_parts.h"
#include <string.h>

static bool dispute_ok(const struct body_dispute *v)
{
    return body_time_ok(v->at_utc_ms) && body_ulid_ok(v->dispute_id) && dispute_kind_name(v->kind) &&
           dispute_reporter_name(v->reporter) && (!*v->sale_id || body_ulid_ok(v->sale_id)) &&
           v->refusal_seq <= (uint64_t)JSONX_INT_MAX;
}

enum err body_dispute_encode(const struct body_dispute *v, struct buf *out)
{
    if (!dispute_ok(v))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    jsonw_str(&w, "dispute_id", v->dispute_id);
    jsonw_str(&w, "kind", dispute_kind_name(v->kind));
    jsonw_str(&w, "reporter", dispute_reporter_name(v->reporter));
    if (*v->sale_id)
        jsonw_str(&w, "sale_id", v->sale_id);
    if (v->refusal_seq)
        jsonw_int(&w, "refusal_seq", (int64_t)v->refusal_seq);
    if (*v->cashier)
        jsonw_str(&w, "cashier", v->cashier);
    jsonw_hex(&w, "slip", v->slip, KEY_HASH);
    jsonw_hex(&w, "blob", v->blob, KEY_HASH);
    return jsonw_end(&w);
}

static enum err words_of(const json_t *obj, struct body_dispute *v)
{
    const char *s;
    enum err e = jsonx_str(obj, "kind", 1, 32, &s);
    if (!e && !(v->kind = dispute_kind_from_name(s)))
        e = ERR_BAD_VALUE;
    if (!e)
        e = jsonx_str(obj, "reporter", 1, 32, &s);
    if (!e && !(v->reporter = dispute_reporter_from_name(s)))
        e = ERR_BAD_VALUE;
    return e;
}

static enum err about_of(const json_t *obj, struct body_dispute *v)
{
    int64_t seq = 0;
    enum err e = ERR_OK;
    if (jsonx_has(obj, "sale_id"))
        e = body_ulid(obj, "sale_id", v->sale_id);
    if (!e && jsonx_has(obj, "refusal_seq"))
        e = jsonx_int(obj, "refusal_seq", 1, JSONX_INT_MAX, &seq);
    v->refusal_seq = (uint64_t)seq;
    if (!e && jsonx_has(obj, "cashier"))
        e = body_text(obj, "cashier", 0, sizeof v->cashier, v->cashier);
    return e;
}

enum err body_dispute_decode(const char *json, size_t len, struct body_dispute *out)
{
    struct body_dispute v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = jsonx_int(obj, "at_ms", 0, BODY_TIME_MAX, &v.at_utc_ms);
    if (!e)
        e = body_ulid(obj, "dispute_id", v.dispute_id);
    if (!e)
        e = words_of(obj, &v);
    if (!e)
        e = about_of(obj, &v);
    if (!e)
        e = jsonx_hex(obj, "slip", v.slip, KEY_HASH);
    if (!e)
        e = jsonx_hex(obj, "blob", v.blob, KEY_HASH);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}

enum err body_free_text_encode(const char *key, size_t min, const char *text, struct buf *out)
{
    size_t len = strlen(text);
    if (len < min || !dispute_text_ok(text, len))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_str(&w, key, text);
    return jsonw_end(&w);
}

enum err body_free_text_decode(const char *json, size_t len, const char *key, size_t min, char *out)
{
    const char *text;
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = jsonx_str(obj, key, min, DISPUTE_TEXT_MAX, &text);
    if (!e && !dispute_text_ok(text, strlen(text)))
        e = ERR_BAD_VALUE;
    if (!e) {
        text_copy(out, DISPUTE_TEXT_MAX + 1, text);
        text_clean(out);
    }
    json_decref(obj);
    return e;
}

enum err body_dispute_blob_encode(const struct body_dispute_blob *v, struct buf *out)
{
    return body_free_text_encode("text", 0, v->text, out);
}

enum err body_dispute_blob_decode(const char *json, size_t len, struct body_dispute_blob *out)
{
    return body_free_text_decode(json, len, "text", 0, out->text);
}
