/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's core on the host: scans, tracks, reports, lamps, the reader as a whole; ep0 has a file of its own. */
#include "firmware/core/desc.h"
#include "firmware/core/reader.h"
#include "tests/firmware/fake_port.h"
#include "tests/firmware/swipe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CARD  ";6200000000000001=30122010000000000?"
#define CARD1 "%B6200000000000001^ZHANG/JIANTAO^30122010000000000?"

static enum scan_event feed(struct scan *s, const char *text)
{
    enum scan_event e = SCAN_NOTHING;

    for (; *text && !scan_full(s); text++)
        e = scan_byte(s, (uint8_t)*text);
    return e;
}

static void assert_report(const struct scan *s, const char *aim, const char *text, bool more)
{
    assert_true(scan_full(s));
    assert_int_equal(s->report[0], READER_SCAN_ID);
    assert_int_equal(s->report[1], strlen(text));
    if (*aim)
        assert_memory_equal(s->report + READER_SCAN_AIM_AT, aim, 3);
    else
        assert_int_equal(s->report[READER_SCAN_AIM_AT], 0);
    assert_memory_equal(s->report + READER_SCAN_TEXT_AT, text, strlen(text));
    for (size_t i = strlen(text); i < READER_SCAN_TEXT; i++)
        assert_int_equal(s->report[READER_SCAN_TEXT_AT + i], 0);
    assert_int_equal(s->report[READER_SCAN_MORE_AT], more);
}

static void framings_end_where_they_say(void **state)
{
    static const struct {
        uint8_t framing;
        const char *bytes, *text;
    } cases[] = {{READER_FRAME_LINE, "ABC\r", "ABC"}, {READER_FRAME_LINE, "ABC\n", "ABC"},
        {READER_FRAME_LINE, "\r\n\nABC\r", "ABC"}, {READER_FRAME_CR, "A\nC\r", "A\nC"},
        {READER_FRAME_LF, "A\rC\n", "A\rC"}};
    struct scan s;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scan_init(&s);
        s.framing = cases[i].framing;
        assert_int_equal(feed(&s, cases[i].bytes), SCAN_GOOD);
        assert_report(&s, "", cases[i].text, false);
        scan_sent(&s);
        assert_false(scan_full(&s));
    }
    scan_init(&s);
    s.framing = READER_FRAME_IDLE;
    feed(&s, "ABC\r");
    assert_int_equal(scan_silence(&s, SCAN_IDLE_MS - 1), SCAN_NOTHING);
    assert_int_equal(scan_silence(&s, SCAN_IDLE_MS), SCAN_GOOD);
    assert_report(&s, "", "ABC\r", false);
}

static void identifiers_are_taken_off_only_when_they_are_some(void **state)
{
    static const char *const texts[][3] = {{"]Q1ABC\r", "]Q1", "ABC"}, {"]QABC\r", "]QA", "BC"},
        {"ABC]Q1\r", "", "ABC]Q1"}, {"]1QABC\r", "", "]1QABC"}, {"]Q\r", "", "]Q"}, {"]Q1]Q1\r", "]Q1", "]Q1"}};
    struct scan s;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        scan_init(&s);
        feed(&s, texts[i][0]);
        assert_report(&s, texts[i][1], texts[i][2], false);
    }
    scan_init(&s);
    s.aim = false;
    feed(&s, "]Q1ABC\r");
    assert_report(&s, "", "]Q1ABC", false);
    scan_init(&s);
    assert_int_equal(feed(&s, "]Q1\r"), SCAN_NOTHING);
    feed(&s, "ABC\r");
    assert_report(&s, "", "ABC", false);
}

/* 0 to three reports and a bit, each length: the host gets exactly what came, the last report says so. */
static void every_length_arrives_whole(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 180; n++) {
        struct scan s;
        char got[256] = "", text[181];
        bool more = true;
        size_t len = 0;
        scan_init(&s);
        for (unsigned i = 0; i < n; i++)
            text[i] = (char)('!' + i % 90);
        text[n] = '\r';
        for (unsigned i = 0; i <= n; i++) {
            scan_byte(&s, (uint8_t)text[i]);
            if (!scan_full(&s))
                continue;
            memcpy(got + len, s.report + READER_SCAN_TEXT_AT, s.report[1]);
            len += s.report[1];
            more = s.report[READER_SCAN_MORE_AT];
            assert_int_equal(more, i < n);
            scan_sent(&s);
        }
        assert_false(more);
        assert_int_equal(len, n);
        assert_memory_equal(got, text, n);
    }
}

static void what_is_lost_is_never_ended(void **state)
{
    struct scan s;

    (void)state;
    scan_init(&s);
    feed(&s, "AB");
    assert_int_equal(scan_lost(&s), SCAN_DROPPED);
    assert_int_equal(scan_lost(&s), SCAN_NOTHING); /* told once */
    assert_int_equal(feed(&s, "CD\r"), SCAN_NOTHING);
    assert_int_equal(scan_silence(&s, SCAN_FORGET_MS - 1), SCAN_NOTHING);
    assert_int_equal(feed(&s, "EF\r"), SCAN_NOTHING);
    scan_silence(&s, SCAN_FORGET_MS);
    assert_int_equal(feed(&s, "GH\r"), SCAN_GOOD);
    assert_report(&s, "", "GH", false);
    scan_init(&s);
    for (unsigned i = 0; i < READER_SCAN_MAX; i++) {
        assert_int_equal(scan_byte(&s, 'x'), SCAN_NOTHING);
        if (scan_full(&s)) {
            assert_int_equal(s.report[READER_SCAN_MORE_AT], 1);
            scan_sent(&s);
        }
    }
    assert_int_equal(scan_byte(&s, 'x'), SCAN_DROPPED);
}

static void swipe_into(struct reader *r, uint8_t channel, const char *text, unsigned width, bool back)
{
    struct swipe_how how = {.cm_s = 30, .jitter = 0.05, .back = back};
    struct swipe_card card;
    struct swipe_rng rng;
    struct swipe s;

    swipe_seed(&rng, 3);
    swipe_encode(&card, text, width);
    swipe_make(&s, &card, &how, &rng);
    for (unsigned i = 0; i + 1 < s.cnt; i++)
        reader_interval(r, channel, swipe_ticks(&s, i));
}

static unsigned take_report(struct reader *r, uint8_t report[READER_MSR_LEN])
{
    unsigned n = 0;

    for (uint8_t len; (len = reader_msr_packet(r, report + n)) != 0; n += len)
        assert_true(n + len <= READER_MSR_LEN);
    return n;
}

static void assert_no_bits(const struct reader *r)
{
    static const uint8_t zeros[sizeof r->tx_bits];

    assert_memory_equal(r->t2_bits, zeros, sizeof r->t2_bits);
    assert_memory_equal(r->tx_bits, zeros, sizeof r->tx_bits);
}

static void a_swipe_is_reported_once_and_wiped(void **state)
{
    const struct reader_quiet early = {READER_SWIPE_MS - 1, 1000}, late = {READER_SWIPE_MS, 1000};
    uint8_t report[READER_MSR_LEN + 64];
    struct reader r;

    (void)state;
    fake_port_init();
    reader_init(&r, false, false);
    for (int back = 0; back < 2; back++) {
        swipe_into(&r, 0, CARD, 5, back);
        swipe_into(&r, 1, CARD1, 7, back);
        reader_tick(&r, &early);
        assert_int_equal(reader_msr_packet(&r, report), 0);
        reader_tick(&r, &late);
        assert_int_equal(take_report(&r, report), READER_MSR_LEN);
        assert_int_equal(report[1], strlen(CARD1));
        assert_int_equal(report[2], strlen(CARD));
        assert_int_equal(report[3], 0);
        assert_memory_equal(report + READER_MSR_T1_AT, CARD1, strlen(CARD1));
        assert_memory_equal(report + READER_MSR_T2_AT, CARD, strlen(CARD));
        assert_no_bits(&r);
        assert_int_equal(reader_msr_packet(&r, report), 0);
    }
    assert_int_equal(r.stats.swipes_good, 2);
}

static void edges_that_were_lost_reject_the_swipe(void **state)
{
    const struct reader_quiet late = {READER_SWIPE_MS, 1000};
    struct swipe_how how = {.cm_s = 30};
    struct swipe_card card;
    struct swipe_rng rng;
    struct swipe s;
    struct reader r;

    (void)state;
    fake_port_init();
    reader_init(&r, false, false);
    swipe_seed(&rng, 3);
    swipe_encode(&card, CARD, 5);
    swipe_make(&s, &card, &how, &rng);
    for (unsigned i = 0; i + 1 < s.cnt; i++)
        reader_interval(&r, 0, i == 100 ? READER_GAP : swipe_ticks(&s, i));
    reader_tick(&r, &late);
    assert_false(r.msr_full);
    assert_int_equal(r.stats.swipes_bad, 1);
    assert_no_bits(&r);
}

static void a_tap_on_the_head_is_no_attempt(void **state)
{
    const struct reader_quiet late = {READER_SWIPE_MS, 1000};
    struct reader r;

    (void)state;
    fake_port_init();
    reader_init(&r, false, false);
    for (unsigned i = 0; i < READER_NOISE - 1; i++)
        reader_interval(&r, 0, (uint16_t)(100 + 37 * i % 900));
    reader_tick(&r, &late);
    assert_int_equal(r.stats.swipes_bad, 0);
}

static void lamps_say_what_the_manual_says(void **state)
{
    struct ui u;
    unsigned on = 0, beeps = 0;
    uint8_t last = 0;

    (void)state;
    ui_init(&u);
    ui_host(&u, UI_READY);
    assert_int_equal(ui_tick(&u), UI_GREEN);
    ui_bad(&u);
    for (unsigned ms = 0; ms < 1000; ms++) {
        uint8_t now = ui_tick(&u);
        on += !!(now & UI_RED);
        beeps += now & UI_SOUND && !(last & UI_SOUND);
        last = now;
    }
    assert_int_equal(on, 1000);
    assert_int_equal(beeps, 2);
    assert_int_equal(ui_tick(&u), UI_GREEN);
    ui_host(&u, UI_ASLEEP);
    ui_good(&u);
    assert_int_equal(ui_tick(&u), 0);
    u.quiet = true;
    ui_host(&u, UI_READY);
    ui_bad(&u);
    u.sound_ms = 0;
    ui_beep(&u, 5);
    assert_int_equal(ui_tick(&u) & UI_SOUND, 0);
}

static void the_report_descriptors_add_up(void **state)
{
    const uint8_t *d;
    uint16_t n;
    unsigned bits[2] = {0, 0}, size = 0, count = 0;

    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        assert_true((n = desc_get(0x22, 0, i, &d)) > 0);
        for (uint16_t at = 0; at < n; at = (uint16_t)(at + 1 + (d[at] & 3))) {
            if (d[at] == 0x75)
                size = d[at + 1];
            if (d[at] == 0x95)
                count = d[at + 1];
            if ((d[at] & 0xFC) == 0x80)
                bits[i] += size * count;
        }
    }
    assert_int_equal(bits[0], (READER_SCAN_LEN - 1) * 8);
    assert_int_equal(bits[1], (READER_MSR_LEN - 1) * 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framings_end_where_they_say),
        cmocka_unit_test(identifiers_are_taken_off_only_when_they_are_some),
        cmocka_unit_test(every_length_arrives_whole),
        cmocka_unit_test(what_is_lost_is_never_ended),
        cmocka_unit_test(a_swipe_is_reported_once_and_wiped),
        cmocka_unit_test(edges_that_were_lost_reject_the_swipe),
        cmocka_unit_test(a_tap_on_the_head_is_no_attempt),
        cmocka_unit_test(lamps_say_what_the_manual_says),
        cmocka_unit_test(the_report_descriptors_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
