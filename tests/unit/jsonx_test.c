/* SPDX-License-Identifier: Apache-2.0 */
/* Reading strictly (base/jsonx.h) and writing (base/jsonw.h). */
#include "base/jsonw.h"
#include "base/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum err parse(const char *s)
{
    json_t *v = NULL;
    enum err e = jsonx_parse(s, strlen(s), &v);
    assert_true(!e == (v != NULL));
    json_decref(v);
    return e;
}

static void what_is_json(void **state)
{
    static const char *const good[] = {"{}", "[]", " {\"a\":1} \n", "{\"a\":{\"a\":1}}",
        "[9007199254740992,-9007199254740992]", "{\"a\":\"\\u60e0\\n\\\"[[[[[[[[[[[[[[[[[[[\"}", "[1.5,true,null]"};
    static const char *const bad[] = {"", " ", "1", "\"a\"", "{", "{}{}", "{} x", "{\"a\":1,\"a\":2}",
        "[{\"a\":1,\"a\":1}]", "[9007199254740993]", "[-9007199254740993]", "{\"x\":[[9223372036854775807]]}",
        "[18446744073709551616]", "[1e999]", "[01]", "[+1]", "[NaN]", "{a:1}", "{'a':1}", "[1,]", "[\"\\u0000\"]",
        "[\"\\ud800\"]", "[\"\xff\"]", "[\"\xc0\xaf\"]", "[\"a\nb\"]", "\xef\xbb\xbf{}", "// x\n{}"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (parse(good[i]))
            fail_msg("%s refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i]) != ERR_BAD_JSON)
            fail_msg("%s taken", bad[i]);
    json_t *v = NULL;
    assert_int_equal(jsonx_parse("{}\0", 3, &v), ERR_BAD_JSON);
}

static void depth_is_bounded(void **state)
{
    char text[4 * JSONX_DEPTH], *deep;
    (void)state;
    for (size_t depth = JSONX_DEPTH; depth <= JSONX_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = 0;
        assert_int_equal(parse(text), depth <= JSONX_DEPTH ? ERR_OK : ERR_BAD_JSON);
    }
    deep = malloc(1000001);
    memset(deep, '[', 1000000);
    deep[1000000] = 0;
    assert_int_equal(parse(deep), ERR_BAD_JSON);
    free(deep);
}

static void getters_check_type_and_range(void **state)
{
    static const char text[] = "{\"s\":\"惠卡\",\"i\":7,\"neg\":-7,\"r\":7.0,\"b\":true,\"n\":null,\"a\":[1,2],\"o\":{}"
                               ",\"h\":\"00fF\",\"d\":\"MZXQ\",\"e\":\"Zm8=\"}";
    json_t *v, *sub = NULL;
    const char *s = "untouched";
    int64_t i = 99;
    bool b = false;
    uint8_t raw[2];
    (void)state;
    assert_int_equal(jsonx_parse(text, strlen(text), &v), ERR_OK);
    assert_int_equal(jsonx_str(v, "s", 1, 5, &s), ERR_BAD_VALUE);
    assert_int_equal(jsonx_str(v, "s", 7, 9, &s), ERR_BAD_VALUE);
    assert_int_equal(jsonx_str(v, "i", 0, 9, &s), ERR_BAD_VALUE);
    assert_int_equal(jsonx_str(v, "none", 0, 9, &s), ERR_BAD_VALUE);
    assert_int_equal(jsonx_str(NULL, "s", 0, 9, &s), ERR_BAD_VALUE);
    assert_string_equal(s, "untouched");
    assert_int_equal(jsonx_str(v, "s", 6, 6, &s), ERR_OK);
    assert_string_equal(s, "惠卡");
    assert_int_equal(jsonx_int(v, "i", 8, 9, &i), ERR_BAD_VALUE);
    assert_int_equal(jsonx_int(v, "i", 0, 6, &i), ERR_BAD_VALUE);
    assert_int_equal(jsonx_int(v, "r", 0, 9, &i), ERR_BAD_VALUE);
    assert_int_equal(jsonx_int(v, "b", 0, 9, &i), ERR_BAD_VALUE);
    assert_int_equal(i, 99);
    assert_int_equal(jsonx_int(v, "neg", -7, -7, &i), ERR_OK);
    assert_int_equal(i, -7);
    assert_int_equal(jsonx_bool(v, "i", &b), ERR_BAD_VALUE);
    assert_int_equal(jsonx_bool(v, "b", &b), ERR_OK);
    assert_true(b);
    assert_int_equal(jsonx_arr(v, "a", 1, &sub), ERR_BAD_VALUE);
    assert_int_equal(jsonx_arr(v, "o", 9, &sub), ERR_BAD_VALUE);
    assert_int_equal(jsonx_obj(v, "a", &sub), ERR_BAD_VALUE);
    assert_null(sub);
    assert_int_equal(jsonx_arr(v, "a", 2, &sub), ERR_OK);
    assert_int_equal(jsonx_obj(v, "o", &sub), ERR_OK);
    assert_int_equal(jsonx_hex(v, "h", raw, 1), ERR_BAD_VALUE);
    assert_int_equal(jsonx_hex(v, "h", raw, 2), ERR_OK);
    assert_int_equal(raw[1], 255);
    assert_int_equal(jsonx_base32(v, "d", raw, 2), ERR_OK);
    assert_memory_equal(raw, "fo", 2);
    assert_int_equal(jsonx_base32(v, "h", raw, 2), ERR_BAD_VALUE);
    assert_int_equal(jsonx_base64(v, "e", raw, 2), ERR_OK);
    assert_int_equal(jsonx_base64(v, "e", raw, 1), ERR_BAD_VALUE);
    assert_true(jsonx_has(v, "s") && !jsonx_has(v, "n") && !jsonx_has(v, "none"));
    json_decref(v);
}

static void writing_a_tree_is_bounded(void **state)
{
    json_t *v = json_pack("{s:s,s:[i,i]}", "b", "惠", "a", 1, 2);
    struct buf b;
    (void)state;
    buf_init(&b, 20);
    assert_int_equal(buf_adds(&b, "x="), ERR_OK);
    assert_int_equal(jsonx_write(v, &b), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&b), "x=");
    b.max = 100;
    assert_int_equal(jsonx_write(v, &b), ERR_OK);
    assert_string_equal(buf_str(&b), "x={\"b\":\"惠\",\"a\":[1,2]}");
    buf_release(&b);
    json_decref(v);
}

static void written_without_a_tree(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 1000);
    struct jsonw w = jsonw_begin(&b);
    jsonw_str(&w, "s", "a\"\\\n\x01惠/");
    jsonw_open(&w, "o", '{');
    jsonw_close(&w, '}');
    jsonw_open(&w, "a", '[');
    jsonw_int(&w, NULL, INT64_MIN);
    jsonw_bool(&w, NULL, true);
    jsonw_open(&w, NULL, '{');
    jsonw_null(&w, "n");
    jsonw_close(&w, '}');
    jsonw_raw(&w, NULL, "[]", 2);
    jsonw_close(&w, ']');
    jsonw_hex(&w, "h", "\x00\xff", 2);
    jsonw_base32(&w, "d", "fo", 2);
    jsonw_base64(&w, "e", "fo", 2);
    assert_int_equal(jsonw_end(&w), ERR_OK);
    assert_string_equal(buf_str(&b),
        "{\"s\":\"a\\\"\\\\\\u000a\\u0001惠/\",\"o\":{},\"a\":[-9223372036854775808,true,{\"n\":null},[]],"
        "\"h\":\"00ff\",\"d\":\"MZXQ\",\"e\":\"Zm8=\"}");
    buf_release(&b);
}

/* Whatever bytes a text has, what is written is read again or refused. */
static void every_text_is_read_again(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 1000);
    for (int c = 1; c < 256; c++) {
        char text[] = {'x', (char)c, 'y', 0};
        json_t *v;
        const char *s;
        buf_reset(&b);
        struct jsonw w = jsonw_begin(&b);
        jsonw_str(&w, "t", text);
        if (c > 127) {
            assert_int_equal(jsonw_end(&w), ERR_BAD_VALUE);
            assert_int_equal(b.len, 0);
            continue;
        }
        assert_int_equal(jsonw_end(&w), ERR_OK);
        assert_int_equal(jsonx_parse(buf_str(&b), b.len, &v), ERR_OK);
        assert_int_equal(jsonx_str(v, "t", 3, 3, &s), ERR_OK);
        assert_string_equal(s, text);
        json_decref(v);
    }
    buf_release(&b);
}

static void first_error_sticks(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 20);
    buf_adds(&b, "before");
    struct jsonw w = jsonw_begin(&b);
    jsonw_str(&w, "a", "\xff");
    jsonw_str(&w, "b", "much too long for what is left here");
    jsonw_int(&w, "c", 1);
    assert_int_equal(jsonw_end(&w), ERR_BAD_VALUE);
    assert_string_equal(buf_str(&b), "before");
    w = jsonw_begin(&b);
    jsonw_str(&w, "b", "much too long for what is left here");
    assert_int_equal(jsonw_end(&w), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&b), "before");
    w = jsonw_begin(&b);
    jsonw_hex(&w, "h", &b, JSONW_BYTES_MAX + 1);
    assert_int_equal(jsonw_end(&w), ERR_TOO_LARGE);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_json), cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(getters_check_type_and_range), cmocka_unit_test(writing_a_tree_is_bounded),
        cmocka_unit_test(written_without_a_tree), cmocka_unit_test(every_text_is_read_again),
        cmocka_unit_test(first_error_sticks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
