/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/firmware/swipe.h"
#include <string.h>

/* Later edges are meant: their numbers change as edges come and go, so damage works from the end towards the start. */
static void remove_edge(struct swipe *s, unsigned i)
{
    if (i >= s->cnt)
        return;
    memmove(s->edge + i, s->edge + i + 1, (s->cnt - i - 1) * sizeof *s->edge);
    memmove(s->cell_of + i, s->cell_of + i + 1, (s->cnt - i - 1) * sizeof *s->cell_of);
    s->cnt--;
}

static void insert_edge(struct swipe *s, double at)
{
    unsigned i = s->cnt;

    if (s->cnt == SWIPE_EDGES)
        return;
    for (; i && s->edge[i - 1] > at; i--) {
        s->edge[i] = s->edge[i - 1];
        s->cell_of[i] = s->cell_of[i - 1];
    }
    s->edge[i] = at;
    s->cell_of[i] = i ? s->cell_of[i - 1] : 0;
    s->cnt++;
}

/* An edge within the data, so that the damage can matter. */
static unsigned some_edge(const struct swipe *s, const struct swipe_card *c, struct swipe_rng *r)
{
    unsigned data = (unsigned)(strlen(c->text) + 1) * c->width, first = s->back ? c->cnt - c->first - data : c->first;
    unsigned from = s->cell_edge[first], to = s->cell_edge[first + data - 1];

    return from + swipe_u32(r) % (to - from);
}

static void lose(struct swipe *s, const struct swipe_card *c, unsigned times, unsigned edges, struct swipe_rng *r)
{
    while (times--) {
        unsigned i = some_edge(s, c, r);
        for (unsigned n = 0; n < edges; n++)
            remove_edge(s, i);
    }
}

static void add(struct swipe *s, const struct swipe_card *c, unsigned times, bool spike, struct swipe_rng *r)
{
    while (times--) {
        unsigned i = some_edge(s, c, r);
        double at = swipe_uniform(r, s->edge[i], s->edge[i + 1 < s->cnt ? i + 1 : i]);
        if (spike)
            insert_edge(s, at + s->cell[c->cnt / 2] * swipe_uniform(r, 0.02, 0.4));
        insert_edge(s, at);
    }
}

/* Intervals from..to get new lengths; what follows keeps its own. */
static void stretch(struct swipe *s, unsigned from, unsigned to, double lo, double hi, double unit, struct swipe_rng *r)
{
    double shift = 0, before = s->edge[from];

    for (unsigned i = from + 1; i < s->cnt; i++) {
        double d = s->edge[i] - before;
        before = s->edge[i];
        if (i <= to)
            shift += (unit > 0 ? unit : d) * swipe_uniform(r, lo, hi) - d;
        s->edge[i] += shift;
    }
}

static void wear(struct swipe *s, const struct swipe_card *c, struct swipe_rng *r)
{
    unsigned from = some_edge(s, c, r), len = 4 + swipe_u32(r) % 26;
    double j = swipe_uniform(r, 0.3, 0.6);

    stretch(s, from, from + len, 1 - j, 1 + j, 0, r);
    for (unsigned i = from + len; i > from; i--)
        if (swipe_u32(r) % 10 == 0)
            remove_edge(s, i);
}

static void cut(struct swipe *s, const struct swipe_card *c, struct swipe_rng *r)
{
    unsigned i = some_edge(s, c, r);

    if (swipe_u32(r) & 1)
        s->cnt = i;
    else {
        memmove(s->edge, s->edge + i, (s->cnt - i) * sizeof *s->edge);
        memmove(s->cell_of, s->cell_of + i, (s->cnt - i) * sizeof *s->cell_of);
        s->cnt -= i;
    }
}

static void jerk(struct swipe *s, const struct swipe_card *c, struct swipe_rng *r)
{
    double by = swipe_uniform(r, 1.4, 4);
    unsigned from = some_edge(s, c, r);

    by = swipe_u32(r) & 1 ? by : 1 / by;
    stretch(s, from, s->cnt, by, by, 0, r);
    for (unsigned i = s->cell_of[from]; i <= c->cnt; i++)
        s->cell[i] *= by;
}

/* The time-ordered number of bit `column` of character `n`. */
static unsigned bit_at(const struct swipe *s, const struct swipe_card *c, unsigned n, unsigned column)
{
    unsigned i = c->first + n * c->width + column;

    return s->back ? c->cnt - 1 - i : i;
}

static bool is_one(const struct swipe *s, const struct swipe_card *c, unsigned i)
{
    return c->bit[s->back ? c->cnt - 1 - i : i];
}

/* By time, as numbers of edges do not survive the first change. */
struct target {
    double start, cell;
    bool one;
};

static void remove_near(struct swipe *s, double at, unsigned edges)
{
    unsigned best = 0;
    double off = 1e300;

    for (unsigned i = 0; i < s->cnt; i++) {
        double d = s->edge[i] > at ? s->edge[i] - at : at - s->edge[i];
        if (d < off) {
            off = d;
            best = i;
        }
    }
    while (edges--)
        remove_edge(s, best);
}

static void hit(struct swipe *s, const struct target *t, enum swipe_damage d, struct swipe_rng *r)
{
    double middle = t->start + t->cell / 2, off = t->cell * swipe_uniform(r, 0.10, 0.25);

    if (swipe_u32(r) & 1)
        off = -off;
    switch (d) {
    case SWIPE_PAIRED_PULSES:
        if (t->one)
            remove_near(s, middle, 2);
        else {
            insert_edge(s, middle + t->cell * swipe_uniform(r, 0, 0.25));
            insert_edge(s, middle - t->cell * swipe_uniform(r, 0, 0.25));
        }
        break;
    case SWIPE_PAIRED_WEAK:
        if (t->one)
            remove_near(s, middle, 1);
        insert_edge(s, middle + off);
        break;
    case SWIPE_PAIRED_FLIPS:
        if (t->one)
            remove_near(s, middle, 1);
        else
            insert_edge(s, middle + t->cell * swipe_uniform(r, -0.25, 0.25));
        break;
    default: /* exact */
        if (t->one)
            remove_near(s, middle, 1);
        else
            insert_edge(s, middle);
        break;
    }
}

static enum swipe_damage kind_of(enum swipe_damage d, struct swipe_rng *r)
{
    static const enum swipe_damage kinds[] = {SWIPE_PAIRED_PULSES, SWIPE_PAIRED_WEAK, SWIPE_PAIRED_FLIPS};

    return d == SWIPE_PAIRED_RANDOM ? kinds[swipe_u32(r) % 3] : d == SWIPE_PAIRED_ADDED ? SWIPE_PAIRED_FLIPS : d;
}

/* Two bits of two digits in the same columns. Returns how many of them are ones. */
static unsigned aim(const struct swipe *s, const struct swipe_card *c, struct target t[4], struct swipe_rng *r)
{
    unsigned digits = (unsigned)(strchr(c->text, '=') - c->text) - 1, a = 1 + swipe_u32(r) % digits, b, ones = 0;
    unsigned i = swipe_u32(r) % 4, j = (i + 1 + swipe_u32(r) % 3) % 4;

    do
        b = 1 + swipe_u32(r) % digits;
    while (b == a);
    for (unsigned k = 0; k < 4; k++) {
        unsigned at = bit_at(s, c, k & 1 ? a : b, k & 2 ? i : j);
        t[k] = (struct target){
            s->edge[s->cell_edge[at]], s->edge[s->cell_edge[at + 1]] - s->edge[s->cell_edge[at]], is_one(s, c, at)};
        ones += t[k].one;
    }
    return ones;
}

static void pair(struct swipe *s, const struct swipe_card *c, enum swipe_damage d, struct swipe_rng *r)
{
    enum { TRIES = 500 };
    struct target t[4];

    for (unsigned tries = 0; aim(s, c, t, r) && d == SWIPE_PAIRED_ADDED && tries < TRIES; tries++)
        ;
    for (unsigned k = 0; k < 4; k++)
        hit(s, &t[k], kind_of(d, r), r);
}

/* 01 and 10 differ by two edges moved half a cell; here they stop on the way. */
static void move_pair(struct swipe *s, const struct swipe_card *c, struct swipe_rng *r)
{
    unsigned digits = (unsigned)(strchr(c->text, '=') - c->text) - 1, done = 0;

    for (unsigned tries = 0; tries < 200 && done < 2; tries++) {
        unsigned at = bit_at(s, c, 1 + swipe_u32(r) % digits, swipe_u32(r) % 3), e;
        double by = swipe_uniform(r, 0, 0.5);
        if (s->back)
            at--;
        if (is_one(s, c, at) == is_one(s, c, at + 1))
            continue;
        e = s->cell_edge[at];
        by *= s->cell[at] * (is_one(s, c, at) ? 1 : -1);
        s->edge[e + 1] += by;
        s->edge[e + 2] += by;
        if (by > s->cell[at] / 4) /* nearer to the next bit's beginning */
            s->cell_of[e + 1] = at + 1;
        else if (by < -s->cell[at] / 4)
            s->cell_of[e + 1] = at;
        done++;
    }
}

void swipe_damage(struct swipe *s, const struct swipe_card *c, enum swipe_damage d, struct swipe_rng *r)
{
    unsigned from;
    double j;

    switch (d) {
    case SWIPE_LOST:
        lose(s, c, 1 + swipe_u32(r) % 4, 1, r);
        break;
    case SWIPE_LOST_PULSE:
        lose(s, c, 1 + swipe_u32(r) % 3, 2, r);
        break;
    case SWIPE_EXTRA:
        add(s, c, 1 + swipe_u32(r) % 4, false, r);
        break;
    case SWIPE_SPIKE:
        add(s, c, 1 + swipe_u32(r) % 3, true, r);
        break;
    case SWIPE_WORN:
        wear(s, c, r);
        break;
    case SWIPE_NOISE:
        from = some_edge(s, c, r);
        stretch(s, from, from + 3 + swipe_u32(r) % 16, 0.1, 1.5, s->cell[c->cnt / 2], r);
        break;
    case SWIPE_CUT:
        cut(s, c, r);
        break;
    case SWIPE_JERK:
        jerk(s, c, r);
        break;
    case SWIPE_JITTER:
        j = swipe_uniform(r, 0.2, 0.5);
        stretch(s, 0, s->cnt, 1 - j, 1 + j, 0, r);
        break;
    case SWIPE_PAIRED_MOVED:
        move_pair(s, c, r);
        break;
    default:
        pair(s, c, d, r);
        break;
    }
}

const char *swipe_damage_name(enum swipe_damage d)
{
    static const char *const names[] = {"edges missing", "pulses missing", "extra edges", "spikes", "worn stretch",
        "noise stretch", "cut off", "jerk", "heavy jitter", "paired, edges moved", "paired, pulses",
        "paired, weak edges", "paired, bits flipped", "paired, edges added", "paired, mixed", "forged exactly"};

    return names[d];
}
