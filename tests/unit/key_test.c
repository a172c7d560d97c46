/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/key.h"
#include "base/text.h"
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void sha256(void **state)
{
    uint8_t got[KEY_HASH];
    char text[TEXT_HEX_LEN(KEY_HASH) + 1];
    (void)state;
    key_sha256(NULL, 0, got);
    text_hex(got, sizeof got, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    key_sha256("abc", 3, got); /* FIPS 180-4, the example */
    text_hex(got, sizeof got, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    key_sha256_pieces((struct key_piece[]){{"a", 1}, {NULL, 0}, {"bc", 2}}, 3, got);
    text_hex(got, sizeof got, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void signs_and_verifies(void **state)
{
    EVP_PKEY *key = key_generate(), *other = key_generate(), *public = NULL;
    uint8_t sig[KEY_SIG], zero[KEY_SIG] = {0};
    struct buf spki;
    (void)state;
    buf_init(&spki, KEY_SPKI_MAX);
    assert_int_equal(key_spki(key, &spki), ERR_OK);
    assert_int_equal(spki.len, 91);
    assert_int_equal(key_from_spki(spki.data, spki.len, &public), ERR_OK);
    for (int i = 0; i < 300; i++) { /* r and s with leading zeros come by among these */
        assert_int_equal(key_sign(key, &i, sizeof i, sig), ERR_OK);
        assert_int_equal(key_verify(public, &i, sizeof i, sig), ERR_OK);
    }
    assert_int_equal(key_verify(other, "x", 1, sig), ERR_BAD_SIGNATURE);
    assert_int_equal(key_sign(key, "x", 1, sig), ERR_OK);
    assert_int_equal(key_verify(key, "y", 1, sig), ERR_BAD_SIGNATURE);
    assert_int_equal(key_verify(key, "x", 1, zero), ERR_BAD_SIGNATURE);
    memset(zero, 255, sizeof zero);
    assert_int_equal(key_verify(key, "x", 1, zero), ERR_BAD_SIGNATURE);
    for (size_t i = 0; i < sizeof sig; i++) {
        sig[i] ^= 1;
        assert_int_equal(key_verify(key, "x", 1, sig), ERR_BAD_SIGNATURE);
        sig[i] ^= 1;
    }
    assert_int_equal(key_sign(public, "x", 1, sig), ERR_INTERNAL); /* no private part */
    assert_int_equal(ERR_peek_error(), 0);                         /* nothing is left for a TLS connection to find */
    buf_release(&spki);
    key_free(&key);
    key_free(&other);
    key_free(&public);
    key_free(&public);
    key_free(NULL);
}

/* One context for all of them: what a bad signature leaves behind must not spoil the next good one. */
static void a_verifier_says_the_same_each_time(void **state)
{
    EVP_PKEY *key = key_generate(), *other = key_generate();
    struct key_verifier *v = key_verifier_new(key), *none = NULL;
    uint8_t sig[KEY_SIG], zero[KEY_SIG] = {0};
    (void)state;
    assert_non_null(v);
    key_free(&key); /* it keeps its own reference */
    key = key_generate();
    assert_int_equal(key_verifier_check(v, "x", 1, zero), ERR_BAD_SIGNATURE);
    key_verifier_free(&v);
    v = key_verifier_new(key);
    for (int i = 0; i < 300; i++) { /* integers shorter than 32 bytes come by among these */
        assert_int_equal(key_sign(key, &i, sizeof i, sig), ERR_OK);
        assert_int_equal(key_verifier_check(v, &i, sizeof i, sig), ERR_OK);
        sig[(size_t)i % sizeof sig] ^= (uint8_t)(1 + i % 255);
        assert_int_equal(key_verifier_check(v, &i, sizeof i, sig), ERR_BAD_SIGNATURE);
        assert_int_equal(key_sign(other, &i, sizeof i, sig), ERR_OK);
        assert_int_equal(key_verifier_check(v, &i, sizeof i, sig), ERR_BAD_SIGNATURE);
    }
    assert_int_equal(ERR_peek_error(), 0);
    key_verifier_free(&v);
    key_verifier_free(&v);
    key_verifier_free(&none);
    key_verifier_free(NULL);
    key_free(&key);
    key_free(&other);
}

static void only_p256(void **state)
{
    EVP_PKEY *p384 = EVP_EC_gen("P-384"), *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *key = key_generate(),
             *got = NULL;
    struct buf spki;
    (void)state;
    buf_init(&spki, 200);
    assert_int_equal(key_spki(p384, &spki), ERR_OK);
    assert_int_equal(key_from_spki(spki.data, spki.len, &got), ERR_BAD_VALUE);
    buf_reset(&spki);
    assert_int_equal(key_spki(ed, &spki), ERR_OK);
    assert_int_equal(key_from_spki(spki.data, spki.len, &got), ERR_BAD_VALUE);
    buf_reset(&spki);
    assert_int_equal(key_spki(key, &spki), ERR_OK);
    assert_int_equal(key_from_spki(spki.data, spki.len - 1, &got), ERR_BAD_VALUE);
    assert_int_equal(buf_add_u8(&spki, 0), ERR_OK);
    assert_int_equal(key_from_spki(spki.data, spki.len, &got), ERR_BAD_VALUE);
    assert_null(got);
    buf_release(&spki);
    key_free(&p384);
    key_free(&ed);
    key_free(&key);
}

static void files(void **state)
{
    char dir[] = "/tmp/huika-key-XXXXXX", path[64];
    char one[KEY_ID_LEN + 1], two[KEY_ID_LEN + 1];
    EVP_PKEY *key = key_generate(), *got = NULL;
    struct stat s;
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(file_path(dir, "k", path, sizeof path), ERR_OK);
    assert_int_equal(key_load_pem(path, &got), ERR_NOT_FOUND);
    assert_int_equal(key_save_pem(path, key), ERR_OK);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 07777, 0600);
    assert_int_equal(key_save_pem(path, key), ERR_EXISTS);
    assert_int_equal(key_load_pem(path, &got), ERR_OK);
    assert_int_equal(key_id(key, one), ERR_OK);
    assert_int_equal(key_id(got, two), ERR_OK);
    assert_string_equal(one, two);
    key_free(&got);
    assert_int_equal(file_write(path, "-----BEGIN", 10, 0600), ERR_OK);
    assert_int_equal(key_load_pem(path, &got), ERR_BAD_VALUE);
    assert_null(got);
    unlink(path);
    rmdir(dir);
    key_free(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sha256), cmocka_unit_test(signs_and_verifies),
        cmocka_unit_test(a_verifier_says_the_same_each_time), cmocka_unit_test(only_p256), cmocka_unit_test(files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
