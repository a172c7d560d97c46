/* SPDX-License-Identifier: Apache-2.0 */
/* Dice and a queue of things to come, for both simulators. */
#ifndef HUIKA_DICE_H
#define HUIKA_DICE_H
#include <stddef.h>
#include <stdint.h>

uint64_t dice_next(uint64_t *dice);
uint32_t dice_pick(uint64_t *dice, uint32_t n); /* 0 .. n-1 */
int64_t dice_between(uint64_t *dice, int64_t lo, int64_t hi);
/* The generator's beginning for one shop of a run. */
uint64_t dice_seed(uint64_t seed, uint32_t shop);
/* An array that holds `need` elements; what is new is zero. Aborts when out of memory. */
void *dice_grow(void *p, size_t *cap, size_t need, size_t size);

/* Numbers of the caller's, by time; those of one time in the order they were put. */
struct queue {
    struct queued {
        int64_t at;
        uint32_t order, n;
    } * e;
    size_t cnt, cap;
    uint32_t order;
};
void queue_put(struct queue *q, int64_t at, uint32_t n);
struct queued queue_take(struct queue *q); /* not of an empty one */
#endif
