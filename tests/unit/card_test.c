/* SPDX-License-Identifier: Apache-2.0 */
#include "base/qr.h"
#include "base/text.h"
#include "proto/card.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void strip(const char *in, enum err want, const char *number)
{
    char out[CARD_NUMBER_MAX + 1] = "untouched";
    assert_int_equal(card_number_strip(in, strlen(in), out), want);
    assert_string_equal(out, number);
}

static void numbers_are_stripped(void **state)
{
    (void)state;
    strip("6200 0000 0000 0005", ERR_OK, "6200000000000005");
    strip(" 6200-0000-0000-0000-000 ", ERR_OK, "6200000000000000000");
    strip("", ERR_OK, "");
    strip("62000000000000000001", ERR_BAD_NUMBER, "untouched");
    strip("6200.0000", ERR_BAD_NUMBER, "untouched");
    strip("6200\t0000", ERR_BAD_NUMBER, "untouched");
    strip("110105 19491231 002X", ERR_ID_NUMBER, "untouched");
    strip("110105194912310021X", ERR_BAD_NUMBER, "untouched");
}

static void mask(const char *name, const char *want)
{
    char out[CARD_MASKED_MAX + 1];
    card_mask_name(name, out);
    assert_string_equal(out, want);
}

static void names_are_masked(void **state)
{
    char name[400], want[400];
    (void)state;
    mask("张建涛", "*建涛");
    mask("张", "*");
    mask("欧阳样例", "*阳样例");
    mask("Li Si", "*i Si");
    mask("𠀀例", "*例");
    mask("", "");
    memset(name, 'a', sizeof name);
    name[0] = 'b';
    text_copy(name + CARD_MASKED_MAX - 1, 8, "张x");
    memset(want, 'a', sizeof want);
    want[0] = '*';
    want[CARD_MASKED_MAX - 1] = 0;
    mask(name, want); /* the last character does not fit and is not cut in half */
}

static void last_four(void **state)
{
    (void)state;
    assert_int_equal(card_last4("6200000000000042", 16), 42);
    assert_int_equal(card_last4("6200000000000009999", 19), 9999);
    assert_int_equal(card_last4("0000", 4), 0);
}

static void expiry_days(void **state)
{
    uint16_t v = 77;
    (void)state;
    assert_int_equal(card_expiry_to_day(0), 18262); /* 2020-01-01 */
    assert_int_equal(card_expiry_from_day(18262, &v), ERR_OK);
    assert_int_equal(v, 0);
    assert_int_equal(card_expiry_from_day(18262 + 65535, &v), ERR_OK);
    assert_int_equal(v, 65535);
    assert_int_equal(card_expiry_from_day(18261, &v), ERR_BAD_VALUE);
    assert_int_equal(card_expiry_from_day(18262 + 65536, &v), ERR_BAD_VALUE);
    assert_int_equal(v, 65535);
}

static struct card_qr sample(void)
{
    struct card_qr qr = {.key_number = 3, .last4 = 42, .expiry_day = 4000};
    memset(qr.token, 0x5a, CARD_TOKEN);
    return qr;
}

static void made_cards_are_read_again(void **state)
{
    static const char *const hosts[] = {"other.example", "localhost", NULL};
    EVP_PKEY *key = key_generate();
    struct card_key keys[] = {{.number = 2}, {.number = 3, .key = key}};
    struct card_qr qr = sample(), got;
    char text[CARD_QR_TEXT_MAX + 1];
    (void)state;
    assert_int_equal(card_encode(&qr, "LocalHost", key, text), ERR_OK);
    assert_string_equal(qr.host, "localhost");
    assert_int_equal(strncmp(text, "HTTPS://LOCALHOST/C/", 20), 0);
    assert_int_equal(strlen(text), 20 + 128);
    memset(&got, 0, sizeof got);
    assert_int_equal(card_decode(text, strlen(text), &got), ERR_OK);
    assert_memory_equal(got.token, qr.token, CARD_TOKEN);
    assert_int_equal(got.last4, 42);
    assert_int_equal(got.expiry_day, 4000);
    assert_int_equal(card_check(&got, hosts, keys, 2, 18262 + 4000), ERR_OK);
    assert_int_equal(card_check(&got, hosts, keys, 2, 18262 + 4001), ERR_CARD_EXPIRED);
    assert_int_equal(card_check(&got, hosts, keys, 1, 0), ERR_CARD_FORGED);
    assert_int_equal(card_check(&got, hosts + 2, keys, 2, 0), ERR_CARD_FOREIGN_HOST);
    key_free(&key);
}

static void every_bit_is_signed(void **state)
{
    static const char *const hosts[] = {"localhost", NULL};
    EVP_PKEY *key = key_generate();
    struct card_key keys[] = {{.number = 3, .key = key}};
    struct card_qr qr = sample(), got;
    char text[CARD_QR_TEXT_MAX + 1];
    uint8_t raw[CARD_QR_SIZE];
    int refused = 0;
    (void)state;
    assert_int_equal(card_encode(&qr, "localhost", key, text), ERR_OK);
    assert_int_equal(text_unbase32(text + 20, 128, raw, sizeof raw), ERR_OK);
    for (size_t bit = 0; bit < 8 * sizeof raw; bit++) {
        raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
        text_base32(raw, sizeof raw, text + 20);
        enum err e = card_decode(text, strlen(text), &got);
        refused += e || card_check(&got, hosts, keys, 1, 0);
        raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(refused, 8 * sizeof raw);
    key_free(&key);
}

static void bad_cards_are_not_made(void **state)
{
    static const char *const hosts[] = {"", "a_b", "a/b", "a b", "0123456789012345678901234567890123456789"};
    EVP_PKEY *key = key_generate();
    struct card_qr qr = sample();
    char text[CARD_QR_TEXT_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(card_encode(&qr, hosts[i], key, text), ERR_BAD_VALUE);
    qr.last4 = 10000;
    assert_int_equal(card_encode(&qr, "localhost", key, text), ERR_BAD_VALUE);
    key_free(&key);
}

/* DESIGN section 6: version 7-M or smaller for a host of up to 39 characters. */
static void longest_card_fits_version_7(void **state)
{
    EVP_PKEY *key = key_generate();
    struct card_qr qr = sample();
    struct qr symbol;
    char text[CARD_QR_TEXT_MAX + 1];
    (void)state;
    assert_int_equal(card_encode(&qr, "a23456789.123456789-123456789.12345.org", key, text), ERR_OK);
    assert_int_equal(strlen(text), CARD_QR_TEXT_MAX);
    assert_int_equal(qr_make(text, &symbol), ERR_OK);
    assert_in_range(symbol.version, 6, 7);
    key_free(&key);
}

/* HMAC of digits as RFC 2104 has it, computed here from two plain hashes. */
static void hmac_as_rfc_2104(void **state)
{
    uint8_t key[32], pad[64 + 32], want[32], got[32];
    (void)state;
    for (int i = 0; i < 32; i++)
        key[i] = (uint8_t)(i * 7);
    struct card_hmac *h = card_hmac_new(key);
    assert_non_null(h);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 64; i++)
            pad[i] = (uint8_t)((i < 32 ? key[i] : 0) ^ 0x36);
        memcpy(pad + 64, "6200000000000005", 16);
        key_sha256(pad, 64 + 16, want);
        for (size_t i = 0; i < 64; i++)
            pad[i] = (uint8_t)((i < 32 ? key[i] : 0) ^ 0x5c);
        memcpy(pad + 64, want, 32);
        key_sha256(pad, sizeof pad, want);
        assert_int_equal(card_hmac(h, "6200000000000005", 16, got), ERR_OK);
        assert_memory_equal(got, want, 32);
        assert_int_equal(card_hmac(h, "6200000000000013", 16, got), ERR_OK);
        assert_memory_not_equal(got, want, 32);
    }
    card_hmac_free(&h);
    assert_null(h);
    card_hmac_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_stripped), cmocka_unit_test(names_are_masked),
        cmocka_unit_test(last_four), cmocka_unit_test(expiry_days), cmocka_unit_test(made_cards_are_read_again),
        cmocka_unit_test(every_bit_is_signed), cmocka_unit_test(bad_cards_are_not_made),
        cmocka_unit_test(longest_card_fits_version_7), cmocka_unit_test(hmac_as_rfc_2104)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
