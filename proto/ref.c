/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ref.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SEQ_MAX (UINT64_C(1) << 53)

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* ISO/IEC 7064:2003, hybrid system (M+1, M) with M = 36. */
char ref_check(const char *s)
{
    int p = 36;
    if (!*s)
        return 0;
    for (; *s; s++) {
        const char *at = strchr(alphabet, *s);
        if (!at)
            return 0;
        int sum = (p + (int)(at - alphabet)) % 36;
        p = (sum ? sum : 36) * 2 % 37;
    }
    return alphabet[(37 - p) % 36];
}

static bool in_range(const struct ref *r)
{
    return r->number >= 1 && r->number <= INT32_MAX && r->epoch && r->seq >= 1 && r->seq <= SEQ_MAX;
}

static char check_of(const struct ref *r)
{
    char text[REF_LEN_MAX + 1];
    snprintf(text, sizeof text, "%" PRId64 "E%" PRIu32 "S%" PRIu64, r->number, r->epoch, r->seq);
    return ref_check(text);
}

enum err ref_format(const struct ref *r, char out[static REF_LEN_MAX + 1])
{
    if (!in_range(r))
        return ERR_BAD_VALUE;
    snprintf(out, REF_LEN_MAX + 1, "%" PRId64 "-%" PRIu32 "-%" PRIu64 "-%c", r->number, r->epoch, r->seq, check_of(r));
    return ERR_OK;
}

/* Digits without leading zeros up to a separator. */
static const char *number(const char *s, const char *end, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    const char *begin = s;
    if (s == end || *s < '1' || *s > '9')
        return NULL;
    for (; s < end && *s >= '0' && *s <= '9'; s++) {
        if (s - begin >= 16)
            return NULL;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    if (v > max || s == end || (*s != '-' && *s != ' '))
        return NULL;
    *out = v;
    return s + 1;
}

enum err ref_parse(const char *s, size_t len, struct ref *out)
{
    const char *end = s + len;
    uint64_t n = 0, epoch = 0, seq = 0;
    s = number(s, end, INT32_MAX, &n);
    if (s)
        s = number(s, end, UINT32_MAX, &epoch);
    if (s)
        s = number(s, end, SEQ_MAX, &seq);
    if (!s || end - s != 1)
        return ERR_BAD_VALUE;
    const struct ref r = {.number = (int64_t)n, .epoch = (uint32_t)epoch, .seq = seq};
    char c = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
    if (c != check_of(&r))
        return ERR_BAD_VALUE;
    *out = r;
    return ERR_OK;
}
