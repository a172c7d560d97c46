/* SPDX-License-Identifier: Apache-2.0 */
/* The texts themselves are in proto/vectors (vectors_test.c). */
#include "proto/scan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void refusals(void **state)
{
    (void)state;
    assert_int_equal(scan_refusal(SCAN_CARD), ERR_OK);
    assert_int_equal(scan_refusal(SCAN_CARD_DAMAGED), ERR_CARD_MALFORMED);
    assert_int_equal(scan_refusal(SCAN_LEGACY), ERR_CARD_LEGACY);
    assert_int_equal(scan_refusal(SCAN_ENROL), ERR_ENROL_SCAN);
    assert_int_equal(scan_refusal(SCAN_PAYMENT), ERR_PAYMENT_CODE);
    assert_int_equal(scan_refusal(SCAN_NUMBER), ERR_SCANNED_NUMBER);
    assert_int_equal(scan_refusal(SCAN_UNKNOWN), ERR_CARD_UNKNOWN_SCAN);
    assert_int_equal(scan_refusal((enum scan_kind)99), ERR_CARD_UNKNOWN_SCAN);
}

/* Each length and beginning of digits: the three payment codes by the rule, and no digits ever pass for a card. */
static void digits_by_rule(void **state)
{
    char text[32];
    (void)state;
    for (size_t len = 1; len <= 30; len++)
        for (int first = 0; first < 100; first++) {
            memset(text, '7', len);
            text[0] = (char)('0' + first / 10);
            if (len > 1)
                text[1] = (char)('0' + first % 10);
            bool wechat = len == 18 && first >= 10 && first <= 15;
            bool alipay = len >= 16 && len <= 24 && first >= 25 && first <= 30;
            bool unionpay = len == 19 && first == 62;
            enum scan_kind want = wechat || alipay || unionpay ? SCAN_PAYMENT
                                  : len >= 16 && len <= 19     ? SCAN_NUMBER
                                                               : SCAN_UNKNOWN;
            assert_int_equal(scan_classify(text, len, NULL).kind, want);
        }
}

static void bounded(void **state)
{
    static char text[SCAN_MAX + 2];
    static const char *const legacy[] = {"", "aaa", NULL};
    (void)state;
    memset(text, 'a', sizeof text);
    assert_int_equal(scan_classify(text, SCAN_MAX, legacy).kind, SCAN_LEGACY);
    assert_int_equal(scan_classify(text, SCAN_MAX + 1, legacy).kind, SCAN_UNKNOWN);
    assert_int_equal(scan_classify("HUIKA1", 6, legacy).kind, SCAN_UNKNOWN); /* an empty prefix is nobody's */
    assert_int_equal(scan_classify("HUIKA1/", 7, legacy).kind, SCAN_ENROL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals), cmocka_unit_test(digits_by_rule), cmocka_unit_test(bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
