/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/scan.h"

enum { AT = READER_SCAN_TEXT_AT, LEN_AT = 1, AIM_LEN = 3 };

static void wipe(struct scan *s, uint8_t from)
{
    for (uint8_t i = from; i < READER_SCAN_LEN; i++)
        s->report[i] = 0;
    s->len = 0;
    s->full = false;
}

void scan_init(struct scan *s)
{
    *s = (struct scan){.framing = READER_FRAME_LINE, .aim = true};
}

static bool ends(const struct scan *s, uint8_t c)
{
    switch (s->framing) {
    case READER_FRAME_CR:
        return c == '\r';
    case READER_FRAME_LF:
        return c == '\n';
    case READER_FRAME_IDLE:
        return false;
    default:
        return c == '\r' || c == '\n';
    }
}

static bool is_letter(uint8_t c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}

/* ISO/IEC 15424: ']', a letter, a modifier. The first three bytes of a scan move into their own field. */
static void take_aim(struct scan *s)
{
    uint8_t *text = s->report + AT;

    if (!s->aim || s->report[READER_SCAN_AIM_AT] || text[0] != ']' || !is_letter(text[1]) ||
        !(is_letter(text[2]) || (text[2] >= '0' && text[2] <= '9')))
        return;
    for (uint8_t i = 0; i < AIM_LEN; i++)
        s->report[READER_SCAN_AIM_AT + i] = text[i];
    s->len = 0;
}

static enum scan_event drop(struct scan *s)
{
    bool again = s->skipping;

    wipe(s, 0);
    s->before = 0;
    s->held = false;
    s->skipping = true;
    return again ? SCAN_NOTHING : SCAN_DROPPED;
}

static void complete(struct scan *s, bool more)
{
    s->report[0] = READER_SCAN_ID;
    s->report[LEN_AT] = s->len;
    s->report[READER_SCAN_MORE_AT] = more;
    for (uint8_t i = s->len; i < READER_SCAN_TEXT; i++)
        s->report[AT + i] = 0;
    s->before = more ? s->before + s->len : 0;
    s->full = true;
}

static enum scan_event end(struct scan *s)
{
    if (!s->len) { /* an empty line, or an identifier with nothing behind it */
        wipe(s, 0);
        return SCAN_NOTHING;
    }
    complete(s, false);
    return SCAN_GOOD;
}

enum scan_event scan_byte(struct scan *s, uint8_t c)
{
    if (s->skipping)
        return SCAN_NOTHING;
    if (ends(s, c))
        return end(s);
    if (s->before + s->len >= READER_SCAN_MAX)
        return drop(s);
    if (s->len == READER_SCAN_TEXT) {
        s->held = true;
        s->byte = c;
        complete(s, true);
        return SCAN_NOTHING;
    }
    s->report[AT + s->len++] = c;
    if (s->len == AIM_LEN && !s->before)
        take_aim(s);
    return SCAN_NOTHING;
}

enum scan_event scan_lost(struct scan *s)
{
    return drop(s);
}

enum scan_event scan_silence(struct scan *s, uint16_t ms)
{
    if (s->skipping) {
        if (ms >= SCAN_FORGET_MS)
            s->skipping = false;
        return SCAN_NOTHING;
    }
    if (s->full || (!s->len && !s->before))
        return SCAN_NOTHING;
    if (s->framing == READER_FRAME_IDLE)
        return ms >= SCAN_IDLE_MS ? end(s) : SCAN_NOTHING;
    return ms >= SCAN_HALF_MS ? drop(s) : SCAN_NOTHING;
}

bool scan_full(const struct scan *s)
{
    return s->full;
}

void scan_sent(struct scan *s)
{
    bool more = s->report[READER_SCAN_MORE_AT];

    wipe(s, more ? AT : 0); /* the identifier stays for the reports that follow */
    if (s->held) {
        s->held = false;
        s->report[AT] = s->byte;
        s->len = 1;
    }
}
