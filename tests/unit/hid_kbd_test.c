/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/hid_kbd.h"
#include "tests/usb/kinds.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct hid_kbd_plan plan_of(const uint8_t *desc, size_t len)
{
    static struct hid_desc d;
    struct hid_kbd_plan p;

    assert_int_equal(hid_desc_parse(&d, desc, len), ERR_OK);
    assert_int_equal(hid_kbd_plan_init(&p, &d), ERR_OK);
    return p;
}

/* Types the text key by key, each released; returns what comes out. */
static const char *type(const struct hid_kbd_plan *plan, const char *text)
{
    static char all[512];
    char out[HID_KBD_OUT];
    struct hid_kbd k;
    size_t len = 0;

    hid_kbd_init(&k, plan);
    for (; *text; text++) {
        uint8_t r[KIND_REPORT];
        bool shift;
        uint8_t key = kind_key(*text, &shift);
        for (int down = 1; down >= 0; down--) {
            unsigned n =
                plan->bitmap ? kind_bitmap_report(r, down ? key : 0, shift) : kind_key_report(r, down ? key : 0, shift);
            size_t cnt = hid_kbd_feed(&k, r, n, out);
            memcpy(all + len, out, cnt);
            len += cnt;
        }
    }
    all[len] = 0;
    return all;
}

static void every_key_of_a_us_keyboard(void **state)
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyz1234567890\r\t -=[]\\;'`,./"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()_+{}|:\"~<>?";
    struct hid_kbd_plan bitmap = plan_of(kind_desc_bitmap, sizeof kind_desc_bitmap);
    struct hid_kbd_plan array = plan_of(scanner_desc_keyboard, sizeof scanner_desc_keyboard);

    (void)state;
    assert_string_equal(type(&hid_kbd_boot, text), text);
    assert_string_equal(type(&array, text), text);
    assert_true(bitmap.bitmap);
    assert_string_equal(type(&bitmap, text), text);
}

static size_t feed(struct hid_kbd *k, const char *bytes8, char *out)
{
    size_t n = hid_kbd_feed(k, (const uint8_t *)bytes8, 8, out);

    out[n] = 0;
    return n;
}

static void keys_held_down_type_once_and_rollover_nothing(void **state)
{
    char out[HID_KBD_OUT + 1];
    struct hid_kbd k;

    (void)state;
    hid_kbd_init(&k, &hid_kbd_boot);
    feed(&k, "\0\0\x04\0\0\0\0", out);
    assert_string_equal(out, "a");
    feed(&k, "\0\0\x04\x05\0\0\0", out); /* the next key before the first is released */
    assert_string_equal(out, "b");
    feed(&k, "\0\0\x04\x05\0\0\0", out);
    assert_string_equal(out, "");
    feed(&k, "\0\0\1\1\1\1\1\1", out); /* too many keys: the report says nothing */
    assert_string_equal(out, "");
    feed(&k, "\0\0\x05\0\0\0\0", out);
    assert_string_equal(out, "");
    feed(&k, "\0\0\x06\x06\x05\0\0", out); /* one key twice in a report is one key */
    assert_string_equal(out, "c");
    feed(&k, "\0\0\0\0\0\0\0", out);
    feed(&k, "\0\0\x06\0\0\0\0", out);
    assert_string_equal(out, "c");
}

static void caps_lock_is_kept_here(void **state)
{
    char out[HID_KBD_OUT + 1];
    struct hid_kbd k;

    (void)state;
    hid_kbd_init(&k, &hid_kbd_boot);
    feed(&k, "\0\0\x39\0\0\0\0", out);
    assert_string_equal(out, "");
    feed(&k, "\0\0\0\0\0\0\0", out);
    feed(&k, "\0\0\x04\x1e\0\0\0", out);
    assert_string_equal(out, "A1"); /* digits are no letters */
    feed(&k, "\0\0\0\0\0\0\0", out);
    feed(&k, "\x02\0\x04\0\0\0\0", out);
    assert_string_equal(out, "a");
    hid_kbd_reset(&k);
    feed(&k, "\0\0\x04\0\0\0\0", out);
    assert_string_equal(out, "A"); /* the lamp is still on */
}

static void commands_type_nothing(void **state)
{
    char out[HID_KBD_OUT + 1];
    struct hid_kbd k;

    (void)state;
    for (int mods = 0; mods < 8; mods++) {
        char r[8] = {(char)(1 << mods), 0, 4};
        hid_kbd_init(&k, &hid_kbd_boot);
        feed(&k, r, out);
        assert_string_equal(out, mods == 1 || mods == 5 ? "A" : "");
    }
}

static void short_and_foreign_reports_are_harmless(void **state)
{
    struct hid_kbd_plan plan = plan_of(kind_desc_bitmap, sizeof kind_desc_bitmap);
    uint8_t r[KIND_REPORT];
    char out[HID_KBD_OUT];
    struct hid_kbd k;

    (void)state;
    hid_kbd_init(&k, &plan);
    kind_bitmap_report(r, 4, false);
    assert_int_equal(hid_kbd_feed(&k, r, 0, out), 0);
    assert_int_equal(hid_kbd_feed(&k, r, 2, out), 0);
    r[0] = 2;
    assert_int_equal(hid_kbd_feed(&k, r, 17, out), 0);
    r[0] = 1;
    assert_int_equal(hid_kbd_feed(&k, r, 17, out), 1);
}

/* Other applications and a maker's own bytes beside the keys, an array with an id and its modifiers behind it, then a second keyboard
 * report: the first one's keys count, wherever they stand. */
static void keys_are_found_among_what_else_a_device_says(void **state)
{
    static const uint8_t desc[] = {0x05, 0x0C, 0x09, 0x01, 0xA1, 0x01, 0x85, 0x02, 0x05, 0x07, 0x19, 0x00, 0x29, 0xFF,
        0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x02, 0x81, 0x00,
        0xC0, /* keys of an application that is no keyboard */
        0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x85, 0x05, 0x06, 0x00, 0xFF, 0x19, 0x00, 0x29, 0xFF, 0x95, 0x02, 0x81,
        0x00, 0x05, 0x07, 0x19, 0x00, 0x29, 0xFF, 0x95, 0x03, 0x81,
        0x00, /* three keys behind two bytes of the maker's */
        0x19, 0xE0, 0x29, 0xE7, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, /* the modifiers */
        0x85, 0x06, 0x19, 0x04, 0x29, 0x73, 0x95, 0x70, 0x81, 0x02, 0xC0};
    struct hid_kbd_plan plan = plan_of(desc, sizeof desc);
    char out[HID_KBD_OUT];
    struct hid_kbd k;

    (void)state;
    assert_int_equal(plan.report_id, 5);
    assert_int_equal(plan.report_len, 7);
    assert_int_equal(plan.key_cnt, 3);
    hid_kbd_init(&k, &plan);
    assert_int_equal(hid_kbd_feed(&k, (const uint8_t[]){5, 9, 9, 0, 4, 5, 2}, 7, out), 2);
    assert_memory_equal(out, "AB", 2);
    assert_int_equal(hid_kbd_feed(&k, (const uint8_t[]){2, 6, 7, 0, 0, 0, 0}, 7, out), 0);
    assert_int_equal(hid_kbd_feed(&k, (const uint8_t[]){6, 0xFF, 0xFF}, 3, out), 0);
    assert_int_equal(hid_kbd_feed(&k, (const uint8_t[]){5, 0, 0, 2, 0, 0, 0}, 7, out), 0); /* 02: POST fail, no key */
    assert_int_equal(hid_kbd_feed(&k, (const uint8_t[]){5, 0, 0, 3, 0, 0, 0}, 7, out), 0); /* 03: undefined error */
}

/* Three bits of padding before an array: its keys straddle bytes. */
static void keys_need_not_begin_with_a_byte(void **state)
{
    static const uint8_t desc[] = {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x75, 0x03, 0x95, 0x01, 0x81, 0x03, 0x05, 0x07,
        0x19, 0x00, 0x29, 0xFF, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x02, 0x81, 0x00, 0xC0};
    struct hid_kbd_plan plan = plan_of(desc, sizeof desc);
    const unsigned keys = (0x04u | 0x1Fu << 8) << 3 | 7;
    const uint8_t r[3] = {keys & 0xFF, keys >> 8 & 0xFF, keys >> 16};
    char out[HID_KBD_OUT];
    struct hid_kbd k;

    (void)state;
    hid_kbd_init(&k, &plan);
    assert_int_equal(hid_kbd_feed(&k, r, 3, out), 2);
    assert_memory_equal(out, "a2", 2);
}

static void a_keypad_alone_types(void **state)
{
    static const uint8_t desc[] = {0x05, 0x01, 0x09, 0x07, 0xA1, 0x01, 0x05, 0x07, 0x19, 0x54, 0x29, 0x63, 0x15, 0x00,
        0x25, 0x01, 0x75, 0x01, 0x95, 0x10, 0x81, 0x02, 0xC0};
    struct hid_kbd_plan plan = plan_of(desc, sizeof desc);
    char out[HID_KBD_OUT];
    struct hid_kbd k;

    (void)state;
    assert_true(plan.bitmap);
    hid_kbd_init(&k, &plan);
    assert_int_equal(hid_kbd_feed(&k, (const uint8_t[]){0xFF, 0xFF}, 2, out), 16);
    assert_memory_equal(out, "/*-+\r1234567890.", 16);
}

static void what_is_no_keyboard(void **state)
{
    static const uint8_t no_keys[] = {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x08, 0x81, 0x03, 0xC0};
    static struct hid_desc d;
    struct hid_kbd_plan p;

    (void)state;
    assert_int_equal(hid_desc_parse(&d, kind_desc_mouse, sizeof kind_desc_mouse), ERR_OK);
    assert_int_equal(hid_kbd_plan_init(&p, &d), ERR_NOT_FOUND);
    assert_int_equal(hid_desc_parse(&d, no_keys, sizeof no_keys), ERR_OK);
    assert_int_equal(hid_kbd_plan_init(&p, &d), ERR_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_of_a_us_keyboard),
        cmocka_unit_test(keys_held_down_type_once_and_rollover_nothing),
        cmocka_unit_test(caps_lock_is_kept_here),
        cmocka_unit_test(commands_type_nothing),
        cmocka_unit_test(short_and_foreign_reports_are_harmless),
        cmocka_unit_test(keys_are_found_among_what_else_a_device_says),
        cmocka_unit_test(keys_need_not_begin_with_a_byte),
        cmocka_unit_test(a_keypad_alone_types),
        cmocka_unit_test(what_is_no_keyboard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
