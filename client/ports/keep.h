/* SPDX-License-Identifier: Apache-2.0 */
/* STATE/offline.ini: what a terminal must not forget when it is switched off, beside its notices and its journal. Each notice in force
 * is a file of its own; here stands what outlives a damaged or an older file of it.
 *
 *     [time] floor = MS, reset = VERSION         the floor (client/core/offline_time.h); the trust notice whose floor_reset was done
 *     [lease] version = N, epoch = N, since = SEQ   when the lease in force came: the head of the journal then
 *     [journal] forked = EPOCH                   the epoch whose journal was found to be a copy or rolled back
 *     [newest] shop = VERSION SHA256 ...         newest notice of each kind that ever was in force: nothing older is taken
 *
 * And STATE/day.key: the Shanghai day and 32 random bytes, by which a card's sales of that day are told apart (proto/body.h, tag). */
#ifndef HUIKA_KEEP_H
#define HUIKA_KEEP_H
#include "client/core/offline.h"
#include "client/ports/state.h"

#define KEEP_INI     "offline.ini"
#define KEEP_DAY_KEY "day.key"

struct keep {
    int64_t floor_utc_ms;  /* 0: never stored */
    int64_t reset_version; /* 0: none */
    int64_t lease_version; /* 0: none */
    uint32_t lease_epoch;
    uint64_t lease_since;  /* seq of the journal's head when it came */
    uint32_t forked_epoch; /* 0: none */
    struct notice_pin newest[NOTICE_KINDS];
};

/* ERR_NOT_FOUND: there is none; ERR_BAD_VALUE: damaged; ERR_IO, ERR_NOMEM. *out is zero on error. */
enum err keep_load(const struct state *s, struct keep *out);
/* Durable when it returns. ERR_DISK_FULL, ERR_IO, ERR_NOMEM: the old file stands. */
enum err keep_save(const struct state *s, const struct keep *k);

/* The key in force: the file's, unless its day is before `day`, when a new one takes its place. *key_day is its day, `day` or later: it
 * never goes back. ERR_IO, ERR_DISK_FULL, ERR_INTERNAL (no randomness). */
enum err keep_day_key(const struct state *s, int32_t day, int32_t *key_day, uint8_t key[static OFFLINE_KEY]);
/* A floor_reset took the time back: a key of a day after this one is removed, for until then all days would count as one. */
void keep_day_back(const struct state *s, int32_t day);
#endif
