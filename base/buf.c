/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
    free(b->data);
    buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
    if (b->data)
        OPENSSL_cleanse(b->data, b->cap);
    buf_release(b);
}

void buf_reset(struct buf *b)
{
    buf_cut(b, 0);
}

void buf_cut(struct buf *b, size_t len)
{
    b->len = len;
    if (b->data)
        b->data[len] = 0;
}

static enum err reserve(struct buf *b, size_t n)
{
    if (n > b->max - b->len)
        return ERR_TOO_LARGE;
    size_t want = b->len + n + 1;
    if (want <= b->cap)
        return ERR_OK;
    size_t cap = b->cap ? b->cap : 64;
    while (cap < want)
        cap *= 2;
    /* Not realloc: a secret must not stay behind in the old block. */
    uint8_t *p = malloc(cap);
    if (!p)
        return ERR_NOMEM;
    if (b->data) {
        memcpy(p, b->data, b->len);
        OPENSSL_cleanse(b->data, b->cap);
        free(b->data);
    }
    b->data = p;
    b->cap = cap;
    return ERR_OK;
}

enum err buf_add(struct buf *b, const void *p, size_t n)
{
    enum err e = reserve(b, n);
    if (e)
        return e;
    if (n)
        memcpy(b->data + b->len, p, n);
    b->len += n;
    b->data[b->len] = 0;
    return ERR_OK;
}

enum err buf_adds(struct buf *b, const char *s)
{
    return buf_add(b, s, strlen(s));
}

static enum err add_be(struct buf *b, uint64_t v, size_t n)
{
    uint8_t raw[8];
    for (size_t i = 0; i < n; i++)
        raw[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    return buf_add(b, raw, n);
}

enum err buf_add_u8(struct buf *b, uint8_t v)
{
    return add_be(b, v, 1);
}

enum err buf_add_u16(struct buf *b, uint16_t v)
{
    return add_be(b, v, 2);
}

enum err buf_add_u32(struct buf *b, uint32_t v)
{
    return add_be(b, v, 4);
}

enum err buf_add_u64(struct buf *b, uint64_t v)
{
    return add_be(b, v, 8);
}

enum err buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return ERR_INTERNAL;
    enum err e = reserve(b, (size_t)n);
    if (e)
        return e;
    va_start(ap, fmt);
    vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
    return ERR_OK;
}

const char *buf_str(const struct buf *b)
{
    return b->len ? (const char *)b->data : "";
}
