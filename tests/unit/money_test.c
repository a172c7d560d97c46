/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/money.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above first */
#include <cmocka.h>

static void parses_what_people_write(void **state)
{
    static const struct {
        const char *text;
        int64_t fen;
    } good[] = {{"128", 12800}, {"128.5", 12850}, {"128.00", 12800}, {"0.01", 1}, {"0.1", 10}, {"007", 700},
        {"9999999.99", 999999999}};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t fen = 0;
        assert_int_equal(money_parse(good[i].text, &fen), ERR_OK);
        assert_int_equal(fen, good[i].fen);
    }
}

static void refuses_the_rest(void **state)
{
    static const char *const bad[] = {"", "0", "0.00", "-1", "+1", "1e18", "1000000000000000000", "abc", "1.234", "1.",
        ".5", "10000000.00", "1,000", "1 ", " 1", "１２", "1.2.3", "0x10", "99999999999999999999999999", "12元",
        "1.5f"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t fen = 77;
        if (money_parse(bad[i], &fen) != ERR_BAD_AMOUNT || fen != 77)
            fail_msg("%s", bad[i]);
    }
}

static void writes_two_decimals(void **state)
{
    static const struct {
        int64_t fen;
        const char *text;
    } rows[] = {{0, "0.00"}, {5, "0.05"}, {-5, "-0.05"}, {12800, "128.00"}, {-12801, "-128.01"},
        {INT64_MAX, "92233720368547758.07"}, {INT64_MIN, "-92233720368547758.08"}};
    char out[MONEY_LEN];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        money_format(rows[i].fen, out);
        assert_string_equal(out, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parses_what_people_write), cmocka_unit_test(refuses_the_rest),
        cmocka_unit_test(writes_two_decimals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
