/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait for news of a shop (long poll). A request takes a mark, looks for news, and if there is none asks to
 * wait with that mark: if anything was woken since, poll_add refuses and the request looks again, so no news is missed.
 * All functions may be called from any thread. */
#ifndef HUIKA_SERVICE_POLL_H
#define HUIKA_SERVICE_POLL_H
#include "base/ulid.h"
#include <stdbool.h>

enum { POLL_WAIT_MAX_MS = 50000 };

/* Embedded in what waits; the fields are poll.c's. */
struct poll_waiter {
    struct poll_waiter *next_shop, **link_shop; /* of the same shop's bucket */
    struct poll_waiter *next_slot, **link_slot; /* that end about the same time */
    int64_t until_mono_ms;
    char shop[ULID_LEN + 1], terminal[ULID_LEN + 1];
    bool waiting;
};

struct poll;

/* `resume(ctx, waiter)` is called once for each waiter that was added, with poll's lock held: it must not call back. NULL
 * if out of memory. */
struct poll *poll_new(void (*resume)(void *ctx, struct poll_waiter *w), void *ctx);
void poll_free(struct poll **p); /* nobody may be waiting */
uint64_t poll_mark(struct poll *p);
/* True: it waits until poll_wake, poll_tick past the deadline, or poll_stop; `hold(arg)` was called first, under the lock,
 * so that resume cannot come before it. False: there was news since the mark, or the service is stopping. A terminal waits
 * once: an older wait of the same terminal ends. */
bool poll_add(struct poll *p, struct poll_waiter *w, uint64_t mark, void (*hold)(void *arg), void *arg);
/* Ends the waits of one shop's terminals; of all if shop is NULL. */
void poll_wake(struct poll *p, const char *shop);
/* Ends waits whose time is over. Call a few times a second. */
void poll_tick(struct poll *p, int64_t now_mono_ms);
/* Ends all waits; poll_add refuses from now on. */
void poll_stop(struct poll *p);
#endif
