/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before the next try: doubling with jitter, so that ten thousand terminals do not come back in step. */
#ifndef HUIKA_BACKOFF_H
#define HUIKA_BACKOFF_H
#include <stdint.h>

struct backoff {
    int64_t first_ms, max_ms; /* set by the owner */
    int64_t now_ms;           /* 0: no failure since the last success */
};

/* After a failure: ms to wait, between half and the whole of the doubled step. */
int64_t backoff_next(struct backoff *b);
void backoff_reset(struct backoff *b);
#endif
