/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks, behind three functions so that tests and simulators can set them. Decisions get the time handed in; only
 * the programs and these ports ask for it. */
#ifndef HUIKA_CLOCK_H
#define HUIKA_CLOCK_H
#include <stdint.h>

/* Borrowed by whoever is given one; the functions are cheap, never fail and may be called from any thread. */
struct clock {
    int64_t (*utc_ms)(void *ctx);  /* UTC milliseconds since 1970: what certificates and records are judged by */
    int64_t (*mono_ms)(void *ctx); /* CLOCK_MONOTONIC milliseconds: deadlines and back-off */
    int64_t (*boot_ms)(void *ctx); /* CLOCK_BOOTTIME milliseconds: goes on while the machine sleeps */
    void *ctx;
};

/* The machine's own. */
extern const struct clock clock_system;

/* No clock that is right shows less: nothing of Huika existed before it (2026-01-01, UTC milliseconds). */
#define CLOCK_EARLIEST_UTC_MS INT64_C(1767225600000)
#endif
