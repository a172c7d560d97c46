/* SPDX-License-Identifier: Apache-2.0 */
/* Whether one hand explains a whole swipe: is there a speed, changing smoothly along the card, beside which every interval is
 * as near to what it was taken for as a good swipe's are? The decoder (core/f2f.h) follows the hand from behind and has to
 * allow for what it cannot know yet; this looks back from the end and need not.
 *
 *     hand_init(&h)
 *     hand_interval(&h, length), hand_cell(&h) ...   as the swipe comes
 *     while (hand_judge(&h) == HAND_BUSY) ;          when it is over: HAND_PASSES times at most, in less than a millisecond each
 *
 * Intervals are not kept: of each sixteen cells the longest and the shortest are, and where. The speed is a polynomial of the
 * third degree, moved onto the worst of these on either side until none is outside (projection onto half-spaces). No heap.
 * docs/decisions/022 has the reasons and the figures. */
#ifndef HUIKA_FW_HAND_H
#define HUIKA_FW_HAND_H
#include <stdbool.h>
#include <stdint.h>

enum {
    HAND_PARTS = 16,
    HAND_PART_CELLS = 16,
    HAND_CELLS = HAND_PARTS * HAND_PART_CELLS, /* a track 2 has 252; what comes behind them is not looked at */

    HAND_ONE = 1 << 14,  /* shares are in this unit */
    HAND_NOISE = 2507,   /* 15.3 %: 15 % has to be read, and what is beyond must not be, */
    HAND_SPREAD_32 = 39, /* nor what is further off than this / 32 of the parts' mean half range, */
    HAND_CLEAN = 1474,   /* except within 9 %, where nobody is in doubt */
    HAND_PASSES = 20
};

enum hand_verdict { HAND_BUSY, HAND_EVEN, HAND_UNEVEN };

struct hand_part {
    uint16_t longest, shortest; /* in ticks of a whole cell, 0: none yet; once judged, scaled */
    uint8_t at;                 /* in which cells of the part they were: the longest in the high nibble */
};

struct hand {
    struct hand_part part[HAND_PARTS];
    uint16_t cells;
    int32_t speed[4]; /* of 1, T1, T2, T3 (Chebyshev); 1/256 of what makes a cell HAND_ONE */
    uint8_t passes, verdict;
};

void hand_init(struct hand *h);
/* An interval of the cell under way, given as the length in ticks of a whole cell: twice the ticks of a half. */
void hand_interval(struct hand *h, uint16_t length);
/* That cell is over; `leading`: it stands before the track. */
void hand_cell(struct hand *h, bool leading);
/* One pass. Nothing may be added any more. HAND_UNEVEN if there are less than five parts, or one that is four times as slow as another. */
enum hand_verdict hand_judge(struct hand *h);
#endif
