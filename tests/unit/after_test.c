/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after a sale: sums that never exceed it, ids that follow from it, guesses that end. */
#include "client/core/nth.h"
#include "client/core/void.h"
#include "service/public/guess.h"
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* after those above */
#include <cmocka.h>

static uint64_t seed = 20261123;

static int64_t draw(int64_t from, int64_t to)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return from + (int64_t)((seed >> 33) % (uint64_t)(to - from + 1));
}

static void parts_add_up_to_the_sale_whatever_they_are(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 3000; round++) {
        struct void_sale s = {.total_fen = draw(1, 100000)};
        struct body_void v;
        int64_t back = 0, amounts = 0;
        s.discount_fen = draw(0, s.total_fen);
        for (int i = 0; i < 40 && s.returned_fen < s.total_fen; i++) {
            int64_t amount = draw(1, s.total_fen);
            bool fits = amount <= s.total_fen - s.returned_fen;
            assert_int_equal(void_compute(&s, BODY_VOID_RETURN, amount, &v), fits ? ERR_OK : ERR_RETURN_OVER);
            if (!fits)
                continue;
            assert_true(v.discount_back_fen >= 0 && v.refund_fen >= 0 && v.refund_fen + v.discount_back_fen == amount);
            back += v.discount_back_fen;
            amounts += amount;
            s.returned_fen = v.returned_fen;
            assert_int_equal(s.returned_fen, amounts);
            assert_true(back <= s.discount_fen);
        }
        if (s.returned_fen < s.total_fen) {
            assert_int_equal(void_compute(&s, BODY_VOID_ALL, 0, &v), ERR_OK);
            back += v.discount_back_fen;
            s.returned_fen = v.returned_fen;
        }
        assert_int_equal(s.returned_fen, s.total_fen);
        assert_int_equal(back, s.discount_fen);
        assert_int_equal(void_compute(&s, BODY_VOID_ALL, 1, &v), ERR_RETURN_OVER);
    }
}

static void what_is_no_void_is_refused(void **state)
{
    const struct void_sale s = {.total_fen = 100, .discount_fen = 12, .returned_fen = 40};
    struct body_void v = {.amount_fen = 7};
    (void)state;
    assert_int_equal(void_compute(&s, BODY_VOID_RETURN, 0, &v), ERR_BAD_AMOUNT);
    assert_int_equal(void_compute(&s, BODY_VOID_RETURN, -5, &v), ERR_BAD_AMOUNT);
    assert_int_equal(void_compute(&s, BODY_VOID_RETURN, 61, &v), ERR_RETURN_OVER);
    assert_int_equal(void_compute(&s, BODY_VOID_NONE, 1, &v), ERR_BAD_VALUE);
    assert_int_equal(v.amount_fen, 7);
    assert_int_equal(void_compute(&s, BODY_VOID_ALL, 1, &v), ERR_OK);
    assert_int_equal(v.amount_fen, 60);
    assert_int_equal(v.discount_back_fen, 8); /* 12 - floor(12 * 40 / 100) */
}

static void ids_follow_from_what_they_are_about(void **state)
{
    char a[ULID_LEN + 1], b[ULID_LEN + 1];
    uint8_t id[ULID_SIZE];
    static const char sale[] = "01M857E8HNKEFEN0GKG9MEWGDZ";
    (void)state;
    nth_id(NTH_VOID, sale, 1, a);
    nth_id(NTH_VOID, sale, 1, b);
    assert_string_equal(a, b);
    assert_int_equal(ulid_decode(a, strlen(a), id), ERR_OK);
    nth_id(NTH_VOID, sale, 2, b);
    assert_string_not_equal(a, b);
    nth_id(NTH_DISPUTE, sale, 1, b);
    assert_string_not_equal(a, b);
    nth_id(NTH_VOID, "01M857E8HNKEFEN0GKG9MEWGDY", 1, b);
    assert_string_not_equal(a, b);
}

static struct sockaddr_in6 v6(uint8_t net, uint8_t host)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6};
    a.sin6_addr.s6_addr[0] = 0x20;
    a.sin6_addr.s6_addr[7] = net;
    a.sin6_addr.s6_addr[15] = host;
    return a;
}

static void guesses_end_for_a_network_and_begin_again_later(void **state)
{
    struct guess *g = malloc(sizeof *g);
    struct sockaddr_in6 a = v6(1, 1), same = v6(1, 200), other = v6(2, 1);
    (void)state;
    assert_non_null(g);
    guess_init(g, 7);
    for (int i = 0; i < GUESS_LIMIT; i++) {
        assert_true(guess_may(g, (const struct sockaddr *)&a, 1000));
        guess_missed(g, (const struct sockaddr *)&a, 1000);
    }
    assert_false(guess_may(g, (const struct sockaddr *)&a, 1000));
    assert_false(guess_may(g, (const struct sockaddr *)&same, 1000));
    assert_true(guess_may(g, (const struct sockaddr *)&other, 1000));
    assert_true(guess_may(g, NULL, 1000));
    assert_false(guess_may(g, (const struct sockaddr *)&a, 1000 + GUESS_WINDOW_MS - 1));
    assert_true(guess_may(g, (const struct sockaddr *)&a, 1000 + GUESS_WINDOW_MS));
    guess_release(g);
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts_add_up_to_the_sale_whatever_they_are),
        cmocka_unit_test(what_is_no_void_is_refused), cmocka_unit_test(ids_follow_from_what_they_are_about),
        cmocka_unit_test(guesses_end_for_a_network_and_begin_again_later)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
