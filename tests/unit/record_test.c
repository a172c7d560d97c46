/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and signatures themselves are in proto/vectors (vectors_test.c). */
#include "proto/record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names_both_ways(void **state)
{
    (void)state;
    for (int k = RECORD_STARTED; k <= RECORD_CLOCK_STEP; k++)
        assert_int_equal(record_kind_from_name(record_kind_name((enum record_kind)k)), k);
    assert_string_equal(record_kind_name(RECORD_SALE), "sale");
    assert_null(record_kind_name((enum record_kind)0));
    assert_null(record_kind_name((enum record_kind)8));
    assert_null(record_kind_name((enum record_kind) - 1));
    assert_int_equal(record_kind_from_name("lunch"), 0);
    assert_int_equal(record_kind_from_name(NULL), 0);
}

static void bodies_are_bounded(void **state)
{
    struct record_head head = {.epoch = 1}, next = {.seq = 77};
    char *body = calloc(1, RECORD_BODY_MAX + 1);
    (void)state;
    assert_int_equal(record_extend(&head, RECORD_SALE, body, RECORD_BODY_MAX + 1, &next), ERR_TOO_LARGE);
    assert_int_equal(next.seq, 77);
    assert_int_equal(record_extend(&head, RECORD_SALE, body, RECORD_BODY_MAX, &next), ERR_OK);
    assert_int_equal(next.seq, 1);
    free(body);
}

/* Whatever of a record changes, its hash does. */
static void everything_counts(void **state)
{
    const struct record_head head = {.terminal = {1}, .epoch = 1, .seq = 5, .hash = {9}};
    struct record_head want, got, h;
    (void)state;
    assert_int_equal(record_extend(&head, RECORD_SALE, "{}", 2, &want), ERR_OK);
    for (int what = 0; what < 7; what++) {
        h = head;
        h.terminal[15] ^= what == 0;
        h.epoch += what == 1;
        h.seq += what == 2;
        h.hash[31] ^= what == 3;
        assert_int_equal(
            record_extend(&h, what == 4 ? RECORD_VOID : RECORD_SALE, what == 5 ? "[]" : "{} ", what == 6 ? 3 : 2, &got),
            ERR_OK);
        assert_memory_not_equal(got.hash, want.hash, KEY_HASH);
    }
    h = head;
    assert_int_equal(record_extend(&h, RECORD_SALE, "{}", 2, &h), ERR_OK); /* in place */
    assert_memory_equal(h.hash, want.hash, KEY_HASH);
    assert_int_equal(h.seq, 6);
}

static void signatures_are_not_exchangeable(void **state)
{
    const struct record_head head = {.terminal = {1}, .epoch = 1, .seq = 5, .hash = {9}};
    EVP_PKEY *key = key_generate();
    uint8_t sig[KEY_SIG], counter[KEY_SIG];
    (void)state;
    assert_int_equal(record_head_sign(&head, key, sig), ERR_OK);
    assert_int_equal(record_countersign(&head, 1234, key, counter), ERR_OK);
    assert_int_equal(record_head_verify(&head, key, sig), ERR_OK);
    assert_int_equal(record_countersign_verify(&head, 1234, key, counter), ERR_OK);
    assert_int_equal(record_countersign_verify(&head, 1235, key, counter), ERR_BAD_SIGNATURE);
    assert_int_equal(record_head_verify(&head, key, counter), ERR_BAD_SIGNATURE);
    assert_int_equal(record_countersign_verify(&head, 1234, key, sig), ERR_BAD_SIGNATURE);
    key_free(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_both_ways), cmocka_unit_test(bodies_are_bounded),
        cmocka_unit_test(everything_counts), cmocka_unit_test(signatures_are_not_exchangeable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
