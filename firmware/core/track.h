/* SPDX-License-Identifier: Apache-2.0 */
/* Characters from the bits of one swipe (ISO/IEC 7811-2, 7811-6, 7813): sentinels, odd parity, LRC, either direction.
 *
 *     if (track_find(&t, f.bits, f.cnt, TRACK_DIGITS))
 *         for (i = 0; i < t.len; i++) out[i] = track_char(&t, i);
 *
 * Strict: the first 1 begins the start sentinel, each character has odd parity, none is one that may not stand there, the
 * LRC agrees, clocking zeros follow, and the swipe does not read as a track in both directions. Characters are taken from the bits when asked
 * for, so that no second copy of them has to be wiped. */
#ifndef HUIKA_FW_TRACK_H
#define HUIKA_FW_TRACK_H
#include <stdbool.h>
#include <stdint.h>

/* Bits in a character. Tracks 2 and 3 have digits, track 1 letters. */
enum track_width { TRACK_DIGITS = 5, TRACK_LETTERS = 7 };

struct track {
    const uint8_t *bits; /* borrowed, as f2f left them */
    uint16_t first;      /* where the start sentinel begins */
    int8_t step;         /* 1, or -1 for a swipe the other way */
    uint8_t width;
    uint8_t len; /* characters with both sentinels, without LRC; 0: no track */
};

/* False, with t->len 0, unless the bits [0..cnt) hold one whole track and nothing speaks against it. */
bool track_find(struct track *t, const uint8_t *bits, uint16_t cnt, enum track_width width);
/* Character i < t->len in ASCII: ';' or '%' first, '?' last. */
char track_char(const struct track *t, uint8_t i);
#endif
