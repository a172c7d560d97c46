/* SPDX-License-Identifier: Apache-2.0 */
/* What the interpreter of tests/lib/escpos.py cannot provoke from outside; receipts as a whole are its affair. */
#include "client/print/escpos.h"
#include "client/print/raster.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

static void a_picture_never_forms_a_real_time_command(void **state)
{
    static const uint8_t second[] = {0x04, 0x05, 0x14};
    (void)state;
    for (size_t k = 0; k < sizeof second; k++)
        for (size_t at = 0; at + 1 < 12; at++) { /* 3 and 4 are the end of a row and the beginning of the next */
            struct raster r;
            assert_true(raster_init(&r, 4, 3));
            r.bits[at] = 0x10;
            r.bits[at + 1] = second[k];
            raster_defuse(&r);
            assert_int_equal(r.bits[at], 0x18);
            assert_int_equal(r.bits[at + 1], second[k]);
            raster_release(&r);
        }
}

static void a_line_never_holds_a_control_byte(void **state)
{
    static const char *const evil[] = {
        "\x1b@", "a\x1dV", "\x10\x04\x01", "x\ny", "\x7f", "惠\x1c.", "\xc2\x9b", "\xff\xfe"};
    (void)state;
    for (enum escpos_charset c = ESCPOS_GB18030; c <= ESCPOS_ASCII; c++)
        for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
            const struct escpos_device d = {.dots = ESCPOS_58MM, .charset = c};
            struct escpos e;
            struct buf out;
            buf_init(&out, 65536);
            assert_int_equal(escpos_begin(&e, &d, &out), ERR_OK);
            size_t from = out.len;
            escpos_line(&e, ESCPOS_PLAIN, evil[i]);
            size_t to = out.len;
            assert_int_equal(escpos_end(&e, 0), ERR_OK);
            if (to > from && out.data[from] != 0x1D) /* drawn: bytes of a picture are counted, not obeyed */
                for (size_t k = from; k + 1 < to; k++)
                    assert_true(out.data[k] >= 0x20 && out.data[k] != 0x7F);
            else if (to > from)
                assert_memory_equal(out.data + from, "\x1dv0", 3);
            buf_release(&out);
        }
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    const struct escpos_device d = {.dots = ESCPOS_58MM, .charset = ESCPOS_ASCII}, bad = {.dots = 400};
    struct escpos e;
    struct buf out;
    (void)state;
    buf_init(&out, 100);
    assert_int_equal(buf_adds(&out, "before"), ERR_OK);
    assert_int_equal(escpos_begin(&e, &bad, &out), ERR_BAD_VALUE);
    assert_int_equal(escpos_begin(&e, &d, &out), ERR_OK);
    escpos_line(&e, ESCPOS_BIG, "惠卡");
    assert_int_equal(escpos_end(&e, ESCPOS_CUT), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&out), "before");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_picture_never_forms_a_real_time_command),
        cmocka_unit_test(a_line_never_holds_a_control_byte),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
