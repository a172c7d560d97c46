/* SPDX-License-Identifier: Apache-2.0 */
/* Swipes on the shipped firmware: every edge counts, whatever the host is doing; nothing of a card stays behind. */
#include "tests/firmware/rig.h"
#include <stdio.h>

enum { SWIPES_GOOD, SWIPES_BAD, FRAME_CYCLES = SIM_MS };

/* The card's bits as the decoder keeps them, to look for in RAM. */
static void assert_wiped(struct rig *r, const char *text)
{
    struct swipe_card card;
    uint8_t packed[16] = {0};

    swipe_encode(&card, text, 5);
    for (unsigned i = 0; i < 8 * sizeof packed; i++)
        packed[i / 8] |= (uint8_t)(card.bit[card.first + i] << i % 8);
    assert_false(sim_holds(&r->sim, packed, sizeof packed));
    assert_false(sim_holds(&r->sim, text + 9, 8));
}

static void both_directions_and_all_speeds(void **state)
{
    static const double speeds[] = {10, 25, 60, 150};
    struct rig r;
    uint8_t report[READER_MSR_LEN];

    (void)state;
    rig_open(&r, false, true);
    for (unsigned i = 0; i < 8; i++) {
        rig_swipe_text(&r, 0, RIG_CARD, 5, speeds[i / 2], i & 1);
        rig_run_out(&r, 0);
        assert_int_equal(rig_msr(&r, report, 100), READER_MSR_LEN);
        rig_assert_track(report, 1, "");
        rig_assert_track(report, 2, RIG_CARD);
        rig_assert_track(report, 3, "");
        assert_wiped(&r, RIG_CARD);
    }
    assert_int_equal(rig_stat(&r, SWIPES_GOOD), 8);
    assert_int_equal(rig_stat(&r, SWIPES_BAD), 0);
    rig_close(&r);
}

static void track_1_and_3_come_along(void **state)
{
    struct rig r;
    uint8_t report[READER_MSR_LEN];

    (void)state;
    rig_open(&r, false, true);
    for (unsigned i = 0; i < 4; i++) {
        rig_swipe_text(&r, 0, RIG_CARD, 5, 60, i & 1);
        rig_swipe_text(&r, 1, i & 2 ? RIG_CARD3 : RIG_CARD1, i & 2 ? 5 : 7, 60, i & 1);
        rig_run_out(&r, 0);
        assert_int_equal(rig_msr(&r, report, 100), READER_MSR_LEN);
        rig_assert_track(report, 1, i & 2 ? "" : RIG_CARD1);
        rig_assert_track(report, 2, RIG_CARD);
        rig_assert_track(report, 3, i & 2 ? RIG_CARD3 : "");
        assert_wiped(&r, i & 2 ? RIG_CARD3 : RIG_CARD);
    }
    rig_close(&r);
}

/* The fastest swipe on both channels while the host keeps asking, a millisecond for each packet, and the engine talks. */
static void no_edge_is_lost_to_a_busy_host(void **state)
{
    struct rig r;
    uint8_t report[READER_MSR_LEN], b[255];

    (void)state;
    rig_open(&r, false, true);
    for (unsigned gap = 0; gap < 3; gap++) {
        r.host.gap_cycles = gap == 0 ? 200 : gap == 1 ? 3000 : SIM_MS;
        rig_swipe_text(&r, 0, RIG_CARD, 5, 150, gap & 1);
        rig_swipe_text(&r, 1, RIG_CARD1, 7, 150, gap & 1);
        sim_engine(&r.sim, "HTTPS://CARD.EXAMPLE/C/WHILE-SWIPING\r", 37);
        while (!sim_head_idle(&r.sim))
            assert_true(host_control(&r.host, &(struct host_setup){0x81, 6, 0x2200, 1, 255}, b) > 0);
        assert_int_equal(rig_msr(&r, report, 100), READER_MSR_LEN);
        rig_assert_track(report, 1, RIG_CARD1);
        rig_assert_track(report, 2, RIG_CARD);
        assert_int_equal(host_in_wait(&r.host, RIG_SCAN, b, 100), READER_SCAN_LEN);
    }
    r.host.gap_cycles = 300;
    rig_close(&r);
}

static void a_damaged_swipe_is_told_to_the_cashier_and_not_to_the_host(void **state)
{
    struct rig r;
    struct swipe_how how = {.cm_s = 40, .change = 0.3, .jitter = 0.05};
    struct swipe_card card;
    struct swipe s;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    swipe_encode(&card, RIG_CARD, 5);
    for (unsigned i = 0; i < 6; i++) {
        swipe_make(&s, &card, &how, &r.rng);
        swipe_damage(&s, &card, i & 1 ? SWIPE_PAIRED_WEAK : SWIPE_LOST_PULSE, &r.rng);
        rig_swipe(&r, 0, &s);
        rig_run_out(&r, 25);
        assert_int_equal(sim_lamps(&r.sim) & (SIM_GREEN | SIM_RED), SIM_RED);
        assert_int_equal(host_in(&r.host, RIG_MSR, b), HOST_NAK);
        assert_wiped(&r, RIG_CARD);
    }
    assert_int_equal(rig_stat(&r, SWIPES_BAD), 6);
    rig_close(&r);
}

/* Two bits of one character: its parity agrees, the LRC does not. */
static void parity_alone_is_not_believed(void **state)
{
    struct swipe_how how = {.cm_s = 60};
    struct swipe_card card;
    struct swipe s;
    struct rig r;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    swipe_encode(&card, RIG_CARD, 5);
    card.bit[card.first + 11 * 5] ^= 1;
    card.bit[card.first + 11 * 5 + 1] ^= 1;
    swipe_make(&s, &card, &how, &r.rng);
    rig_swipe(&r, 0, &s);
    rig_run_out(&r, 25);
    assert_int_equal(host_in(&r.host, RIG_MSR, b), HOST_NAK);
    assert_int_equal(rig_stat(&r, SWIPES_BAD), 1);
    rig_close(&r);
}

/* Parity and LRC agree; ':' is no character of a card (ISO/IEC 7811-2). */
static void a_track_with_a_control_character_is_none(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    rig_swipe_text(&r, 0, ";62000000000:0001=30122010000000000?", 5, 60, false);
    rig_run_out(&r, 25);
    assert_int_equal(host_in(&r.host, RIG_MSR, b), HOST_NAK);
    assert_int_equal(rig_stat(&r, SWIPES_BAD), 1);
    rig_close(&r);
}

static void a_card_that_the_host_does_not_fetch_is_forgotten(void **state)
{
    struct rig r;
    uint8_t report[READER_MSR_LEN];

    (void)state;
    rig_open(&r, false, true);
    rig_swipe_text(&r, 0, RIG_CARD, 5, 60, false);
    rig_run_out(&r, 6000);
    assert_wiped(&r, RIG_CARD);
    rig_msr(&r, report, 50); /* the one packet that the controller already had */
    rig_swipe_text(&r, 0, RIG_CARD, 5, 60, true);
    rig_run_out(&r, 0);
    assert_int_equal(rig_msr(&r, report, 100), READER_MSR_LEN);
    rig_assert_track(report, 2, RIG_CARD);
    rig_close(&r);
}

static void a_host_that_goes_to_sleep_takes_no_card_along(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, true);
    for (unsigned half = 0; half < 2; half++) { /* read, and still being read */
        rig_swipe_text(&r, 0, RIG_CARD, 5, 60, false);
        sim_run_ms(&r.sim, half ? 80 : 250);
        host_suspend(&r.host);
        sim_run_ms(&r.sim, 5);
        assert_wiped(&r, RIG_CARD);
        rig_run_out(&r, 0);
        host_resume(&r.host);
        sim_run_ms(&r.sim, RIG_SETTLE_MS);
        assert_int_equal(rig_stat(&r, SWIPES_BAD), 0);
    }
    rig_close(&r);
}

/* How many cycles after a swipe's last edge and `wait` the controller holds its report's first packet; fetches the rest. */
static long report_after(struct rig *r, uint64_t wait)
{
    uint64_t since = sim_last_edge(&r->sim, 0) + wait, came;
    uint8_t b[READER_MSR_LEN];

    while (host_in(&r->host, RIG_MSR, b) == HOST_NAK && r->sim.avr->cycle < since + 100 * SIM_MS)
        sim_run(&r->sim, 16);
    came = r->sim.avr->cycle;
    rig_msr(r, b, 50);
    return (long)(came - since);
}

/* When the controller holds the first packet, in device cycles; the wait that tells a swipe's end is the reader's own. The
 * worst of many phases between what comes in and the reader's millisecond. */
static void reports_are_ready_within_a_frame(void **state)
{
    enum { SWIPE_MS = 20, PHASES = 16, STEP = SIM_MS / PHASES, BORDER_FRAMES = 5 };
    const struct swipe_how border = {.cm_s = 60, .change = 0.3, .jitter = 0.15};
    uint8_t b[READER_MSR_LEN];
    struct swipe_card card;
    struct swipe s;
    struct rig r;
    uint64_t since;
    long swipe = 0, scan = 0, noisy = 0, took;

    (void)state;
    swipe_encode(&card, RIG_CARD, 5);
    rig_open(&r, false, true);
    for (unsigned i = 0; i < PHASES; i++) {
        sim_run(&r.sim, SIM_MS - r.sim.avr->cycle % SIM_MS + i * STEP);
        rig_swipe_text(&r, 0, RIG_CARD, 5, 60, i & 1);
        took = report_after(&r, (uint64_t)SWIPE_MS * SIM_MS);
        swipe = took > swipe ? took : swipe;
        swipe_make(&s, &card, &border, &r.rng);
        rig_swipe(&r, 0, &s);
        took = report_after(&r, (uint64_t)SWIPE_MS * SIM_MS);
        noisy = took > noisy ? took : noisy;
        sim_engine(&r.sim, "HTTPS://CARD.EXAMPLE/C/TIMED\r", 29);
        since = r.sim.avr->cycle;
        while (host_in(&r.host, RIG_SCAN, b) == HOST_NAK && r.sim.avr->cycle < since + 500 * SIM_MS)
            sim_run(&r.sim, 16);
        took = (long)(r.sim.avr->cycle - r.sim.last_byte);
        scan = took > scan ? took : scan;
    }
    printf("last edge to report ready: %d ms of silence and %ld cycles; last UART byte: %ld cycles; one frame: %d\n",
        SWIPE_MS, swipe, scan, FRAME_CYCLES);
    printf("the same for swipes at the border of what has to be read: %ld cycles\n", noisy);
    assert_in_range(swipe, 1, FRAME_CYCLES);
    assert_in_range(noisy, 1, BORDER_FRAMES * FRAME_CYCLES);
    assert_in_range(scan, 1, FRAME_CYCLES);
    rig_close(&r);
}

static void stack_and_interrupts_stay_within_their_bounds(void **state)
{
    enum { STACK_MAX = 512, LATENCY_MAX = 320 /* half the shortest interval, 40 us, at 16 MHz */ };
    struct rig r;
    uint8_t report[READER_MSR_LEN], b[255];

    (void)state;
    rig_open(&r, true, true);
    sim_engine(&r.sim, "]Q1HTTPS://CARD.EXAMPLE/C/A-LONGER-TEXT-THAN-ONE-REPORT-CAN-CARRY-IN-ITS-56-BYTES\r", 83);
    for (unsigned i = 0; i < 12; i++) { /* all that has come has to be thrown away */
        sim_engine(&r.sim, "AB", 2);
        sim_engine_raw(&r.sim, SIM_BAD_FRAME);
    }
    for (unsigned i = 0; i < 2; i++) { /* until the last of them is through */
        rig_swipe_text(&r, 0, RIG_CARD, 5, 150, true);
        rig_swipe_text(&r, 1, RIG_CARD3, 5, 150, true);
    }
    while (!sim_head_idle(&r.sim) || !sim_engine_idle(&r.sim)) {
        host_control(&r.host, &(struct host_setup){0x81, 6, 0x2200, 1, 255}, b);
        rig_set(&r, READER_BEEP_ID, (const uint8_t[]){1}, 1);
        host_in(&r.host, RIG_SCAN, b);
    }
    rig_msr(&r, report, 100);
    host_reset(&r.host);
    printf("worst stack %u bytes, worst interrupt latency %u cycles\n", sim_stack(&r.sim), r.sim.latency_max);
    assert_in_range(sim_stack(&r.sim), 20, STACK_MAX);
    assert_in_range(r.sim.latency_max, 1, LATENCY_MAX);
    sim_close(&r.sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_and_all_speeds),
        cmocka_unit_test(track_1_and_3_come_along),
        cmocka_unit_test(no_edge_is_lost_to_a_busy_host),
        cmocka_unit_test(a_damaged_swipe_is_told_to_the_cashier_and_not_to_the_host),
        cmocka_unit_test(parity_alone_is_not_believed),
        cmocka_unit_test(a_track_with_a_control_character_is_none),
        cmocka_unit_test(a_card_that_the_host_does_not_fetch_is_forgotten),
        cmocka_unit_test(a_host_that_goes_to_sleep_takes_no_card_along),
        cmocka_unit_test(reports_are_ready_within_a_frame),
        cmocka_unit_test(stack_and_interrupts_stay_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
