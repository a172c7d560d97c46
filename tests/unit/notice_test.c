/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes good and bad are in proto/vectors (vectors_test.c). */
#include "proto/notice.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char payload[] = "{\"version\":7,\"x\":\"\xe6\x83\xa0\"}";

static struct notice sealed(EVP_PKEY *key, const char *text)
{
    struct notice n;
    struct buf b;
    buf_init(&b, NOTICE_MAX);
    assert_int_equal(notice_seal(NOTICE_SHOP, text, strlen(text), key, &b), ERR_OK);
    assert_int_equal(notice_open(buf_str(&b), b.len, &n), ERR_OK);
    buf_release(&b);
    return n;
}

static void sealed_is_opened_and_verified(void **state)
{
    struct notice_trust trust = {.key_cnt = 2};
    EVP_PKEY *key = key_generate(), *other = key_generate();
    struct notice n = sealed(key, payload);
    (void)state;
    assert_int_equal(n.kind, NOTICE_SHOP);
    assert_int_equal(n.version, 7);
    assert_int_equal(n.sig_cnt, 1);
    assert_int_equal(n.payload.len, strlen(payload));
    assert_memory_equal(n.payload.data, payload, strlen(payload));
    trust.keys[0] = (struct notice_key){.key = other, .kinds = 1u << NOTICE_SHOP};
    trust.keys[1] = (struct notice_key){.key = key, .kinds = NOTICE_BIT_HEAD};
    key_id(other, trust.keys[0].id);
    key_id(key, trust.keys[1].id);
    assert_int_equal(notice_verify(&n, &trust), ERR_UNKNOWN_KEY);
    trust.keys[1].kinds |= 1u << NOTICE_SHOP;
    assert_int_equal(notice_verify(&n, &trust), ERR_OK);
    assert_int_equal(notice_verify(&n, NULL), ERR_UNKNOWN_KEY);
    assert_int_equal(notice_verify_root(&n, key), ERR_UNKNOWN_KEY); /* no shop notice is a trust notice */
    notice_release(&n);
    key_free(&key);
    key_free(&other);
}

static void versions_rise(void **state)
{
    EVP_PKEY *key = key_generate();
    struct notice n = sealed(key, payload);
    uint8_t other[KEY_HASH] = {0};
    (void)state;
    assert_int_equal(notice_newer(&n, 0, other), ERR_OK);
    assert_int_equal(notice_newer(&n, 6, other), ERR_OK);
    assert_int_equal(notice_newer(&n, 3, n.hash), ERR_OK);
    assert_int_equal(notice_newer(&n, 7, n.hash), ERR_EXISTS);
    assert_int_equal(notice_newer(&n, 7, other), ERR_NOTICE_EQUIVOCATION);
    assert_int_equal(notice_newer(&n, 8, n.hash), ERR_NOTICE_OLDER);
    notice_release(&n);
    key_free(&key);
}

static void largest_notice_goes_through(void **state)
{
    EVP_PKEY *key = key_generate();
    struct notice n;
    struct buf b;
    size_t most = (NOTICE_MAX - 1024) / 4 * 3;
    char *text = malloc(NOTICE_MAX + 1);
    (void)state;
    buf_init(&b, 2 * NOTICE_MAX);
    memset(text, ' ', NOTICE_MAX);
    memcpy(text, "{\"version\":1}", 13);
    assert_int_equal(notice_seal(NOTICE_SHOP, text, most + 3, key, &b), ERR_TOO_LARGE);
    assert_int_equal(b.len, 0);
    assert_int_equal(notice_seal(NOTICE_SHOP, text, most, key, &b), ERR_OK);
    assert_true(b.len <= NOTICE_MAX);
    assert_int_equal(notice_open(buf_str(&b), b.len, &n), ERR_OK);
    notice_release(&n);
    assert_int_equal(notice_open(buf_str(&b), NOTICE_MAX + 1, &n), ERR_TOO_LARGE);
    assert_int_equal(notice_seal(NOTICE_NONE, payload, 4, key, &b), ERR_BAD_NOTICE);
    buf_release(&b);
    free(text);
    key_free(&key);
}

static void left_alone_on_error(void **state)
{
    struct notice n, before;
    (void)state;
    memset(&n, 0x5a, sizeof n);
    memcpy(&before, &n, sizeof n);
    assert_int_equal(notice_open("{}", 2, &n), ERR_BAD_NOTICE);
    assert_memory_equal(&n, &before, sizeof n);
}

static void standings(void **state)
{
    (void)state;
    for (int s = STANDING_LISTED; s <= STANDING_DELISTED; s++)
        assert_int_equal(standing_from_name(standing_name((enum standing)s)), s);
    assert_string_equal(standing_name(STANDING_DELISTED), "delisted");
    assert_string_equal(standing_name((enum standing)0), "unknown");
    assert_string_equal(standing_name((enum standing)9), "unknown");
    assert_int_equal(standing_from_name("unknown"), STANDING_UNKNOWN);
    assert_int_equal(standing_from_name("Listed"), STANDING_UNKNOWN);
    assert_int_equal(standing_from_name(NULL), STANDING_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sealed_is_opened_and_verified), cmocka_unit_test(versions_rise),
        cmocka_unit_test(largest_notice_goes_through), cmocka_unit_test(left_alone_on_error),
        cmocka_unit_test(standings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
