/* SPDX-License-Identifier: Apache-2.0 */
/* Where a scanner's report has what, by its descriptor. */
#include "hid_pos_fixture.h"

static void descriptor_names_the_fields(void **state)
{
    (void)state;
    for (int i = 0; i < SCANNER_NAMED; i++) {
        const struct scanner_layout *l = &scanner_layouts[i];
        struct hid_pos_plan plan = plan_of(l->desc, l->desc_len);
        assert_false(plan.probed);
        assert_true(plan.numbered);
        assert_int_equal(plan.report_id, 2);
        assert_int_equal(plan.report_len, SCANNER_REPORT);
        assert_int_equal(plan.data_len, SCANNER_DATA);
        assert_int_equal(plan.len_off, l->len_off);
        assert_int_equal(plan.aim_off, l->aim_off);
        assert_int_equal(plan.data_off, l->data_off);
        assert_int_equal(plan.more_off, l->more_off);
    }
}

static void length_byte_under_another_name_is_found_at_the_head(void **state)
{
    static const uint8_t desc[] = {
        SCANNER_OPEN, SCANNER_VENDOR, SCANNER_DATA_56, SCANNER_PAD(5), SCANNER_MORE_BYTE, SCANNER_CLOSE};
    struct hid_pos_plan plan = plan_of(desc, sizeof desc);

    (void)state;
    assert_int_equal(plan.len_off, 1);
    assert_int_equal(plan.data_off, 2);
}

/* "Continued" as one bit among others, any of which may be set; other applications of the interface have larger reports. */
static void a_flag_is_its_own_bit_and_other_applications_are_not_looked_at(void **state)
{
    static const uint8_t flag[] = {SCANNER_OPEN, SCANNER_BYTE_COUNT, SCANNER_DATA_56, SCANNER_PAD(5), 0x25, 0x01, 0x75,
        0x01, 0x95, 0x03, 0x81, 0x03, 0x95, 0x01, 0x09, 0xFF, 0x81, 0x02, 0x95, 0x04, 0x81, 0x03, SCANNER_CLOSE};
    static const uint8_t beside[] = {0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x85, 0x09, 0x75, 0x08, 0x95, 0xFF, 0x09,
        0x01, 0x81, 0x02, 0xC0, SCANNER_OPEN, 0x06, 0x66, 0xFF, 0x95, 0x3F, 0x09, 0x01, 0x81, 0x02, SCANNER_CLOSE};
    struct hid_pos_plan plan = plan_of(flag, sizeof flag);
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT] = {2, 1, 'A'};

    (void)state;
    assert_int_equal(plan.more_mask, 8);
    hid_pos_init(&p, &plan);
    r[63] = 0xF7; /* every bit but that one */
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_SCAN);
    r[63] = 8;
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 2), HID_POS_NOTHING);
    r[63] = 0;
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 3), HID_POS_SCAN);
    assert_string_equal(p.text, "AA");
    plan = plan_of(beside, sizeof beside);
    assert_true(plan.probed);
    assert_int_equal(plan.report_id, 2);
    assert_int_equal(plan.report_len, SCANNER_REPORT);
}

/* From 16 bytes on a report may carry a scan, up to the largest that there is; the tables' fields are whole bytes. */
static void how_large_a_scanners_report_is(void **state)
{
    uint8_t opaque[] = {
        0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x75, 0x08, 0x96, 16, 0, 0x06, 0x66, 0xFF, 0x09, 0x01, 0x81, 0x02, 0xC0};
    static const uint8_t crooked[] = {0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x75, 0x04, 0x95, 0x01, 0x81, 0x03, 0x75,
        0x08, 0x05, 0x01, 0x09, 0x3B, 0x81, 0x02, 0x05, 0x8C, 0x95, 0x03, 0x19, 0xFB, 0x29, 0xFD, 0x81, 0x02, 0x75,
        0x04, 0x95, 0x01, 0x81, 0x03, 0x75, 0x08, 0x95, 0x38, 0x09, 0xFE, 0x81, 0x02, 0xC0};
    static struct hid_desc d;
    struct hid_pos_plan plan;

    (void)state;
    assert_int_equal(plan_of(opaque, sizeof opaque).report_len, 16);
    opaque[9] = 15;
    assert_int_equal(hid_desc_parse(&d, opaque, sizeof opaque), ERR_OK);
    assert_int_equal(hid_pos_plan_init(&plan, &d), ERR_BAD_VALUE);
    opaque[9] = 0;
    opaque[10] = 4;
    assert_int_equal(plan_of(opaque, sizeof opaque).report_len, HID_POS_REPORT);
    opaque[9] = 1;
    assert_int_equal(hid_desc_parse(&d, opaque, sizeof opaque), ERR_OK);
    assert_int_equal(hid_pos_plan_init(&plan, &d), ERR_BAD_VALUE);
    plan = plan_of(crooked, sizeof crooked);
    assert_int_equal(plan.len_off, -1);
    assert_int_equal(plan.aim_off, -1);
    assert_int_equal(plan.data_off, 5);
}

static void only_the_scanner_application_counts(void **state)
{
    static const uint8_t not_scanner[] = {
        0x05, 0x8C, 0x09, 0x05, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x38, 0x09, 0xFE, 0x81, 0x02, 0xC0};
    static const uint8_t only_buttons[] = {
        0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x02, 0x09, 0x60, 0x81, 0x02, 0xC0};
    static struct hid_desc d;
    struct hid_pos_plan plan = {.report_len = 77};

    (void)state;
    assert_int_equal(hid_desc_parse(&d, not_scanner, sizeof not_scanner), ERR_OK);
    assert_int_equal(hid_pos_plan_init(&plan, &d), ERR_NOT_FOUND);
    assert_int_equal(hid_desc_parse(&d, only_buttons, sizeof only_buttons), ERR_OK);
    assert_int_equal(hid_pos_plan_init(&plan, &d), ERR_BAD_VALUE);
    assert_int_equal(hid_desc_parse(&d, scanner_desc_keyboard, sizeof scanner_desc_keyboard), ERR_OK);
    assert_int_equal(hid_pos_plan_init(&plan, &d), ERR_NOT_FOUND);
    assert_int_equal(plan.report_len, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptor_names_the_fields),
        cmocka_unit_test(length_byte_under_another_name_is_found_at_the_head),
        cmocka_unit_test(a_flag_is_its_own_bit_and_other_applications_are_not_looked_at),
        cmocka_unit_test(how_large_a_scanners_report_is),
        cmocka_unit_test(only_the_scanner_application_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
