/* SPDX-License-Identifier: Apache-2.0 */
/* ESC/POS as a grammar, strictly: every byte must belong to a command of the list or to a character of the set, pictures stand between
 * lines and hold no real-time command, no line is wider than the paper. Written from Epson's reference; shares nothing with the encoder.
 * tests/lib/escpos.py is the same again in Python, and draws. */
#ifndef HUIKA_TEST_ESCPOS_CHECK_H
#define HUIKA_TEST_ESCPOS_CHECK_H
#include "client/print/escpos.h"
#include <string.h>

struct escpos_check {
    const uint8_t *at, *end;
    int dots;
    enum escpos_charset charset;
    unsigned used, wide; /* columns in the line buffer; 1 or 2 */
    unsigned cuts, kicks, codes, pictures;
    bool begun, stored;
};

static inline bool check_has(const struct escpos_check *c, size_t n)
{
    return (size_t)(c->end - c->at) >= n;
}

static inline bool check_picture(struct escpos_check *c)
{
    if (!check_has(c, 6) || c->used || c->at[0] != '0' || c->at[1])
        return false;
    size_t across = c->at[2] | (size_t)c->at[3] << 8, rows = c->at[4] | (size_t)c->at[5] << 8, n = across * rows;
    c->at += 6;
    if (!across || across > (size_t)c->dots / 8 || !rows || rows > 255 || !check_has(c, n))
        return false;
    for (size_t i = 0; i + 1 < n; i++)
        if (c->at[i] == 0x10 && (c->at[i + 1] == 0x04 || c->at[i + 1] == 0x05 || c->at[i + 1] == 0x14))
            return false;
    c->at += n;
    c->pictures++;
    return true;
}

static inline bool check_symbol(struct escpos_check *c)
{
    if (!check_has(c, 3) || c->used || c->at[0] != 'k')
        return false;
    size_t n = c->at[1] | (size_t)c->at[2] << 8;
    c->at += 3;
    if (n < 3 || !check_has(c, n) || c->at[0] != '1')
        return false;
    uint8_t fn = c->at[1], a = c->at[2];
    bool good = fn == 'A'   ? n == 4 && a == '2' && !c->at[3]
                : fn == 'C' ? n == 3 && a >= 1 && a <= 16
                : fn == 'E' ? n == 3 && a >= '0' && a <= '3'
                : fn == 'P' ? n > 3 && a == '0'
                            : fn == 'Q' && n == 3 && a == '0' && c->stored;
    c->stored = fn == 'P' || (c->stored && fn != 'Q');
    c->codes += fn == 'Q';
    c->at += n;
    return good;
}

/* One argument byte that is on the list (closed by the first repetition of its head). */
static inline bool check_arg(struct escpos_check *c, const char *allowed, size_t n, uint8_t *out)
{
    if (!check_has(c, 1) || !memchr(allowed, *c->at, n))
        return false;
    *out = *c->at++;
    return true;
}

static inline bool check_esc(struct escpos_check *c)
{
    uint8_t arg;
    switch (*c->at++) {
    case '@':
        c->begun = true;
        c->wide = 1;
        return !c->used;
    case 'E':
        return check_arg(c, "\0\1", 2, &arg);
    case 'a':
        return !c->used && check_arg(c, "\0\1", 2, &arg);
    case 'd':
        return !c->used && check_arg(c, "\1\2\3\4\5\6\7\x08", 8, &arg);
    case 'p':
        c->kicks++;
        if (!check_has(c, 3) || c->at[0] > 1 || !c->at[1] || c->at[2] < c->at[1])
            return false;
        c->at += 3;
        return !c->used;
    default:
        return false;
    }
}

static inline bool check_fs(struct escpos_check *c)
{
    uint8_t arg;
    bool gb = c->charset != ESCPOS_UTF8 && c->charset != ESCPOS_ASCII;
    switch (*c->at++) {
    case '&':
        return gb;
    case '.':
        return !gb;
    case '!':
        return gb && check_arg(c, "\x00\x04\x08\x0C", 4, &arg);
    default:
        return false;
    }
}

static inline bool check_gs(struct escpos_check *c)
{
    uint8_t arg;
    switch (*c->at++) {
    case '!':
        if (!check_arg(c, "\x00\x01\x10\x11", 4, &arg))
            return false;
        c->wide = (arg >> 4) + 1u;
        return true;
    case 'v':
        return check_picture(c);
    case '(':
        return check_symbol(c);
    case 'V':
        c->cuts++;
        return !c->used && check_arg(c, "\x41\x42", 2, &arg) && check_arg(c, "\0", 1, &arg);
    default:
        return false;
    }
}

/* Bytes of a wide character; 0: none of the set. */
static inline size_t check_wide(const struct escpos_check *c)
{
    const uint8_t *p = c->at;
    switch (c->charset) {
    case ESCPOS_ASCII:
        return 0;
    case ESCPOS_GB2312:
        return check_has(c, 2) && p[0] >= 0xA1 && p[0] <= 0xF7 && p[1] >= 0xA1 && p[1] <= 0xFE ? 2 : 0;
    case ESCPOS_UTF8: {
        size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
        if (p[0] < 0xC2 || p[0] > 0xF4 || !check_has(c, n))
            return 0;
        for (size_t i = 1; i < n; i++)
            if ((p[i] & 0xC0) != 0x80)
                return 0;
        return n;
    }
    default:
        return check_has(c, 2) && p[0] >= 0x81 && p[0] <= 0xFE && p[1] >= 0x40 && p[1] <= 0xFE && p[1] != 0x7F ? 2 : 0;
    }
}

static inline bool check_one(struct escpos_check *c)
{
    uint8_t b = *c->at;
    size_t n = b < 0x80 ? 1 : check_wide(c);
    if (b == 0x1B || b == 0x1C || b == 0x1D) {
        c->at++;
        return check_has(c, 1) && (b == 0x1B ? check_esc(c) : b == 0x1C ? check_fs(c) : check_gs(c));
    }
    if (!c->begun || !n || (b < 0x20 && b != '\n') || b == 0x7F)
        return false;
    c->at += n;
    c->used = b == '\n' ? 0 : c->used + (b < 0x80 ? 1 : 2) * c->wide;
    return c->used <= (unsigned)c->dots / 12;
}

/* True if all of it is ESC/POS for that device; *c tells what was in it. */
static inline bool escpos_check(struct escpos_check *c, const struct escpos_device *d, const uint8_t *p, size_t n)
{
    *c = (struct escpos_check){.at = p, .end = p + n, .dots = d->dots, .charset = d->charset, .wide = 1};
    while (c->at < c->end)
        if (!check_one(c))
            return false;
    return c->begun && !c->used && !c->stored;
}
#endif
