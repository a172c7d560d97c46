/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/backoff.h"
#include <sys/random.h>

int64_t backoff_next(struct backoff *b)
{
    uint32_t r = 0;
    b->now_ms = b->now_ms ? b->now_ms * 2 : b->first_ms;
    if (b->now_ms > b->max_ms)
        b->now_ms = b->max_ms;
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
        r = 0;
    return b->now_ms / 2 + (int64_t)(r % (uint64_t)(b->now_ms / 2 + 1));
}

void backoff_reset(struct backoff *b)
{
    b->now_ms = 0;
}
