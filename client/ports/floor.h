/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's clock: max(wall clock, floor), as client/core/offline_time.h says. Whatever judges dates or writes them down is given
 * this one: records, offers, leases, TLS.
 *
 *     floor_init(&f, NULL, kept floor)
 *     floor_clock(&f)                     for everybody; f must not move
 *
 * One thread. Keeping the floor on disk is the caller's (client/ports/keep.h). */
#ifndef HUIKA_FLOOR_H
#define HUIKA_FLOOR_H
#include "client/core/offline_time.h"
#include "client/ports/clock.h"

struct floor {
    struct offline_time time;
    const struct clock *wall;
    struct clock clock;
};

/* wall: NULL for the machine's; borrowed. kept_utc_ms: 0 if none was ever kept. */
void floor_init(struct floor *f, const struct clock *wall, int64_t kept_utc_ms);
const struct clock *floor_clock(struct floor *f);
int64_t floor_utc_ms(const struct floor *f);
int64_t floor_wall_ms(const struct floor *f);
/* A lease of that date was verified. */
bool floor_raise(struct floor *f, int64_t utc_ms);
void floor_lower(struct floor *f, int64_t utc_ms);
/* By how much the wall clock was set since the last call, as offline_time_step. */
int64_t floor_step(struct floor *f);
#endif
