/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include <string.h>

static const char b32[32] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char b64[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_hex(const void *p, size_t n, char *out)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++) {
        *out++ = hex[b[i] >> 4];
        *out++ = hex[b[i] & 15];
    }
    *out = 0;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

enum err text_unhex(const char *s, size_t len, uint8_t *out, size_t n)
{
    if (len != TEXT_HEX_LEN(n))
        return ERR_BAD_VALUE;
    for (size_t i = 0; i < n; i++) {
        int hi = hex_value(s[2 * i]), lo = hex_value(s[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return ERR_BAD_VALUE;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return ERR_OK;
}

void text_base32(const void *p, size_t n, char *out)
{
    const uint8_t *b = p;
    uint32_t acc = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        acc = acc << 8 | b[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *out++ = b32[acc >> (bits - 5) & 31];
        acc &= (1u << bits) - 1;
    }
    if (bits)
        *out++ = b32[acc << (5 - bits) & 31];
    *out = 0;
}

enum err text_unbase32(const char *s, size_t len, uint8_t *out, size_t n)
{
    uint32_t acc = 0;
    unsigned bits = 0;
    if (len != TEXT_BASE32_LEN(n))
        return ERR_BAD_VALUE;
    for (size_t i = 0, o = 0; i < len; i++) {
        char c = s[i];
        uint32_t v = c >= 'A' && c <= 'Z'   ? (uint32_t)(c - 'A')
                     : c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a')
                     : c >= '2' && c <= '7' ? (uint32_t)(c - '2' + 26)
                                            : 32;
        if (v == 32)
            return ERR_BAD_VALUE;
        acc = acc << 5 | v;
        bits += 5;
        if (bits >= 8 && o < n) {
            bits -= 8;
            out[o++] = (uint8_t)(acc >> bits);
            acc &= (1u << bits) - 1;
        }
    }
    return acc ? ERR_BAD_VALUE : ERR_OK;
}

void text_base64(const void *p, size_t n, char *out)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)b[i] << 16 | (left > 1 ? (uint32_t)b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0);
        *out++ = b64[v >> 18];
        *out++ = b64[v >> 12 & 63];
        *out++ = left > 1 ? b64[v >> 6 & 63] : '=';
        *out++ = left > 2 ? b64[v & 63] : '=';
    }
    *out = 0;
}

static int b64_value(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

enum err text_unbase64(const char *s, size_t len, uint8_t *out, size_t max, size_t *n)
{
    if (len % 4)
        return ERR_BAD_VALUE;
    size_t pad = len ? (size_t)(s[len - 1] == '=') + (s[len - 1] == '=' && s[len - 2] == '=') : 0, o = 0;
    if (len / 4 * 3 - pad > max)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < len; i += 4) {
        uint32_t v = 0;
        size_t here = i + 4 == len ? pad : 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = k < 4 - here ? b64_value(s[i + k]) : 0;
            if (digit < 0)
                return ERR_BAD_VALUE;
            v = v << 6 | (uint32_t)digit;
        }
        if ((here >= 1 && v & 0xff) || (here == 2 && v & 0xffff))
            return ERR_BAD_VALUE;
        for (size_t k = 0; k < 3 - here; k++)
            out[o++] = (uint8_t)(v >> (16 - 8 * k));
    }
    *n = o;
    return ERR_OK;
}

enum err text_copy(char *out, size_t size, const char *s)
{
    size_t n = strlen(s);
    if (n >= size)
        return ERR_TOO_LARGE;
    memcpy(out, s, n + 1);
    return ERR_OK;
}

size_t text_char_len(const char *s)
{
    unsigned char c = (unsigned char)*s;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

bool text_is_utf8(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s, *end = p + len;
    while (p < end) {
        uint32_t c = *p, min;
        size_t more;
        if (c - 1 < 0x7f) {
            p++;
            continue;
        }
        if (c >= 0xc2 && c < 0xe0)
            more = 1, c &= 0x1f, min = 0x80;
        else if (c >= 0xe0 && c < 0xf0)
            more = 2, c &= 0x0f, min = 0x800;
        else if (c >= 0xf0 && c < 0xf5)
            more = 3, c &= 0x07, min = 0x10000;
        else
            return false;
        if ((size_t)(end - p) <= more)
            return false;
        for (size_t i = 1; i <= more; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return false;
            c = c << 6 | (p[i] & 0x3f);
        }
        if (c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
            return false;
        p += more + 1;
    }
    return true;
}

static bool is_control(const char *s, size_t n)
{
    unsigned char a = (unsigned char)s[0], b = n > 1 ? (unsigned char)s[1] : 0;
    return n == 1 ? a < 0x20 || a == 0x7f : n == 2 && a == 0xc2 && b < 0xa0;
}

bool text_is_plain(const char *s, size_t len, const char *but)
{
    for (size_t i = 0; i < len; i += text_char_len(s + i))
        if (is_control(s + i, text_char_len(s + i)) && !strchr(but, s[i]))
            return false;
    return true;
}

static bool disturbs(const char *s, size_t n)
{
    unsigned char a = (unsigned char)s[0], b = n > 1 ? (unsigned char)s[1] : 0, c = n > 2 ? (unsigned char)s[2] : 0;
    if (n < 3)
        return is_control(s, n) || (a == 0xd8 && b == 0x9c); /* Arabic letter mark */
    if (n == 3)
        return (a == 0xe2 && b == 0x80 && (c <= 0x8f ? c >= 0x8b : c >= 0xa8 && c <= 0xae)) /* U+200B-F, U+2028-E */
               || (a == 0xe2 && b == 0x81 && c >= 0xa0 && c <= 0xaf)                        /* U+2060-206F */
               || (a == 0xef && b == 0xbb && c == 0xbf);                                    /* U+FEFF */
    return false;
}

void text_clean(char *s)
{
    char *out = s;
    while (*s) {
        size_t n = text_char_len(s);
        if (disturbs(s, n))
            *out++ = ' ';
        else {
            memmove(out, s, n);
            out += n;
        }
        s += n;
    }
    *out = 0;
}
