/* SPDX-License-Identifier: Apache-2.0 */
#include "base/qr.h"
#include "proto/ref.h"
#include "proto/slip.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after those above */
#include <cmocka.h>

static struct slip example(void)
{
    struct slip s = {.epoch = 2, .seq = 12345678};
    memset(s.terminal, 0x11, sizeof s.terminal);
    memset(s.hash, 0x22, sizeof s.hash);
    memset(s.secret, 0x33, sizeof s.secret);
    return s;
}

/* RFC 5869 by hand: extract, then one block of expand. */
static void the_secret_is_hkdf_sha_256(void **state)
{
    uint8_t key[SLIP_KEY], id[ULID_SIZE], out[SLIP_SECRET], prk[32], okm[32], info[ULID_SIZE + 1];
    unsigned n = 32;
    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof id; i++)
        info[i] = id[i] = (uint8_t)(200 + i);
    info[ULID_SIZE] = 1;
    assert_non_null(HMAC(EVP_sha256(), "huika-slip-v1", 14, key, sizeof key, prk, &n));
    assert_non_null(HMAC(EVP_sha256(), prk, 32, info, sizeof info, okm, &n));
    assert_int_equal(slip_secret(key, id, out), ERR_OK);
    assert_memory_equal(out, okm, SLIP_SECRET);
    id[0] ^= 1;
    assert_int_equal(slip_secret(key, id, out), ERR_OK);
    assert_memory_not_equal(out, okm, SLIP_SECRET);
}

static void a_slip_survives_its_text_in_either_case(void **state)
{
    struct slip s = example(), back;
    char text[SLIP_TEXT_LEN + 1];
    EVP_PKEY *device = key_generate();
    (void)state;
    assert_int_equal(slip_sign(&s, device), ERR_OK);
    slip_encode(&s, text);
    assert_int_equal(strlen(text), SLIP_TEXT_LEN);
    for (int lower = 0; lower < 2; lower++) {
        assert_int_equal(slip_decode(text, SLIP_TEXT_LEN, &back), ERR_OK);
        assert_memory_equal(back.terminal, s.terminal, ULID_SIZE);
        assert_int_equal(back.epoch, 2);
        assert_int_equal(back.seq, 12345678);
        assert_memory_equal(back.secret, s.secret, SLIP_SECRET);
        assert_int_equal(slip_verify(&back, device), ERR_OK);
        for (size_t i = 0; i < SLIP_TEXT_LEN; i++)
            if (text[i] >= 'A')
                text[i] = (char)(text[i] - 'A' + 'a');
    }
    key_free(&device);
}

static void what_is_signed_cannot_be_changed_the_secret_is_not_signed(void **state)
{
    struct slip s = example(), t;
    EVP_PKEY *device = key_generate(), *other = key_generate();
    (void)state;
    assert_int_equal(slip_sign(&s, device), ERR_OK);
    assert_int_equal(slip_verify(&s, other), ERR_BAD_SIGNATURE);
    t = s;
    t.seq++;
    assert_int_equal(slip_verify(&t, device), ERR_BAD_SIGNATURE);
    t = s;
    t.epoch++;
    assert_int_equal(slip_verify(&t, device), ERR_BAD_SIGNATURE);
    t = s;
    t.hash[15] ^= 1;
    assert_int_equal(slip_verify(&t, device), ERR_BAD_SIGNATURE);
    t = s;
    t.terminal[0] ^= 1;
    assert_int_equal(slip_verify(&t, device), ERR_BAD_SIGNATURE);
    t = s;
    t.secret[0] ^= 1;
    assert_int_equal(slip_verify(&t, device), ERR_OK);
    key_free(&device);
    key_free(&other);
}

static void what_is_no_slip_is_refused(void **state)
{
    struct slip s = example(), back = {.seq = 7};
    char text[SLIP_TEXT_LEN + 2] = "";
    (void)state;
    slip_encode(&s, text);
    assert_int_equal(slip_decode(text, SLIP_TEXT_LEN - 1, &back), ERR_BAD_VALUE);
    text[SLIP_TEXT_LEN] = 'A';
    assert_int_equal(slip_decode(text, SLIP_TEXT_LEN + 1, &back), ERR_BAD_VALUE);
    text[7] = '1';
    assert_int_equal(slip_decode(text, SLIP_TEXT_LEN, &back), ERR_BAD_VALUE);
    s.seq = 0;
    slip_encode(&s, text);
    assert_int_equal(slip_decode(text, SLIP_TEXT_LEN, &back), ERR_BAD_VALUE);
    s = example();
    s.epoch = 0;
    slip_encode(&s, text);
    assert_int_equal(slip_decode(text, SLIP_TEXT_LEN, &back), ERR_BAD_VALUE);
    s = example();
    slip_encode(&s, text);
    text[0] = 'B'; /* format 8 + ... */
    assert_int_equal(slip_decode(text, SLIP_TEXT_LEN, &back), ERR_BAD_VALUE);
    assert_int_equal(back.seq, 7);
}

static void the_url_fits_a_qr_in_alphanumeric_mode(void **state)
{
    static const char *const bad[] = {
        "http://h", "https://", "https://h/", "https://h?x", "https://h h", "https://<b>"};
    struct slip s = example();
    char url[SLIP_URL_MAX + 1];
    struct qr *q = malloc(sizeof *q);
    (void)state;
    assert_non_null(q);
    assert_int_equal(slip_url(&s, "https://dispute.example:8444", url), ERR_OK);
    assert_int_equal(strncmp(url, "HTTPS://DISPUTE.EXAMPLE:8444/S/AEI", 34), 0);
    assert_int_equal(url[strspn(url, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:")], 0);
    assert_int_equal(qr_make(url, q), ERR_OK);
    assert_true(q->version <= 10);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(slip_url(&s, bad[i], url), ERR_BAD_VALUE);
    free(q);
}

static void a_reference_is_read_as_people_say_it(void **state)
{
    const struct ref r = {.number = 17, .epoch = 1, .seq = 4294967296};
    struct ref back = {.seq = 9};
    char text[REF_LEN_MAX + 1], spoken[REF_LEN_MAX + 1];
    (void)state;
    assert_int_equal(ref_format(&r, text), ERR_OK);
    assert_int_equal(strncmp(text, "17-1-4294967296-", 16), 0);
    assert_int_equal(ref_parse(text, strlen(text), &back), ERR_OK);
    assert_int_equal(back.number, 17);
    assert_true(back.seq == r.seq && back.epoch == 1);
    for (size_t i = 0; i <= strlen(text); i++)
        spoken[i] = (char)(text[i] == '-' ? ' ' : text[i] >= 'A' ? text[i] - 'A' + 'a' : text[i]);
    assert_int_equal(ref_parse(spoken, strlen(spoken), &back), ERR_OK);
}

/* The check character finds every wrong digit, and nearly every swap of neighbours: what a hybrid system of the standard
 * promises. */
static void one_wrong_digit_or_a_swap_shows(void **state)
{
    struct ref back;
    char text[REF_LEN_MAX + 1];
    int swaps = 0, unseen = 0;
    (void)state;
    for (int n = 1; n < 60; n++) {
        const struct ref r = {.number = n * 7, .epoch = (uint32_t)(1 + n % 3), .seq = (uint64_t)(n * 7919)};
        assert_int_equal(ref_format(&r, text), ERR_OK);
        size_t len = strlen(text);
        for (size_t i = 0; i < len; i++) {
            char was = text[i];
            for (char c = '0'; c <= '9' && was >= '0' && was <= '9'; c++) {
                text[i] = c;
                assert_int_equal(ref_parse(text, len, &back), c == was ? ERR_OK : ERR_BAD_VALUE);
            }
            text[i] = was;
            if (i + 2 >= len || was == text[i + 1] || text[i + 1] == '-' || was == '-')
                continue;
            text[i] = text[i + 1];
            text[i + 1] = was;
            swaps++;
            unseen += ref_parse(text, len, &back) == ERR_OK;
            text[i + 1] = text[i];
            text[i] = was;
        }
    }
    assert_true(swaps > 100 && unseen * 25 < swaps);
    assert_int_equal(
        ref_check("A12425GABC1234002"), 'M'); /* a published example of MOD 37,36 (Global Release Identifier) */
    assert_int_equal(ref_check(""), 0);
    assert_int_equal(ref_check("a"), 0);
}

static void what_is_no_reference_is_refused(void **state)
{
    static const char *const bad[] = {"", "1", "1-1-1", "1-1-1-", "0-1-1-A", "1-0-1-A", "01-1-1-A", "1-1-1-AB",
        "1--1-1-A", "1-1-1-A ", " 1-1-1-A", "99999999999-1-1-A", "1-4294967296-1-A", "1-1-99999999999999999-A",
        "1-1-1-\xc3"};
    struct ref back = {.seq = 9};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ref_parse(bad[i], strlen(bad[i]), &back), ERR_BAD_VALUE);
    assert_int_equal(back.seq, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_secret_is_hkdf_sha_256),
        cmocka_unit_test(a_slip_survives_its_text_in_either_case),
        cmocka_unit_test(what_is_signed_cannot_be_changed_the_secret_is_not_signed),
        cmocka_unit_test(what_is_no_slip_is_refused), cmocka_unit_test(the_url_fits_a_qr_in_alphanumeric_mode),
        cmocka_unit_test(a_reference_is_read_as_people_say_it), cmocka_unit_test(one_wrong_digit_or_a_swap_shows),
        cmocka_unit_test(what_is_no_reference_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
