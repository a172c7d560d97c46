/* SPDX-License-Identifier: Apache-2.0 */
/* What a shop does to a reader: bad engines, shorted heads, hosts that reset, sleep or never ask, brown-outs, faults. */
#include "tests/firmware/rig.h"
#include "tests/firmware/sim_regs.h"

enum { SWIPES_GOOD, SWIPES_BAD, SCANS_GOOD, SCANS_DROPPED, BUS_RESETS, FAULTS };
enum { RJMP_SELF_LOW = 0xFF, RJMP_SELF_HIGH = 0xCF };

static void assert_works(struct rig *r)
{
    uint8_t report[READER_MSR_LEN];

    rig_assert_scan(r, "HTTPS://CARD.EXAMPLE/C/WORKS\r", "HTTPS://CARD.EXAMPLE/C/WORKS");
    rig_swipe_text(r, 0, RIG_CARD, 5, 60, true);
    rig_run_out(r, 0);
    assert_int_equal(rig_msr(r, report, 100), READER_MSR_LEN);
    rig_assert_track(report, 2, RIG_CARD);
}

static void assert_no_scan(struct rig *r, unsigned ms)
{
    uint8_t b[HOST_PACKET];

    assert_int_equal(host_in_wait(&r->host, RIG_SCAN, b, ms), HOST_TIMEOUT);
}

static void half_a_code_is_dropped(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, true);
    sim_engine(&r.sim, "HTTPS://CARD.EXAM", 17);
    assert_no_scan(&r, 400);
    assert_int_equal(sim_lamps(&r.sim) & (SIM_GREEN | SIM_RED), SIM_RED);
    assert_false(sim_holds(&r.sim, "CARD.EXAM", 9));
    sim_run_ms(&r.sim, 800);
    assert_works(&r);
    assert_int_equal(rig_stat(&r, SCANS_DROPPED), 1);
    rig_close(&r);
}

static void four_kilobytes_never_look_like_a_code(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];
    unsigned reports = 0;

    (void)state;
    rig_open(&r, false, true);
    for (unsigned i = 0; i < 4096; i++)
        sim_engine_raw(&r.sim, (uint16_t)('A' + i % 26));
    sim_engine_raw(&r.sim, '\r');
    while (!sim_engine_idle(&r.sim)) {
        if (host_in(&r.host, RIG_SCAN, b) > 0) {
            assert_int_equal(b[READER_SCAN_MORE_AT], 1);
            reports++;
        }
        sim_run_ms(&r.sim, 1);
    }
    assert_true(reports * READER_SCAN_TEXT <= READER_SCAN_MAX);
    assert_no_scan(&r, 800);
    assert_works(&r);
    rig_close(&r);
}

static void eight_bit_data_goes_through_and_bad_frames_do_not(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, true);
    rig_assert_scan(&r, "\xE6\x83\xA0\xE5\x8D\xA1\xFF\x80\r", "\xE6\x83\xA0\xE5\x8D\xA1\xFF\x80");
    sim_engine(&r.sim, "HTTPS", 5);
    sim_engine_raw(&r.sim, SIM_BAD_FRAME | 'X');
    sim_engine(&r.sim, "CARD\r", 5);
    assert_no_scan(&r, 100);
    sim_run_ms(&r.sim, 900);
    assert_works(&r);
    rig_close(&r);
}

static void noise_from_the_engine_does_no_harm(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    for (unsigned i = 0; i < 3000; i++)
        sim_engine_raw(&r.sim, (uint16_t)(swipe_u32(&r.rng) & 0xFF));
    while (!sim_engine_idle(&r.sim)) {
        host_in(&r.host, RIG_SCAN, b);
        sim_run_ms(&r.sim, 1);
    }
    for (unsigned ms = 0; ms < 1000; ms++) {
        host_in(&r.host, RIG_SCAN, b);
        sim_run_ms(&r.sim, 1);
    }
    assert_works(&r);
    rig_close(&r);
}

static void a_host_that_never_asks_gets_no_old_news(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    for (unsigned i = 0; i < 6; i++) {
        sim_engine(&r.sim, "HTTPS://CARD.EXAMPLE/C/OLD-NEWS-THAT-NOBODY-FETCHES-IN-TIME-AND-THAT-IS-LONG\r", 77);
        rig_swipe_text(&r, 0, RIG_CARD, 5, 60, false);
        sim_run_ms(&r.sim, 1500);
    }
    sim_run_ms(&r.sim, 6000);
    assert_false(sim_holds(&r.sim, "NOBODY-FETCHES", 14));
    for (unsigned i = 0; i < 4; i++) { /* what the controller's one bank still has */
        host_in(&r.host, RIG_SCAN, b);
        host_in(&r.host, RIG_MSR, b);
        sim_run_ms(&r.sim, 2);
    }
    assert_int_equal(host_in(&r.host, RIG_SCAN, b), HOST_NAK);
    assert_int_equal(host_in(&r.host, RIG_MSR, b), HOST_NAK);
    assert_works(&r);
    rig_close(&r);
}

static void a_shorted_head_does_not_stop_the_scanner(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, true);
    for (unsigned i = 0; i < 4000; i++) { /* the comparator oscillates: 5 us, all day */
        sim_edge(&r.sim, 0, 80);
        sim_edge(&r.sim, 1, 80);
    }
    sim_run_ms(&r.sim, 30);
    rig_run_out(&r, 1100);
    assert_works(&r);
    assert_int_equal(rig_stat(&r, FAULTS), 0);
    rig_close(&r);
}

static void a_reset_in_mid_report_leaves_nothing_behind(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    rig_swipe_text(&r, 0, RIG_CARD, 5, 60, false);
    sim_engine(&r.sim, "HTTPS://CARD.EXAMPLE/C/THIS-TEXT-IS-LONGER-THAN-ONE-REPORT-AND-IS-CUT-BY-A-RESET\r", 81);
    rig_run_out(&r, 30);
    assert_int_equal(host_in(&r.host, RIG_MSR, b), 64);
    assert_int_equal(host_in_wait(&r.host, RIG_SCAN, b, 100), 64);
    rig_enumerate(&r);
    assert_int_equal(host_in(&r.host, RIG_MSR, b), HOST_NAK);
    assert_no_scan(&r, 900);
    assert_works(&r);
    rig_close(&r);
}

static void it_sleeps_with_the_host_and_wakes(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, true);
    host_suspend(&r.host);
    sim_run_ms(&r.sim, 5);
    assert_int_equal(sim_lamps(&r.sim), 0);
    assert_int_equal(r.sim.avr->data[R_USBCON] & 0x20, 0x20);
    assert_int_equal(r.sim.avr->data[R_PLLCSR], 0);
    assert_int_equal(r.sim.avr->data[R_WDTCSR] & 0x08, 0);
    sim_run_ms(&r.sim, 2000);
    host_resume(&r.host);
    assert_int_equal(sim_lamps(&r.sim), SIM_GREEN | SIM_ENGINE | SIM_TRIGGER);
    sim_run_ms(&r.sim, RIG_SETTLE_MS);
    assert_works(&r);
    rig_close(&r);
}

static void re_enumerate(struct rig *r)
{
    r->sim.frames = false;
    sim_run_ms(&r->sim, 400);
    rig_enumerate(r);
}

static void a_stack_that_grows_into_data_restarts_the_reader(void **state)
{
    struct rig r;
    uint16_t bottom;

    (void)state;
    rig_open(&r, false, true);
    bottom = (uint16_t)(r.sim.avr->ramend - sim_stack(&r.sim));
    while (r.sim.avr->data[bottom - 1] == 0xC5)
        bottom--;
    r.sim.avr->data[bottom] = 0;
    re_enumerate(&r);
    assert_int_equal(rig_stat(&r, FAULTS), 1);
    assert_works(&r);
    rig_close(&r);
}

/* A jump to itself in the place of the next instruction that the main loop executes while interrupts go on. */
static void a_hung_processor_is_restarted(void **state)
{
    struct rig r;
    uint8_t *at, saved[2];

    (void)state;
    rig_open(&r, false, true);
    while (!r.sim.avr->sreg[S_I]) /* not within an interrupt */
        sim_run(&r.sim, 1);
    at = r.sim.avr->flash + r.sim.avr->pc;
    memcpy(saved, at, 2);
    at[0] = RJMP_SELF_LOW;
    at[1] = RJMP_SELF_HIGH;
    sim_run_ms(&r.sim, 200);
    memcpy(at, saved, 2);
    sim_run_ms(&r.sim, 10);
    assert_int_equal(rig_stat(&r, FAULTS), 0); /* that was short enough */
    while (!r.sim.avr->sreg[S_I])
        sim_run(&r.sim, 1);
    at = r.sim.avr->flash + r.sim.avr->pc;
    memcpy(saved, at, 2);
    at[0] = RJMP_SELF_LOW;
    at[1] = RJMP_SELF_HIGH;
    sim_run_ms(&r.sim, 300);
    memcpy(at, saved, 2);
    re_enumerate(&r);
    assert_int_equal(rig_stat(&r, FAULTS), 1);
    assert_works(&r);
    rig_close(&r);
}

/* The front end swings while its supply comes up, and without supply a pin catches what it will. */
static void a_head_without_steady_supply_is_not_heard(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, false);
    for (unsigned i = 0; i < 100; i++)
        sim_edge(&r.sim, 0, 2000);
    rig_run_out(&r, 50);
    for (unsigned i = 0; i < 2000; i++)
        sim_edge(&r.sim, 0, 2000); /* 250 ms */
    sim_run_ms(&r.sim, 10);
    assert_int_equal(sim_lamps(&r.sim) & SIM_ENGINE, 0);
    host_enumerate(&r.host);
    rig_run_out(&r, 100);
    assert_int_equal(sim_lamps(&r.sim), SIM_GREEN | SIM_ENGINE | SIM_TRIGGER);
    assert_int_equal(rig_stat(&r, SWIPES_BAD), 0);
    sim_run_ms(&r.sim, RIG_SETTLE_MS);
    assert_works(&r);
    assert_int_equal(rig_stat(&r, SWIPES_BAD), 0);
    rig_close(&r);
}

static void unplugging_in_mid_swipe_leaves_nothing(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    rig_swipe_text(&r, 0, RIG_CARD, 5, 60, false);
    sim_engine(&r.sim, "HTTPS://CARD.EXAMPLE/C/HALF", 27);
    sim_run_ms(&r.sim, 60);
    sim_restart(&r.sim, SIM_POWER | SIM_BROWN_OUT); /* a supply that rises slowly shows both */
    rig_enumerate(&r);
    assert_int_equal(host_in(&r.host, RIG_MSR, b), HOST_NAK);
    assert_int_equal(rig_stat(&r, FAULTS), 0);
    assert_int_equal(rig_stat(&r, SWIPES_GOOD) + rig_stat(&r, SWIPES_BAD) + rig_stat(&r, SCANS_DROPPED), 0);
    assert_works(&r);
    rig_close(&r);
}

/* The loader's way out is a watchdog reset, too. */
static void coming_back_from_the_loader_is_no_fault(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, true, true);
    assert_int_equal(rig_set(&r, READER_BOOT_ID, (const uint8_t *)READER_BOOT_MAGIC, 4), 5);
    sim_run_ms(&r.sim, 500);
    assert_true(r.sim.loader);
    sim_button(&r.sim, false);
    sim_restart(&r.sim, SIM_WATCHDOG);
    rig_enumerate(&r);
    assert_int_equal(rig_stat(&r, FAULTS), 0);
    assert_works(&r);
    rig_close(&r);
}

static void a_brown_out_in_mid_swipe_starts_anew(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, true);
    rig_swipe_text(&r, 0, RIG_CARD, 5, 60, false);
    sim_run_ms(&r.sim, 60);
    sim_restart(&r.sim, SIM_BROWN_OUT);
    re_enumerate(&r);
    assert_int_equal(rig_stat(&r, FAULTS), 1);
    assert_int_equal(rig_stat(&r, SWIPES_GOOD), 0);
    assert_works(&r);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_a_code_is_dropped),
        cmocka_unit_test(four_kilobytes_never_look_like_a_code),
        cmocka_unit_test(eight_bit_data_goes_through_and_bad_frames_do_not),
        cmocka_unit_test(noise_from_the_engine_does_no_harm),
        cmocka_unit_test(a_host_that_never_asks_gets_no_old_news),
        cmocka_unit_test(a_shorted_head_does_not_stop_the_scanner),
        cmocka_unit_test(a_reset_in_mid_report_leaves_nothing_behind),
        cmocka_unit_test(it_sleeps_with_the_host_and_wakes),
        cmocka_unit_test(a_stack_that_grows_into_data_restarts_the_reader),
        cmocka_unit_test(a_hung_processor_is_restarted),
        cmocka_unit_test(a_head_without_steady_supply_is_not_heard),
        cmocka_unit_test(unplugging_in_mid_swipe_leaves_nothing),
        cmocka_unit_test(coming_back_from_the_loader_is_no_fault),
        cmocka_unit_test(a_brown_out_in_mid_swipe_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
