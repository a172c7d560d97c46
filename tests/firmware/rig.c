/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/firmware/rig.h"

enum { FEATURE = 3, INTERFACE = 1 };

void rig_assert_good(const struct rig *r)
{
    if (r->sim.fault)
        fail_msg("%s", r->sim.fault);
    assert_false(r->sim.dead);
}

void rig_enumerate(struct rig *r)
{
    host_enumerate(&r->host);
    rig_assert_good(r);
    sim_run_ms(&r->sim, RIG_SETTLE_MS);
}

void rig_open(struct rig *r, bool button, bool configured)
{
    const char *elf = getenv("HUIKA_READER_ELF");

    assert_non_null(elf);
    assert_true(sim_open(&r->sim, elf, button));
    host_init(&r->host, &r->sim);
    swipe_seed(&r->rng, 1);
    if (configured)
        rig_enumerate(r);
}

void rig_close(struct rig *r)
{
    const char *why = sim_audit(&r->sim);

    if (why)
        fail_msg("%s", why);
    assert_false(r->sim.dead);
    sim_close(&r->sim);
}

void rig_swipe(struct rig *r, unsigned channel, const struct swipe *s)
{
    sim_edge(&r->sim, channel, 2 * SIM_MS);
    for (unsigned i = 0; i + 1 < s->cnt; i++)
        sim_edge(&r->sim, channel, (uint64_t)swipe_ticks(s, i) * RIG_TICK);
}

void rig_swipe_text(struct rig *r, unsigned channel, const char *text, unsigned width, double cm_s, bool back)
{
    struct swipe_how how = {.cm_s = cm_s, .change = 0.3, .jitter = 0.05, .back = back};
    struct swipe_card card;
    struct swipe s;

    swipe_encode(&card, text, width);
    swipe_make(&s, &card, &how, &r->rng);
    rig_swipe(r, channel, &s);
}

void rig_run_out(struct rig *r, unsigned ms)
{
    while (!sim_head_idle(&r->sim) && sim_run_ms(&r->sim, 1))
        ;
    sim_run_ms(&r->sim, ms);
}

int rig_msr(struct rig *r, uint8_t report[READER_MSR_LEN], unsigned ms)
{
    int n = 0, got;

    do {
        uint8_t packet[HOST_PACKET];
        got = host_in_wait(&r->host, RIG_MSR, packet, n ? 50 : ms);
        if (got < 0)
            return n ? n : got;
        assert_true(n + got <= READER_MSR_LEN);
        memcpy(report + n, packet, (size_t)got);
        n += got;
    } while (got == HOST_PACKET);
    return n;
}

void rig_assert_track(const uint8_t *report, unsigned track, const char *text)
{
    static const unsigned at[] = {READER_MSR_T1_AT, READER_MSR_T2_AT, READER_MSR_T3_AT, READER_MSR_LEN};
    size_t n = strlen(text);

    assert_int_equal(report[0], READER_MSR_ID);
    assert_int_equal(report[track], n);
    assert_memory_equal(report + at[track - 1], text, n);
    for (size_t i = at[track - 1] + n; i < at[track]; i++)
        assert_int_equal(report[i], 0);
}

void rig_assert_scan(struct rig *r, const char *bytes, const char *text)
{
    uint8_t report[HOST_PACKET];

    sim_engine(&r->sim, bytes, strlen(bytes));
    assert_int_equal(host_in_wait(&r->host, RIG_SCAN, report, 1000), READER_SCAN_LEN);
    assert_int_equal(report[0], READER_SCAN_ID);
    assert_int_equal(report[1], strlen(text));
    assert_memory_equal(report + READER_SCAN_TEXT_AT, text, strlen(text));
    assert_int_equal(report[READER_SCAN_MORE_AT], 0);
}

int rig_get(struct rig *r, uint8_t id, uint8_t *data, uint16_t n)
{
    return host_control(&r->host, &(struct host_setup){0xA1, 1, (uint16_t)(FEATURE << 8 | id), INTERFACE, n}, data);
}

int rig_set(struct rig *r, uint8_t id, const uint8_t *data, uint16_t n)
{
    uint8_t report[64] = {id};

    memcpy(report + 1, data, n);
    return host_control(
        &r->host, &(struct host_setup){0x21, 9, (uint16_t)(FEATURE << 8 | id), INTERFACE, (uint16_t)(n + 1)}, report);
}

unsigned rig_stat(struct rig *r, unsigned which)
{
    uint8_t b[READER_STATS_LEN + 1];

    assert_int_equal(rig_get(r, READER_STATS_ID, b, sizeof b), sizeof b);
    return b[1 + 2 * which] | (unsigned)b[2 + 2 * which] << 8;
}
