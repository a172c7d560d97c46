/* SPDX-License-Identifier: Apache-2.0 */
#include "base/width.h"

struct range {
    uint32_t first, last;
};

/* Sorted. Classes W and F of EastAsianWidth.txt, neighbours joined where what lies between is unassigned. */
static const struct range wide[] = {{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec},
    {0x2614, 0x2615}, {0x2648, 0x2653}, {0x26a1, 0x26a1}, {0x2705, 0x2705}, {0x274c, 0x274c}, {0x2753, 0x2755},
    {0x2e80, 0x303e}, {0x3041, 0x3247}, {0x3250, 0x4dbf}, {0x4e00, 0xa4c6}, {0xa960, 0xa97c}, {0xac00, 0xd7a3},
    {0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6b}, {0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x18cff},
    {0x1aff0, 0x1b2fb}, {0x1f300, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393},
    {0x1f3a0, 0x1f3ca}, {0x1f3e0, 0x1f3f0}, {0x1f400, 0x1f43e}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d},
    {0x1f600, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
static const struct range none[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},
    {0x064b, 0x065f}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064}, {0x2066, 0x206f}, {0x20d0, 0x20f0}, {0x302a, 0x302d},
    {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};

static int find(const struct range *r, size_t cnt, uint32_t c)
{
    size_t lo = 0, hi = cnt;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (c > r[mid].last)
            lo = mid + 1;
        else if (c < r[mid].first)
            hi = mid;
        else
            return 1;
    }
    return 0;
}

int width_char(uint32_t c)
{
    if (c < 0x300)
        return c >= 0x20 && (c < 0x7f || c >= 0xa0);
    if (find(none, sizeof none / sizeof *none, c))
        return 0;
    return find(wide, sizeof wide / sizeof *wide, c) ? 2 : 1;
}

static uint32_t decode(const char *s, size_t *len)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t n = *u < 0x80 ? 1 : *u < 0xe0 ? 2 : *u < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? *u : *u & (0xffU >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (u[i] & 0x3fU);
    *len = n;
    return c;
}

size_t width_text(const char *s)
{
    size_t columns = 0, n;
    for (; *s; s += n)
        columns += (size_t)width_char(decode(s, &n));
    return columns;
}

size_t width_fit(const char *s, size_t columns)
{
    size_t at = 0, used = 0, n;
    while (s[at]) {
        used += (size_t)width_char(decode(s + at, &n));
        if (used > columns)
            break;
        at += n;
    }
    return at;
}
