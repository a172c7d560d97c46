/* SPDX-License-Identifier: Apache-2.0 */
#include "base/config.h"
#include "base/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void values_with_type_and_bounds(void **state)
{
    struct config c;
    int64_t n = 7;
    bool b = false;
    (void)state;
    assert_int_equal(
        config_parse(&c,
            "# a file\n[service]\nurl = https://localhost:8443\nname=样例\nempty =\n\n[limits]\nmisses = 10\nneg=-3\n"
            "big = 9223372036854775807\nover = 9223372036854775808\nhex = 0x10\ntail = 10 \nword = ten\nflag = "
            "yes\noff = 0\nmaybe = perhaps\n"),
        ERR_OK);
    assert_string_equal(config_text(&c, "service", "url", NULL), "https://localhost:8443");
    assert_string_equal(config_text(&c, "service", "name", NULL), "样例");
    assert_string_equal(config_text(&c, "service", "empty", "absent"), "");
    assert_string_equal(config_text(&c, "service", "misses", "absent"), "absent");
    assert_null(config_text(&c, "Service", "url", NULL));
    assert_int_equal(config_int(&c, "limits", "none", 0, 100, 42, &n), ERR_OK);
    assert_int_equal(n, 42);
    assert_int_equal(config_int(&c, "limits", "misses", 0, 10, 42, &n), ERR_OK);
    assert_int_equal(n, 10);
    assert_int_equal(config_int(&c, "limits", "tail", 0, 10, 42, &n), ERR_OK);
    assert_int_equal(config_int(&c, "limits", "neg", -3, 0, 0, &n), ERR_OK);
    assert_int_equal(n, -3);
    assert_int_equal(config_int(&c, "limits", "big", 0, INT64_MAX, 0, &n), ERR_OK);
    assert_true(n == INT64_MAX);
    assert_int_equal(config_int(&c, "limits", "misses", 0, 9, 42, &n), ERR_BAD_VALUE);
    assert_int_equal(config_int(&c, "limits", "misses", 11, 20, 42, &n), ERR_BAD_VALUE);
    assert_int_equal(config_int(&c, "limits", "over", 0, INT64_MAX, 0, &n), ERR_BAD_VALUE);
    assert_int_equal(config_int(&c, "limits", "hex", 0, 100, 0, &n), ERR_BAD_VALUE);
    assert_int_equal(config_int(&c, "limits", "word", 0, 100, 0, &n), ERR_BAD_VALUE);
    assert_int_equal(config_int(&c, "service", "empty", 0, 100, 0, &n), ERR_BAD_VALUE);
    assert_true(n == INT64_MAX);
    assert_int_equal(config_bool(&c, "limits", "flag", false, &b), ERR_OK);
    assert_true(b);
    assert_int_equal(config_bool(&c, "limits", "maybe", false, &b), ERR_BAD_VALUE);
    assert_true(b);
    assert_int_equal(config_bool(&c, "limits", "off", true, &b), ERR_OK);
    assert_false(b);
    assert_int_equal(config_bool(&c, "limits", "none", true, &b), ERR_OK);
    assert_true(b);
    config_release(&c);
}

static void bad_line(const char *text, int line)
{
    struct config c;
    assert_int_equal(config_parse(&c, text), ERR_BAD_VALUE);
    assert_int_equal(c.bad_line, line);
    config_release(&c);
}

static void what_is_wrong_has_a_line(void **state)
{
    char text[6000] = "[s]\nk = ";
    (void)state;
    bad_line("[s]\nnonsense\n", 2);
    bad_line("[s]\na = 1\nb = 2\na = 3\n", 4); /* which one would be meant? */
    bad_line("[s\n", 1);
    bad_line("[s]\na = 1\n continued\n", 3);
    bad_line("[a-section-whose-name-goes-on-for-fifty-characters]\na = 1\n", 2);
    memset(text + strlen(text), 'x', 5000);
    bad_line(text, 2);
}

static void long_values_are_kept_whole(void **state)
{
    char text[4000] = "[s]\nk = ";
    struct config c;
    (void)state;
    memset(text + strlen(text), 'x', 3000);
    assert_int_equal(config_parse(&c, text), ERR_OK);
    assert_int_equal(strlen(config_text(&c, "s", "k", "")), 3000);
    config_release(&c);
}

static void files(void **state)
{
    char path[] = "/tmp/huika-config-XXXXXX";
    struct config c;
    (void)state;
    close(mkstemp(path));
    assert_int_equal(file_write(path, "[a]\nb = c\n", 10, 0600), ERR_OK);
    assert_int_equal(config_load(&c, path), ERR_OK);
    assert_string_equal(config_text(&c, "a", "b", NULL), "c");
    config_release(&c);
    assert_int_equal(file_write(path, "[a]\nb = c\0d", 11, 0600), ERR_OK);
    assert_int_equal(config_load(&c, path), ERR_BAD_VALUE);
    config_release(&c);
    unlink(path);
    assert_int_equal(config_load(&c, path), ERR_NOT_FOUND);
    assert_null(config_text(&c, "a", "b", NULL));
    config_release(&c);
}

static void entries_are_bounded(void **state)
{
    struct config c;
    struct buf b;
    (void)state;
    buf_init(&b, CONFIG_MAX);
    buf_adds(&b, "[s]\n");
    for (int i = 0; i <= CONFIG_ENTRIES; i++) {
        assert_int_equal(config_parse(&c, buf_str(&b)), ERR_OK);
        config_release(&c);
        buf_printf(&b, "k%d = 1\n", i);
    }
    assert_int_equal(config_parse(&c, buf_str(&b)), ERR_TOO_LARGE);
    config_release(&c);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_with_type_and_bounds),
        cmocka_unit_test(what_is_wrong_has_a_line), cmocka_unit_test(long_values_are_kept_whole),
        cmocka_unit_test(files), cmocka_unit_test(entries_are_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
