/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What log_line writes to standard error. */
static char *logged(enum log_level level, const char *text)
{
    static char got[4096];
    int keep = dup(2), p[2];
    assert_int_equal(pipe(p), 0);
    dup2(p[1], 2);
    log_line(level, "%s", text);
    dup2(keep, 2);
    close(keep);
    close(p[1]);
    ssize_t n = read(p[0], got, sizeof got - 1);
    close(p[0]);
    got[n > 0 ? n : 0] = 0;
    return got;
}

static void one_line_each(void **state)
{
    (void)state;
    char *s = logged(LOG_WARN, "printer gone");
    static const char form[] = "0000-00-00T00:00:00.000Z";
    for (size_t i = 0; i < 24; i++)
        assert_true(form[i] == '0' ? s[i] >= '0' && s[i] <= '9' : s[i] == form[i]);
    assert_string_equal(s + 24, " warn printer gone\n");
    assert_string_equal(logged(LOG_INFO, "a\nb\x1b[31m\x7f") + 24, " info a?b?[31m?\n");
    assert_string_equal(logged(LOG_INFO, "惠卡") + 24, " info 惠卡\n");
}

static void levels(void **state)
{
    (void)state;
    assert_string_equal(logged(LOG_DEBUG, "x"), "");
    log_set_level(LOG_ERROR);
    assert_string_equal(logged(LOG_WARN, "x"), "");
    assert_non_null(strstr(logged(LOG_ERROR, "x"), "error x"));
    log_set_level(LOG_DEBUG);
    assert_non_null(strstr(logged(LOG_DEBUG, "x"), "debug x"));
    log_set_level(LOG_INFO);
}

static void lines_end(void **state)
{
    static char text[3000];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    char *s = logged(LOG_INFO, text);
    assert_int_equal(strlen(s), 1000);
    assert_int_equal(s[999], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_each), cmocka_unit_test(levels), cmocka_unit_test(lines_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
