/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tm.h"
#include "client/core/offline_time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define NOON INT64_C(1780000000000)
enum { MINUTE = 60000 };

static void a_board_that_starts_in_1970_goes_on_where_it_was(void **state)
{
    struct offline_time t;
    (void)state;
    offline_time_init(&t, NOON, 5000, 5000);
    assert_int_equal(offline_time_now(&t, 5000, 5000), NOON);
    assert_int_equal(offline_time_now(&t, 5000 + MINUTE, 5000 + MINUTE), NOON + MINUTE);
    int64_t kept = offline_time_floor(&t, 5000 + 2 * MINUTE);
    offline_time_init(&t, kept, 5000, 5000); /* and once more */
    assert_int_equal(offline_time_now(&t, 6000, 6000), NOON + 2 * MINUTE + 1000);
}

static void the_wall_clock_never_raises_the_floor(void **state)
{
    struct offline_time t;
    int64_t y2090 = NOON + 64 * 365 * TM_DAY_MS;
    (void)state;
    offline_time_init(&t, NOON, y2090, 0);
    assert_int_equal(offline_time_now(&t, y2090, 0), y2090);
    assert_int_equal(offline_time_now(&t, y2090 + MINUTE, MINUTE), y2090 + MINUTE);
    assert_int_equal(offline_time_floor(&t, MINUTE), NOON + MINUTE);
    assert_int_equal(
        offline_time_now(&t, NOON + MINUTE + 7, MINUTE), NOON + MINUTE + 7); /* set right again: nothing is lost */
}

static void a_wall_clock_that_is_set_back_gains_no_time(void **state)
{
    struct offline_time t;
    (void)state;
    offline_time_init(&t, NOON, NOON, 0);
    for (int i = 1; i <= 100; i++)
        assert_int_equal(offline_time_now(&t, NOON - i * TM_DAY_MS, i * MINUTE), NOON + i * MINUTE);
}

static void a_lease_raises_and_only_a_reset_lowers(void **state)
{
    struct offline_time t;
    (void)state;
    offline_time_init(&t, NOON, 0, 0);
    assert_true(offline_time_raise(&t, NOON + MINUTE, 1));
    assert_false(offline_time_raise(&t, NOON, 2));
    assert_int_equal(offline_time_floor(&t, 1), NOON + MINUTE);
    assert_int_equal(offline_time_floor(&t, 0), NOON + MINUTE); /* a boot clock does not run backwards */
    offline_time_lower(&t, NOON + 2 * MINUTE, 1);
    assert_int_equal(offline_time_floor(&t, 1), NOON + MINUTE);
    offline_time_lower(&t, NOON - MINUTE, 1);
    assert_int_equal(offline_time_floor(&t, 2), NOON - MINUTE + 1);
}

static void a_clock_that_was_set_is_told_once(void **state)
{
    struct offline_time t;
    (void)state;
    offline_time_init(&t, NOON, NOON, 0);
    assert_int_equal(offline_time_step(&t, NOON + MINUTE, MINUTE), 0);
    assert_int_equal(offline_time_step(&t, NOON + 2 * MINUTE + OFFLINE_TIME_STEP_MS, 2 * MINUTE), 0);
    assert_int_equal(
        offline_time_step(&t, NOON + 3 * MINUTE + OFFLINE_TIME_STEP_MS + 1, 3 * MINUTE), OFFLINE_TIME_STEP_MS + 1);
    assert_int_equal(offline_time_step(&t, NOON + 4 * MINUTE + OFFLINE_TIME_STEP_MS + 1, 4 * MINUTE), 0);
    assert_int_equal(
        offline_time_step(&t, NOON - TM_DAY_MS, 4 * MINUTE), -TM_DAY_MS - 4 * MINUTE - OFFLINE_TIME_STEP_MS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_that_starts_in_1970_goes_on_where_it_was),
        cmocka_unit_test(the_wall_clock_never_raises_the_floor),
        cmocka_unit_test(a_wall_clock_that_is_set_back_gains_no_time),
        cmocka_unit_test(a_lease_raises_and_only_a_reset_lowers),
        cmocka_unit_test(a_clock_that_was_set_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
