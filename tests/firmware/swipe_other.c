/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/track.h"
#include "tests/firmware/swipe.h"

bool swipe_is_other(const struct swipe *before, const struct swipe *now, const struct swipe_card *c, double doubt)
{
    uint8_t bits[SWIPE_BITS / 8] = {0};
    unsigned cell = 0, cnt = 0, halves = 0;
    bool data = false;
    struct track t;

    for (unsigned i = 0; i + 1 < now->cnt && cnt < SWIPE_BITS; i++) {
        double d = now->edge[i + 1] - now->edge[i], share;
        while (cell + 1 < c->cnt && before->edge[before->cell_edge[cell + 1]] <= now->edge[i] + d / 4)
            cell++;
        share = d / before->cell[cell];
        if (share > 0.5 * (1 - doubt) && share < 0.5 * (1 + doubt)) {
            if (++halves == 1)
                continue;
        } else if (halves || share < 1 - doubt || share > 1 + doubt)
            return false;
        data = data || halves;
        bits[cnt >> 3] |= (uint8_t)((halves == 2) << (cnt & 7));
        cnt += data;
        halves = 0;
    }
    if (!track_find(&t, bits, (uint16_t)cnt, (enum track_width)c->width))
        return false;
    for (uint8_t i = 0; i < t.len; i++)
        if (track_char(&t, i) != c->text[i])
            return true;
    return c->text[t.len] != 0;
}
