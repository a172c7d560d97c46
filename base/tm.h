/* SPDX-License-Identifier: Apache-2.0 */
/* Time as Huika writes it: int64 milliseconds of UTC since 1970; days and hours of Asia/Shanghai, which is UTC+8 without
 * daylight saving since 1991. Conversions are pure; only tm_*_ms() read a clock, and proto and client/core may not call those. */
#ifndef HUIKA_TM_H
#define HUIKA_TM_H
#include <stdbool.h>
#include <stdint.h>

enum { TM_RFC3339_LEN = 24, TM_DAY_LEN = 10 };
#define TM_DAY_MS INT64_C(86400000)

int64_t tm_wall_utc_ms(void); /* CLOCK_REALTIME */
int64_t tm_mono_ms(void);     /* CLOCK_MONOTONIC */

/* "2026-01-31T07:00:00.000Z", UTC. Years outside 0000-9999 are written as the nearest one inside. */
void tm_rfc3339(int64_t utc_ms, char out[static TM_RFC3339_LEN + 1]);
/* A date of Asia/Shanghai as days since 1970-01-01. */
int32_t tm_day(int64_t utc_ms);
/* The first millisecond of that Shanghai day. */
int64_t tm_day_start_ms(int32_t day);
/* 1 Monday .. 7 Sunday (ISO 8601). */
int tm_weekday(int32_t day);
/* Minutes since midnight in Shanghai, 0-1439. */
int tm_minute(int64_t utc_ms);
/* "2026-01-31" <-> day number; parse wants exactly that form and a date that exists. */
void tm_day_format(int32_t day, char out[static TM_DAY_LEN + 1]);
bool tm_day_parse(const char *s, int32_t *out);
/* "2026-01-31 15:04:05" in Shanghai, for people. */
void tm_local(int64_t utc_ms, char out[static 20]);
#endif
