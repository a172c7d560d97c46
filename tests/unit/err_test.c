/* SPDX-License-Identifier: Apache-2.0 */
/* proto/errors.tsv as it comes out of tools/errors.awk. */
#include "base/text.h"
#include "err.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The last code: behind it everything is "internal". */
static int last(void)
{
    int n = 1;
    while (strcmp(err_code((enum err) - (n + 1)), "internal"))
        n++;
    return n;
}

static void codes_both_ways(void **state)
{
    (void)state;
    assert_true(last() > 50);
    for (int i = 0; i <= last(); i++)
        assert_int_equal(err_from_code(err_code((enum err) - i)), -i);
    assert_int_equal(err_from_code("ok"), ERR_OK);
    assert_int_equal(err_from_code("card_lost"), ERR_CARD_LOST);
    assert_int_equal(err_from_code("Card_lost"), ERR_INTERNAL);
    assert_int_equal(err_from_code(""), ERR_INTERNAL);
    assert_int_equal(err_from_code(NULL), ERR_INTERNAL);
    assert_string_equal(err_code((enum err)1), "internal");
    assert_string_equal(err_code((enum err) - 100000), "internal");
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (int i = 1; i <= last(); i++) {
        enum err e = (enum err) - i;
        const char *code = err_code(e), *en = err_text(e, ERR_LANG_EN), *zh = err_text(e, ERR_LANG_ZH);
        if (strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(code) || strlen(en) < 8 || strlen(zh) < 8)
            fail_msg("%s", code);
        if (!text_is_utf8(zh, strlen(zh)) || !strstr(zh, "。") || en[strlen(en) - 1] != '.')
            fail_msg("%s: %s %s", code, en, zh);
        for (const char *p = en; *p; p++)
            assert_true((unsigned char)*p < 0x80);
        if ((err_class(e) == ERR_CLASS_ANSWER) != (err_http(e) == 200) || !err_class(e))
            fail_msg("%s: class and status", code);
        if (err_http(e) != 200 && (err_http(e) < 400 || err_http(e) > 599))
            fail_msg("%s: %d", code, err_http(e));
    }
    assert_int_equal(err_http(ERR_OK), 200);
    assert_int_equal(err_class(ERR_OK), ERR_CLASS_NONE);
}

static void columns_land_where_they_belong(void **state)
{
    (void)state;
    assert_int_equal(err_class(ERR_NET_TIMEOUT), ERR_CLASS_SYSTEM);
    assert_int_equal(err_class(ERR_BAD_JSON), ERR_CLASS_PEER);
    assert_int_equal(err_class(ERR_BAD_AMOUNT), ERR_CLASS_USER);
    assert_int_equal(err_class(ERR_INTERNAL), ERR_CLASS_BUG);
    assert_true(err_retry(ERR_NET_TIMEOUT));
    assert_false(err_retry(ERR_BAD_JSON));
    assert_int_equal(err_http(ERR_TOO_LARGE), 413);
    assert_non_null(strstr(err_text(ERR_CARD_LOST, ERR_LANG_EN), "lost"));
    assert_non_null(strstr(err_text(ERR_CARD_LOST, ERR_LANG_ZH), "挂失"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes_both_ways), cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(columns_land_where_they_belong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
