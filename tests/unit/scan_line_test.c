/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/scan_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct scan_line l;

static int reset(void **state)
{
    (void)state;
    memset(&l, 0, sizeof l);
    return 0;
}

static enum scan_line_result add(const char *s, size_t n, int64_t now)
{
    enum scan_line_result r = SCAN_LINE_NOTHING;

    for (size_t i = 0; i < n && r == SCAN_LINE_NOTHING; i++)
        r = scan_line_add(&l, s[i], now);
    return r;
}

static void terminators_end_one_scan_each(void **state)
{
    (void)state;
    for (const char *end = "\r\n\t"; *end; end++) {
        assert_int_equal(add("ABC", 3, 5), SCAN_LINE_NOTHING);
        assert_int_equal(scan_line_add(&l, *end, 5), SCAN_LINE_WHOLE);
        assert_string_equal(l.text, "ABC");
        assert_int_equal(scan_line_deadline_ms(&l), INT64_MAX);
    }
    assert_int_equal(add("\n\r\n", 3, 5), SCAN_LINE_NOTHING); /* what follows a CR, and empty lines */
    assert_int_equal(add("D\r", 2, 5), SCAN_LINE_WHOLE);
    assert_string_equal(l.text, "D");
}

/* Waits as the device has taught it to, and no longer. */
static void ends_after(int64_t now, int64_t gap)
{
    add("AB", 2, now);
    assert_int_equal(scan_line_deadline_ms(&l), now + gap);
    assert_int_equal(scan_line_tick(&l, now + gap - 1), SCAN_LINE_NOTHING);
    assert_int_equal(scan_line_tick(&l, now + gap), SCAN_LINE_WHOLE);
    assert_string_equal(l.text, "AB");
    scan_line_reset(&l);
}

/* A device that ends its scans with nothing is soon known; one that sends Enter is never cut short by a pause of this machine. */
static void silence_ends_a_scan(void **state)
{
    (void)state;
    ends_after(1000, SCAN_LINE_PATIENCE_MS);
    ends_after(9000, SCAN_LINE_GAP_MS);
    ends_after(9300, SCAN_LINE_GAP_MS);
    assert_int_equal(scan_line_tick(&l, 20000), SCAN_LINE_NOTHING);
    assert_int_equal(add("CD\r", 3, 20000), SCAN_LINE_WHOLE);
    scan_line_reset(&l);
    ends_after(30000, SCAN_LINE_PATIENCE_MS);
}

/* A device that never stops sends one scan after another rather than growing one for ever; of silence that says nothing. */
static void a_drip_is_cut(void **state)
{
    const int64_t begin = 5000000;
    int64_t now = begin;

    (void)state;
    for (; now < begin + SCAN_LINE_WHOLE_MS; now += SCAN_LINE_PATIENCE_MS - 1) {
        assert_int_equal(scan_line_tick(&l, now), SCAN_LINE_NOTHING);
        add("x", 1, now);
    }
    assert_int_equal(scan_line_tick(&l, begin + SCAN_LINE_WHOLE_MS), SCAN_LINE_WHOLE);
    ends_after(begin + 2 * SCAN_LINE_WHOLE_MS, SCAN_LINE_PATIENCE_MS);
}

static void too_long_is_one_loss_and_its_tail_no_scan(void **state)
{
    unsigned losses = 0;

    (void)state;
    for (int i = 0; i < 10240; i++) {
        enum scan_line_result r = scan_line_add(&l, 'x', 1);
        assert_int_not_equal(r, SCAN_LINE_WHOLE);
        losses += r == SCAN_LINE_LONG;
    }
    assert_int_equal(losses, 1);
    assert_int_equal(add("tail\r", 5, 1), SCAN_LINE_NOTHING);
    assert_int_equal(add("next\r", 5, 1), SCAN_LINE_WHOLE);
    assert_string_equal(l.text, "next");
}

static void the_longest_fits(void **state)
{
    (void)state;
    for (int i = 0; i < SCAN_LINE_TEXT; i++)
        assert_int_equal(scan_line_add(&l, 'x', 1), SCAN_LINE_NOTHING);
    assert_int_equal(scan_line_add(&l, '\r', 1), SCAN_LINE_WHOLE);
    assert_int_equal(l.len, SCAN_LINE_TEXT);
}

static void any_byte_but_the_ends_is_text(void **state)
{
    (void)state;
    assert_int_equal(add("A\0\xe6\x83\xa0\xff\0\r", 8, 1), SCAN_LINE_WHOLE);
    assert_int_equal(l.len, 6); /* NULs at the end are padding */
    assert_memory_equal(l.text, "A\0\xe6\x83\xa0\xff", 7);
}

static void an_aim_identifier_moves_out_of_the_text(void **state)
{
    (void)state;
    assert_int_equal(add("]Q1HTTPS\r", 9, 1), SCAN_LINE_WHOLE);
    assert_string_equal(l.aim, "]Q1");
    assert_string_equal(l.text, "HTTPS");
    assert_int_equal(add("]Q1\r", 4, 1), SCAN_LINE_NOTHING);
    for (const char *c = "09AZaz"; *c; c++) { /* what is a letter or a digit */
        char text[] = {']', *c, *c, 'x', '\r'};
        assert_int_equal(add(text, 5, 1), SCAN_LINE_WHOLE);
        assert_string_equal(l.text, "x");
    }
    for (const char *c = " /:@[`{"; *c; c++) { /* and what stands beside them */
        char text[] = {']', 'Q', *c, 'x', '\r'};
        assert_int_equal(add(text, 5, 1), SCAN_LINE_WHOLE);
        assert_string_equal(l.aim, "");
    }
}

static void half_a_scan_is_known_and_wiped(void **state)
{
    (void)state;
    assert_false(scan_line_reset(&l));
    add("SECRET", 6, 1);
    assert_true(scan_line_reset(&l));
    assert_null(memchr(l.text, 'S', sizeof l.text));
    assert_false(scan_line_reset(&l));
    assert_int_equal(scan_line_deadline_ms(&l), INT64_MAX);
}

/* A device that goes while the tail of something too long is skipped: what it was is wiped, and the next scan is whole. */
static void a_loss_is_wiped_and_over_with_the_device(void **state)
{
    (void)state;
    for (int i = 0; i <= SCAN_LINE_TEXT; i++)
        scan_line_add(&l, 'S', 1);
    assert_null(memchr(l.text, 'S', sizeof l.text));
    assert_false(scan_line_reset(&l));
    assert_int_equal(add("next\r", 5, 1), SCAN_LINE_WHOLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(terminators_end_one_scan_each, reset),
        cmocka_unit_test_setup(silence_ends_a_scan, reset),
        cmocka_unit_test_setup(a_drip_is_cut, reset),
        cmocka_unit_test_setup(too_long_is_one_loss_and_its_tail_no_scan, reset),
        cmocka_unit_test_setup(the_longest_fits, reset),
        cmocka_unit_test_setup(any_byte_but_the_ends_is_text, reset),
        cmocka_unit_test_setup(an_aim_identifier_moves_out_of_the_text, reset),
        cmocka_unit_test_setup(half_a_scan_is_known_and_wiped, reset),
        cmocka_unit_test_setup(a_loss_is_wiped_and_over_with_the_device, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
