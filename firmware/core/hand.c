/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/hand.h"

enum { PARTS_MIN = 5, LEAD_CELLS = 64, TOP = 0x4000, NEAR_END = HAND_ONE / 16 * 15 };
/* How far the speed is moved, 1/256: twice the excess over 1 + u^2 + T2^2 + T3^2, nearly, which is 4 at the ends and 2 to 2.5 in
 * between. A little more than to the border. */
enum { MOVE = 200, MOVE_END = 115, INSIDE = 6 };

void hand_init(struct hand *h)
{
    *h = (struct hand){0};
}

void hand_interval(struct hand *h, uint16_t length)
{
    struct hand_part *p = &h->part[(uint8_t)h->cells / HAND_PART_CELLS];
    uint8_t cell = h->cells % HAND_PART_CELLS;

    if (h->cells == HAND_CELLS)
        return;
    if (length > p->longest) {
        p->longest = length;
        p->at = (uint8_t)((p->at & 0x0F) | cell << 4);
    }
    if (!p->shortest || length < p->shortest) {
        p->shortest = length;
        p->at = (uint8_t)((p->at & 0xF0) | cell);
    }
}

void hand_cell(struct hand *h, bool leading)
{
    if (h->cells < HAND_CELLS)
        h->cells++;
    if (leading && h->cells == LEAD_CELLS)
        hand_init(h);
}

/* Both by a shift of 16, as a byte's place costs nothing. cppcheck takes avr-libc's int32_t for an int. */
static int16_t times(int16_t a, int16_t b)
{
    int32_t product = (int32_t)a * b * 4;

    return (int16_t)(product >> 16); /* cppcheck-suppress shiftTooManyBits */
}

static uint16_t times_unsigned(uint16_t a, uint16_t b)
{
    uint32_t product = (uint32_t)a * b * 4;

    return (uint16_t)(product >> 16); /* cppcheck-suppress shiftTooManyBits */
}

/* A cell's place, u: from -HAND_ONE to HAND_ONE in a swipe of HAND_CELLS, in the middle of that in a shorter one. */
static int16_t place(const struct hand *h, uint16_t cell)
{
    return (int16_t)((int16_t)(2 * cell + 1 - h->cells) * (HAND_ONE / HAND_CELLS));
}

static int16_t speed_at(const struct hand *h, int16_t u)
{
    int16_t t2 = (int16_t)(h->speed[2] >> 8), t3 = (int16_t)(h->speed[3] >> 8);
    int16_t sum = (int16_t)(2 * t2 + times(u, (int16_t)(4 * t3)));

    sum = (int16_t)((int16_t)(h->speed[1] >> 8) - 3 * t3 + times(u, sum));
    return (int16_t)((int16_t)(h->speed[0] >> 8) - t2 + times(u, sum));
}

/* At that cell a length was `by` too great a share, or too small. */
static void move(struct hand *h, uint16_t cell, int16_t by)
{
    int16_t t[4] = {HAND_ONE, place(h, cell)}, far = MOVE;

    t[2] = (int16_t)(2 * times(t[1], t[1]) - HAND_ONE);
    t[3] = (int16_t)(2 * times(t[1], t[2]) - t[1]);
    if (t[1] > NEAR_END || t[1] < -NEAR_END)
        far = MOVE_END;
    by = times(by, speed_at(h, t[1]));
    for (uint8_t i = 0; i < 4; i++)
        h->speed[i] -= (int32_t)times(by, t[i]) * far;
}

static uint8_t parts(const struct hand *h)
{
    return (uint8_t)((h->cells + HAND_PART_CELLS - 1) / HAND_PART_CELLS);
}

/* The speed of which a part's longest and shortest speak. */
static int32_t guess(const struct hand_part *p)
{
    return (int32_t)((uint32_t)HAND_ONE * HAND_ONE / (uint16_t)((p->longest >> 1) + (p->shortest >> 1)) << 8);
}

/* Lengths as large as fit, a tick's rounding in the swipe's favour. The first guess goes through three parts. */
static bool begin(struct hand *h)
{
    struct hand_part *first = h->part, *last = first + parts(h) - 1, *p;
    uint16_t longest = 0, shortest = UINT16_MAX;
    int32_t ends, by, middle;

    for (p = first; p <= last; p++) {
        longest = p->longest > longest ? p->longest : longest;
        shortest = p->shortest < shortest ? p->shortest : shortest;
    }
    if (longest >> 2 > shortest)
        return false;
    for (p = first; p <= last; p++) {
        p->longest--;
        p->shortest++;
    }
    for (; longest < TOP; longest = (uint16_t)(longest << 1))
        for (p = first; p <= last; p++) {
            p->longest = (uint16_t)(p->longest << 1);
            p->shortest = (uint16_t)(p->shortest << 1);
        }
    ends = guess(first);
    by = (guess(last) - ends) >> 1;
    ends += by;
    middle = (ends - guess(first + parts(h) / 2)) >> 1;
    h->speed[0] = ends - middle;
    h->speed[1] = by;
    h->speed[2] = middle;
    return true;
}

/* A length in shares of a cell, less one; within a part the speed is near enough to a line. */
static int16_t off(uint16_t length, int16_t left, int16_t right, uint8_t at)
{
    uint16_t speed = (uint16_t)(left + ((int16_t)((int16_t)(right - left) * at) >> 4));

    return (int16_t)(times_unsigned(length, speed) - HAND_ONE);
}

enum hand_verdict hand_judge(struct hand *h)
{
    uint16_t ranges = 0, cell = 0;
    uint8_t whole = (uint8_t)(h->cells / HAND_PART_CELLS), slow_at = 0, fast_at = 0, at;
    int16_t slow = 0, fast = 0, limit, left, right, most, least;

    if (h->verdict != HAND_BUSY)
        return h->verdict;
    if (whole < PARTS_MIN || (!h->passes && !begin(h)))
        return h->verdict = HAND_UNEVEN;
    right = speed_at(h, place(h, 0));
    for (const struct hand_part *p = h->part; cell < h->cells; p++) {
        left = right;
        right = speed_at(h, place(h, cell + HAND_PART_CELLS));
        at = p->at >> 4;
        most = off(p->longest, left, right, at);
        if (most > slow) {
            slow = most;
            slow_at = (uint8_t)(cell + at);
        }
        at = p->at & 0x0F;
        least = off(p->shortest, left, right, at);
        if (least < fast) {
            fast = least;
            fast_at = (uint8_t)(cell + at);
        }
        cell += HAND_PART_CELLS;
        if (cell <= h->cells && most > least) /* not the rounding */
            ranges = (uint16_t)(ranges + ((uint16_t)(most - least) >> 2));
    }
    limit = (int16_t)((uint16_t)(ranges / whole * HAND_SPREAD_32) >> 4);
    limit = limit > HAND_NOISE ? HAND_NOISE : limit < HAND_CLEAN ? HAND_CLEAN : limit;
    if (slow <= limit && fast >= -limit)
        return h->verdict = HAND_EVEN;
    if (++h->passes == HAND_PASSES)
        return h->verdict = HAND_UNEVEN;
    if (slow > limit)
        move(h, slow_at, (int16_t)(slow - limit + INSIDE));
    if (fast < -limit)
        move(h, fast_at, (int16_t)(fast + limit - INSIDE));
    return HAND_BUSY;
}
