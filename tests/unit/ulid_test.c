/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ulid.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void known_ids(void **state)
{
    static const uint8_t all[ULID_SIZE] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t some[ULID_SIZE] = {0x01, 0x95, 0xa1, 0xb2, 0xc3, 0xd4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    uint8_t got[ULID_SIZE], zero[ULID_SIZE] = {0};
    char text[ULID_LEN + 1];
    (void)state;
    ulid_encode(zero, text);
    assert_string_equal(text, "00000000000000000000000000");
    ulid_encode(all, text);
    assert_string_equal(text, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    assert_int_equal(ulid_decode(text, ULID_LEN, got), ERR_OK);
    assert_memory_equal(got, all, ULID_SIZE);
    ulid_encode(some, text);
    assert_string_equal(text, "01JPGV5GYM041061050R3GG28A"); /* proto/vectors/valid/record.json has it from elsewhere */
    assert_int_equal(ulid_decode(text, ULID_LEN, got), ERR_OK);
    assert_memory_equal(got, some, ULID_SIZE);
}

static void decoding_is_strict(void **state)
{
    static const char *const bad[] = {"", "01JPGV5GYM041061050R3GG28", "01JPGV5GYM041061050R3GG28A0",
        "81JPGV5GYM041061050R3GG28A", "01jpgv5gym041061050r3gg28a", "01JPGV5GYM041061050R3GGO8A",
        "01JPGV5GYM041061050R3GGI8A", "01JPGV5GYM041061050R3GGL8A", "01JPGV5GYM041061050R3GGU8A",
        "01JPGV5GYM041061050R3GG-8A", " 1JPGV5GYM041061050R3GG28A"};
    uint8_t got[ULID_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ulid_decode(bad[i], strlen(bad[i]), got) != ERR_BAD_VALUE)
            fail_msg("%s taken", bad[i]);
    assert_int_equal(ulid_decode("01JPGV5GYM041061050R3GG2\0A", ULID_LEN, got), ERR_BAD_VALUE);
}

static void sorts_by_time_and_never_twice(void **state)
{
    enum { MANY = 2000 };
    static char text[MANY][ULID_LEN + 1];
    uint8_t id[ULID_SIZE];
    (void)state;
    for (int i = 0; i < MANY; i++)
        assert_int_equal(ulid_new_text(1772582400000 + i / 2, text[i]), ERR_OK);
    for (int i = 0; i + 2 < MANY; i += 2) {
        assert_true(strcmp(text[i], text[i + 2]) < 0);
        assert_string_not_equal(text[i], text[i + 1]);
    }
    assert_int_equal(ulid_new(0x0102030405060708, id), ERR_OK);
    assert_memory_equal(id, "\3\4\5\6\7\10", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_ids), cmocka_unit_test(decoding_is_strict),
        cmocka_unit_test(sorts_by_time_and_never_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
