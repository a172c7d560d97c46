/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/offline_time.h"

void offline_time_init(struct offline_time *t, int64_t kept_utc_ms, int64_t wall_ms, int64_t boot_ms)
{
    *t = (struct offline_time){kept_utc_ms, boot_ms, wall_ms, boot_ms};
}

int64_t offline_time_floor(const struct offline_time *t, int64_t boot_ms)
{
    return t->utc_ms + (boot_ms > t->boot_ms ? boot_ms - t->boot_ms : 0);
}

int64_t offline_time_now(const struct offline_time *t, int64_t wall_ms, int64_t boot_ms)
{
    int64_t floor = offline_time_floor(t, boot_ms);
    return wall_ms > floor ? wall_ms : floor;
}

static void set(struct offline_time *t, int64_t utc_ms, int64_t boot_ms)
{
    t->utc_ms = utc_ms;
    t->boot_ms = boot_ms;
}

bool offline_time_raise(struct offline_time *t, int64_t utc_ms, int64_t boot_ms)
{
    if (utc_ms <= offline_time_floor(t, boot_ms))
        return false;
    set(t, utc_ms, boot_ms);
    return true;
}

void offline_time_lower(struct offline_time *t, int64_t utc_ms, int64_t boot_ms)
{
    if (utc_ms < offline_time_floor(t, boot_ms))
        set(t, utc_ms, boot_ms);
}

int64_t offline_time_step(struct offline_time *t, int64_t wall_ms, int64_t boot_ms)
{
    int64_t by = (wall_ms - t->wall_ms) - (boot_ms - t->wall_boot_ms);
    if (by >= -OFFLINE_TIME_STEP_MS && by <= OFFLINE_TIME_STEP_MS)
        return 0;
    t->wall_ms = wall_ms;
    t->wall_boot_ms = boot_ms;
    return by;
}
