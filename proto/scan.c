/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/scan.h"
#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void trim(const char **text, size_t *len)
{
    while (*len && is_space((*text)[*len - 1]))
        --*len;
    while (*len && is_space(**text))
        ++*text, --*len;
}

/* ISO/IEC 15424: ']', a letter, a modifier. */
static void drop_aim(const char **text, size_t *len)
{
    const char *s = *text;
    if (*len < 3 || s[0] != ']' || !((s[1] >= 'A' && s[1] <= 'Z') || (s[1] >= 'a' && s[1] <= 'z')) ||
        !((s[2] >= '0' && s[2] <= '9') || (s[2] >= 'A' && s[2] <= 'Z') || (s[2] >= 'a' && s[2] <= 'z')))
        return;
    *text += 3;
    *len -= 3;
}

static bool all_digits(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return len > 0;
}

static enum scan_kind of_digits(const char *s, size_t len)
{
    int first = len >= 2 ? (s[0] - '0') * 10 + s[1] - '0' : 0;
    if (len == 18 && first >= 10 && first <= 15)
        return SCAN_PAYMENT;
    if (len >= 16 && len <= 24 && first >= 25 && first <= 30)
        return SCAN_PAYMENT;
    if (len == 19 && first == 62)
        return SCAN_PAYMENT;
    return len >= CARD_NUMBER_MIN && len <= CARD_NUMBER_MAX ? SCAN_NUMBER : SCAN_UNKNOWN;
}

static bool is_legacy(const char *text, size_t len, const char *const *prefixes)
{
    for (; prefixes && *prefixes; prefixes++) {
        size_t n = strlen(*prefixes);
        if (n && n <= len && !strncasecmp(text, *prefixes, n))
            return true;
    }
    return false;
}

struct scan scan_classify(const char *text, size_t len, const char *const *legacy)
{
    struct scan s = {SCAN_UNKNOWN, {0}};
    trim(&text, &len);
    drop_aim(&text, &len);
    trim(&text, &len);
    if (!len || len > SCAN_MAX)
        return s;
    if (all_digits(text, len)) {
        s.kind = of_digits(text, len);
        return s;
    }
    switch (card_decode(text, len, &s.card)) {
    case ERR_OK:
        s.kind = SCAN_CARD;
        return s;
    case ERR_CARD_MALFORMED:
        s.kind = SCAN_CARD_DAMAGED;
        break;
    default:
        break;
    }
    /* A legacy prefix may itself look like the beginning of a card QR. */
    if (is_legacy(text, len, legacy))
        s.kind = SCAN_LEGACY;
    else if (len >= 7 && !strncasecmp(text, "HUIKA1/", 7))
        s.kind = SCAN_ENROL;
    return s;
}

enum err scan_refusal(enum scan_kind kind)
{
    switch (kind) {
    case SCAN_CARD:
        return ERR_OK;
    case SCAN_CARD_DAMAGED:
        return ERR_CARD_MALFORMED;
    case SCAN_LEGACY:
        return ERR_CARD_LEGACY;
    case SCAN_ENROL:
        return ERR_ENROL_SCAN;
    case SCAN_PAYMENT:
        return ERR_PAYMENT_CODE;
    case SCAN_NUMBER:
        return ERR_SCANNED_NUMBER;
    case SCAN_UNKNOWN:
        break;
    }
    return ERR_CARD_UNKNOWN_SCAN;
}
