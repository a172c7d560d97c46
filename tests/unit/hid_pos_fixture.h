/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HUIKA_TEST_HID_POS_FIXTURE_H
#define HUIKA_TEST_HID_POS_FIXTURE_H
#include "client/ports/usb/hid_pos.h"
#include "tests/usb/scanner.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those above first */
#include <cmocka.h>

static inline struct hid_pos_plan plan_of(const uint8_t *desc, size_t len)
{
    struct hid_desc *d = malloc(sizeof *d);
    struct hid_pos_plan plan;

    assert_non_null(d);
    assert_int_equal(hid_desc_parse(d, desc, len), ERR_OK);
    assert_int_equal(hid_pos_plan_init(&plan, d), ERR_OK);
    free(d);
    return plan;
}

#endif
