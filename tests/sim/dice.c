/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/dice.h"
#include <stdlib.h>
#include <string.h>

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t dice_next(uint64_t *dice)
{
    uint64_t z = (*dice += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t dice_pick(uint64_t *dice, uint32_t n)
{
    return (uint32_t)(dice_next(dice) % n);
}

int64_t dice_between(uint64_t *dice, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(dice_next(dice) % (uint64_t)(hi - lo + 1));
}

uint64_t dice_seed(uint64_t seed, uint32_t shop)
{
    return seed ^ (shop + 1) * UINT64_C(0xd1342543de82ef95);
}

void *dice_grow(void *p, size_t *cap, size_t need, size_t size)
{
    size_t more = *cap ? *cap : 64;
    if (need <= *cap)
        return p;
    while (more < need)
        more *= 2;
    p = realloc(p, more * size);
    if (!p)
        abort();
    memset((char *)p + *cap * size, 0, (more - *cap) * size);
    *cap = more;
    return p;
}

static int before(const struct queued *a, const struct queued *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void swap(struct queued *a, struct queued *b)
{
    struct queued c = *a;
    *a = *b;
    *b = c;
}

void queue_put(struct queue *q, int64_t at, uint32_t n)
{
    q->e = dice_grow(q->e, &q->cap, q->cnt + 1, sizeof *q->e);
    size_t i = q->cnt++;
    q->e[i] = (struct queued){at, q->order++, n};
    for (; i && before(&q->e[i], &q->e[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&q->e[i], &q->e[(i - 1) / 2]);
}

struct queued queue_take(struct queue *q)
{
    struct queued first = q->e[0];
    size_t i = 0, cnt = --q->cnt;
    q->e[0] = q->e[cnt];
    for (;;) {
        size_t least = i;
        for (size_t k = 2 * i + 1; k <= 2 * i + 2; k++)
            if (k < cnt && before(&q->e[k], &q->e[least]))
                least = k;
        if (least == i)
            return first;
        swap(&q->e[i], &q->e[least]);
        i = least;
    }
}
