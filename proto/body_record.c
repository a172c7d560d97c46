/* SPDX-License-Identifier: Apache-2.0 */
/* What the small records say: refusal, notice_applied, started, clock_step. */
#include "base/jsonw.h"
#include "proto/body_parts.h"
#include <string.h>

bool body_time_ok(int64_t utc_ms)
{
    return utc_ms >= 0 && utc_ms <= BODY_TIME_MAX;
}

enum err body_by_of(const json_t *obj, bool needed, enum body_by *by, enum body_input *input)
{
    const char *s;
    enum err e = jsonx_str(obj, "input", 1, 16, &s);
    if (!e && !(*input = body_input_from_name(s)))
        e = ERR_BAD_VALUE;
    if (e || (!needed && !jsonx_has(obj, "by")))
        return e;
    e = jsonx_str(obj, "by", 1, 16, &s);
    if (!e && !(*by = body_by_from_name(s)))
        e = ERR_BAD_VALUE;
    return e;
}

enum err body_refusal_encode(const struct body_refusal *v, struct buf *out)
{
    if (!body_time_ok(v->at_utc_ms) || !v->reason || !body_input_name(v->input))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    jsonw_str(&w, "reason", err_code(v->reason));
    if (body_by_name(v->by))
        jsonw_str(&w, "by", body_by_name(v->by));
    jsonw_str(&w, "input", body_input_name(v->input));
    return jsonw_end(&w);
}

enum err body_refusal_decode(const char *json, size_t len, struct body_refusal *out)
{
    struct body_refusal v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = jsonx_int(obj, "at_ms", 0, BODY_TIME_MAX, &v.at_utc_ms);
    if (!e)
        e = body_reason(obj, "reason", ERR_INTERNAL, &v.reason);
    if (!e)
        e = body_by_of(obj, false, &v.by, &v.input);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}

enum err body_notice_applied_encode(const struct body_notice_applied *v, struct buf *out)
{
    if (!body_time_ok(v->at_utc_ms) || !notice_kind_name(v->notice) || v->version < 1 ||
        (v->notice == NOTICE_SHOP) != (v->standing != STANDING_UNKNOWN))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    jsonw_str(&w, "notice", notice_kind_name(v->notice));
    jsonw_int(&w, "version", v->version);
    jsonw_hex(&w, "sha256", v->sha256, KEY_HASH);
    if (v->notice == NOTICE_SHOP)
        jsonw_str(&w, "standing", standing_name(v->standing));
    return jsonw_end(&w);
}

static enum err applied_of(const json_t *obj, struct body_notice_applied *v)
{
    const char *s;
    enum err e = jsonx_int(obj, "at_ms", 0, BODY_TIME_MAX, &v->at_utc_ms);
    if (!e)
        e = jsonx_str(obj, "notice", 1, 16, &s);
    if (e)
        return e;
    if (!(v->notice = notice_kind_from_name(s)))
        return ERR_BAD_VALUE;
    e = jsonx_int(obj, "version", 1, JSONX_INT_MAX, &v->version);
    if (!e)
        e = jsonx_hex(obj, "sha256", v->sha256, KEY_HASH);
    if (e || v->notice != NOTICE_SHOP)
        return e;
    e = jsonx_str(obj, "standing", 1, 32, &s);
    return e ? e : (v->standing = standing_from_name(s)) ? ERR_OK : ERR_BAD_VALUE;
}

enum err body_notice_applied_decode(const char *json, size_t len, struct body_notice_applied *out)
{
    struct body_notice_applied v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = applied_of(obj, &v);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}

enum err body_started_encode(const struct body_started *v, struct buf *out)
{
    if (!body_time_ok(v->at_utc_ms) || !*v->version || v->lease < 0)
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    jsonw_str(&w, "version", v->version);
    if (v->lease)
        jsonw_int(&w, "lease", v->lease);
    return jsonw_end(&w);
}

enum err body_started_decode(const char *json, size_t len, struct body_started *out)
{
    struct body_started v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = jsonx_int(obj, "at_ms", 0, BODY_TIME_MAX, &v.at_utc_ms);
    if (!e)
        e = body_text(obj, "version", 1, sizeof v.version, v.version);
    if (!e && jsonx_has(obj, "lease"))
        e = jsonx_int(obj, "lease", 1, JSONX_INT_MAX, &v.lease);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}

enum err body_clock_step_encode(const struct body_clock_step *v, struct buf *out)
{
    if (!body_time_ok(v->at_utc_ms) || !body_time_ok(v->wall_utc_ms) || !body_time_ok(v->floor_utc_ms) ||
        v->by_ms < -BODY_TIME_MAX || v->by_ms > BODY_TIME_MAX)
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    jsonw_int(&w, "wall_ms", v->wall_utc_ms);
    jsonw_int(&w, "floor_ms", v->floor_utc_ms);
    jsonw_int(&w, "by_ms", v->by_ms);
    return jsonw_end(&w);
}

enum err body_clock_step_decode(const char *json, size_t len, struct body_clock_step *out)
{
    struct body_clock_step v = {0};
    json_t *obj;
    enum err e = body_object(json, len, &obj);
    if (e)
        return e;
    e = jsonx_int(obj, "at_ms", 0, BODY_TIME_MAX, &v.at_utc_ms);
    if (!e)
        e = jsonx_int(obj, "wall_ms", 0, BODY_TIME_MAX, &v.wall_utc_ms);
    if (!e)
        e = jsonx_int(obj, "floor_ms", 0, BODY_TIME_MAX, &v.floor_utc_ms);
    if (!e)
        e = jsonx_int(obj, "by_ms", -BODY_TIME_MAX, BODY_TIME_MAX, &v.by_ms);
    if (!e)
        *out = v;
    json_decref(obj);
    return e;
}
