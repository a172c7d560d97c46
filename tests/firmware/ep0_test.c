/* SPDX-License-Identifier: Apache-2.0 */
/* Control requests on the host, packet by packet. */
#include "firmware/core/desc.h"
#include "firmware/core/reader.h"
#include "tests/firmware/fake_port.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { STALLED = -1 };

static struct reader reader;
static struct ep0 ep0;
static const struct ep0_features features = {&reader, reader_feature_get, reader_feature_set};

static int fresh(void **state)
{
    (void)state;
    fake_port_init();
    reader_init(&reader, true, false);
    ep0_reset(&ep0);
    return 0;
}

static void setup(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length)
{
    const uint8_t s[8] = {type, request, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index, (uint8_t)(index >> 8),
        (uint8_t)length, (uint8_t)(length >> 8)};

    memcpy(fake_port.setup, s, 8);
    fake_port.setup_there = true;
    ep0_poll(&ep0, &features);
}

/* The rest of a transfer, by a host that keeps up; bytes read, or STALLED. */
static int finish(void)
{
    for (unsigned i = 0; i < 20 && ep0.state != EP0_IDLE; i++) {
        if (ep0.state == EP0_STATUS_OUT) {
            fake_port.out_there = true;
            fake_port.out_len = 0;
        }
        fake_port.in_free = true;
        ep0_poll(&ep0, &features);
    }
    assert_int_equal(ep0.state, EP0_IDLE);
    assert_int_equal(fake_port.misuse, 0);
    return fake_port.stalls ? STALLED : (int)fake_port.in_len;
}

static int request(uint8_t type, uint8_t req, uint16_t value, uint16_t index, uint16_t length)
{
    setup(type, req, value, index, length);
    return finish();
}

static int set_feature(uint8_t id, const char *data, uint8_t n)
{
    setup(0x21, 9, (uint16_t)(0x300 | id), 1, (uint16_t)(n + 1));
    if (ep0.state != EP0_DATA_OUT)
        return finish();
    fake_port.out_there = true;
    fake_port.out_len = (uint8_t)(n + 1);
    fake_port.out[0] = id;
    memcpy(fake_port.out + 1, data, n);
    ep0_poll(&ep0, &features);
    return finish();
}

static void configure(void)
{
    assert_int_equal(request(0, 5, 9, 0, 0), 0);
    assert_int_equal(fake_port.address, 9);
    assert_int_equal(request(0, 9, 1, 0, 0), 0);
    assert_true(fake_port.configured);
}

static void the_address_waits_for_the_status_stage(void **state)
{
    (void)state;
    setup(0, 5, 9, 0, 0);
    assert_int_equal(fake_port.packets, 1);
    assert_int_equal(fake_port.address, 0);
    ep0_poll(&ep0, &features); /* not taken yet */
    assert_int_equal(fake_port.address, 0);
    fake_port.in_free = true;
    ep0_poll(&ep0, &features);
    assert_int_equal(fake_port.address, 9);
    setup(0, 5, 17, 0, 0);
    setup(0x80, 6, 0x100, 0, 18); /* cut short: the old one stays */
    finish();
    assert_int_equal(fake_port.address, 9);
}

static void descriptors_end_as_chapter_9_wants(void **state)
{
    const uint8_t *d;

    (void)state;
    assert_int_equal(request(0x80, 6, 0x100, 0, 64), 18);
    assert_int_equal(request(0x80, 6, 0x100, 0, 8), 8);
    assert_int_equal(request(0x80, 6, 0x200, 0, 255), 59);
    configure();
    /* 230 bytes of nothing: four packets; exactly 64 of 64: no empty one behind; 64 of more: one */
    assert_int_equal(request(0xA1, 1, 0x101, 1, 230), 230);
    assert_int_equal(fake_port.packets, 4);
    assert_int_equal(request(0xA1, 1, 0x102, 0, 64), 64);
    assert_int_equal(fake_port.packets, 1);
    assert_int_equal(request(0xA1, 1, 0x102, 0, 65), 64);
    assert_int_equal(fake_port.packets, 2);
    assert_int_equal(request(0x81, 6, 0x2200, 1, 4096), desc_get(0x22, 0, 1, &d));
    assert_int_equal(request(0x80, 6, 0x303, 0x409, 255), STALLED);
    assert_int_equal(request(0x81, 6, 0x2200, 0x100, 255), STALLED);
    assert_int_equal(request(0x80, 6, 0x2200, 0, 255), STALLED);
}

static void what_is_not_understood_is_refused(void **state)
{
    static const uint16_t bad[][5] = {{0x00, 9, 2, 0, 0}, {0x00, 9, 1, 1, 0}, {0x00, 5, 128, 0, 0}, {0x00, 3, 1, 0, 0},
        {0x02, 3, 0, 0x83, 0}, {0x02, 3, 1, 0x81, 0}, {0x02, 1, 0, 0x01, 0}, {0x82, 0, 0, 0x8001, 2},
        {0x01, 11, 1, 0, 0}, {0x81, 10, 0, 2, 1}, {0xA1, 1, 0x312, 0, 5}, {0xA1, 1, 0x210, 1, 5},
        {0x21, 9, 0x310, 0, 2}, {0x21, 9, 0x310, 1, 17}, {0x21, 9, 0x310, 1, 1}, {0xA1, 3, 0, 0, 1},
        {0x21, 11, 0, 0, 0}, {0x40, 1, 0, 0, 0}, {0xC0, 1, 0, 0, 64}, {0x80, 12, 0, 0, 2}};

    (void)state;
    configure();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(request((uint8_t)bad[i][0], (uint8_t)bad[i][1], bad[i][2], bad[i][3], bad[i][4]), STALLED);
    assert_int_equal(request(0x80, 8, 0, 0, 1), 1);
    assert_int_equal(fake_port.in[0], 1);
}

static void nothing_of_an_interface_before_the_configuration(void **state)
{
    (void)state;
    assert_int_equal(request(0xA1, 1, 0x312, 1, 5), STALLED);
    assert_int_equal(request(0x02, 3, 0, 0x81, 0), STALLED);
    assert_int_equal(set_feature(READER_BEEP_ID, "\1", 1), STALLED);
    configure();
    assert_int_equal(request(0xA1, 1, 0x312, 1, 5), 5);
    assert_int_equal(request(0, 9, 0, 0, 0), 0);
    assert_false(fake_port.configured);
    assert_int_equal(request(0xA1, 1, 0x312, 1, 5), STALLED);
}

static void features_are_judged_before_the_status_stage(void **state)
{
    (void)state;
    configure();
    assert_int_equal(set_feature(READER_BEEP_ID, "\5", 1), 0);
    assert_int_equal(set_feature(READER_BEEP_ID, "\0", 1), STALLED);
    assert_int_equal(set_feature(READER_BEEP_ID, "\1\1", 2), STALLED);
    assert_int_equal(set_feature(READER_MODE_ID, "\3\2", 2), 0);
    assert_int_equal(set_feature(READER_MODE_ID, "\4\2", 2), STALLED);
    assert_int_equal(request(0xA1, 1, 0x311, 1, 3), 3);
    assert_memory_equal(fake_port.in, "\x11\3\2", 3);
    assert_int_equal(set_feature(READER_BOOT_ID, "BOOT", 4), 0);
    assert_true(reader.boot_granted);
}

static void halts_are_told_and_undone(void **state)
{
    (void)state;
    configure();
    assert_int_equal(request(0x02, 3, 0, 0x82, 0), 0);
    assert_true(fake_port.halted[2]);
    assert_int_equal(request(0x82, 0, 0, 0x82, 2), 2);
    assert_int_equal(fake_port.in[0], 1);
    assert_int_equal(request(0x82, 0, 0, 0x81, 2), 2);
    assert_int_equal(fake_port.in[0], 0);
    assert_int_equal(request(0x02, 1, 0, 0x82, 0), 0);
    assert_false(fake_port.halted[2]);
}

static void an_impatient_host_is_followed(void **state)
{
    (void)state;
    configure();
    setup(0xA1, 1, 0x101, 1, 230);
    fake_port.in_free = true;
    ep0_poll(&ep0, &features);
    fake_port.out_there = true; /* the status stage, before all data */
    fake_port.out_len = 0;
    ep0_poll(&ep0, &features);
    assert_int_equal(ep0.state, EP0_IDLE);
    setup(0x21, 9, 0x310, 1, 2);
    setup(0x80, 0, 0, 0, 2);
    assert_int_equal(finish(), 2);
}

/* A reader that was given a number shows it to the host as its serial number; another shows none. */
static void the_unit_number_is_the_serial_number(void **state)
{
    (void)state;
    assert_int_equal(request(0x80, 6, 0x100, 0, 64), 18);
    assert_int_equal(fake_port.in[16], 0);
    assert_int_equal(request(0x80, 6, 0x303, 0x409, 255), STALLED);
    configure();
    assert_int_equal(request(0xA1, 1, 0x315, 1, 9), STALLED);
    assert_int_equal(set_feature(READER_UNIT_ID, "HK00001a", 8), STALLED);
    assert_int_equal(set_feature(READER_UNIT_ID, "HK00001", 7), STALLED);
    assert_int_equal(request(0x80, 6, 0x303, 0x409, 255), STALLED);
    assert_int_equal(set_feature(READER_UNIT_ID, "HK000017", 8), 0);
    assert_int_equal(request(0xA1, 1, 0x315, 1, 9), STALLED); /* not before it is stored */
    for (unsigned ms = 0; ms < 40; ms++)
        settings_poll(&reader.settings);
    assert_int_equal(request(0x80, 6, 0x100, 0, 64), 18);
    assert_int_equal(fake_port.in[16], 3);
    assert_int_equal(fake_port.in[17], 1);
    assert_int_equal(request(0x80, 6, 0x303, 0x409, 255), 18);
    assert_memory_equal(fake_port.in,
        "\x12\x03H\0K\0"
        "0\0"
        "0\0"
        "0\0"
        "0\0"
        "1\0"
        "7\0",
        18);
    assert_int_equal(request(0x80, 6, 0x303, 0x409, 2), 2);
    reader.boot_ms = 0;
    assert_int_equal(set_feature(READER_UNIT_ID, "HK000018", 8), STALLED);
    assert_int_equal(request(0xA1, 1, 0x315, 1, 9), 9);
    assert_memory_equal(fake_port.in, "\x15HK000017", 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_address_waits_for_the_status_stage, fresh),
        cmocka_unit_test_setup(descriptors_end_as_chapter_9_wants, fresh),
        cmocka_unit_test_setup(what_is_not_understood_is_refused, fresh),
        cmocka_unit_test_setup(nothing_of_an_interface_before_the_configuration, fresh),
        cmocka_unit_test_setup(features_are_judged_before_the_status_stage, fresh),
        cmocka_unit_test_setup(halts_are_told_and_undone, fresh),
        cmocka_unit_test_setup(the_unit_number_is_the_serial_number, fresh),
        cmocka_unit_test_setup(an_impatient_host_is_followed, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
