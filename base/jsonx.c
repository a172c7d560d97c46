/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsonx.h"
#include "base/text.h"
#include <string.h>

/* jansson itself recurses to 2,048 levels; this bounds it before it starts. */
static bool depth_ok(const char *p, size_t len)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        if (in_string) {
            if (p[i] == '\\')
                i++;
            else if (p[i] == '"')
                in_string = false;
        } else if (p[i] == '"') {
            in_string = true;
        } else if (p[i] == '[' || p[i] == '{') {
            if (++depth > JSONX_DEPTH)
                return false;
        } else if (p[i] == ']' || p[i] == '}') {
            depth--;
        }
    }
    return true;
}

static bool numbers_ok(json_t *v)
{
    const char *k;
    json_t *m;
    size_t i;
    switch (json_typeof(v)) {
    case JSON_INTEGER:
        return json_integer_value(v) <= JSONX_INT_MAX && json_integer_value(v) >= -JSONX_INT_MAX;
    case JSON_OBJECT:
        json_object_foreach (v, k, m)
            if (!numbers_ok(m))
                return false;
        return true;
    case JSON_ARRAY:
        json_array_foreach (v, i, m)
            if (!numbers_ok(m))
                return false;
        return true;
    default:
        return true;
    }
}

enum err jsonx_parse(const char *p, size_t len, json_t **out)
{
    int line;
    return jsonx_parse_file(p, len, out, &line);
}

enum err jsonx_parse_file(const char *p, size_t len, json_t **out, int *line)
{
    json_error_t why;
    *line = 0;
    if (!depth_ok(p, len))
        return ERR_BAD_JSON;
    json_t *v = json_loadb(p, len, JSON_REJECT_DUPLICATES, &why);
    if (!v) {
        *line = why.line > 0 ? why.line : 0;
        return json_error_code(&why) == json_error_out_of_memory ? ERR_NOMEM : ERR_BAD_JSON;
    }
    if (!numbers_ok(v)) {
        json_decref(v);
        return ERR_BAD_JSON;
    }
    *out = v;
    return ERR_OK;
}

static int add_chunk(const char *p, size_t n, void *ctx)
{
    return buf_add(ctx, p, n) ? -1 : 0;
}

enum err jsonx_write(const json_t *v, struct buf *b)
{
    size_t before = b->len;
    if (json_dump_callback(v, add_chunk, b, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
        return ERR_OK;
    buf_cut(b, before);
    return ERR_TOO_LARGE;
}

enum err jsonx_str(const json_t *obj, const char *key, size_t min, size_t max, const char **out)
{
    const json_t *v = json_object_get(obj, key);
    if (!json_is_string(v) || json_string_length(v) < min || json_string_length(v) > max)
        return ERR_BAD_VALUE;
    *out = json_string_value(v);
    return ERR_OK;
}

enum err jsonx_copy(const json_t *obj, const char *key, size_t min, char *out, size_t size)
{
    const char *s;
    enum err e = jsonx_str(obj, key, min, size - 1, &s);
    return e ? e : text_copy(out, size, s);
}

enum err jsonx_int(const json_t *obj, const char *key, int64_t min, int64_t max, int64_t *out)
{
    const json_t *v = json_object_get(obj, key);
    if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
        return ERR_BAD_VALUE;
    *out = json_integer_value(v);
    return ERR_OK;
}

enum err jsonx_bool(const json_t *obj, const char *key, bool *out)
{
    const json_t *v = json_object_get(obj, key);
    if (!json_is_boolean(v))
        return ERR_BAD_VALUE;
    *out = json_is_true(v);
    return ERR_OK;
}

enum err jsonx_arr(const json_t *obj, const char *key, size_t max, json_t **out)
{
    json_t *v = json_object_get(obj, key);
    if (!json_is_array(v) || json_array_size(v) > max)
        return ERR_BAD_VALUE;
    *out = v;
    return ERR_OK;
}

enum err jsonx_obj(const json_t *obj, const char *key, json_t **out)
{
    json_t *v = json_object_get(obj, key);
    if (!json_is_object(v))
        return ERR_BAD_VALUE;
    *out = v;
    return ERR_OK;
}

enum err jsonx_hex(const json_t *obj, const char *key, uint8_t *out, size_t n)
{
    const char *s;
    enum err e = jsonx_str(obj, key, TEXT_HEX_LEN(n), TEXT_HEX_LEN(n), &s);
    return e ? e : text_unhex(s, strlen(s), out, n);
}

enum err jsonx_base32(const json_t *obj, const char *key, uint8_t *out, size_t n)
{
    const char *s;
    enum err e = jsonx_str(obj, key, TEXT_BASE32_LEN(n), TEXT_BASE32_LEN(n), &s);
    return e ? e : text_unbase32(s, strlen(s), out, n);
}

enum err jsonx_base64(const json_t *obj, const char *key, uint8_t *out, size_t n)
{
    const char *s;
    size_t got = 0;
    enum err e = jsonx_str(obj, key, TEXT_BASE64_LEN(n), TEXT_BASE64_LEN(n), &s);
    if (!e)
        e = text_unbase64(s, strlen(s), out, n, &got);
    return e || got != n ? ERR_BAD_VALUE : ERR_OK;
}

bool jsonx_has(const json_t *obj, const char *key)
{
    const json_t *v = json_object_get(obj, key);
    return v && !json_is_null(v);
}
