/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/clock.h"
#include "base/tm.h"
#include <stddef.h>
#include <time.h>

static int64_t wall(void *ctx)
{
    (void)ctx;
    return tm_wall_utc_ms();
}

static int64_t mono(void *ctx)
{
    (void)ctx;
    return tm_mono_ms();
}

static int64_t boot(void *ctx)
{
    struct timespec t = {0};
    (void)ctx;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const struct clock clock_system = {wall, mono, boot, NULL};
