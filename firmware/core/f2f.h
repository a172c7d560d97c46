/* SPDX-License-Identifier: Apache-2.0 */
/* F2F (Aiken biphase, ISO/IEC 7811-2 and -6): times between flux transitions in, bits out.
 *
 *     f2f_init(&f, bits, sizeof bits * 8);
 *     f2f_feed(&f, ticks)                  for each interval, at any even tick
 *     f.bits[0 .. f.cnt)                   when the swipe is over; direction, characters: core/track.h
 *
 * A 0 is one interval of a cell, a 1 two of half a cell. The cell's length is followed as the hand speeds up and slows
 * down, its change too. An interval that is neither near a cell nor near half of one is not guessed at, nor two halves that
 * are too unlike: the bits end there, and a track that is not whole by then is rejected by its missing end. That allows for
 * more than a swipe may be off, as the length is an estimate; whether to believe the whole of it is for core/hand.h to say or,
 * where there is no memory for that, for f2f_is_even().
 * Leading zeros are counted, not stored. No heap, no division. Any numbers may be fed. */
#ifndef HUIKA_FW_F2F_H
#define HUIKA_FW_F2F_H
#include "firmware/core/hand.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    F2F_TICK_NS = 500,
    F2F_MAX_TICKS = 16000, /* longer than any cell: a gap */
    F2F_SYNC = 4,          /* equal intervals that tell the first cell length */
    F2F_LEAD = 6,          /* zeros behind them before the first 1 is believed; inside a track five-bit characters have
                              eight in a row at most */
    F2F_OUTLIER_8 = 25,    /* eighths of the mean deviation: an interval that far off belongs to another story */
    F2F_YOUNG = 12,        /* cells after which the estimate of a cell is good enough to change slowly */
};

struct f2f {
    struct hand *hand; /* borrowed, told of each cell; NULL: f2f_is_even() has to do */
    uint8_t *bits;     /* borrowed; least significant bit of bits[0] first; bits[0] bit 0 is the first 1 */
    uint16_t max;      /* bits that fit */
    uint16_t cnt;      /* bits that are there */
    uint16_t worst;    /* how far an interval of them was from what it was taken for, in ticks of a whole cell, */
    uint32_t sum;      /* and all together */
    uint16_t judged;   /* intervals */
    int32_t cell;      /* a cell's length in 1/256 ticks, */
    int32_t trend;     /* and how it changes from cell to cell, 1/4096 ticks */
    uint8_t age;       /* cells since the first length, saturating */
    uint16_t half;     /* the first half of a 1, in ticks; 0: at a cell's edge */
    uint8_t run;       /* intervals that agreed; then leading zeros, saturating */
    enum f2f_phase { F2F_SYNCING, F2F_LEADING, F2F_DATA, F2F_ENDED } phase;
};

/* Forgets everything and wipes the bits. `max` is a multiple of 8. */
void f2f_init(struct f2f *f, uint8_t *bits, uint16_t max);
/* One interval in ticks. */
void f2f_feed(struct f2f *f, uint16_t ticks);
/* The quality of what was read: false if one interval stands out (more than F2F_OUTLIER_8 / 8 times the mean deviation and more
 * than 5/32 of a cell). */
bool f2f_is_even(const struct f2f *f);
/* Edges were lost: what follows cannot belong to what is there. */
void f2f_gap(struct f2f *f);
#endif
