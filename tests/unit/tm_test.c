/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tm.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void rfc3339(int64_t ms, const char *want)
{
    char out[TM_RFC3339_LEN + 1];
    tm_rfc3339(ms, out);
    assert_string_equal(out, want);
}

static void times_as_text(void **state)
{
    (void)state;
    rfc3339(0, "1970-01-01T00:00:00.000Z");
    rfc3339(-1, "1969-12-31T23:59:59.999Z");
    rfc3339(951782400000, "2000-02-29T00:00:00.000Z");
    rfc3339(1772323199999, "2026-02-28T23:59:59.999Z");
    rfc3339(4107542400000, "2100-03-01T00:00:00.000Z"); /* 2100 is no leap year */
    rfc3339(253402300799999, "9999-12-31T23:59:59.999Z");
    rfc3339(253402300800000, "9999-12-31T23:59:59.999Z");
    rfc3339(INT64_MAX, "9999-12-31T23:59:59.999Z");
    rfc3339(-62167219200000, "0000-01-01T00:00:00.000Z");
    rfc3339(INT64_MIN, "0000-01-01T00:00:00.000Z");
}

static void local_times(void **state)
{
    char out[20];
    (void)state;
    tm_local(1772323200000, out);
    assert_string_equal(out, "2026-03-01 08:00:00");
    tm_local(INT64_MAX, out);
    assert_string_equal(out, "9999-12-31 23:59:59");
    tm_local(INT64_MIN, out);
    assert_string_equal(out, "0000-01-01 08:00:00");
}

static void days_begin_at_16_utc(void **state)
{
    (void)state;
    assert_int_equal(tm_day(0), 0);
    assert_int_equal(tm_day(57599999), 0);
    assert_int_equal(tm_day(57600000), 1);
    assert_int_equal(tm_day(-28800000), 0);
    assert_int_equal(tm_day(-28800001), -1);
    assert_int_equal(tm_minute(57600000), 0);
    assert_int_equal(tm_minute(57599999), 1439);
    assert_int_equal(tm_minute(-28800001), 1439);
    for (int32_t day = -1000; day < 1000; day += 7) {
        assert_int_equal(tm_day(tm_day_start_ms(day)), day);
        assert_int_equal(tm_day(tm_day_start_ms(day) - 1), day - 1);
        assert_int_equal(tm_minute(tm_day_start_ms(day)), 0);
    }
}

/* Each day of 1600-2400 against timegm, which knows the calendar from elsewhere. */
static void calendar_agrees_with_the_c_library(void **state)
{
    char text[TM_DAY_LEN + 1], want[32];
    (void)state;
    for (int32_t day = -135140; day < 157055; day++) {
        time_t t = (time_t)day * 86400;
        struct tm c;
        int32_t back = -1;
        gmtime_r(&t, &c);
        snprintf(want, sizeof want, "%04d-%02d-%02d", c.tm_year + 1900, c.tm_mon + 1, c.tm_mday);
        tm_day_format(day, text);
        assert_string_equal(text, want);
        assert_true(tm_day_parse(text, &back));
        assert_int_equal(back, day);
        assert_int_equal(tm_weekday(day), c.tm_wday ? c.tm_wday : 7);
    }
}

static void dates_that_do_not_exist(void **state)
{
    static const char *const bad[] = {"", "2026-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10",
        "2026-01-00", "2026-01-32", "2026-1-01", "2026-01-1", "2026/01/01", "02026-01-1", "2026-01-01 ", " 026-01-01",
        "+026-01-01", "2026-01-0a"};
    int32_t day = 77;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (tm_day_parse(bad[i], &day))
            fail_msg("%s taken", bad[i]);
    assert_int_equal(day, 77);
    assert_true(tm_day_parse("2024-02-29", &day));
    assert_true(tm_day_parse("2000-02-29", &day));
    assert_true(tm_day_parse("0000-02-29", &day)); /* proleptic: year 0 is a leap year */
    assert_true(tm_day_parse("9999-12-31", &day));
    assert_int_equal(day, 2932896);
    assert_true(tm_day_parse("0000-01-01", &day));
    assert_int_equal(day, -719528);
}

static void clocks_go(void **state)
{
    int64_t mono = tm_mono_ms(), wall = tm_wall_utc_ms();
    (void)state;
    assert_true(wall / 1000 <= (int64_t)time(NULL) + 1 && wall / 1000 >= (int64_t)time(NULL) - 60);
    assert_true(tm_mono_ms() >= mono);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(times_as_text), cmocka_unit_test(local_times),
        cmocka_unit_test(days_begin_at_16_utc), cmocka_unit_test(calendar_agrees_with_the_c_library),
        cmocka_unit_test(dates_that_do_not_exist), cmocka_unit_test(clocks_go)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
