/* SPDX-License-Identifier: Apache-2.0 */
/* What others sealed, and what must not open, is in proto/vectors (vectors_test.c). */
#include "base/jsonx.h"
#include "base/text.h"
#include "proto/seal.h"
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sealing {
    struct buf cert;
    EVP_PKEY *key;
};

static void bytes(const json_t *v, const char *key, struct buf *out)
{
    const char *s = json_string_value(json_object_get(v, key));
    uint8_t raw[2048];
    size_t n = 0;
    assert_int_equal(text_unbase64(s, strlen(s), raw, sizeof raw, &n), ERR_OK);
    buf_init(out, sizeof raw);
    assert_int_equal(buf_add(out, raw, n), ERR_OK);
}

static struct sealing load(void)
{
    struct sealing s;
    struct buf der;
    json_t *v = json_load_file("proto/vectors/valid/seal.json", 0, NULL);
    assert_non_null(v);
    bytes(v, "cert", &s.cert);
    bytes(v, "key", &der);
    const unsigned char *p = der.data;
    s.key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
    assert_non_null(s.key);
    buf_release(&der);
    json_decref(v);
    return s;
}

static void release(struct sealing *s)
{
    buf_release(&s->cert);
    key_free(&s->key);
}

static const uint8_t terminal[ULID_SIZE] = {1, 2, 3}, sale[ULID_SIZE] = {4, 5, 6};

static void sealed_is_opened(void **state)
{
    static const char *const numbers[] = {
        "6200000000000005", "62000000000000000", "620000000000000005", "6200000000000000000"};
    struct sealing s = load();
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct buf cms, again;
        char number[CARD_NUMBER_MAX + 1] = "";
        buf_init(&cms, SEAL_MAX);
        buf_init(&again, SEAL_MAX);
        assert_int_equal(seal_number(&s.cert, terminal, sale, numbers[i], &cms), ERR_OK);
        assert_int_equal(seal_number(&s.cert, terminal, sale, numbers[i], &again), ERR_OK);
        assert_true(cms.len != again.len || memcmp(cms.data, again.data, cms.len)); /* no two alike */
        assert_null(memmem(cms.data, cms.len, numbers[i], 8));
        assert_int_equal(seal_open(cms.data, cms.len, &s.cert, s.key, terminal, sale, number), ERR_OK);
        assert_string_equal(number, numbers[i]);
        buf_release(&cms);
        buf_release(&again);
    }
    release(&s);
}

static void moved_or_changed_does_not_open(void **state)
{
    struct sealing s = load();
    struct buf cms;
    char number[CARD_NUMBER_MAX + 1] = "untouched";
    EVP_PKEY *other = key_generate();
    (void)state;
    buf_init(&cms, SEAL_MAX);
    assert_int_equal(seal_number(&s.cert, terminal, sale, "6200000000000005", &cms), ERR_OK);
    assert_int_equal(seal_open(cms.data, cms.len, &s.cert, s.key, sale, sale, number), ERR_BAD_VALUE);
    assert_int_equal(seal_open(cms.data, cms.len, &s.cert, s.key, terminal, terminal, number), ERR_BAD_VALUE);
    assert_int_equal(seal_open(cms.data, cms.len, &s.cert, other, terminal, sale, number), ERR_BAD_VALUE);
    assert_int_equal(seal_open(cms.data, 0, &s.cert, s.key, terminal, sale, number), ERR_BAD_VALUE);
    assert_int_equal(seal_open(cms.data, cms.len - 1, &s.cert, s.key, terminal, sale, number), ERR_BAD_VALUE);
    /* Header and 67 bytes of text, header and 16 bytes of tag. */
    for (size_t i = cms.len - 87; i < cms.len; i++) {
        cms.data[i] ^= 4;
        assert_int_equal(seal_open(cms.data, cms.len, &s.cert, s.key, terminal, sale, number), ERR_BAD_VALUE);
        cms.data[i] ^= 4;
    }
    assert_string_equal(number, "untouched");
    buf_release(&cms);
    key_free(&other);
    release(&s);
}

static void only_numbers_and_real_certificates(void **state)
{
    struct sealing s = load();
    struct buf cms, none;
    (void)state;
    buf_init(&cms, SEAL_MAX);
    buf_init(&none, 16);
    assert_int_equal(seal_number(&s.cert, terminal, sale, "620000000000000", &cms), ERR_BAD_NUMBER);
    assert_int_equal(seal_number(&s.cert, terminal, sale, "62000000000000000000", &cms), ERR_BAD_NUMBER);
    assert_int_equal(seal_number(&s.cert, terminal, sale, "11010519491231002X", &cms), ERR_BAD_NUMBER);
    assert_int_equal(seal_number(&none, terminal, sale, "6200000000000005", &cms), ERR_BAD_VALUE);
    s.cert.len--;
    assert_int_equal(seal_number(&s.cert, terminal, sale, "6200000000000005", &cms), ERR_BAD_VALUE);
    s.cert.len++;
    assert_int_equal(cms.len, 0);
    cms.max = 100;
    assert_int_equal(seal_number(&s.cert, terminal, sale, "6200000000000005", &cms), ERR_TOO_LARGE);
    release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sealed_is_opened),
        cmocka_unit_test(moved_or_changed_does_not_open), cmocka_unit_test(only_numbers_and_real_certificates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
