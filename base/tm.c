/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tm.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SHANGHAI_MS (8 * INT64_C(3600000))
#define YEAR_9999   INT64_C(253402300799999)
#define YEAR_0000   INT64_C(-62167219200000)

static int64_t now_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t tm_wall_utc_ms(void)
{
    return now_ms(CLOCK_REALTIME);
}

int64_t tm_mono_ms(void)
{
    return now_ms(CLOCK_MONOTONIC);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970 -> civil date, proleptic Gregorian; eras of 400 years that begin in March. */
static void civil(int64_t days, int *y, int *m, int *d)
{
    int64_t z = days + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = (int)(yoe + era * 400 + (*m <= 2));
}

static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = floor_div(y, 400), yoe = y - era * 400, doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t clamp(int64_t ms)
{
    return ms < YEAR_0000 ? YEAR_0000 : ms > YEAR_9999 ? YEAR_9999 : ms;
}

void tm_rfc3339(int64_t utc_ms, char out[static TM_RFC3339_LEN + 1])
{
    int64_t ms = clamp(utc_ms), day = floor_div(ms, TM_DAY_MS);
    int y, m, d, rest = (int)(ms - day * TM_DAY_MS);
    civil(day, &y, &m, &d);
    char s[80];
    snprintf(s, sizeof s, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", y, m, d, rest / 3600000, rest / 60000 % 60,
        rest / 1000 % 60, rest % 1000);
    memcpy(out, s, TM_RFC3339_LEN + 1);
}

void tm_local(int64_t utc_ms, char out[static 20])
{
    char s[TM_RFC3339_LEN + 1];
    tm_rfc3339(clamp(utc_ms) + SHANGHAI_MS, s);
    memcpy(out, s, 19);
    out[10] = ' ';
    out[19] = 0;
}

int32_t tm_day(int64_t utc_ms)
{
    return (int32_t)floor_div(clamp(utc_ms) + SHANGHAI_MS, TM_DAY_MS);
}

int64_t tm_day_start_ms(int32_t day)
{
    return day * TM_DAY_MS - SHANGHAI_MS;
}

int tm_weekday(int32_t day)
{
    return (int)(((int64_t)day + 3) % 7 + 7) % 7 + 1; /* 1970-01-01 was a Thursday */
}

int tm_minute(int64_t utc_ms)
{
    int64_t ms = clamp(utc_ms) + SHANGHAI_MS;
    return (int)((ms - floor_div(ms, TM_DAY_MS) * TM_DAY_MS) / 60000);
}

void tm_day_format(int32_t day, char out[static TM_DAY_LEN + 1])
{
    char s[TM_RFC3339_LEN + 1];
    tm_rfc3339(day * TM_DAY_MS, s);
    memcpy(out, s, TM_DAY_LEN);
    out[TM_DAY_LEN] = 0;
}

bool tm_day_parse(const char *s, int32_t *out)
{
    if (strlen(s) != TM_DAY_LEN)
        return false;
    for (int i = 0; i < TM_DAY_LEN; i++)
        if (i == 4 || i == 7 ? s[i] != '-' : s[i] < '0' || s[i] > '9')
            return false;
    int y = (s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 + s[3] - '0';
    int m = (s[5] - '0') * 10 + s[6] - '0', d = (s[8] - '0') * 10 + s[9] - '0', y2, m2, d2;
    int64_t day = days_from_civil(y, m, d);
    civil(day, &y2, &m2, &d2);
    if (m < 1 || m > 12 || y2 != y || m2 != m || d2 != d)
        return false;
    *out = (int32_t)day;
    return true;
}
