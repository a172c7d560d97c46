/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/misses.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint8_t one[STORE_ID] = {1}, two[STORE_ID] = {2};

static void ten_misses_lock_for_an_hour_from_the_oldest(void **state)
{
    struct misses *m = misses_new(10);
    (void)state;
    for (int64_t i = 0; i < 10; i++)
        assert_true(misses_take(m, one, 1000 + i * 60000));
    assert_false(misses_take(m, one, 700000));
    assert_true(misses_take(m, two, 700000)); /* same bucket, another terminal */
    assert_false(misses_take(m, one, 1000 + MISSES_HOUR_MS - 1));
    assert_true(misses_take(m, one, 1000 + MISSES_HOUR_MS));
    assert_false(misses_take(m, one, 1000 + MISSES_HOUR_MS));
    assert_true(misses_take(m, one, 61000 + MISSES_HOUR_MS));
    misses_free(&m);
    assert_null(m);
}

static void hits_cost_nothing(void **state)
{
    struct misses *m = misses_new(3);
    (void)state;
    for (int64_t i = 1; i < 1000; i++) {
        assert_true(misses_take(m, one, i));
        misses_forgive(m, one);
    }
    for (int64_t i = 0; i < 3; i++)
        assert_true(misses_take(m, one, 1000 + i));
    assert_false(misses_take(m, one, 1004));
    misses_free(&m);
}

static void tries_at_once_share_the_budget(void **state)
{
    struct misses *m = misses_new(2);
    (void)state;
    assert_true(misses_take(m, one, 1)); /* under way */
    assert_true(misses_take(m, one, 2)); /* under way too */
    assert_false(misses_take(m, one, 3));
    misses_forgive(m, one); /* one of them was a member */
    assert_true(misses_take(m, one, 4));
    assert_false(misses_take(m, one, 5));
    misses_free(&m);
}

static void zero_locks_numbers_altogether(void **state)
{
    struct misses *m = misses_new(0);
    (void)state;
    assert_false(misses_take(m, one, 1));
    misses_forgive(m, one);
    misses_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_misses_lock_for_an_hour_from_the_oldest),
        cmocka_unit_test(hits_cost_nothing),
        cmocka_unit_test(tries_at_once_share_the_budget),
        cmocka_unit_test(zero_locks_numbers_altogether),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
