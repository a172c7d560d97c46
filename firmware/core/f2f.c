/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/f2f.h"

/* What an interval is, beside a cell of length c. The windows are 1/8 wider than +-15 % of jitter asks for, because the
 * length itself is an estimate; between them lies what nobody can tell. */
enum kind { HALF, CELL, NEITHER };

void f2f_init(struct f2f *f, uint8_t *bits, uint16_t max)
{
    *f = (struct f2f){.bits = bits, .max = max};
    for (uint16_t i = 0; i < max / 8; i++)
        bits[i] = 0;
}

static void restart(struct f2f *f)
{
    f->phase = F2F_SYNCING;
    f->run = 0;
    f->half = 0;
    f->worst = f->judged = 0;
    f->sum = 0;
    for (; f->cnt; f->cnt--)
        f->bits[(f->cnt - 1) >> 3] = 0;
}

static void note(struct f2f *f, uint16_t off)
{
    if (f->phase != F2F_DATA)
        return;
    f->sum += off;
    f->judged++;
    if (off > f->worst)
        f->worst = off;
}

static enum kind judge(struct f2f *f, uint16_t d)
{
    uint16_t c = f->cell_4 >> 2, c2 = c >> 1, c8 = c >> 3, c16 = c >> 4, c32 = c >> 5;

    if (d >= c2 - c8 && d <= c2 + c8) { /* 0.375-0.625 */
        note(f, (uint16_t)((d > c2 ? d - c2 : c2 - d) << 1));
        return HALF;
    }
    if (d >= c - c8 - c16 - c32 && d <= c + (c >> 2)) { /* 0.781-1.25 */
        note(f, d > c ? d - c : c - d);
        return CELL;
    }
    return NEITHER;
}

bool f2f_is_even(const struct f2f *f)
{
    return f->worst <= f->cell_4 >> 6 || (uint32_t)f->worst * f->judged <= f->sum * F2F_OUTLIER;
}

/* An eighth of the way to what was measured. */
static void follow(struct f2f *f, uint16_t d)
{
    int16_t off = (int16_t)((uint16_t)(d << 2) - f->cell_4);

    f->cell_4 = (uint16_t)(f->cell_4 + ((off + 4) >> 3));
}

static void put(struct f2f *f, bool one)
{
    if (f->phase == F2F_LEADING) {
        if (!one) {
            f->run = (uint8_t)(f->run + (f->run < UINT8_MAX));
            return;
        }
        if (f->run < F2F_LEAD) {
            restart(f);
            return;
        }
        f->phase = F2F_DATA;
    }
    if (f->cnt == f->max) {
        f->phase = F2F_ENDED;
        return;
    }
    if (one)
        f->bits[f->cnt >> 3] |= (uint8_t)(1 << (f->cnt & 7));
    f->cnt++;
}

static void synchronise(struct f2f *f, uint16_t d)
{
    uint16_t c = f->cell_4 >> 2;

    if (f->run && d >= c - (c >> 2) - (c >> 4) && d <= c + (c >> 2) + (c >> 3)) {
        f->cell_4 = (uint16_t)((c + d) << 1);
        if (++f->run == F2F_SYNC) {
            f->phase = F2F_LEADING;
            f->run = 0;
        }
        return;
    }
    f->cell_4 = (uint16_t)(d << 2);
    f->run = 1;
}

void f2f_gap(struct f2f *f)
{
    if (f->phase == F2F_DATA)
        f->phase = F2F_ENDED;
    else if (f->phase != F2F_ENDED)
        restart(f);
}

static void feed_half(struct f2f *f, uint16_t d)
{
    if (!f->half) {
        f->half = d;
        return;
    }
    d = (uint16_t)(d + f->half);
    f->half = 0;
    put(f, true);
    follow(f, d);
}

void f2f_feed(struct f2f *f, uint16_t ticks)
{
    enum kind kind;

    if (f->phase == F2F_ENDED)
        return;
    if (ticks > F2F_MAX_TICKS || !ticks) {
        f2f_gap(f);
        return;
    }
    if (f->phase == F2F_SYNCING) {
        synchronise(f, ticks);
        return;
    }
    kind = judge(f, ticks);
    if (kind == HALF)
        feed_half(f, ticks);
    else if (kind == CELL && !f->half) {
        put(f, false);
        follow(f, ticks);
    } else
        f2f_gap(f);
}
