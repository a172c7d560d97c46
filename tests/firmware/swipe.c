/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/firmware/swipe.h"
#include "firmware/core/f2f.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { T2_BITS = 252, LETTER_BITS = 700 };
#define CM_PER_BIT_75  (2.54 / 75)
#define CM_PER_BIT_210 (2.54 / 210)
#define PI             3.14159265358979

void swipe_seed(struct swipe_rng *r, uint64_t seed)
{
    r->state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (int i = 0; i < 4; i++)
        swipe_u32(r);
}

/* xorshift64*, Vigna 2016 */
uint32_t swipe_u32(struct swipe_rng *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return (uint32_t)(r->state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

double swipe_uniform(struct swipe_rng *r, double lo, double hi)
{
    return lo + (hi - lo) * swipe_u32(r) * (1.0 / 4294967296.0);
}

static void put_character(struct swipe_card *c, unsigned value)
{
    unsigned parity = 1;

    for (unsigned i = 0; i + 1 < c->width; i++) {
        parity ^= value >> i & 1;
        c->bit[c->cnt++] = value >> i & 1;
    }
    c->bit[c->cnt++] = (uint8_t)parity;
}

void swipe_encode(struct swipe_card *c, const char *text, unsigned width)
{
    char base = width == 5 ? '0' : ' ';
    unsigned lrc = 0, lead = width == 5 ? SWIPE_LEAD : 3 * SWIPE_LEAD;
    unsigned total = width == 5 && strlen(text) <= 40 ? T2_BITS : LETTER_BITS;

    memset(c, 0, sizeof *c);
    snprintf(c->text, sizeof c->text, "%s", text);
    c->width = width;
    c->cnt = c->first = lead;
    for (; *text; text++) {
        lrc ^= (unsigned)(*text - base);
        put_character(c, (unsigned)(*text - base));
    }
    put_character(c, lrc);
    c->cnt = c->cnt + SWIPE_LEAD > total ? c->cnt + SWIPE_LEAD : total;
}

void swipe_card(struct swipe_card *c, struct swipe_rng *r)
{
    char text[SWIPE_TEXT];
    unsigned digits = swipe_u32(r) & 1 ? 16 : 19, more = swipe_u32(r) % (digits == 16 ? 14 : 11);
    int n = snprintf(text, sizeof text, ";62000000%0*u=%02u%02u%03u", (int)digits - 8, swipe_u32(r) % 100000000,
        25 + swipe_u32(r) % 15, 1 + swipe_u32(r) % 12, swipe_u32(r) % 1000);

    while (more--)
        text[n++] = (char)('0' + swipe_u32(r) % 10);
    text[n++] = '?';
    text[n] = 0;
    swipe_encode(c, text, 5);
}

/* The hand: speeds up or slows down, evenly or from one speed to another; or both, one after the other. */
static double pace(double x, double change, unsigned shape)
{
    double u = shape < 2 ? x : shape < 4 ? 4 * x * (1 - x) : (1 - cos(PI * x)) / 2;

    return 1 + (shape & 1 ? -change : change) * u;
}

static void put_edge(struct swipe *s, double at, unsigned cell)
{
    s->cell_of[s->cnt] = cell;
    s->edge[s->cnt++] = at;
}

void swipe_make(struct swipe *s, const struct swipe_card *c, const struct swipe_how *how, struct swipe_rng *r)
{
    double pitch = c->width == 5 && c->cnt <= T2_BITS + 8 ? CM_PER_BIT_75 : CM_PER_BIT_210;
    double ticks = pitch / how->cm_s * 1e9 / F2F_TICK_NS, at = 1000, j = how->jitter;
    double change = swipe_uniform(r, 0, how->change);
    unsigned shape = swipe_u32(r) % 6;

    s->cnt = 0;
    s->back = how->back;
    put_edge(s, at, 0);
    for (unsigned i = 0; i < c->cnt; i++) {
        double cell = ticks / pace((double)i / c->cnt, change, shape);
        s->cell_edge[i] = s->cnt - 1;
        s->cell[i] = cell;
        if (c->bit[how->back ? c->cnt - 1 - i : i]) {
            put_edge(s, at += cell / 2 * swipe_uniform(r, 1 - j, 1 + j), i);
            put_edge(s, at += cell / 2 * swipe_uniform(r, 1 - j, 1 + j), i + 1);
        } else
            put_edge(s, at += cell * swipe_uniform(r, 1 - j, 1 + j), i + 1);
    }
    s->cell[c->cnt] = s->cell[c->cnt - 1];
}

uint16_t swipe_ticks(const struct swipe *s, unsigned i)
{
    int64_t d = (int64_t)s->edge[i + 1] - (int64_t)s->edge[i];

    return d > 65535 ? 65535 : d < 0 ? 0 : (uint16_t)d;
}
