/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsonx.h"
#include "client/admin/show.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct show_col cols[] = {{"code", "CODE", SHOW_INDENT}, {"name", "NAME", SHOW_TEXT},
    {"fen", "YUAN", SHOW_YUAN}, {"standing", "STANDING", SHOW_WORD}, {"at", "AT", SHOW_TIME}, {0}};

static json_t *json(const char *text)
{
    json_t *v = NULL;
    assert_int_equal(jsonx_parse(text, strlen(text), &v), ERR_OK);
    return v;
}

static void shows(const char *text, bool table, const char *expected)
{
    struct buf b;
    json_t *v = json(text);
    buf_init(&b, SHOW_MAX);
    assert_int_equal(table ? show_table(cols, v, &b) : show_fields(cols, v, &b), ERR_OK);
    assert_string_equal(buf_str(&b), expected);
    buf_release(&b);
    json_decref(v);
}

static void wide_and_narrow_line_up(void **state)
{
    (void)state;
    shows("[{\"code\":\"410000\",\"level\":1,\"name\":\"惠民饭店\",\"fen\":1280,\"standing\":\"listed\",\"at\":0},"
          "{\"code\":\"410100\",\"level\":2,\"name\":\"Cafe\",\"fen\":-5,\"standing\":\"odd\",\"at\":1767225600000}]",
        true,
        "CODE      NAME       YUAN  STANDING  AT\n"
        "410000    惠民饭店  12.80  listed    -\n"
        "  410100  Cafe      -0.05  odd       2026-01-01 08:00:00\n");
}

static void absent_null_and_empty(void **state)
{
    (void)state;
    shows("[]", true, "CODE  NAME  YUAN  STANDING  AT\n");
    shows("[{\"code\":null,\"fen\":\"x\"}]", true,
        "CODE  NAME  YUAN  STANDING  AT\n"
        "-     -        x  -         -\n");
}

static void fields_of_one(void **state)
{
    (void)state;
    shows("{\"code\":\"1\",\"name\":\"二\",\"fen\":100000000000,\"standing\":\"lost\"}", false,
        "CODE      1\nNAME      二\nYUAN      1000000000.00\nSTANDING  lost\nAT        -\n");
}

/* A shop's name comes from people: it may not move the cursor or end the line. */
static void control_characters_are_taken_out(void **state)
{
    (void)state;
    shows("{\"name\":\"a\\u001b[2Jb\\nc\"}", false,
        "CODE      -\nNAME      a [2Jb c\nYUAN      -\nSTANDING  -\nAT        -\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wide_and_narrow_line_up),
        cmocka_unit_test(absent_null_and_empty), cmocka_unit_test(fields_of_one),
        cmocka_unit_test(control_characters_are_taken_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
