/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/hid_desc.h"
#include "tests/usb/scanner.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static struct hid_desc d;

#define PARSE(...) (hid_desc_parse(&d, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})))
#define OPEN       0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01
#define CLOSE      0xC0
#define BYTES      0x75, 0x08

static void check_field(
    unsigned i, uint32_t usage, uint32_t usage_max, uint32_t bit_offset, unsigned size, unsigned count)
{
    assert_true(i < d.field_cnt);
    assert_int_equal(d.fields[i].usage, usage);
    assert_int_equal(d.fields[i].usage_max, usage_max);
    assert_int_equal(d.fields[i].bit_offset, bit_offset);
    assert_int_equal(d.fields[i].bit_size, size);
    assert_int_equal(d.fields[i].count, count);
}

static void a_boot_keyboard_as_in_the_standard(void **state)
{
    (void)state;
    assert_int_equal(hid_desc_parse(&d, scanner_desc_keyboard, sizeof scanner_desc_keyboard), ERR_OK);
    assert_int_equal(d.app_cnt, 1);
    assert_int_equal(d.apps[0], HID_USAGE(1, 6));
    assert_true(hid_desc_has_app(&d, HID_USAGE(1, 6)));
    assert_false(hid_desc_has_app(&d, HID_USAGE(0x8C, 2)));
    assert_false(d.numbered);
    assert_int_equal(d.report_bits[0], 64);
    assert_int_equal(d.field_cnt, 3);
    check_field(0, HID_USAGE(7, 0xE0), HID_USAGE(7, 0xE7), 0, 1, 8);
    check_field(1, 0, 0, 8, 8, 1);
    check_field(2, HID_USAGE(7, 0), HID_USAGE(7, 0x65), 16, 8, 6);
    assert_false(d.fields[2].flags & HID_INPUT_VARIABLE);
}

static void a_scanner_with_ids_flags_and_padding(void **state)
{
    (void)state;
    assert_int_equal(hid_desc_parse(&d, scanner_desc_aim, sizeof scanner_desc_aim), ERR_OK);
    assert_true(d.numbered);
    assert_int_equal(d.report_bits[2], 63 * 8);
    assert_int_equal(d.report_bits[4], 0);
    check_field(0, HID_USAGE(1, 0x3B), HID_USAGE(1, 0x3B), 0, 8, 1);
    check_field(1, HID_USAGE(0x8C, 0xFB), HID_USAGE(0x8C, 0xFB), 8, 8, 1);
    check_field(3, HID_USAGE(0x8C, 0xFD), HID_USAGE(0x8C, 0xFD), 24, 8, 1);
    check_field(4, HID_USAGE(0x8C, 0xFE), HID_USAGE(0x8C, 0xFE), 32, 8, 56);
    assert_int_equal(d.fields[4].flags, HID_INPUT_VARIABLE | HID_INPUT_BUFFERED);
    check_field(6, HID_USAGE(0x8C, 0xFF), HID_USAGE(0x8C, 0xFF), 62 * 8, 1, 1);
    assert_int_equal(d.fields[6].app, 0);
}

static void each_report_id_counts_its_own_bits(void **state)
{
    (void)state;
    assert_int_equal(PARSE(OPEN, BYTES, 0x95, 0x02, 0x85, 0x07, 0x09, 0xFE, 0x81, 0x02, 0x85, 0x09, 0x09, 0xFF, 0x81,
                         0x02, 0x85, 0x07, 0x09, 0xFD, 0x81, 0x02, CLOSE),
        ERR_OK);
    check_field(0, HID_USAGE(0x8C, 0xFE), HID_USAGE(0x8C, 0xFE), 0, 8, 2);
    check_field(1, HID_USAGE(0x8C, 0xFF), HID_USAGE(0x8C, 0xFF), 0, 8, 2);
    check_field(2, HID_USAGE(0x8C, 0xFD), HID_USAGE(0x8C, 0xFD), 16, 8, 2);
    assert_int_equal(d.report_bits[7], 32);
    assert_int_equal(d.report_bits[9], 16);
}

static void output_and_feature_items_do_not_shift_the_input(void **state)
{
    (void)state;
    assert_int_equal(
        PARSE(OPEN, BYTES, 0x95, 0x04, 0x09, 0x01, 0x91, 0x02, 0x09, 0x02, 0xB1, 0x02, 0x09, 0xFE, 0x81, 0x02, CLOSE),
        ERR_OK);
    assert_int_equal(d.field_cnt, 1);
    check_field(0, HID_USAGE(0x8C, 0xFE), HID_USAGE(0x8C, 0xFE), 0, 8, 4);
}

static void the_last_usage_serves_the_controls_that_remain(void **state)
{
    (void)state;
    assert_int_equal(
        PARSE(OPEN, BYTES, 0x95, 0x0A, 0x09, 0x30, 0x19, 0x40, 0x29, 0x42, 0x09, 0x50, 0x81, 0x02, CLOSE), ERR_OK);
    check_field(0, HID_USAGE(0x8C, 0x30), HID_USAGE(0x8C, 0x30), 0, 8, 1);
    check_field(1, HID_USAGE(0x8C, 0x40), HID_USAGE(0x8C, 0x42), 8, 8, 3);
    check_field(2, HID_USAGE(0x8C, 0x50), HID_USAGE(0x8C, 0x50), 32, 8, 6);
    assert_int_equal(d.field_cnt, 3);
    assert_int_equal(PARSE(OPEN, BYTES, 0x95, 0x02, 0x19, 0x40, 0x29, 0x49, 0x09, 0x50, 0x81, 0x02, CLOSE), ERR_OK);
    check_field(0, HID_USAGE(0x8C, 0x40), HID_USAGE(0x8C, 0x49), 0, 8, 2);
    assert_int_equal(d.field_cnt, 1);
}

static void a_short_usage_takes_the_page_at_the_main_item(void **state)
{
    (void)state;
    assert_int_equal(
        PARSE(OPEN, BYTES, 0x95, 0x02, 0x09, 0x3B, 0x0B, 0x11, 0x00, 0x8E, 0x00, 0x05, 0x01, 0x81, 0x02, CLOSE),
        ERR_OK);
    check_field(0, HID_USAGE(1, 0x3B), HID_USAGE(1, 0x3B), 0, 8, 1);
    check_field(1, HID_USAGE(0x8E, 0x11), HID_USAGE(0x8E, 0x11), 8, 8, 1);
}

static void push_and_pop_restore_the_globals(void **state)
{
    (void)state;
    assert_int_equal(PARSE(OPEN, BYTES, 0x95, 0x01, 0xA4, 0x75, 0x04, 0x95, 0x02, 0x05, 0x01, 0x09, 0x30, 0x81, 0x02,
                         0xB4, 0x09, 0xFE, 0x81, 0x02, CLOSE),
        ERR_OK);
    check_field(0, HID_USAGE(1, 0x30), HID_USAGE(1, 0x30), 0, 4, 2);
    check_field(1, HID_USAGE(0x8C, 0xFE), HID_USAGE(0x8C, 0xFE), 8, 8, 1);
    assert_int_equal(PARSE(OPEN, 0xB4, CLOSE), ERR_BAD_VALUE);
}

static void of_a_delimited_set_the_first_usage_is_taken(void **state)
{
    (void)state;
    assert_int_equal(
        PARSE(OPEN, BYTES, 0x95, 0x02, 0xA9, 0x01, 0x09, 0xFE, 0x09, 0x77, 0xA9, 0x00, 0x09, 0xFF, 0x81, 0x02, CLOSE),
        ERR_OK);
    assert_int_equal(d.field_cnt, 2);
    check_field(0, HID_USAGE(0x8C, 0xFE), HID_USAGE(0x8C, 0xFE), 0, 8, 1);
    check_field(1, HID_USAGE(0x8C, 0xFF), HID_USAGE(0x8C, 0xFF), 8, 8, 1);
    assert_int_equal(PARSE(OPEN, 0xA9, 0x01, 0xA9, 0x01, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, 0xA9, 0x00, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, BYTES, 0x95, 0x01, 0xA9, 0x01, 0x09, 0xFE, 0x81, 0x02, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, CLOSE, 0xA9, 0x01), ERR_BAD_VALUE);
}

static void long_and_unknown_items_are_skipped(void **state)
{
    (void)state;
    assert_int_equal(PARSE(OPEN, 0xFE, 0x03, 0xF0, 0xC0, 0xC0, 0xC0, 0x3F, 1, 2, 3, 4, BYTES, 0x95, 0x01, 0x09, 0xFE,
                         0xFE, 0x00, 0x00, 0x81, 0x02, CLOSE),
        ERR_OK);
    check_field(0, HID_USAGE(0x8C, 0xFE), HID_USAGE(0x8C, 0xFE), 0, 8, 1);
    assert_int_equal(PARSE(OPEN, CLOSE, 0xFE, 0x03, 0xF0, 1, 2), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, CLOSE, 0xFE, 0x00), ERR_BAD_VALUE);
}

static void two_applications_keep_their_fields_apart(void **state)
{
    (void)state;
    assert_int_equal(PARSE(OPEN, BYTES, 0x95, 0x01, 0x85, 1, 0x09, 0xFE, 0x81, 0x02, CLOSE, 0x05, 0x8E, 0x09, 0x01,
                         0xA1, 0x01, 0x85, 2, 0x09, 0x22, 0x81, 0x02, CLOSE, 0x09, 0x33, 0x81, 0x02),
        ERR_OK);
    assert_int_equal(d.app_cnt, 2);
    assert_int_equal(d.apps[1], HID_USAGE(0x8E, 1));
    assert_int_equal(d.fields[0].app, 0);
    assert_int_equal(d.fields[1].app, 1);
    assert_int_equal(d.fields[2].app, 0xFF);
}

static void only_top_level_applications_are_listed(void **state)
{
    (void)state;
    assert_int_equal(PARSE(0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, OPEN, CLOSE, CLOSE), ERR_OK);
    assert_int_equal(d.app_cnt, 1);
    assert_false(hid_desc_has_app(&d, HID_USAGE(0x8C, 2)));
    assert_int_equal(PARSE(0x05, 0x8C, 0x09, 0x02, 0xA1, 0x02, CLOSE), ERR_OK);
    assert_int_equal(d.app_cnt, 0);
}

static void what_is_no_descriptor_is_refused(void **state)
{
    (void)state;
    assert_int_equal(PARSE(OPEN), ERR_BAD_VALUE);
    assert_int_equal(PARSE(CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, CLOSE, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, CLOSE, 0x26, 0xFF), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, 0x85, 0x00, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, 0x86, 0x00, 0x01, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, BYTES, 0x95, 1, 0x09, 0xFE, 0x81, 2, 0x85, 1, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, BYTES, 0x95, 1, 0xA4, 0x85, 1, 0xB4, 0x09, 0xFE, 0x81, 2, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, 0x29, 0x05, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, 0x19, 0x06, 0x29, 0x05, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(OPEN, 0x1B, 0, 0, 1, 0, 0x29, 0x05, CLOSE), ERR_BAD_VALUE);
    assert_int_equal(PARSE(0x07, 0x00, 0x00, 0x01, 0x00), ERR_BAD_VALUE);
    assert_int_equal(hid_desc_parse(&d, NULL, 0), ERR_OK);
    assert_int_equal(d.app_cnt, 0);
}

static enum err parse_repeated(const uint8_t *unit, size_t unit_len, size_t times)
{
    static uint8_t big[2 * HID_DESC_BYTES];

    for (size_t i = 0; i < times; i++)
        memcpy(big + i * unit_len, unit, unit_len);
    return hid_desc_parse(&d, big, unit_len * times);
}

static void every_bound_holds(void **state)
{
    static const uint8_t app[] = {0x09, 0x02, 0xA1, 0x01, 0xC0}, usage[] = {0x09, 0x01}, push[] = {0xA4};
    static const uint8_t field[] = {0x75, 0x01, 0x95, 0x01, 0x09, 0x01, 0x81, 0x02}, begin[] = {0xA1, 0x00};

    (void)state;
    assert_int_equal(parse_repeated(app, sizeof app, HID_DESC_APPS), ERR_OK);
    assert_int_equal(parse_repeated(app, sizeof app, HID_DESC_APPS + 1), ERR_TOO_LARGE);
    assert_int_equal(parse_repeated(usage, sizeof usage, HID_DESC_USAGES), ERR_OK);
    assert_int_equal(parse_repeated(usage, sizeof usage, HID_DESC_USAGES + 1), ERR_TOO_LARGE);
    assert_int_equal(parse_repeated(push, sizeof push, HID_DESC_DEPTH), ERR_OK);
    assert_int_equal(parse_repeated(push, sizeof push, HID_DESC_DEPTH + 1), ERR_TOO_LARGE);
    assert_int_equal(parse_repeated(field, sizeof field, HID_DESC_FIELDS), ERR_OK);
    assert_int_equal(parse_repeated(field, sizeof field, HID_DESC_FIELDS + 1), ERR_TOO_LARGE);
    assert_int_equal(parse_repeated(begin, sizeof begin, HID_DESC_DEPTH + 1), ERR_TOO_LARGE);
    assert_int_equal(parse_repeated(push, sizeof push, HID_DESC_BYTES + 1), ERR_TOO_LARGE);
    assert_int_equal(PARSE(BYTES, 0x96, 0x00, 0x20, 0x81, 0x02), ERR_OK);
    assert_int_equal(PARSE(BYTES, 0x96, 0x01, 0x20, 0x81, 0x02), ERR_TOO_LARGE);
    assert_int_equal(PARSE(BYTES, 0x96, 0x00, 0x20, 0x81, 0x02, 0x95, 1, 0x81, 0x02), ERR_TOO_LARGE);
    assert_int_equal(PARSE(0x77, 0xFF, 0xFF, 0xFF, 0xFF, 0x97, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x02), ERR_TOO_LARGE);
    assert_int_equal(PARSE(0x75, 1, 0x97, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x02), ERR_TOO_LARGE);
    assert_int_equal(PARSE(0x75, 0, 0x97, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x02), ERR_OK);
    assert_int_equal(d.field_cnt, 0);
}

/* Whatever comes: no fault, and what is listed stays inside the report that it belongs to. */
static void garbage_stays_inside_its_bounds(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    uint8_t bytes[200];

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 200000; round++) {
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)rand();
        if (round % 2) {
            n = sizeof scanner_desc_aim;
            memcpy(bytes, scanner_desc_aim, n);
            bytes[(size_t)rand() % n] = (uint8_t)rand();
        }
        if (hid_desc_parse(&d, bytes, n))
            continue;
        assert_true(d.app_cnt <= HID_DESC_APPS && d.field_cnt <= HID_DESC_FIELDS);
        for (unsigned i = 0; i < d.field_cnt; i++) {
            const struct hid_field *f = &d.fields[i];
            assert_true(f->bit_offset + (uint32_t)f->bit_size * f->count <= d.report_bits[f->report_id]);
            assert_true(f->usage <= f->usage_max && d.report_bits[f->report_id] <= HID_DESC_REPORT * 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boot_keyboard_as_in_the_standard),
        cmocka_unit_test(a_scanner_with_ids_flags_and_padding),
        cmocka_unit_test(each_report_id_counts_its_own_bits),
        cmocka_unit_test(output_and_feature_items_do_not_shift_the_input),
        cmocka_unit_test(the_last_usage_serves_the_controls_that_remain),
        cmocka_unit_test(a_short_usage_takes_the_page_at_the_main_item),
        cmocka_unit_test(push_and_pop_restore_the_globals),
        cmocka_unit_test(of_a_delimited_set_the_first_usage_is_taken),
        cmocka_unit_test(long_and_unknown_items_are_skipped),
        cmocka_unit_test(two_applications_keep_their_fields_apart),
        cmocka_unit_test(only_top_level_applications_are_listed),
        cmocka_unit_test(what_is_no_descriptor_is_refused),
        cmocka_unit_test(every_bound_holds),
        cmocka_unit_test(garbage_stays_inside_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
