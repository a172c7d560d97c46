/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsonw.h"
#include "base/text.h"
#include <inttypes.h>
#include <openssl/crypto.h>
#include <string.h>

enum { SMALL = 64 };

static void put(struct jsonw *w, const void *p, size_t n)
{
    if (!w->err)
        w->err = buf_add(w->out, p, n);
}

static void key_of(struct jsonw *w, const char *key)
{
    if (w->comma)
        put(w, ",", 1);
    w->comma = true;
    if (key) {
        put(w, "\"", 1);
        put(w, key, strlen(key));
        put(w, "\":", 2);
    }
}

struct jsonw jsonw_begin(struct buf *out)
{
    struct jsonw w = {.out = out, .start = out->len};
    put(&w, "{", 1);
    return w;
}

enum err jsonw_end(struct jsonw *w)
{
    put(w, "}", 1);
    if (w->err)
        buf_cut(w->out, w->start);
    return w->err;
}

void jsonw_open(struct jsonw *w, const char *key, char bracket)
{
    key_of(w, key);
    put(w, &bracket, 1);
    w->comma = false;
}

void jsonw_close(struct jsonw *w, char bracket)
{
    put(w, &bracket, 1);
    w->comma = true;
}

/* RFC 8259 section 7. */
static void escape(struct jsonw *w, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    if (c == '"' || c == '\\') {
        text[1] = (char)c;
        put(w, text, 2);
    } else {
        put(w, text, sizeof text);
    }
}

void jsonw_strn(struct jsonw *w, const char *key, const char *s, size_t len)
{
    if (!w->err && !text_is_utf8(s, len))
        w->err = ERR_BAD_VALUE;
    key_of(w, key);
    put(w, "\"", 1);
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(w, s + from, i - from);
        escape(w, c);
        from = i + 1;
    }
    put(w, s + from, len - from);
    put(w, "\"", 1);
}

void jsonw_str(struct jsonw *w, const char *key, const char *s)
{
    jsonw_strn(w, key, s, strlen(s));
}

void jsonw_raw(struct jsonw *w, const char *key, const char *json, size_t len)
{
    key_of(w, key);
    put(w, json, len);
}

void jsonw_int(struct jsonw *w, const char *key, int64_t v)
{
    key_of(w, key);
    if (!w->err)
        w->err = buf_printf(w->out, "%" PRId64, v);
}

void jsonw_bool(struct jsonw *w, const char *key, bool v)
{
    jsonw_raw(w, key, v ? "true" : "false", v ? 4 : 5);
}

void jsonw_null(struct jsonw *w, const char *key)
{
    jsonw_raw(w, key, "null", 4);
}

/* Apart, because every local is set to zero first: 8 KiB for each token of ten bytes. */
__attribute__((noinline)) static void many_bytes(
    struct jsonw *w, const char *key, const void *p, size_t n, void encode(const void *, size_t, char *))
{
    char text[TEXT_HEX_LEN(JSONW_BYTES_MAX) + 1];
    encode(p, n, text);
    jsonw_str(w, key, text);
    OPENSSL_cleanse(text, strlen(text));
}

static void bytes(struct jsonw *w, const char *key, const void *p, size_t n, void encode(const void *, size_t, char *))
{
    char small[TEXT_HEX_LEN(SMALL) + 1];
    if (n > JSONW_BYTES_MAX)
        w->err = w->err ? w->err : ERR_TOO_LARGE;
    else if (n > SMALL)
        many_bytes(w, key, p, n, encode);
    else {
        encode(p, n, small);
        jsonw_str(w, key, small);
        OPENSSL_cleanse(small, sizeof small);
    }
}

void jsonw_hex(struct jsonw *w, const char *key, const void *p, size_t n)
{
    bytes(w, key, p, n, text_hex);
}

void jsonw_base32(struct jsonw *w, const char *key, const void *p, size_t n)
{
    bytes(w, key, p, n, text_base32);
}

void jsonw_base64(struct jsonw *w, const char *key, const void *p, size_t n)
{
    bytes(w, key, p, n, text_base64);
}
