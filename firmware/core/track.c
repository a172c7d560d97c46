/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/track.h"

/* Data bits of the sentinels: ';' and '?' of five-bit, '%' and '?' of seven-bit characters. */
enum { START_DIGITS = 0x0B, END_DIGITS = 0x0F, START_LETTERS = 0x05, END_LETTERS = 0x1F };
enum { BAD_PARITY = 0xFF, QUIET_BITS = 14, UNSTORED = 32, MIN_CHARS = 5, MAX_CHARS = 115 };

static const uint8_t masks[] = {1, 2, 4, 8, 16, 32, 64, 128}; /* the AVR shifts one place at a time */

/* Before bit 0 stand the leading zeros that f2f saw and did not store: more than stand within a track. */
static bool bit(const uint8_t *bits, int16_t at)
{
    return at >= 0 && bits[(uint16_t)at >> 3] & masks[at & 7];
}

/* The data bits of the character that begins at `at`. Its bits are walked, not looked up: this is what a swipe waits for. */
static uint8_t character(const struct track *t, int16_t at)
{
    uint8_t value = 0, place = 1, mask = masks[at & 7];
    int16_t i = at >> 3;
    bool odd = false;

    for (uint8_t n = t->width; n; n--) {
        if (i >= 0 && t->bits[i] & mask) {
            odd = !odd;
            value |= place;
        }
        place = (uint8_t)(place << 1);
        if (t->step > 0) {
            mask = (uint8_t)(mask << 1);
            if (!mask) {
                mask = 0x01;
                i++;
            }
        } else {
            mask = mask >> 1;
            if (!mask) {
                mask = 0x80;
                i--;
            }
        }
    }
    return odd ? value & (uint8_t)((place >> 1) - 1) : BAD_PARITY;
}

/* Five-bit characters that carry no information: ':', ';', '<', '>' (ISO/IEC 7811-2, table 3). */
static bool is_control(uint8_t c)
{
    return c == 0x0A || c == START_DIGITS || c == 0x0C || c == 0x0E;
}

/* Bits from `at` to the end of the swipe, in reading direction. */
static int16_t left(const struct track *t, uint16_t cnt, int16_t at)
{
    return t->step > 0 ? (int16_t)((int16_t)cnt - at) : (int16_t)(at + 1 + UNSTORED);
}

/* The clocking zeros behind a track: more than fit between two characters, so that no end is found in its midst. */
static bool is_quiet(const struct track *t, uint16_t cnt, int16_t at)
{
    for (uint8_t i = 0; i < QUIET_BITS; i++) {
        if (left(t, cnt, at) <= 0 || bit(t->bits, at))
            return false;
        at = (int16_t)(at + t->step);
    }
    return true;
}

/* Reads from t->first; the length, 0 if it is not a track. */
static uint8_t read_from(const struct track *t, uint16_t cnt)
{
    uint8_t start = t->width == TRACK_DIGITS ? START_DIGITS : START_LETTERS;
    uint8_t end = t->width == TRACK_DIGITS ? END_DIGITS : END_LETTERS;
    int16_t stride = (int16_t)(t->step * t->width);
    uint8_t lrc = 0, c;
    int16_t at = (int16_t)t->first;

    for (uint8_t n = 0; n < MAX_CHARS && left(t, cnt, at) >= t->width; n++) {
        c = character(t, at);
        at = (int16_t)(at + stride);
        if (c == BAD_PARITY || (!n && c != start))
            return 0;
        if (t->width == TRACK_DIGITS && n && c != end && is_control(c))
            return 0;
        lrc ^= c;
        if (c != end)
            continue;
        if (n + 1 < MIN_CHARS || left(t, cnt, at) < t->width || character(t, at) != lrc)
            return 0;
        return is_quiet(t, cnt, (int16_t)(at + stride)) ? (uint8_t)(n + 1) : 0;
    }
    return 0;
}

bool track_find(struct track *t, const uint8_t *bits, uint16_t cnt, enum track_width width)
{
    struct track back = {.bits = bits, .step = -1, .width = (uint8_t)width};
    uint16_t last = cnt;

    *t = (struct track){.bits = bits, .step = 1, .width = (uint8_t)width};
    while (last && !bit(bits, (int16_t)(last - 1)))
        last = bits[(last - 1) >> 3] ? (uint16_t)(last - 1) : (uint16_t)((last - 1) & ~7);
    if (!last || cnt - last < QUIET_BITS)
        return false;
    back.first = (uint16_t)(last - 1);
    t->len = read_from(t, cnt);
    back.len = read_from(&back, cnt);
    if (t->len && back.len)
        t->len = 0;
    else if (back.len)
        *t = back;
    return t->len != 0;
}

char track_char(const struct track *t, uint8_t i)
{
    uint8_t c = character(t, (int16_t)(t->first + t->step * t->width * i));

    return (char)(c + (t->width == TRACK_DIGITS ? '0' : ' '));
}
