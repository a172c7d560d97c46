/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tm.h"
#include "service/workdays.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after those above */
#include <cmocka.h>

static struct workdays years;

static int32_t day(const char *text)
{
    int32_t d;
    assert_true(tm_day_parse(text, &d));
    return d;
}

/* The day on whose last millisecond the deadline falls. */
static const char *due(const char *from, int n)
{
    static char text[TM_DAY_LEN + 1];
    int64_t end = workdays_due_ms(&years, tm_day_start_ms(day(from)) + 12345, n);
    assert_int_equal((end + 1 - tm_day_start_ms(0)) % TM_DAY_MS, 0);
    tm_day_format(tm_day(end), text);
    return text;
}

static int load(void **state)
{
    char what[64];
    (void)state;
    return workdays_load("/nowhere-at-all", &years, what) != ERR_OK;
}

static void weekends_holidays_and_weekends_worked_instead(void **state)
{
    (void)state;
    assert_true(workdays_is(&years, day("2026-01-04")));  /* a Sunday, worked */
    assert_false(workdays_is(&years, day("2026-01-02"))); /* a Friday, off */
    assert_true(workdays_is(&years, day("2026-02-28")));
    assert_false(workdays_is(&years, day("2026-02-23")));
    assert_false(workdays_is(&years, day("2026-03-07")));
    assert_true(workdays_is(&years, day("2026-03-09")));
    assert_true(workdays_is(&years, day("2025-10-11")));
    assert_false(workdays_is(&years, day("2025-10-08")));
}

static void seven_working_days_over_new_year(void **state)
{
    (void)state;
    assert_string_equal(due("2025-12-29", 7), "2026-01-08");
    assert_string_equal(due("2026-02-13", 7), "2026-03-02"); /* spring festival, both weekends worked */
    assert_string_equal(due("2026-09-24", 7), "2026-10-12");
    assert_string_equal(due("2026-03-02", 7), "2026-03-11");
    assert_string_equal(due("2026-03-07", 1), "2026-03-09"); /* reported on a Saturday */
    assert_string_equal(due("2026-03-07", 0), "2026-03-07");
}

static void a_year_not_announced_yet_has_its_fixed_days(void **state)
{
    (void)state;
    assert_false(workdays_known(&years, day("2031-01-01")));
    assert_true(workdays_known(&years, day("2026-07-01")));
    assert_false(workdays_is(&years, day("2031-01-01"))); /* a Wednesday */
    assert_false(workdays_is(&years, day("2031-05-02")));
    assert_true(workdays_is(&years, day("2031-05-05")));
    assert_string_equal(due("2030-12-30", 7), "2031-01-09");
    assert_string_equal(due("2026-12-28", 7), "2027-01-07"); /* over New Year into the first such year */
    for (int y = 2027; y <= 2035; y++) { /* eve and three days, by law; the lunar calendar's own days */
        char text[TM_DAY_LEN + 1];
        int off = 0;
        for (int d = 0; d < 60; d++) {
            snprintf(text, sizeof text, "%d-01-01", y);
            off += tm_weekday(day(text) + d) < 6 && !workdays_is(&years, day(text) + d);
        }
        assert_in_range(off, 2, 5);
        assert_false(workdays_known(&years, day(text)));
    }
    assert_false(workdays_is(&years, day("2027-02-05"))); /* a Friday, the eve */
    assert_true(workdays_is(&years, day("2027-02-09")));
    assert_false(workdays_is(&years, day("2027-06-09")));
    assert_false(workdays_is(&years, day("2027-09-15")));
    assert_false(workdays_is(&years, day("2027-04-05")));
}

static void a_damaged_file_is_refused_with_its_line(void **state)
{
    static const char *const bad[] = {"2026-01-01\t2026-01-03\toff\n2026-01-05\t2026-01-04\toff\n",
        "# x\n2026-01-01 2026-01-03 off\n", "\n2026-02-30\t2026-03-01\toff\n", "\n2026-01-01\t2026-01-01\tholiday\n",
        "#\n2026-01-01\t2026-01-01", "#\n2026-01-01\t2026-01-01\tlaws"};
    struct workdays w = {.cnt = 7};
    unsigned line;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(workdays_parse(bad[i], &w, &line), ERR_BAD_VALUE);
        assert_int_equal(line, 2);
        assert_int_equal(w.cnt, 7);
    }
    assert_int_equal(workdays_parse("2027-01-01\t2027-01-03\toff\tx\ty\r\n# end", &w, &line), ERR_OK);
    assert_int_equal(w.cnt, 1);
}

static void a_directory_s_own_years_take_the_place_of_what_is_compiled_in(void **state)
{
    char dir[] = "/tmp/huika-workdays-XXXXXX", path[64], what[64];
    struct workdays w;
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/holidays.tsv", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("2031-01-01\t2031-01-03\toff\n2031-01-04\t2031-01-04\twork\n2025-01-01\t2025-01-01\toff\n", f);
    fclose(f);
    assert_int_equal(workdays_load(dir, &w, what), ERR_OK);
    assert_true(workdays_is(&w, day("2031-01-04"))); /* a Saturday */
    assert_true(workdays_is(&w, day("2031-04-04"))); /* a Friday: of a year with lines of its own nothing else counts */
    assert_true(workdays_is(&w, day("2026-01-04"))); /* other years stay */
    assert_true(
        workdays_is(&w, day("2025-10-08"))); /* nothing of such a year does, off days no more than the worked ones */
    assert_false(workdays_is(&w, day("2025-10-11")));
    f = fopen(path, "w");
    assert_non_null(f);
    fputs("nothing\n", f);
    fclose(f);
    assert_int_equal(workdays_load(dir, &w, what), ERR_BAD_VALUE);
    assert_string_equal(what, "holidays.tsv line 1");
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(weekends_holidays_and_weekends_worked_instead),
        cmocka_unit_test(seven_working_days_over_new_year),
        cmocka_unit_test(a_year_not_announced_yet_has_its_fixed_days),
        cmocka_unit_test(a_damaged_file_is_refused_with_its_line),
        cmocka_unit_test(a_directory_s_own_years_take_the_place_of_what_is_compiled_in)};
    return cmocka_run_group_tests(tests, load, NULL);
}
