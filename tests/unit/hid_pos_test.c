/* SPDX-License-Identifier: Apache-2.0 */
#include "hid_pos_fixture.h"
#include <stdio.h>
#include <time.h>

static const char card[] =
    "HTTPS://CARD.EXAMPLE.TEST/C/AEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBA"
    "EAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIB";

static void start(struct hid_pos *p, const char *layout)
{
    const struct scanner_layout *l = scanner_layout(layout);
    struct hid_pos_plan plan = plan_of(l->desc, l->desc_len);

    hid_pos_init(p, &plan);
}

/* The whole text in reports of at most `per` bytes, 2 ms apart; the last one's answer. */
static enum hid_pos_result send(
    struct hid_pos *p, const char *layout, const char *text, size_t n, size_t per, int64_t *now)
{
    enum hid_pos_result r = HID_POS_NOTHING;

    for (size_t at = 0, k; at < n; at += k) {
        uint8_t report[SCANNER_REPORT];
        k = n - at < per ? n - at : per;
        scanner_report(scanner_layout(layout), report, "]Q1", text + at, k, at + k < n);
        assert_int_equal(r, HID_POS_NOTHING);
        r = hid_pos_feed(p, report, sizeof report, *now += 2);
    }
    return r;
}

static void every_layout_joins_a_card_from_three_reports(void **state)
{
    static struct hid_pos p;
    int64_t now = 1000;

    (void)state;
    for (int i = 0; i < SCANNER_LAYOUTS; i++) {
        const char *name = scanner_layouts[i].name;
        start(&p, name);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(send(&p, name, card, strlen(card), SCANNER_DATA, &now), HID_POS_SCAN);
            assert_string_equal(p.text, card);
            assert_int_equal(p.len, strlen(card));
            assert_string_equal(p.aim, scanner_layouts[i].aim_off >= 0 ? "]Q1" : "");
        }
    }
}

static void without_report_ids_and_with_three_aim_bytes_in_one_field(void **state)
{
    static const uint8_t desc[] = {0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x75, 0x08, 0x26, 0xFF, 0x00, 0x95, 0x01, 0x05,
        0x01, 0x09, 0x3B, 0x81, 0x02, 0x05, 0x8C, 0x95, 0x03, 0x19, 0xFB, 0x29, 0xFD, 0x81, 0x02, 0x95, 0x08, 0x09,
        0xFE, 0x81, 0x02, 0x95, 0x01, 0x09, 0xFF, 0x81, 0x02, 0xC0};
    struct hid_pos_plan plan = plan_of(desc, sizeof desc);
    static struct hid_pos p;
    const uint8_t one[13] = {3, ']', 'E', '0', 'A', 'B', 'C', 0, 0, 0, 0, 0, 0};

    (void)state;
    assert_false(plan.numbered);
    assert_int_equal(plan.report_len, 13);
    hid_pos_init(&p, &plan);
    assert_int_equal(hid_pos_feed(&p, one, sizeof one, 1), HID_POS_SCAN);
    assert_string_equal(p.text, "ABC");
    assert_string_equal(p.aim, "]E0");
}

static void without_any_length_the_text_ends_at_nul(void **state)
{
    static const uint8_t desc[] = {SCANNER_OPEN, SCANNER_DATA_56, SCANNER_PAD(6), SCANNER_MORE_BYTE, SCANNER_CLOSE};
    struct hid_pos_plan plan = plan_of(desc, sizeof desc);
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT] = {2, 'A', 'B', 'C'};

    (void)state;
    assert_int_equal(plan.len_off, -1);
    hid_pos_init(&p, &plan);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_SCAN);
    assert_string_equal(p.text, "ABC");
    memset(r + 1, 'x', SCANNER_DATA);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 2), HID_POS_SCAN);
    assert_int_equal(p.len, SCANNER_DATA);
}

/* Of the AIM identifier's place only what can be one is taken for it, and nothing behind a short report's end. */
static void what_is_an_aim_identifier(void **state)
{
    static const char good[] = "A0Z9a5z0QAQZQaQz", bad[] = "@0[0`0{0Q/Q:Q@Q[Q`Q{";
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];

    (void)state;
    start(&p, "aim");
    for (const char *c = good; *c; c += 2) {
        char aim[] = {']', c[0], c[1], 0};
        scanner_report(scanner_layout("aim"), r, aim, "X", 1, 0);
        assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_SCAN);
        assert_string_equal(p.aim, aim);
    }
    for (const char *c = bad; *c; c += 2) {
        char aim[] = {']', c[0], c[1], 0};
        scanner_report(scanner_layout("aim"), r, aim, "X", 1, 0);
        assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_SCAN);
        assert_string_equal(p.aim, "");
    }
    scanner_report(scanner_layout("aim"), r, "]Q1", "X", 1, 0);
    for (size_t n = 1; n < 6; n++) {
        uint8_t *exact = malloc(n); /* so that a look behind it is seen */
        memcpy(exact, r, n);
        assert_int_equal(hid_pos_feed(&p, exact, n, 1), HID_POS_DROPPED);
        hid_pos_reset(&p);
        free(exact);
    }
    assert_int_equal(hid_pos_feed(&p, r, 6, 1), HID_POS_SCAN); /* all that counts is there */
}

static void probing_is_not_misled_by_an_identifier_in_the_text(void **state)
{
    static struct hid_pos p;
    int64_t now = 0;

    (void)state;
    start(&p, "opaque-plain");
    assert_int_equal(send(&p, "opaque-plain", "]Q1ABC", 6, SCANNER_DATA, &now), HID_POS_SCAN);
    assert_string_equal(p.text, "ABC");
    assert_string_equal(p.aim, "]Q1");
    assert_int_equal(send(&p, "opaque-plain", "]Q1", 3, SCANNER_DATA, &now), HID_POS_NOTHING);
    assert_int_equal(send(&p, "opaque-plain", "0]Q1ABC", 7, SCANNER_DATA, &now), HID_POS_SCAN);
    assert_string_equal(p.text, "0]Q1ABC");
    assert_string_equal(p.aim, "");
}

static void trailing_line_ends_and_nuls_go_inner_ones_stay(void **state)
{
    static struct hid_pos p;
    int64_t now = 0;

    (void)state;
    start(&p, "aim");
    assert_int_equal(send(&p, "aim", "A\0B\rC\r\n\0\0", 9, SCANNER_DATA, &now), HID_POS_SCAN);
    assert_int_equal(p.len, 5);
    assert_memory_equal(p.text, "A\0B\rC", 6);
    assert_int_equal(send(&p, "aim", "\r\n", 2, SCANNER_DATA, &now), HID_POS_NOTHING);
}

static void empty_and_foreign_reports_are_nothing(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];

    (void)state;
    for (int i = 0; i < SCANNER_LAYOUTS; i++) {
        start(&p, scanner_layouts[i].name);
        assert_int_equal(hid_pos_feed(&p, r, 0, 1), HID_POS_NOTHING);
        scanner_report(&scanner_layouts[i], r, "\0\0\0", "", 0, 0);
        assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_NOTHING);
        scanner_report(&scanner_layouts[i], r, "]Q1", "AB", 2, 0);
        r[0] = 4;
        assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_NOTHING);
        r[0] = 2;
        assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_SCAN);
    }
}

static void an_empty_last_report_ends_the_scan(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];

    (void)state;
    start(&p, "aim");
    scanner_report(scanner_layout("aim"), r, "]Q1", "AB", 2, 1);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_NOTHING);
    scanner_report(scanner_layout("aim"), r, "]Q1", "", 0, 0);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 2), HID_POS_SCAN);
    assert_string_equal(p.text, "AB");
}

static void half_a_scan_is_dropped_after_the_gap(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];
    int64_t now = 5000;

    (void)state;
    start(&p, "aim");
    assert_true(hid_pos_deadline_ms(&p) == INT64_MAX);
    scanner_report(scanner_layout("aim"), r, "]Q1", "HALF", 4, 1);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, now), HID_POS_NOTHING);
    assert_int_equal(hid_pos_deadline_ms(&p), now + HID_POS_GAP_MS);
    assert_int_equal(hid_pos_tick(&p, now + HID_POS_GAP_MS - 1), HID_POS_NOTHING);
    assert_int_equal(hid_pos_tick(&p, now + HID_POS_GAP_MS), HID_POS_DROPPED);
    assert_int_equal(p.why, HID_POS_DROP_GAP);
    assert_null(memchr(p.text, 'H', sizeof p.text));
    assert_true(hid_pos_deadline_ms(&p) == INT64_MAX);
    now += HID_POS_GAP_MS;
    assert_int_equal(send(&p, "aim", "WHOLE", 5, SCANNER_DATA, &now), HID_POS_SCAN);
    assert_string_equal(p.text, "WHOLE");
}

static void a_late_report_does_not_join_the_half_before_it(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];

    (void)state;
    start(&p, "aim");
    scanner_report(scanner_layout("aim"), r, "]Q1", "HALF", 4, 1);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 0), HID_POS_NOTHING);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 2000), HID_POS_DROPPED);
    scanner_report(scanner_layout("aim"), r, "]Q1", "END", 3, 0);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 2001), HID_POS_SCAN);
    assert_string_equal(p.text, "HALFEND");
}

static void foreign_reports_do_not_keep_half_a_scan_alive(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];

    (void)state;
    start(&p, "aim");
    scanner_report(scanner_layout("aim"), r, "]Q1", "HALF", 4, 1);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 0), HID_POS_NOTHING);
    r[0] = 4;
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 400), HID_POS_NOTHING);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 500), HID_POS_DROPPED);
}

static void a_trickle_is_bounded_in_time(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];
    int dropped = 0;

    (void)state;
    start(&p, "aim");
    scanner_report(scanner_layout("aim"), r, "]Q1", "x", 1, 1);
    for (int64_t now = 0; now < 20000; now += 400) {
        dropped += hid_pos_feed(&p, r, sizeof r, now) == HID_POS_DROPPED;
        assert_true(p.len <= HID_POS_WHOLE_MS / 400 + 1);
    }
    assert_int_equal(dropped, 1);
    r[63] = 0;
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 20000), HID_POS_NOTHING);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 20001), HID_POS_SCAN);
}

static void more_than_a_scan_can_hold_is_dropped_with_its_tail(void **state)
{
    static struct hid_pos p;
    static char big[10000];
    int64_t now = 0;
    int dropped = 0;

    (void)state;
    memset(big, 'a', sizeof big);
    start(&p, "aim");
    assert_int_equal(send(&p, "aim", big, HID_POS_TEXT, SCANNER_DATA, &now), HID_POS_SCAN);
    assert_int_equal(p.len, HID_POS_TEXT);
    assert_int_equal(send(&p, "aim", big, HID_POS_TEXT + 1, SCANNER_DATA, &now), HID_POS_DROPPED);
    for (size_t at = 0; at < sizeof big; at += 50) {
        uint8_t r[SCANNER_REPORT];
        scanner_report(scanner_layout("aim"), r, "]Q1", big, 50, at + 50 < sizeof big);
        enum hid_pos_result res = hid_pos_feed(&p, r, sizeof r, now += 2);
        assert_int_not_equal(res, HID_POS_SCAN);
        if (res == HID_POS_DROPPED) {
            assert_int_equal(p.why, HID_POS_DROP_SIZE);
            dropped++;
        }
    }
    assert_int_equal(dropped, 1);
    assert_int_equal(send(&p, "aim", "NEXT", 4, SCANNER_DATA, &now), HID_POS_SCAN);
}

static void a_lie_about_the_length_is_dropped(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];
    int64_t now = 0;

    (void)state;
    for (int i = 0; i < SCANNER_LAYOUTS; i++) {
        const struct scanner_layout *l = &scanner_layouts[i];
        start(&p, l->name);
        for (int lie = SCANNER_DATA + 1; lie < 256; lie++) {
            scanner_report(l, r, "]Q1", "AB", 2, 0);
            r[l->len_off] = (uint8_t)lie;
            assert_int_not_equal(hid_pos_feed(&p, r, sizeof r, now += 2000), HID_POS_SCAN);
        }
    }
    start(&p, "aim");
    scanner_report(scanner_layout("aim"), r, "]Q1", "AB", 2, 0);
    r[1] = 57;
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, now += 2000), HID_POS_DROPPED);
    assert_int_equal(p.why, HID_POS_DROP_LENGTH);
    assert_int_equal(send(&p, "aim", "NEXT", 4, SCANNER_DATA, &now), HID_POS_SCAN);
}

static void short_reports_count_only_if_nothing_is_missing(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];
    int64_t now = 0;

    (void)state;
    start(&p, "aim");
    scanner_report(scanner_layout("aim"), r, "]Q1", "ABCD", 4, 0);
    for (size_t n = 1; n <= SCANNER_REPORT; n++) {
        enum hid_pos_result want = n < 9 ? HID_POS_DROPPED : HID_POS_SCAN;
        assert_int_equal(hid_pos_feed(&p, r, n, now += 1000), want);
        if (want == HID_POS_DROPPED)
            assert_int_equal(p.why, HID_POS_DROP_SHORT);
        else
            assert_string_equal(p.text, "ABCD");
    }
    scanner_report(scanner_layout("aim"), r, "]Q1", card, SCANNER_DATA, 1);
    assert_int_equal(hid_pos_feed(&p, r, 61, now += 1000), HID_POS_DROPPED);
    assert_int_equal(p.why, HID_POS_DROP_SHORT);
    scanner_report(scanner_layout("aim"), r, "]Q1", "TAIL", 4, 0);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, now += 2), HID_POS_NOTHING);
}

static void a_device_that_goes_takes_its_half_scan_along(void **state)
{
    static struct hid_pos p;
    uint8_t r[SCANNER_REPORT];
    int64_t now = 0;

    (void)state;
    start(&p, "aim");
    assert_int_equal(hid_pos_reset(&p), HID_POS_NOTHING);
    scanner_report(scanner_layout("aim"), r, "]Q1", "SECRET", 6, 1);
    assert_int_equal(hid_pos_feed(&p, r, sizeof r, 1), HID_POS_NOTHING);
    assert_int_equal(hid_pos_reset(&p), HID_POS_DROPPED);
    assert_int_equal(p.why, HID_POS_DROP_DEVICE);
    assert_null(memchr(p.text, 'S', sizeof p.text));
    assert_int_equal(send(&p, "aim", "NEXT", 4, SCANNER_DATA, &now), HID_POS_SCAN);
    assert_string_equal(p.text, "NEXT");
}

static void any_split_of_any_text_comes_out_whole(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    static struct hid_pos p;
    static char text[HID_POS_TEXT];
    int64_t now = 0;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 3000; round++) {
        const char *name = scanner_layouts[rand() % SCANNER_LAYOUTS].name;
        size_t n = 1 + (size_t)rand() % (round % 10 ? 300 : sizeof text);
        size_t per = n / 500 + 1 + (size_t)rand() % (SCANNER_DATA - n / 500); /* enough for the time bound */
        for (size_t i = 0; i < n; i++)
            text[i] = (char)('A' + rand() % 26);
        start(&p, name);
        assert_int_equal(send(&p, name, text, n, per, &now), HID_POS_SCAN);
        assert_int_equal(p.len, n);
        assert_memory_equal(p.text, text, n);
    }
}

static void every_loss_has_words(void **state)
{
    (void)state;
    for (int why = HID_POS_DROP_GAP; why <= HID_POS_DROP_DEVICE; why++)
        assert_true(strlen(hid_pos_drop_text((enum hid_pos_drop)why)) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_joins_a_card_from_three_reports),
        cmocka_unit_test(without_report_ids_and_with_three_aim_bytes_in_one_field),
        cmocka_unit_test(without_any_length_the_text_ends_at_nul),
        cmocka_unit_test(what_is_an_aim_identifier),
        cmocka_unit_test(probing_is_not_misled_by_an_identifier_in_the_text),
        cmocka_unit_test(trailing_line_ends_and_nuls_go_inner_ones_stay),
        cmocka_unit_test(empty_and_foreign_reports_are_nothing),
        cmocka_unit_test(an_empty_last_report_ends_the_scan),
        cmocka_unit_test(half_a_scan_is_dropped_after_the_gap),
        cmocka_unit_test(a_late_report_does_not_join_the_half_before_it),
        cmocka_unit_test(foreign_reports_do_not_keep_half_a_scan_alive),
        cmocka_unit_test(a_trickle_is_bounded_in_time),
        cmocka_unit_test(more_than_a_scan_can_hold_is_dropped_with_its_tail),
        cmocka_unit_test(a_lie_about_the_length_is_dropped),
        cmocka_unit_test(short_reports_count_only_if_nothing_is_missing),
        cmocka_unit_test(a_device_that_goes_takes_its_half_scan_along),
        cmocka_unit_test(any_split_of_any_text_comes_out_whole),
        cmocka_unit_test(every_loss_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
