/* SPDX-License-Identifier: Apache-2.0 */
/* Codes good and bad are in proto/vectors (vectors_test.c). */
#include "base/qr.h"
#include "base/text.h"
#include "proto/invite.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void hosts(void **state)
{
    static const char *const good[] = {
        "localhost", "a", "1", "a.b", "127.0.0.1", "::1", "2001:db8::7", "xn--fiqs8s.cn", "a-b"};
    static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b", "A", "a b", "a:", "host/",
        "[::1]", "g::1", "0123456789012345678901234567890123456789012345678901234567890123.cn"};
    char name[INVITE_HOST_MAX + 2];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!invite_host_ok(good[i]))
            fail_msg("%s refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (invite_host_ok(bad[i]))
            fail_msg("%s taken", bad[i]);
    for (size_t i = 0; i <= INVITE_HOST_MAX; i++)
        name[i] = i % 50 == 49 ? '.' : 'a';
    name[INVITE_HOST_MAX] = 0;
    assert_true(invite_host_ok(name));
    text_copy(name + INVITE_HOST_MAX, 2, "a");
    assert_false(invite_host_ok(name));
}

static void encoding_is_bounded(void **state)
{
    struct invite v = {.port = 65535}, got;
    char text[INVITE_TEXT_MAX + 1];
    (void)state;
    for (size_t i = 0; i < INVITE_HOST_MAX; i++)
        v.host[i] = i % 50 == 49 ? '.' : 'z';
    memset(v.secret, 0xff, sizeof v.secret);
    assert_int_equal(invite_encode(&v, text), ERR_OK);
    assert_true(strlen(text) <= INVITE_TEXT_MAX);
    assert_int_equal(invite_decode(text, strlen(text), &got), ERR_OK);
    assert_string_equal(got.host, v.host);
    v.port = 0;
    assert_int_equal(invite_encode(&v, text), ERR_BAD_VALUE);
    v.port = 1;
    text_copy(v.host, sizeof v.host, "no host");
    assert_int_equal(invite_encode(&v, text), ERR_BAD_VALUE);
}

/* Found by fuzzing: what stood behind a NUL in the host was not looked at. */
static void host_with_a_nul_is_refused(void **state)
{
    struct invite v = {.host = "service.example.org", .port = 8443}, got;
    char text[INVITE_TEXT_MAX + 1];
    (void)state;
    assert_int_equal(invite_encode(&v, text), ERR_OK);
    size_t len = strlen(text);
    text[14] = 0;
    assert_int_equal(invite_decode(text, len, &got), ERR_INVITE_UNKNOWN);
}

static void code_is_a_small_qr(void **state)
{
    struct invite v = {.host = "service.example.org", .port = 8443};
    char text[INVITE_TEXT_MAX + 1];
    struct qr q;
    (void)state;
    assert_int_equal(invite_encode(&v, text), ERR_OK);
    assert_int_equal(qr_make(text, &q), ERR_OK);
    assert_in_range(q.version, 1, 5);
}

static void fingerprint_binds_both_keys(void **state)
{
    EVP_PKEY *ca = key_generate(), *root = key_generate();
    uint8_t got[INVITE_FINGERPRINT], other[INVITE_FINGERPRINT], hash[KEY_HASH];
    struct buf both;
    (void)state;
    buf_init(&both, 512);
    assert_int_equal(invite_fingerprint(ca, root, got), ERR_OK);
    key_spki(ca, &both);
    key_spki(root, &both);
    key_sha256(both.data, both.len, hash);
    assert_memory_equal(got, hash, sizeof got);
    assert_int_equal(invite_fingerprint(root, ca, other), ERR_OK);
    assert_memory_not_equal(got, other, sizeof got);
    buf_release(&both);
    key_free(&ca);
    key_free(&root);
}

static void passwords(void **state)
{
    const uint8_t secret[INVITE_SECRET] = {0, 1, 2, 3, 250, 251, 252};
    uint8_t got[INVITE_SECRET] = {7};
    char text[INVITE_SECRET_LEN + 1];
    (void)state;
    invite_password(secret, text);
    assert_int_equal(strlen(text), INVITE_SECRET_LEN);
    assert_int_equal(invite_password_decode(text, strlen(text) - 1, got), ERR_INVITE_UNKNOWN);
    assert_int_equal(got[0], 7);
    assert_int_equal(invite_password_decode(text, strlen(text), got), ERR_OK);
    assert_memory_equal(got, secret, sizeof got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hosts), cmocka_unit_test(encoding_is_bounded),
        cmocka_unit_test(host_with_a_nul_is_refused), cmocka_unit_test(code_is_a_small_qr),
        cmocka_unit_test(fingerprint_binds_both_keys), cmocka_unit_test(passwords)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
