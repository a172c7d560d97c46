/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void grows_to_its_maximum_and_no_further(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 1000);
    assert_string_equal(buf_str(&b), "");
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buf_add_u8(&b, (uint8_t)('a' + i % 26)), ERR_OK);
    assert_int_equal(buf_add_u8(&b, 'x'), ERR_TOO_LARGE);
    assert_int_equal(buf_add(&b, NULL, 0), ERR_OK);
    assert_int_equal(b.len, 1000);
    assert_int_equal(b.data[999], 'a' + 999 % 26);
    assert_int_equal(b.data[1000], 0);
    buf_release(&b);
    assert_null(b.data);
    assert_int_equal(b.max, 1000);
}

static void is_as_it_was_after_an_error(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 8);
    assert_int_equal(buf_adds(&b, "12345"), ERR_OK);
    assert_int_equal(buf_adds(&b, "6789"), ERR_TOO_LARGE);
    assert_int_equal(buf_printf(&b, "%d", 6789), ERR_TOO_LARGE);
    assert_int_equal(buf_add_u32(&b, 1), ERR_TOO_LARGE);
    assert_int_equal(buf_add(&b, "x", SIZE_MAX), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&b), "12345");
    assert_int_equal(buf_printf(&b, "%s", "678"), ERR_OK);
    assert_string_equal(buf_str(&b), "12345678");
    buf_wipe(&b);
    assert_int_equal(b.len, 0);
}

static void numbers_are_big_endian(void **state)
{
    static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    struct buf b;
    (void)state;
    buf_init(&b, 64);
    assert_int_equal(buf_add_u16(&b, 0x0102), ERR_OK);
    assert_int_equal(buf_add_u32(&b, 0x03040506), ERR_OK);
    assert_int_equal(buf_add_u64(&b, 0x0708090a0b0c0d0e), ERR_OK);
    assert_int_equal(b.len, sizeof want);
    assert_memory_equal(b.data, want, sizeof want);
    buf_reset(&b);
    assert_string_equal(buf_str(&b), "");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(grows_to_its_maximum_and_no_further),
        cmocka_unit_test(is_as_it_was_after_an_error), cmocka_unit_test(numbers_are_big_endian)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
