/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/f2f.h"

/* What an interval is, beside a cell of length c. Half a cell may be 23 % off, a cell 25 %: more than the 15 % of jitter that
 * must be read, because the length itself is an estimate; between lies what nobody can tell. */
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
    if (f->hand)
        hand_init(f->hand);
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

static uint16_t length(const struct f2f *f)
{
    return (uint16_t)(f->cell >> 8);
}

static uint16_t apart(uint16_t a, uint16_t b)
{
    return a > b ? a - b : b - a;
}

static enum kind judge(struct f2f *f, uint16_t d)
{
    uint16_t c = length(f), c4 = c >> 2, off = apart((uint16_t)(d << 1), c);

    if (off <= c4 - (c >> 6)) {
        note(f, off);
        return HALF;
    }
    off = apart(d, c);
    if (off <= c4 + (f->phase == F2F_LEADING ? c >> 5 : 0)) { /* a clocking zero decides nothing */
        note(f, off);
        return CELL;
    }
    return NEITHER;
}

/* Two halves: an edge in the midst of a zero is seldom as near to its middle as that of a one. */
static bool is_one(const struct f2f *f, uint16_t a, uint16_t b)
{
    uint16_t c = length(f);

    return apart(a, b) <= (c >> 3) + (c >> 4);
}

bool f2f_is_even(const struct f2f *f)
{
    uint16_t c = length(f);

    return f->worst <= (c >> 3) + (c >> 5) || (uint32_t)f->worst * f->judged * 8 <= f->sum * F2F_OUTLIER_8;
}

static void begin(struct f2f *f, uint16_t d)
{
    f->cell = (int32_t)d << 8;
    f->trend = 0;
    f->age = 0;
}

/* A tracking loop of the second order. Two halves measure a cell better than one interval does. */
static void follow(struct f2f *f, uint16_t d, bool one)
{
    int32_t off = ((int32_t)d << 8) - f->cell;

    f->trend += off >> 5;
    f->cell += (off >> (one || f->age < F2F_YOUNG ? 3 : 4)) + (f->trend >> 4);
    f->age = (uint8_t)(f->age + (f->age < F2F_YOUNG));
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
    uint16_t c = length(f);

    if (f->run && d >= c - (c >> 2) - (c >> 4) && d <= c + (c >> 2) + (c >> 3)) {
        begin(f, (uint16_t)((c + d) >> 1));
        if (++f->run == F2F_SYNC) {
            f->phase = F2F_LEADING;
            f->run = 0;
        }
        return;
    }
    begin(f, d);
    f->run = 1;
}

void f2f_gap(struct f2f *f)
{
    if (f->phase == F2F_DATA)
        f->phase = F2F_ENDED;
    else if (f->phase != F2F_ENDED)
        restart(f);
}

/* A cell: two halves, or one whole. */
static void tell(struct f2f *f, uint16_t half, uint16_t d)
{
    if (!f->hand)
        return;
    if (half)
        hand_interval(f->hand, (uint16_t)(half << 1));
    hand_interval(f->hand, half ? (uint16_t)(d << 1) : d);
    hand_cell(f->hand, !half && f->phase == F2F_LEADING);
}

static void feed_half(struct f2f *f, uint16_t d)
{
    uint16_t first = f->half;

    if (!first) {
        f->half = d;
        return;
    }
    f->half = 0;
    if (!is_one(f, first, d)) {
        f2f_gap(f);
        return;
    }
    tell(f, first, d);
    put(f, true);
    follow(f, (uint16_t)(d + first), true);
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
        tell(f, 0, ticks);
        put(f, false);
        follow(f, ticks, false);
    } else
        f2f_gap(f);
}
