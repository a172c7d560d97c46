/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/floor.h"
#include <stddef.h>

static int64_t boot_ms(const struct floor *f)
{
    return f->wall->boot_ms(f->wall->ctx);
}

static int64_t now(void *ctx)
{
    const struct floor *f = ctx;
    return offline_time_now(&f->time, floor_wall_ms(f), boot_ms(f));
}

static int64_t mono(void *ctx)
{
    const struct floor *f = ctx;
    return f->wall->mono_ms(f->wall->ctx);
}

static int64_t boot(void *ctx)
{
    return boot_ms(ctx);
}

void floor_init(struct floor *f, const struct clock *wall, int64_t kept_utc_ms)
{
    f->wall = wall ? wall : &clock_system;
    f->clock = (struct clock){now, mono, boot, f};
    offline_time_init(&f->time, kept_utc_ms, floor_wall_ms(f), boot_ms(f));
}

const struct clock *floor_clock(struct floor *f)
{
    return &f->clock;
}

int64_t floor_utc_ms(const struct floor *f)
{
    return offline_time_floor(&f->time, boot_ms(f));
}

int64_t floor_wall_ms(const struct floor *f)
{
    return f->wall->utc_ms(f->wall->ctx);
}

bool floor_raise(struct floor *f, int64_t utc_ms)
{
    return offline_time_raise(&f->time, utc_ms, boot_ms(f));
}

void floor_lower(struct floor *f, int64_t utc_ms)
{
    offline_time_lower(&f->time, utc_ms, boot_ms(f));
}

int64_t floor_step(struct floor *f)
{
    return offline_time_step(&f->time, floor_wall_ms(f), boot_ms(f));
}
