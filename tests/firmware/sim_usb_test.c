/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped firmware before a strict host: enumeration, requests, reports of the scanner, feature reports. */
#include "tests/firmware/rig.h"
#include "tests/firmware/sim_regs.h"

enum { SWIPES_GOOD, SWIPES_BAD, SCANS_GOOD, SCANS_DROPPED, BUS_RESETS, FAULTS };

static void it_enumerates_and_is_set_up_as_the_chip_wants(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, true);
    sim_run_ms(&r.sim, 5);
    assert_int_equal(sim_lamps(&r.sim), SIM_GREEN | SIM_ENGINE | SIM_TRIGGER);
    rig_close(&r);
}

static void descriptors_agree_with_each_other(void **state)
{
    struct rig r;
    uint8_t config[128], b[256];
    unsigned at, n, interfaces = 0;

    (void)state;
    rig_open(&r, false, true);
    assert_int_equal(host_control(&r.host, &(struct host_setup){0x80, 6, 0x100, 0, 18}, b), 18);
    assert_int_equal(b[8] | b[9] << 8, READER_VID);
    assert_int_equal(b[10] | b[11] << 8, READER_PID);
    n = (unsigned)host_control(&r.host, &(struct host_setup){0x80, 6, 0x200, 0, sizeof config}, config);
    assert_int_equal(n, config[2] | config[3] << 8);
    for (at = 0; at < n; at += config[at])
        if (config[at + 1] == 0x21) {
            int len = config[at + 7] | config[at + 8] << 8;
            assert_int_equal(
                host_control(&r.host, &(struct host_setup){0x81, 6, 0x2200, (uint16_t)interfaces, 255}, b), len);
            assert_int_equal(b[0], 5);
            assert_int_equal(b[1], interfaces ? 0x8E : 0x8C);
            interfaces++;
        }
    assert_int_equal(at, n);
    assert_int_equal(interfaces, config[4]);
    assert_int_equal(host_control(&r.host, &(struct host_setup){0x80, 6, 0x302, 0x409, 255}, b), 36);
    assert_int_equal(host_control(&r.host, &(struct host_setup){0x80, 6, 0x600, 0, 10}, b), HOST_STALL);
    assert_int_equal(host_control(&r.host, &(struct host_setup){0x81, 6, 0x2200, 2, 255}, b), HOST_STALL);
    rig_close(&r);
}

static void a_scan_is_one_report(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    assert_int_equal(host_in(&r.host, RIG_SCAN, b), HOST_NAK);
    sim_engine(&r.sim, "]Q1HTTPS://CARD.EXAMPLE/C/A\r\n", 29);
    assert_int_equal(host_in_wait(&r.host, RIG_SCAN, b, 200), READER_SCAN_LEN);
    assert_memory_equal(b + READER_SCAN_AIM_AT, "]Q1", 3);
    assert_memory_equal(b + READER_SCAN_TEXT_AT, "HTTPS://CARD.EXAMPLE/C/A", 25);
    sim_run_ms(&r.sim, 20);
    assert_int_equal(host_in(&r.host, RIG_SCAN, b), HOST_NAK);
    assert_int_equal(rig_stat(&r, SCANS_GOOD), 1);
    assert_false(sim_holds(&r.sim, "CARD.EXAMPLE", 12));
    rig_close(&r);
}

static void a_long_scan_waits_for_a_slow_host(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];
    char text[171], got[256];
    size_t n = 0;

    (void)state;
    rig_open(&r, false, true);
    for (unsigned i = 0; i < 170; i++)
        text[i] = (char)('0' + i % 75);
    text[170] = '\r';
    sim_engine(&r.sim, text, sizeof text);
    sim_run_ms(&r.sim, 250);
    do {
        assert_int_equal(host_in_wait(&r.host, RIG_SCAN, b, 100), READER_SCAN_LEN);
        memcpy(got + n, b + READER_SCAN_TEXT_AT, b[1]);
        n += b[1];
        sim_run_ms(&r.sim, 30);
    } while (b[READER_SCAN_MORE_AT] && n < 200);
    assert_int_equal(n, 170);
    assert_memory_equal(got, text, n);
    rig_close(&r);
}

static void halted_endpoints_stall_and_come_back(void **state)
{
    struct rig r;
    uint8_t b[HOST_PACKET];

    (void)state;
    rig_open(&r, false, true);
    for (uint8_t ep = 1; ep <= 2; ep++) {
        uint16_t index = 0x80 | ep;
        assert_int_equal(host_control(&r.host, &(struct host_setup){0x02, 3, 0, index, 0}, NULL), 0);
        assert_int_equal(host_control(&r.host, &(struct host_setup){0x82, 0, 0, index, 2}, b), 2);
        assert_int_equal(b[0], 1);
        assert_int_equal(host_in(&r.host, ep, b), HOST_STALL);
        assert_int_equal(host_control(&r.host, &(struct host_setup){0x02, 1, 0, index, 0}, NULL), 0);
        assert_int_equal(host_in(&r.host, ep, b), HOST_NAK);
    }
    rig_assert_scan(&r, "AFTER\r", "AFTER");
    assert_int_equal(host_control(&r.host, &(struct host_setup){0x00, 9, 0, 0, 0}, NULL), 0);
    assert_int_equal(host_in(&r.host, RIG_SCAN, b), HOST_TIMEOUT);
    assert_int_equal(host_control(&r.host, &(struct host_setup){0x00, 9, 1, 0, 0}, NULL), 0);
    sim_run_ms(&r.sim, 5);
    rig_close(&r);
}

static void features_answer(void **state)
{
    struct rig r;
    uint8_t b[64], two[2] = {READER_MODE_QUIET, READER_FRAME_IDLE};
    unsigned sounds;

    (void)state;
    rig_open(&r, false, true);
    assert_int_equal(rig_get(&r, READER_VERSION_ID, b, 64), READER_VERSION_LEN + 1);
    assert_int_equal(b[0], READER_VERSION_ID);
    assert_int_equal(rig_get(&r, 0x7F, b, 64), HOST_STALL);
    sounds = r.sim.sounds;
    assert_int_equal(rig_set(&r, READER_BEEP_ID, (const uint8_t[]){2}, 1), 2);
    sim_run_ms(&r.sim, 400);
    assert_in_range(r.sim.sounds - sounds, 2 * 80 * 5, 2 * 80 * 6); /* 2 x 80 ms of 2.7 kHz */
    assert_int_equal(rig_set(&r, READER_BEEP_ID, (const uint8_t[]){6}, 1), HOST_STALL);
    assert_int_equal(rig_set(&r, READER_MODE_ID, two, 2), 3);
    assert_int_equal(rig_get(&r, READER_MODE_ID, b, 3), 3);
    assert_memory_equal(b + 1, two, 2);
    sounds = r.sim.sounds;
    rig_assert_scan(&r, "NO END MARK", "NO END MARK");
    sim_run_ms(&r.sim, 200);
    assert_int_equal(r.sim.sounds, sounds);
    two[1] = READER_FRAME_CNT;
    assert_int_equal(rig_set(&r, READER_MODE_ID, two, 2), HOST_STALL);
    rig_close(&r);
}

static void the_loader_opens_only_with_the_button_held_at_plug_in(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, false, true);
    sim_button(&r.sim, true);
    assert_int_equal(rig_set(&r, READER_BOOT_ID, (const uint8_t *)READER_BOOT_MAGIC, 4), HOST_STALL);
    sim_run_ms(&r.sim, 500);
    assert_false(r.sim.loader);
    rig_close(&r);

    rig_open(&r, true, true);
    sim_button(&r.sim, false);
    sim_restart(&r.sim, SIM_POWER); /* held once is not held at each plug-in */
    rig_enumerate(&r);
    assert_int_equal(rig_set(&r, READER_BOOT_ID, (const uint8_t *)READER_BOOT_MAGIC, 4), HOST_STALL);
    assert_int_equal(rig_set(&r, READER_UNIT_ID, (const uint8_t *)"HK000017", 8), HOST_STALL);
    rig_close(&r);

    rig_open(&r, true, true);
    assert_int_equal(rig_set(&r, READER_BOOT_ID, (const uint8_t *)"boot", 4), HOST_STALL);
    assert_int_equal(rig_set(&r, READER_BOOT_ID, (const uint8_t *)READER_BOOT_MAGIC, 4), 5);
    sim_run_ms(&r.sim, 20);
    assert_false(r.sim.loader); /* the host gets its answer first */
    assert_int_equal(sim_lamps(&r.sim) & (SIM_GREEN | SIM_RED), SIM_GREEN | SIM_RED);
    sim_run_ms(&r.sim, 500);
    assert_true(r.sim.loader);
    sim_close(&r.sim);

    rig_open(&r, true, true);
    sim_run_ms(&r.sim, READER_BOOT_WINDOW_MS / 10 * 11);
    assert_int_equal(rig_set(&r, READER_BOOT_ID, (const uint8_t *)READER_BOOT_MAGIC, 4), HOST_STALL);
    rig_close(&r);
}

static bool is_mode(struct rig *r, const uint8_t mode[2])
{
    uint8_t b[3];

    assert_int_equal(rig_get(r, READER_MODE_ID, b, 3), 3);
    return !memcmp(b + 1, mode, 2);
}

static void the_mode_outlives_a_power_cycle(void **state)
{
    const uint8_t mode[2] = {READER_MODE_QUIET, READER_FRAME_IDLE}, other[2] = {READER_MODE_AIM, READER_FRAME_CR};
    struct rig r;
    bool stored;

    (void)state;
    rig_open(&r, false, true);
    assert_true(is_mode(&r, (const uint8_t[]){READER_MODE_AIM, READER_FRAME_LINE}));
    assert_int_equal(rig_set(&r, READER_MODE_ID, mode, 2), 3);
    sim_run_ms(&r.sim, 2200);
    sim_restart(&r.sim, SIM_POWER);
    rig_enumerate(&r);
    assert_true(is_mode(&r, mode));
    rig_assert_scan(&r, "NO END MARK", "NO END MARK");
    for (unsigned ms = 1990; ms < 2040; ms += 3) { /* the power goes while it is being written */
        assert_int_equal(rig_set(&r, READER_MODE_ID, other, 2), 3);
        sim_run_ms(&r.sim, ms);
        sim_restart(&r.sim, SIM_POWER | SIM_BROWN_OUT);
        rig_enumerate(&r);
        stored = is_mode(&r, other);
        assert_true(stored || is_mode(&r, mode));
        assert_true(ms > 1990 ? ms < 2037 || stored : !stored);
        rig_set(&r, READER_MODE_ID, mode, 2);
        sim_run_ms(&r.sim, 2100);
    }
    rig_close(&r);
}

static void two_readers_are_told_apart_by_their_numbers(void **state)
{
    struct rig r;
    uint8_t b[64];

    (void)state;
    rig_open(&r, false, true);
    sim_button(&r.sim, true);
    assert_int_equal(rig_set(&r, READER_UNIT_ID, (const uint8_t *)"HK000017", 8), HOST_STALL);
    assert_int_equal(rig_get(&r, READER_UNIT_ID, b, 9), HOST_STALL);
    sim_restart(&r.sim, SIM_POWER);
    rig_enumerate(&r);
    assert_int_equal(rig_set(&r, READER_UNIT_ID, (const uint8_t *)"HK000017", 8), 9);
    sim_run_ms(&r.sim, 100);
    sim_button(&r.sim, false);
    sim_restart(&r.sim, SIM_POWER);
    rig_enumerate(&r);
    assert_int_equal(host_control(&r.host, &(struct host_setup){0x80, 6, 0x100, 0, 18}, b), 18);
    assert_int_equal(b[16], 3);
    assert_int_equal(host_control(&r.host, &(struct host_setup){0x80, 6, 0x303, 0x409, 64}, b), 18);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(b[2 + 2 * i], "HK000017"[i]);
    rig_close(&r);
}

/* Impatient, confused and malicious hosts: whatever they ask, the next good request is answered. */
static void nonsense_on_the_control_endpoint_does_no_harm(void **state)
{
    struct rig r;
    uint8_t b[256];

    (void)state;
    rig_open(&r, false, true);
    for (unsigned i = 0; i < 1500; i++) {
        uint32_t x = swipe_u32(&r.rng);
        struct host_setup s = {(uint8_t)x, (uint8_t)(x >> 8 & 0xF), (uint16_t)(x >> 16), 0, 0};
        s.index = i & 1 ? (uint16_t)(swipe_u32(&r.rng) & 0x83) : (uint16_t)swipe_u32(&r.rng);
        s.length = (uint16_t)(swipe_u32(&r.rng) % (sizeof b + 1));
        if (i % 3 == 0)
            s.type &= 0xA3; /* often nearly right */
        if ((s.type & 0x7F) == 0 && (s.request == 5 || s.request == 9))
            continue; /* it is entitled to be obeyed */
        memset(b, (int)x, sizeof b);
        host_control_cut(&r.host, &s, b, swipe_u32(&r.rng) % 4);
    }
    for (uint8_t ep = 1; ep <= 2; ep++)
        host_control(&r.host, &(struct host_setup){0x02, 1, 0, 0x80 | ep, 0}, NULL);
    r.sim.fault = NULL; /* the host's own */
    assert_int_equal(rig_set(&r, READER_MODE_ID, (const uint8_t[]){READER_MODE_AIM, READER_FRAME_LINE}, 2), 3);
    sim_run_ms(&r.sim, 800);
    rig_assert_scan(&r, "STILL HERE\r", "STILL HERE");
    assert_int_equal(rig_stat(&r, FAULTS), 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_enumerates_and_is_set_up_as_the_chip_wants),
        cmocka_unit_test(descriptors_agree_with_each_other),
        cmocka_unit_test(a_scan_is_one_report),
        cmocka_unit_test(a_long_scan_waits_for_a_slow_host),
        cmocka_unit_test(halted_endpoints_stall_and_come_back),
        cmocka_unit_test(features_answer),
        cmocka_unit_test(the_loader_opens_only_with_the_button_held_at_plug_in),
        cmocka_unit_test(the_mode_outlives_a_power_cycle),
        cmocka_unit_test(two_readers_are_told_apart_by_their_numbers),
        cmocka_unit_test(nonsense_on_the_control_endpoint_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
