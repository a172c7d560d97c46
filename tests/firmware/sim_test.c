/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped firmware on a simulated chip, before a strict host. HUIKA_READER_ELF names the ELF. */
#include "proto/reader_report.h"
#include "tests/firmware/sim_host.h"
#include "tests/firmware/swipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CARD ";6200000000000001=30122010000000000?"
enum { EP_SCAN = 1, EP_MSR = 2, TICK = 8 };

struct bench {
    struct sim sim;
    struct host host;
};

static void open_reader(struct bench *b, bool button)
{
    const char *elf = getenv("HUIKA_READER_ELF");

    assert_non_null(elf);
    assert_true(sim_open(&b->sim, elf, button));
    host_init(&b->host, &b->sim);
}

static void assert_good(struct bench *b)
{
    const char *why = b->sim.fault;

    if (why)
        fail_msg("%s", why);
    assert_false(b->sim.dead);
}

static void open_configured(struct bench *b)
{
    open_reader(b, false);
    host_enumerate(&b->host);
    assert_good(b);
}

static void close_audited(struct bench *b)
{
    const char *why = sim_audit(&b->sim);

    if (why)
        fail_msg("%s", why);
    assert_false(b->sim.dead);
    sim_close(&b->sim);
}

static void a_scan_is_reported(void **state)
{
    struct bench b;
    uint8_t r[HOST_PACKET];

    (void)state;
    open_configured(&b);
    assert_int_equal(host_in(&b.host, EP_SCAN, r), HOST_NAK);
    sim_engine(&b.sim, "]Q1HTTPS://CARD.EXAMPLE/C/A\r", 28);
    assert_int_equal(host_in_wait(&b.host, EP_SCAN, r, 200), READER_SCAN_LEN);
    assert_int_equal(r[0], READER_SCAN_ID);
    assert_int_equal(r[1], 24);
    assert_memory_equal(r + READER_SCAN_AIM_AT, "]Q1", 3);
    assert_memory_equal(r + READER_SCAN_TEXT_AT, "HTTPS://CARD.EXAMPLE/C/A", 24);
    assert_int_equal(r[READER_SCAN_MORE_AT], 0);
    assert_int_equal(host_in(&b.host, EP_SCAN, r), HOST_NAK);
    close_audited(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_is_reported),
    };
    (void)CARD;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
