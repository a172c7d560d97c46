/* SPDX-License-Identifier: Apache-2.0 */
/* Track 2 and the reports that carry it. The bits are written here by their own encoder, after ISO/IEC 7811-2. */
#include "client/ports/usb/hid_msr.h"
#include "tests/usb/kinds.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NUMBER "6200000000000001"
#define LONG   "6200000000000000013"
#define TRACK  ";" NUMBER "=30121010000000000?"

static const char *text(const char *s)
{
    static char number[TRACK2_PAN + 1];

    strcpy(number, "untouched");
    return track2_text(s, strlen(s), number) ? (strcmp(number, "untouched") ? "TOUCHED" : NULL) : number;
}

static void the_number_and_nothing_else(void **state)
{
    (void)state;
    assert_string_equal(text(TRACK), NUMBER);
    assert_string_equal(text(";" LONG "=3012101000?"), LONG);
    assert_string_equal(text(";6200000000005=3012?"), "6200000000005"); /* the shortest */
    assert_string_equal(text("%B" NUMBER "^BEISPIEL/A^30121010000000000?" TRACK), NUMBER);
    assert_string_equal(text(TRACK "<"), NUMBER); /* the LRC, which is 12 */
    assert_null(text(TRACK "="));
}

static void tracks_that_are_none(void **state)
{
    (void)state;
    assert_null(text(""));
    assert_null(text(";"));
    assert_null(text(";E?"));
    assert_null(text(NUMBER "=3012?"));
    assert_null(text(";" NUMBER "=3012"));
    assert_null(text(";" NUMBER "?"));
    assert_null(text(";" NUMBER "3012?"));
    assert_null(text(";620000000000=3012?"));
    assert_null(text(";62000000000000000131=3012?"));
    assert_null(text(";6200000000:00001=3012?"));
    assert_null(text(";" NUMBER "=301210100000000000000000000000000?"));
}

struct bits {
    uint8_t bytes[64];
    size_t cnt;
};

static void put_bit(struct bits *b, unsigned v)
{
    b->bytes[b->cnt / 8] |= (uint8_t)(v << b->cnt % 8);
    b->cnt++;
}

static void put_char(struct bits *b, unsigned v)
{
    unsigned ones = 0;

    for (int i = 0; i < 4; i++) {
        ones += v >> i & 1;
        put_bit(b, v >> i & 1);
    }
    put_bit(b, ones % 2 == 0);
}

/* Leading clock zeros, the track, its LRC. */
static struct bits encode(const char *track, unsigned zeros)
{
    struct bits b = {.cnt = 0};
    unsigned lrc = 0;

    while (zeros--)
        put_bit(&b, 0);
    for (; *track; track++) {
        put_char(&b, (unsigned)*track - '0');
        lrc ^= (unsigned)*track - '0';
    }
    put_char(&b, lrc);
    return b;
}

static bool reads(const struct bits *b, size_t len)
{
    char number[TRACK2_PAN + 1] = "";

    return !track2_raw(b->bytes, len, number) && !strcmp(number, NUMBER);
}

static struct bits reversed(const struct bits *b, size_t bits)
{
    struct bits r = {.cnt = 0};

    for (size_t i = bits; i-- > 0;)
        put_bit(&r, b->bytes[i / 8] >> i % 8 & 1);
    return r;
}

static uint8_t mirror(uint8_t v)
{
    uint8_t m = 0;

    for (int i = 0; i < 8; i++)
        m |= (uint8_t)((v >> i & 1) << (7 - i));
    return m;
}

static void raw_bits_in_either_direction_from_either_end(void **state)
{
    (void)state;
    for (unsigned zeros = 0; zeros < 20; zeros++) {
        struct bits b = encode(TRACK, zeros), r;
        size_t len = (b.cnt + 7) / 8;
        assert_true(reads(&b, len));
        assert_true(reads(&b, sizeof b.bytes)); /* clock zeros behind */
        r = reversed(&b, len * 8);
        assert_true(reads(&r, len));
        for (size_t i = 0; i < len; i++)
            b.bytes[i] = mirror(b.bytes[i]);
        assert_true(reads(&b, len));
    }
}

static void no_single_wrong_bit_passes(void **state)
{
    struct bits b = encode(TRACK, 7);

    (void)state;
    for (size_t i = 7; i < b.cnt; i++) {
        b.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_false(reads(&b, sizeof b.bytes));
        b.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_true(reads(&b, sizeof b.bytes));
}

/* Two wrong bits in one character keep its parity; then the LRC tells. */
static void no_character_with_two_wrong_bits_passes(void **state)
{
    struct bits b = encode(TRACK, 0);

    (void)state;
    for (size_t c = 0; c + 5 <= b.cnt; c += 5) {
        for (size_t i = c; i < c + 2; i++)
            b.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_false(reads(&b, sizeof b.bytes));
        for (size_t i = c; i < c + 2; i++)
            b.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

static struct hid_msr_plan plan_of(const uint8_t *desc, size_t len, bool magtek)
{
    static struct hid_desc d;
    struct hid_msr_plan p;

    assert_int_equal(hid_desc_parse(&d, desc, len), ERR_OK);
    assert_int_equal(magtek ? hid_msr_plan_magtek(&p, &d) : hid_msr_plan_init(&p, &d), ERR_OK);
    return p;
}

static void reports_by_usages_and_magteks(void **state)
{
    uint8_t r[KIND_REPORT];
    char number[TRACK2_PAN + 1] = "";

    (void)state;
    for (int magtek = 0; magtek < 2; magtek++) {
        struct hid_msr_plan p = magtek ? plan_of(kind_desc_magtek, sizeof kind_desc_magtek, true)
                                       : plan_of(kind_desc_msr, sizeof kind_desc_msr, false);
        unsigned n = kind_swipe_report(r, TRACK, magtek);
        assert_int_equal(p.report_len, n);
        memset(number, 0, sizeof number);
        assert_int_equal(hid_msr_read(&p, r, n, number), HID_MSR_SWIPE);
        assert_string_equal(number, NUMBER);
        assert_int_equal(hid_msr_read(&p, r, 60, number), HID_MSR_BAD);
        r[magtek ? 4 : 1] = 250; /* lies about its length */
        assert_int_equal(hid_msr_read(&p, r, n, number), HID_MSR_BAD);
        kind_swipe_report(r, ";E?", magtek);
        assert_int_equal(hid_msr_read(&p, r, n, number), HID_MSR_BAD);
        memset(r, 0, sizeof r);
        assert_int_equal(hid_msr_read(&p, r, n, number), HID_MSR_NOTHING);
        assert_int_equal(hid_msr_read(&p, r, 0, number), HID_MSR_NOTHING);
    }
}

static void raw_bits_in_a_report(void **state)
{
    struct hid_msr_plan p = plan_of(kind_desc_msr, sizeof kind_desc_msr, false);
    struct bits b = encode(TRACK, 10);
    char number[TRACK2_PAN + 1] = "";
    uint8_t r[KIND_REPORT] = {0};

    (void)state;
    r[1] = (uint8_t)((b.cnt + 7) / 8);
    memcpy(r + 82, b.bytes, r[1]);
    assert_int_equal(hid_msr_read(&p, r, KIND_MSR_LEN, number), HID_MSR_SWIPE);
    assert_string_equal(number, NUMBER);
}

/* Report ids: the length that stands in another report is not this one's, and other reports are nothing. */
static void reports_with_ids(void **state)
{
    static const uint8_t desc[] = {0x05, 0x8E, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x85,
        0x01, 0x95, 0x01, 0x09, 0x12, 0x81, 0x02, 0x85, 0x07, 0x09, 0x11, 0x81, 0x02, 0x95, 0x28, 0x09, 0x22, 0x81,
        0x02, 0xC0};
    struct hid_msr_plan p = plan_of(desc, sizeof desc, false);
    char number[TRACK2_PAN + 1] = "";
    uint8_t r[42] = {7, 9};

    (void)state;
    assert_int_equal(p.report_len, 42);
    memcpy(r + 2, TRACK, strlen(TRACK));
    assert_int_equal(hid_msr_read(&p, r, sizeof r, number), HID_MSR_SWIPE);
    assert_string_equal(number, NUMBER);
    assert_int_equal(hid_msr_read(&p, r, 2, number), HID_MSR_BAD);
    assert_int_equal(hid_msr_read(&p, r, 1, number), HID_MSR_NOTHING);
    r[0] = 1;
    assert_int_equal(hid_msr_read(&p, r, sizeof r, number), HID_MSR_NOTHING);
}

/* MagTek's with ids: the largest report is the swipe's; track 2 did not decode, or the report ends before it says so: bad. */
static void magteks_with_ids_and_cut_off(void **state)
{
    static const uint8_t desc[] = {0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,
        0x85, 0x03, 0x95, 0x08, 0x09, 0x20, 0x81, 0x02, 0x85, 0x09, 0x96, 0x51, 0x01, 0x09, 0x20, 0x82, 0x02, 0x01,
        0xC0};
    struct hid_msr_plan p = plan_of(desc, sizeof desc, true);
    char number[TRACK2_PAN + 1] = "";
    uint8_t r[1 + KIND_REPORT] = {9};
    unsigned n = 1 + kind_swipe_report(r + 1, TRACK, true);

    (void)state;
    assert_int_equal(p.report_len, n);
    assert_int_equal(hid_msr_read(&p, r, n, number), HID_MSR_SWIPE);
    assert_string_equal(number, NUMBER);
    r[2] = 1;
    assert_int_equal(hid_msr_read(&p, r, n, number), HID_MSR_BAD);
    r[2] = 0;
    for (size_t cut = 2; cut < 118; cut++) {
        uint8_t *exact = malloc(cut); /* so that a look behind it is seen */
        memcpy(exact, r, cut);
        assert_int_equal(hid_msr_read(&p, exact, cut, number), HID_MSR_BAD);
        free(exact);
    }
    r[0] = 3;
    assert_int_equal(hid_msr_read(&p, r, n, number), HID_MSR_NOTHING);
}

static void magteks_own_report_must_hold_three_tracks(void **state)
{
    uint8_t desc[] = {0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x96, 227, 0,
        0x09, 0x20, 0x82, 0x02, 0x01, 0xC0};
    static struct hid_desc d;
    struct hid_msr_plan p;

    (void)state;
    assert_int_equal(hid_desc_parse(&d, desc, sizeof desc), ERR_OK);
    assert_int_equal(hid_msr_plan_magtek(&p, &d), ERR_OK);
    desc[15] = 226;
    assert_int_equal(hid_desc_parse(&d, desc, sizeof desc), ERR_OK);
    assert_int_equal(hid_msr_plan_magtek(&p, &d), ERR_BAD_VALUE);
    desc[15] = 1; /* 1025 */
    desc[16] = 4;
    assert_int_equal(hid_desc_parse(&d, desc, sizeof desc), ERR_OK);
    assert_int_equal(hid_msr_plan_magtek(&p, &d), ERR_BAD_VALUE);
}

/* An application of page 8E that names no track 2, or gives each of its bytes a usage of its own. */
static void a_stripe_reader_without_track_2(void **state)
{
    static const uint8_t none[] = {0x05, 0x8E, 0x09, 0x01, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x28, 0x09, 0x21, 0x81, 0x02,
        0xC0},
                         range[] = {0x05, 0x8E, 0x09, 0x01, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x03, 0x19, 0x21, 0x29, 0x23,
                             0x81, 0x02, 0xC0};
    static struct hid_desc d;
    struct hid_msr_plan p;

    (void)state;
    assert_int_equal(hid_desc_parse(&d, none, sizeof none), ERR_OK);
    assert_int_equal(hid_msr_plan_init(&p, &d), ERR_BAD_VALUE);
    assert_int_equal(hid_desc_parse(&d, range, sizeof range), ERR_OK);
    assert_int_equal(hid_msr_plan_init(&p, &d), ERR_BAD_VALUE);
}

/* Found by fuzzing: a descriptor may put the length behind the data, and the report may end between them. */
static void a_length_behind_the_end_of_a_short_report(void **state)
{
    struct hid_msr_plan p = {.report_len = 64, .data_off = 0, .data_len = 60, .len_off = 63, .status_off = -1};
    uint8_t *r = malloc(2); /* exactly, so that a look behind it is seen */
    char number[TRACK2_PAN + 1] = "";

    (void)state;
    memcpy(r, ";6", 2);
    assert_int_equal(hid_msr_read(&p, r, 2, number), HID_MSR_BAD);
    free(r);
}

static void what_is_no_stripe_reader(void **state)
{
    static struct hid_desc d;
    struct hid_msr_plan p;

    (void)state;
    assert_int_equal(hid_desc_parse(&d, kind_desc_fido, sizeof kind_desc_fido), ERR_OK);
    assert_int_equal(hid_msr_plan_init(&p, &d), ERR_NOT_FOUND);
    assert_int_equal(hid_msr_plan_magtek(&p, &d), ERR_NOT_FOUND);
    assert_int_equal(hid_desc_parse(&d, kind_desc_magtek, sizeof kind_desc_magtek), ERR_OK);
    assert_int_equal(hid_msr_plan_init(&p, &d), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_and_nothing_else),
        cmocka_unit_test(tracks_that_are_none),
        cmocka_unit_test(raw_bits_in_either_direction_from_either_end),
        cmocka_unit_test(no_single_wrong_bit_passes),
        cmocka_unit_test(no_character_with_two_wrong_bits_passes),
        cmocka_unit_test(reports_by_usages_and_magteks),
        cmocka_unit_test(raw_bits_in_a_report),
        cmocka_unit_test(reports_with_ids),
        cmocka_unit_test(magteks_with_ids_and_cut_off),
        cmocka_unit_test(magteks_own_report_must_hold_three_tracks),
        cmocka_unit_test(a_stripe_reader_without_track_2),
        cmocka_unit_test(a_length_behind_the_end_of_a_short_report),
        cmocka_unit_test(what_is_no_stripe_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
