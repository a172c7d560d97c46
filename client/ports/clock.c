/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/clock.h"
#include "base/tm.h"
#include <stddef.h>

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

const struct clock clock_system = {wall, mono, NULL};
