/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648 section 10. */
static void vectors_of_rfc_4648(void **state)
{
    static const char *const in[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const b64[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    static const char *const b32[] = {"", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"};
    static const char *const hex[] = {"", "66", "666f", "666f6f", "666f6f62", "666f6f6261", "666f6f626172"};
    (void)state;
    for (size_t n = 0; n < 7; n++) {
        char text[32];
        uint8_t raw[8];
        size_t got = 99;
        text_base64(in[n], n, text);
        assert_string_equal(text, b64[n]);
        assert_int_equal(text_unbase64(text, strlen(text), raw, sizeof raw, &got), ERR_OK);
        assert_int_equal(got, n);
        assert_memory_equal(raw, in[n], n);
        text_base32(in[n], n, text);
        assert_string_equal(text, b32[n]);
        assert_int_equal(text_unbase32(text, strlen(text), raw, n), ERR_OK);
        assert_memory_equal(raw, in[n], n);
        text_hex(in[n], n, text);
        assert_string_equal(text, hex[n]);
        assert_int_equal(text_unhex(text, strlen(text), raw, n), ERR_OK);
        assert_memory_equal(raw, in[n], n);
    }
}

static void all_bytes_both_ways(void **state)
{
    uint8_t raw[256], got[256];
    char text[600];
    size_t n;
    (void)state;
    for (int i = 0; i < 256; i++)
        raw[i] = (uint8_t)(i * 73 + 11);
    for (size_t len = 0; len <= sizeof raw; len++) {
        text_base32(raw, len, text);
        assert_int_equal(strlen(text), TEXT_BASE32_LEN(len));
        assert_int_equal(text_unbase32(text, strlen(text), got, len), ERR_OK);
        assert_memory_equal(got, raw, len);
        text_base64(raw, len, text);
        assert_int_equal(strlen(text), TEXT_BASE64_LEN(len));
        assert_int_equal(text_unbase64(text, strlen(text), got, len, &n), ERR_OK);
        assert_memory_equal(got, raw, len);
        if (len)
            assert_int_equal(text_unbase64(text, strlen(text), got, len - 1, &n), ERR_TOO_LARGE);
    }
}

static void base64_is_strict(void **state)
{
    static const char *const bad[] = {
        "Zg=", "Zg", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm9 ", "Zm-_", "Z=9v", "=Zg=", "Zm9vYg=a"};
    uint8_t raw[32];
    size_t n = 77;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_unbase64(bad[i], strlen(bad[i]), raw, sizeof raw, &n) != ERR_BAD_VALUE)
            fail_msg("%s taken", bad[i]);
    assert_int_equal(text_unbase64("Zm9\0", 4, raw, sizeof raw, &n), ERR_BAD_VALUE);
    assert_int_equal(n, 77);
}

static void base32_is_strict(void **state)
{
    static const char *const bad[] = {
        "MZXW6YTBO", "MZXW6YTBOIA", "MZXW6YTBOJ", "MZXW6YTB0I", "MZXW6YTB1I", "MZXW6YTB8I", "MZXW6YTB=I", "MZXW6 TBOI"};
    uint8_t raw[6];
    (void)state;
    assert_int_equal(text_unbase32("mzxw6ytboi", 10, raw, 6), ERR_OK);
    assert_memory_equal(raw, "foobar", 6);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_unbase32(bad[i], strlen(bad[i]), raw, 6) != ERR_BAD_VALUE)
            fail_msg("%s taken", bad[i]);
}

static void hex_is_strict(void **state)
{
    static const char *const bad[] = {"666", "66666", "66g6", "6 66", "0x66"};
    uint8_t raw[2];
    (void)state;
    assert_int_equal(text_unhex("aAfF", 4, raw, 2), ERR_OK);
    assert_int_equal(raw[0] << 8 | raw[1], 0xaaff);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_unhex(bad[i], strlen(bad[i]), raw, 2) != ERR_BAD_VALUE)
            fail_msg("%s taken", bad[i]);
}

/* Every one- to four-byte sequence against RFC 3629's table, section 4. */
static bool by_table(const uint8_t *p, size_t n)
{
    const uint8_t a = p[0], b = n > 1 ? p[1] : 0;
    for (size_t i = 1; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return false;
    if (n == 1)
        return a >= 1 && a <= 0x7f;
    if (n == 2)
        return a >= 0xc2 && a <= 0xdf;
    if (n == 3)
        return a == 0xe0 ? b >= 0xa0 : a == 0xed ? b <= 0x9f : a >= 0xe1 && a <= 0xef;
    return a == 0xf0 ? b >= 0x90 : a == 0xf4 ? b <= 0x8f : a >= 0xf1 && a <= 0xf3;
}

static void utf8_by_rfc_3629(void **state)
{
    static const uint8_t edge[] = {
        0x00, 0x01, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xff};
    (void)state;
    for (int a = 0; a < 256; a++) {
        uint8_t p[4] = {(uint8_t)a, 0, 0, 0};
        assert_int_equal(text_is_utf8((char *)p, 1), by_table(p, 1));
        for (size_t i = 0; i < sizeof edge; i++) {
            p[1] = edge[i];
            bool both = by_table(p, 1) && by_table(p + 1, 1);
            assert_int_equal(text_is_utf8((char *)p, 2), both || by_table(p, 2));
            p[2] = 0x80;
            assert_int_equal(text_is_utf8((char *)p, 3), by_table(p, 3) || (by_table(p, 1) && by_table(p + 1, 2)));
            p[3] = 0xbf;
            if (a >= 0xf0)
                assert_int_equal(text_is_utf8((char *)p, 4), by_table(p, 4));
        }
    }
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("惠卡 𠀀", strlen("惠卡 𠀀")));
    assert_false(text_is_utf8("惠", 2));
}

static void cleaned(const char *in, const char *want)
{
    char *s = strdup(in);
    text_clean(s);
    assert_string_equal(s, want);
    free(s);
}

static void what_disturbs_becomes_a_space(void **state)
{
    (void)state;
    cleaned("", "");
    cleaned("惠民面馆 Café", "惠民面馆 Café");
    cleaned("a\nb\tc\x1b[31md\x7f", "a b c [31md ");
    cleaned("a\xc2\x9b"
            "31m",
        "a 31m"); /* C1 */
    cleaned("a\xe2\x80\xae"
            "b\xe2\x81\xa6"
            "c",
        "a b c"); /* bidi override, isolate */
    cleaned("a\xe2\x80\x8b"
            "b\xef\xbb\xbf"
            "c\xd8\x9c",
        "a b c ");
    cleaned("\xe2\x80\xa6\xe2\x80\xa7\xe2\x81\x9f", "\xe2\x80\xa6\xe2\x80\xa7\xe2\x81\x9f"); /* neighbours stay */
}

static void plain_is_what_has_no_control_character(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 0x100; c++) {
        const char s[] = {'a', c < 0x80 ? (char)c : (char)(0xc0 | c >> 6), c < 0x80 ? 0 : (char)(0x80 | (c & 0x3f)), 0};
        bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
        assert_int_equal(text_is_plain(s, strlen(s), ""), !control);
        assert_int_equal(text_is_plain(s, strlen(s), "\n"), !control || c == '\n');
    }
    assert_true(text_is_plain("", 0, ""));
    assert_true(text_is_plain("张建涛 𠀀\n", strlen("张建涛 𠀀"), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_of_rfc_4648), cmocka_unit_test(all_bytes_both_ways),
        cmocka_unit_test(base64_is_strict), cmocka_unit_test(base32_is_strict), cmocka_unit_test(hex_is_strict),
        cmocka_unit_test(utf8_by_rfc_3629), cmocka_unit_test(what_disturbs_becomes_a_space),
        cmocka_unit_test(plain_is_what_has_no_control_character)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
