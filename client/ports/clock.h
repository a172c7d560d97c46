/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks, behind two functions so that tests and simulators can set them. Decisions get the time handed in; only
 * the programs and these ports ask for it. */
#ifndef HUIKA_CLOCK_H
#define HUIKA_CLOCK_H
#include <stdint.h>

/* Borrowed by whoever is given one; both functions are cheap, never fail and may be called from any thread. */
struct clock {
    int64_t (*utc_ms)(void *ctx);  /* UTC milliseconds since 1970: what certificates and records are judged by */
    int64_t (*mono_ms)(void *ctx); /* CLOCK_MONOTONIC milliseconds: deadlines and back-off */
    void *ctx;
};

/* The machine's own. */
extern const struct clock clock_system;

/* The instant, UTC milliseconds, that a wrong clock is known by: nothing of this program existed before it. */
int64_t clock_build_utc_ms(void);
#endif
