/* SPDX-License-Identifier: Apache-2.0 */
/* What time it is on a machine whose clock nobody can vouch for (DESIGN "Formats", Leases):
 *
 *     now = max(wall clock, floor)
 *
 * The floor is an instant that has surely passed. It rises with CLOCK_BOOTTIME while the program runs, and with the date of a lease
 * that was verified; nothing else raises it, the wall clock least of all. Only a trust notice's floor_reset lowers it. So a board
 * that starts in 1970 at every boot, or was set back, goes on where it was; one that was set to 2090 has used up its lease until it
 * is set right again, and then nothing is lost. Pure. */
#ifndef HUIKA_OFFLINE_TIME_H
#define HUIKA_OFFLINE_TIME_H
#include <stdbool.h>
#include <stdint.h>

enum { OFFLINE_TIME_STEP_MS = 120000 }; /* a wall clock that moves further against CLOCK_BOOTTIME has been set */

/* All in ms. utc_ms was the floor when CLOCK_BOOTTIME stood at boot_ms. */
struct offline_time {
    int64_t utc_ms, boot_ms;
    int64_t wall_ms, wall_boot_ms; /* the wall clock as last looked at; for offline_time_step */
};

/* `kept_utc_ms`: the floor as it was stored, 0 if it never was. */
void offline_time_init(struct offline_time *t, int64_t kept_utc_ms, int64_t wall_ms, int64_t boot_ms);
int64_t offline_time_floor(const struct offline_time *t, int64_t boot_ms);
int64_t offline_time_now(const struct offline_time *t, int64_t wall_ms, int64_t boot_ms);
/* That instant has passed. False: nothing changed, the floor is there already. */
bool offline_time_raise(struct offline_time *t, int64_t utc_ms, int64_t boot_ms);
/* floor_reset: down to that instant; a floor that is lower stays. */
void offline_time_lower(struct offline_time *t, int64_t utc_ms, int64_t boot_ms);
/* By how much the wall clock was set since this was last asked (positive: forwards); 0 if by no more than OFFLINE_TIME_STEP_MS,
 * so that the small steps of a time server are seen only when they add up. */
int64_t offline_time_step(struct offline_time *t, int64_t wall_ms, int64_t boot_ms);
#endif
