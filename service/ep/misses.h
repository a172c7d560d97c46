/* SPDX-License-Identifier: Apache-2.0 */
/* How often a terminal asked for numbers in vain. A stolen terminal must not learn who is a member by trying: after
 * `limit` misses within an hour, numbers are locked on that terminal until an hour after the oldest of them. Kept in
 * memory; a restart forgets. */
#ifndef HUIKA_SERVICE_MISSES_H
#define HUIKA_SERVICE_MISSES_H
#include "service/store/store.h"

#define MISSES_HOUR_MS INT64_C(3600000)

struct misses;
/* limit 0: numbers are always locked. NULL: out of memory. */
struct misses *misses_new(size_t limit);
void misses_free(struct misses **m);
/* Before a number is looked up. False: numbers are locked on this terminal. True: a miss was noted in advance, so that
 * many tries at once gain nothing; misses_forgive takes it back if it was none. Any thread. mono: a clock that is never
 * set, above 0. Out of memory counts as locked. */
bool misses_take(struct misses *m, const uint8_t terminal[static STORE_ID], int64_t mono_ms);
void misses_forgive(struct misses *m, const uint8_t terminal[static STORE_ID]);
#endif
