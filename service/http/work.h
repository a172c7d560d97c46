/* SPDX-License-Identifier: Apache-2.0 */
/* Threads for requests that write: they wait for the disk, so that the listener's threads never do, and many of them wait
 * together, so that one commit serves them all. */
#ifndef HUIKA_SERVICE_WORK_H
#define HUIKA_SERVICE_WORK_H
#include "err.h"
#include <stddef.h>

struct work;

/* Embedded in what is worked on. */
struct work_item {
    struct work_item *next;
};

/* Starts `threads`; each calls run(ctx, item) for one item at a time, in order of arrival. At most `queue_max` items wait.
 * ERR_NOMEM. Signals stay blocked in these threads. */
enum err work_new(
    struct work **out, size_t threads, size_t queue_max, void (*run)(void *ctx, struct work_item *item), void *ctx);
/* ERR_TOO_MANY: the queue is full; ERR_STOPPING after work_free began. Otherwise hold(arg) was called first, before run can
 * be. The item is the caller's and must live until run returns. */
enum err work_put(struct work *w, struct work_item *item, void (*hold)(void *arg), void *arg);
/* Finishes what is queued, ends the threads. */
void work_free(struct work **w);
#endif
