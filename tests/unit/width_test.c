/* SPDX-License-Identifier: Apache-2.0 */
#include "base/width.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void columns_by_character(void **state)
{
    (void)state;
    assert_int_equal(width_char('a'), 1);
    assert_int_equal(width_char(0xe9), 1);    /* e with acute */
    assert_int_equal(width_char(0x60e0), 2);  /* 惠 */
    assert_int_equal(width_char(0xff0c), 2);  /* fullwidth comma */
    assert_int_equal(width_char(0xff71), 1);  /* halfwidth katakana */
    assert_int_equal(width_char(0x3000), 2);  /* ideographic space */
    assert_int_equal(width_char(0x0301), 0);  /* combining acute */
    assert_int_equal(width_char(0x200b), 0);  /* zero width space */
    assert_int_equal(width_char(0x20000), 2); /* extension B */
    assert_int_equal(width_char('\n'), 0);
    assert_int_equal(width_char(0x7f), 0);
    assert_int_equal(width_char(0x25a0), 1);
}

static void columns_of_texts(void **state)
{
    (void)state;
    assert_int_equal(width_text(""), 0);
    assert_int_equal(width_text("Kaifeng"), 7);
    assert_int_equal(width_text("*建涛"), 5);
    assert_int_equal(width_text("e\xcc\x81"), 1);
    assert_int_equal(width_text("𠀀x"), 3);
}

static void never_cuts_a_character(void **state)
{
    (void)state;
    assert_int_equal(width_fit("惠民饭店", 5), 6);
    assert_int_equal(width_fit("惠民饭店", 8), 12);
    assert_int_equal(width_fit("惠民饭店", 99), 12);
    assert_int_equal(width_fit("惠民", 1), 0);
    assert_int_equal(width_fit("ae\xcc\x81z", 2), 4);
    assert_int_equal(width_fit("", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(columns_by_character), cmocka_unit_test(columns_of_texts),
        cmocka_unit_test(never_cuts_a_character)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
