/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsonx.h"
#include "service/http/problem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_t *encoded(const struct problem *p)
{
    struct buf b;
    json_t *v = NULL;
    buf_init(&b, 4096);
    assert_int_equal(problem_encode(p, &b), ERR_OK);
    assert_int_equal(jsonx_parse(buf_str(&b), b.len, &v), ERR_OK);
    buf_release(&b);
    return v;
}

static const char *text(const json_t *v, const char *key)
{
    return json_string_value(json_object_get(v, key));
}

static void every_error_becomes_a_problem_of_its_status(void **state)
{
    (void)state;
    for (int i = 1; strcmp(err_code((enum err)(-i)), "internal") || i == -(int)ERR_INTERNAL; i++) {
        const struct problem p = {.code = (enum err)(-i)};
        json_t *v = encoded(&p);
        assert_string_equal(text(v, "code"), err_code(p.code));
        assert_string_equal(text(v, "type"), "about:blank");
        assert_string_equal(text(v, "detail"), err_text(p.code, ERR_LANG_EN));
        assert_string_equal(text(json_object_get(v, "text"), "zh"), err_text(p.code, ERR_LANG_ZH));
        assert_int_equal(json_integer_value(json_object_get(v, "status")), problem_status(p.code));
        assert_true(problem_status(p.code) >= 400);
        assert_int_equal(json_is_true(json_object_get(v, "retry")), err_retry(p.code));
        assert_null(json_object_get(v, "expected"));
        json_decref(v);
    }
}

static void an_answer_is_never_a_problem(void **state)
{
    (void)state;
    assert_int_equal(problem_status(ERR_CARD_LOST), 500);
    assert_int_equal(problem_status(ERR_NOT_FOUND), 404);
}

static void details_are_escaped_and_cannot_break_the_object(void **state)
{
    struct problem p = {.code = ERR_BAD_VALUE, .expected = 7};
    (void)state;
    snprintf(p.detail, sizeof p.detail, "a \"quoted\" \\ name");
    json_t *v = encoded(&p);
    assert_string_equal(text(v, "detail"), p.detail);
    assert_int_equal(json_integer_value(json_object_get(v, "expected")), 7);
    json_decref(v);
    snprintf(p.detail, sizeof p.detail, "\xff\xfe");
    v = encoded(&p);
    assert_string_equal(text(v, "detail"), err_text(ERR_BAD_VALUE, ERR_LANG_EN));
    assert_non_null(json_object_get(v, "text"));
    json_decref(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_becomes_a_problem_of_its_status),
        cmocka_unit_test(an_answer_is_never_a_problem),
        cmocka_unit_test(details_are_escaped_and_cannot_break_the_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
