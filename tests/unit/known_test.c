/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "client/ports/usb/known.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct known_table *t;

static int make(void **state)
{
    (void)state;
    return known_new(&t);
}

static int drop(void **state)
{
    (void)state;
    known_free(&t);
    return 0;
}

static enum err add(const char *s, unsigned *line)
{
    return known_add(t, s, strlen(s), line);
}

/* The file in hw/, from which what is built in was made: each of its lines is good. */
static void what_is_built_in_is_the_file(void **state)
{
    unsigned line = 0;

    (void)state;
    assert_int_equal(known_add_file(t, "hw/devices.tsv", &line), ERR_OK);
    assert_int_equal(known_find(t, 0x05E0, 0x1200)->mode, KNOWN_HID_KEYBOARD);
    assert_int_equal(known_find(t, 0x05E0, 0x0600)->mode, KNOWN_CDC_ACM);
    assert_string_equal(known_find(t, 0x0C2E, 0x0B61)->quirk, "feature_fe_01");
    assert_null(known_find(t, 0x05E0, 0x0001));
    assert_int_equal(known_add_file(t, "hw/no-such-file", &line), ERR_NOT_FOUND);
}

static void the_last_line_counts_and_a_product_before_a_maker(void **state)
{
    unsigned line;

    (void)state;
    assert_int_equal(add("# ours\n\n05e0\t*\tignore\t-\tAll\tus\r\nffff\t0001\tmagtek\t-\tM\n", &line), ERR_OK);
    assert_int_equal(known_find(t, 0x05E0, 0x1200)->mode, KNOWN_HID_KEYBOARD);
    assert_int_equal(known_find(t, 0x05E0, 0x0001)->mode, KNOWN_IGNORE);
    assert_string_equal(known_find(t, 0xFFFF, 1)->name, "M");
    assert_string_equal(known_find(t, 0xFFFF, 1)->quirk, "");
    assert_int_equal(add("05E0\t1200\tignore\t-\tx", &line), ERR_OK); /* no newline at the end */
    assert_int_equal(known_find(t, 0x05E0, 0x1200)->mode, KNOWN_IGNORE);
}

static void a_bad_line_is_named(void **state)
{
    static const char *const bad[] = {"05e\t*\thid_pos\t-\tx", "05e0\t**\thid_pos\t-\tx", "05e0\t*\ttyping\t-\tx",
        "05e0 * hid_pos - x", "05e0\t12345\thid_pos\t-\tx", "05e0\t*\thid_pos\t-\t\xff",
        "05e0\t*\thid_pos\t-\tname-name-name-name-name-name-name-name-name-name-"};
    char text[256];
    unsigned line;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "# x\n%s\n", bad[i]);
        assert_int_equal(add(text, &line), ERR_BAD_VALUE);
        assert_int_equal(line, 2);
    }
    assert_null(known_find(t, 0x05E0, 1));
}

static void too_many_are_refused(void **state)
{
    enum err e = ERR_OK;
    unsigned line;

    (void)state;
    for (int i = 0; i <= KNOWN_MAX && !e; i++)
        e = add("1234\t*\tignore\t-\tx\n", &line);
    assert_int_equal(e, ERR_TOO_MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_built_in_is_the_file, make, drop),
        cmocka_unit_test_setup_teardown(the_last_line_counts_and_a_product_before_a_maker, make, drop),
        cmocka_unit_test_setup_teardown(a_bad_line_is_named, make, drop),
        cmocka_unit_test_setup_teardown(too_many_are_refused, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
