/* SPDX-License-Identifier: Apache-2.0 */
/* Journals that were copied or rolled back: what contradicts the chain is kept apart, and a supervised resume begins a new
 * epoch. The old chain stays as it is, in `past`. */
#ifndef HUIKA_STORE_FORK_H
#define HUIKA_STORE_FORK_H
#include "service/store/store_terminal.h"

enum { STORE_FORKS = 64 }; /* kept per terminal; what comes beyond is not */

struct store_fork {
    uint32_t epoch;
    uint64_t seq;           /* of the head that the device signed */
    uint8_t hash[KEY_HASH]; /* of that head */
    int64_t at_utc_ms;
    const void *batch; /* the request as it came */
    size_t batch_len;
};
/* Keeps it, and notes on the terminal that its present epoch is forked (not for one that has ended). *fresh: this head was
 * not known yet. ERR_NOT_FOUND. */
enum err store_fork_put(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], const struct store_fork *f, bool *fresh);
/* How many are kept of a terminal (by its number). */
enum err store_fork_count(struct store_tx *tx, int64_t terminal, int64_t *cnt);

/* A new epoch for that terminal; a suspended one is active again. *epoch: the new one. ERR_NOT_FOUND; ERR_WRONG_STATE: it
 * is revoked. */
enum err store_terminal_resume(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], int64_t at_utc_ms, uint32_t *epoch);
#endif
