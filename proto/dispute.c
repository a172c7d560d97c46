/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/dispute.h"
#include "base/text.h"
#include <string.h>

static const char *const kinds[DISPUTE_KINDS] = {NULL, "refused_valid", "rate_not_given", "amount_wrong",
    "card_suspect", "double_charge", "offline_contested", "other"};
static const char *const reporters[] = {NULL, "shop", "member"};
static const char *const states[DISPUTE_STATES] = {NULL, "open", "answered", "closed", "escalated"};
enum { REPORTERS = sizeof reporters / sizeof *reporters };

static const char *name_of(const char *const *names, int cnt, int v)
{
    return v > 0 && v < cnt ? names[v] : NULL;
}

static int value_of(const char *const *names, int cnt, const char *name)
{
    for (int i = 1; name && i < cnt; i++)
        if (!strcmp(names[i], name))
            return i;
    return 0;
}

const char *dispute_kind_name(enum dispute_kind v)
{
    return name_of(kinds, DISPUTE_KINDS, (int)v);
}

enum dispute_kind dispute_kind_from_name(const char *name)
{
    return (enum dispute_kind)value_of(kinds, DISPUTE_KINDS, name);
}

const char *dispute_reporter_name(enum dispute_reporter v)
{
    return name_of(reporters, REPORTERS, (int)v);
}

enum dispute_reporter dispute_reporter_from_name(const char *name)
{
    return (enum dispute_reporter)value_of(reporters, REPORTERS, name);
}

const char *dispute_state_name(enum dispute_state v)
{
    return name_of(states, DISPUTE_STATES, (int)v);
}

enum dispute_state dispute_state_from_name(const char *name)
{
    return (enum dispute_state)value_of(states, DISPUTE_STATES, name);
}

bool dispute_text_ok(const char *s, size_t len)
{
    size_t chars = 0;
    if (len > DISPUTE_TEXT_MAX || !text_is_utf8(s, len))
        return false;
    for (size_t i = 0; i < len; i++)
        chars += ((unsigned char)s[i] & 0xc0) != 0x80;
    return chars <= DISPUTE_TEXT_CHARS;
}
