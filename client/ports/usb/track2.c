/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/track2.h"
#include <string.h>

enum { START = 0x0B, SEPARATOR = 0x0D, END = 0x0F, BITS = 5, CODES = TRACK2_CHARS + 1 /* LRC */ };

/* Values of the characters from the start sentinel on; ASCII '0' + value, so ; is B, = is D and ? is F. */
struct track {
    uint8_t codes[CODES];
    size_t cnt;
};

/* The number, if the track is whole: sentinels, digits, separator, LRC where there is one. */
static enum err number(const struct track *t, bool lrc_needed, char out[static TRACK2_PAN + 1])
{
    size_t end = 0, n = 0;
    uint8_t lrc = 0;

    while (end < t->cnt && t->codes[end] != END)
        lrc ^= t->codes[end++];
    if (end >= t->cnt || t->codes[0] != START)
        return ERR_BAD_VALUE;
    lrc ^= END;
    if (end + 1 < t->cnt ? t->codes[end + 1] != lrc : lrc_needed)
        return ERR_BAD_VALUE;
    while (1 + n < end && t->codes[1 + n] < 10)
        n++;
    if (n < TRACK2_PAN_MIN || n > TRACK2_PAN || t->codes[1 + n] != SEPARATOR)
        return ERR_BAD_VALUE;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('0' + t->codes[1 + i]);
    out[n] = 0;
    return ERR_OK;
}

enum err track2_text(const char *text, size_t len, char out[static TRACK2_PAN + 1])
{
    const char *at = memchr(text, ';', len), *end = text + len;
    struct track t = {.cnt = 0};
    enum err e = ERR_BAD_VALUE;
    bool over = false;

    for (; at && at < end && t.cnt < CODES && *at >= '0' && *at <= '?'; at++) {
        t.codes[t.cnt++] = (uint8_t)(*at - '0');
        if (over)
            break; /* the LRC */
        over = *at == '?';
    }
    e = number(&t, false, out);
    explicit_bzero(&t, sizeof t);
    return e;
}

struct stream {
    const uint8_t *bytes;
    size_t bit_cnt;
    bool high_first, backwards;
};

static unsigned bit(const struct stream *s, size_t i)
{
    size_t at = s->backwards ? s->bit_cnt - 1 - i : i;

    return (unsigned)s->bytes[at / 8] >> (s->high_first ? 7 - at % 8 : at % 8) & 1;
}

/* 0x10: the parity is wrong. */
static unsigned character(const struct stream *s, size_t at)
{
    unsigned v = 0, ones = 0;

    for (unsigned i = 0; i < BITS; i++) {
        unsigned b = bit(s, at + i);
        ones += b;
        v |= b << i;
    }
    return ones % 2 ? v & 0x0F : 0x10;
}

static enum err from(const struct stream *s, size_t at, char out[static TRACK2_PAN + 1])
{
    struct track t = {.cnt = 0};
    enum err e = ERR_BAD_VALUE;

    for (bool over = false; t.cnt < CODES && at + BITS <= s->bit_cnt; at += BITS) {
        unsigned c = character(s, at);
        if (c > 0x0F)
            break;
        t.codes[t.cnt++] = (uint8_t)c;
        if (over)
            break;
        over = c == END;
    }
    e = number(&t, true, out);
    explicit_bzero(&t, sizeof t);
    return e;
}

/* The first character that is no zero bit belongs to the start sentinel: whatever else begins there is not a track. */
static enum err stream(const struct stream *s, char out[static TRACK2_PAN + 1])
{
    size_t at = 0;

    while (at < s->bit_cnt && !bit(s, at))
        at++;
    return at < s->bit_cnt ? from(s, at, out) : ERR_BAD_VALUE;
}

enum err track2_raw(const uint8_t *bits, size_t len, char out[static TRACK2_PAN + 1])
{
    enum err e = ERR_BAD_VALUE;

    for (unsigned i = 0; e && i < 4; i++) {
        struct stream s = {bits, len * 8, i & 1, i & 2};
        e = stream(&s, out);
    }
    return e;
}
