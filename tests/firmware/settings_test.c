/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives a power cycle, and a power that goes at every point of every write. */
#include "firmware/core/settings.h"
#include "tests/firmware/fake_port.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
    WRITES_OF_A_MODE = SETTINGS_SLOT_LEN + 1,
    WRITES_OF_A_UNIT = READER_UNIT_LEN + 2,
    LONG_MS = SETTINGS_REST_MS + 100
};

static int fresh(void **state)
{
    (void)state;
    fake_port_init();
    return 0;
}

static void run(struct settings *s, unsigned ms)
{
    while (ms-- && !fake_port.cut)
        settings_poll(s);
    assert_int_equal(fake_port.misuse, 0);
}

static void power_cycle(struct settings *s)
{
    fake_port.cut = fake_port.writing = false;
    fake_port.eeprom_left = 0;
    settings_load(s);
}

static void set_mode(struct settings *s, uint8_t flags, uint8_t framing)
{
    settings_mode(s, flags, framing);
    run(s, LONG_MS);
}

static void assert_mode(const struct settings *s, uint8_t flags, uint8_t framing)
{
    assert_int_equal(s->flags, flags);
    assert_int_equal(s->framing, framing);
}

static void an_empty_memory_gives_the_defaults(void **state)
{
    struct settings s;

    (void)state;
    for (unsigned fill = 0; fill < 256; fill++) { /* a worn or foreign one may say what it likes, if it makes sense */
        memset(fake_port.eeprom, (int)fill, sizeof fake_port.eeprom);
        settings_load(&s);
        assert_true((s.flags & ~READER_MODE_FLAGS) == 0 && s.framing < READER_FRAME_CNT);
    }
    fresh(state);
    settings_load(&s);
    assert_mode(&s, READER_MODE_AIM, READER_FRAME_LINE);
    assert_int_equal(s.unit[0], 0);
}

static void a_mode_is_kept_and_the_last_one_counts(void **state)
{
    struct settings s;

    (void)state;
    settings_load(&s);
    for (unsigned i = 0; i < 600; i++) { /* round all slots, and round the sequence's 256 */
        uint8_t flags = i % 4, framing = i % READER_FRAME_CNT;
        set_mode(&s, flags, framing);
        assert_mode(&s, flags, framing);
        power_cycle(&s);
        assert_mode(&s, flags, framing);
    }
}

/* Every byte that was being written ends as any value there is. */
static void a_torn_mode_is_the_old_or_the_new(void **state)
{
    struct settings s, before;

    (void)state;
    settings_load(&s);
    for (unsigned i = 0; i < SETTINGS_SLOTS + 3; i++)
        set_mode(&s, i & 1 ? READER_MODE_QUIET : 0, READER_FRAME_CR);
    for (unsigned left = 1; left <= WRITES_OF_A_MODE; left++)
        for (unsigned torn = 0; torn < 256; torn++) {
            struct fake_port saved = fake_port;
            before = s;
            fake_port.eeprom_left = left;
            fake_port.torn = (uint8_t)torn;
            set_mode(&s, READER_MODE_AIM, READER_FRAME_IDLE);
            assert_true(fake_port.cut || left == WRITES_OF_A_MODE); /* a cell that was right already is not written */
            power_cycle(&s);
            if (s.flags == READER_MODE_AIM)
                assert_mode(&s, READER_MODE_AIM, READER_FRAME_IDLE);
            else
                assert_mode(&s, before.flags, READER_FRAME_CR);
            set_mode(&s, READER_MODE_AIM, READER_FRAME_LF); /* and it goes on from there */
            power_cycle(&s);
            assert_mode(&s, READER_MODE_AIM, READER_FRAME_LF);
            fake_port = saved;
            s = before;
        }
}

static void a_torn_unit_number_is_none_or_the_right_one(void **state)
{
    struct settings s;

    (void)state;
    for (unsigned left = 1; left <= WRITES_OF_A_UNIT; left++)
        for (unsigned torn = 0; torn < 256; torn++) {
            fresh(state);
            settings_load(&s);
            assert_true(settings_unit(&s, (const uint8_t *)"HK000017"));
            run(&s, 100);
            assert_true(settings_unit(&s, (const uint8_t *)"AB123456"));
            fake_port.eeprom_left = left;
            fake_port.torn = (uint8_t)torn;
            run(&s, 100);
            power_cycle(&s);
            if (s.unit[0])
                assert_true(!memcmp(s.unit, "HK000017", 8) || !memcmp(s.unit, "AB123456", 8));
        }
}

static void nothing_is_written_that_is_not_new(void **state)
{
    unsigned writes = 0;
    struct settings s;

    (void)state;
    settings_load(&s);
    for (unsigned i = 0; i < 1000; i++)
        set_mode(&s, READER_MODE_AIM, READER_FRAME_LINE);
    for (unsigned i = 0; i < 1000; i++) { /* played with, and back again within the rest */
        settings_mode(&s, i & 1 ? READER_MODE_QUIET : READER_MODE_AIM, READER_FRAME_CR);
        run(&s, 1);
    }
    for (unsigned i = 0; i < 256; i++)
        writes += fake_port.wear[i];
    assert_int_equal(writes, 0);
    run(&s, LONG_MS);
    power_cycle(&s);
    assert_mode(&s, READER_MODE_QUIET, READER_FRAME_CR);
}

static void wear_is_spread(void **state)
{
    struct settings s;

    (void)state;
    settings_load(&s);
    for (unsigned i = 0; i < 1600; i++)
        set_mode(&s, i & 1 ? READER_MODE_QUIET : READER_MODE_AIM, READER_FRAME_CR);
    for (unsigned i = 0; i < 256; i++)
        assert_true(fake_port.wear[i] <= 2 * 1600 / SETTINGS_SLOTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_memory_gives_the_defaults, fresh),
        cmocka_unit_test_setup(a_mode_is_kept_and_the_last_one_counts, fresh),
        cmocka_unit_test_setup(a_torn_mode_is_the_old_or_the_new, fresh),
        cmocka_unit_test_setup(a_torn_unit_number_is_none_or_the_right_one, fresh),
        cmocka_unit_test_setup(nothing_is_written_that_is_not_new, fresh),
        cmocka_unit_test_setup(wear_is_spread, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
