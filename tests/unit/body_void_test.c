/* SPDX-License-Identifier: Apache-2.0 */
/* Voids, returns and disputes as records, and the question to the service. */
#include "proto/body.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ID1                     "01JPGV5GYM0000000000000001"
#define ID2                     "01JPGV5GYM0000000000000002"
#define DECODE(what, json, out) body_##what##_decode((json), strlen(json), (out))

static struct buf text;

static int setup(void **state)
{
    (void)state;
    buf_init(&text, BODY_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&text);
    return 0;
}

/* 30.00 with 10.00 off; 10.00 went back before (3.33 of the discount), now another 10.00. */
static struct body_void part(void)
{
    return (struct body_void){.at_utc_ms = 1772582400000,
        .void_id = ID1,
        .sale_id = ID2,
        .kind = BODY_VOID_RETURN,
        .amount_fen = 1000,
        .discount_back_fen = 333,
        .refund_fen = 667,
        .returned_fen = 2000,
        .total_fen = 3000,
        .discount_fen = 1000,
        .terminal = 7,
        .granted = true,
        .cashier = "王",
        .slip = {1},
        .blob = {2}};
}

static void voids_both_ways(void **state)
{
    struct body_void v = part(), got;
    (void)state;
    assert_int_equal(body_void_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(void, buf_str(&text), &got), ERR_OK);
    assert_memory_equal(&got, &v, sizeof v);
    v.kind = BODY_VOID_ALL;
    assert_int_equal(body_void_encode(&v, &text), ERR_BAD_VALUE); /* something is left */
    v.amount_fen = 2000;
    v.returned_fen = 3000;
    v.discount_back_fen = 667;
    v.refund_fen = 1333;
    v.terminal = 0;
    v.granted = false;
    v.cashier[0] = 0;
    buf_reset(&text);
    assert_int_equal(body_void_encode(&v, &text), ERR_OK);
    assert_null(strstr(buf_str(&text), "terminal"));
    assert_null(strstr(buf_str(&text), "cashier"));
    assert_int_equal(DECODE(void, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.kind, BODY_VOID_ALL);
    assert_false(got.granted);
}

static enum err void_with(const char *from, const char *to)
{
    struct body_void v = part(), got;
    struct buf b;
    buf_init(&b, BODY_MAX);
    buf_reset(&text);
    assert_int_equal(body_void_encode(&v, &text), ERR_OK);
    const char *at = strstr(buf_str(&text), from);
    if (!at)
        fail_msg("%s is not there", from);
    buf_printf(&b, "%.*s%s%s", (int)(at - buf_str(&text)), buf_str(&text), to, at + strlen(from));
    enum err e = DECODE(void, buf_str(&b), &got);
    buf_release(&b);
    return e;
}

static void voids_must_add_up(void **state)
{
    (void)state;
    assert_int_equal(void_with("\"amount_fen\":1000", "\"amount_fen\":1001"), ERR_BAD_AMOUNT);
    assert_int_equal(
        void_with("\"discount_back_fen\":333,\"refund_fen\":667", "\"discount_back_fen\":334,\"refund_fen\":666"),
        ERR_BAD_AMOUNT);
    assert_int_equal(void_with("\"refund_fen\":667", "\"refund_fen\":668"), ERR_BAD_AMOUNT);
    assert_int_equal(void_with("\"returned_fen\":2000", "\"returned_fen\":3001"), ERR_BAD_AMOUNT);
    assert_int_equal(void_with("\"returned_fen\":2000", "\"returned_fen\":999"), ERR_BAD_AMOUNT);
    assert_int_equal(void_with("\"total_fen\":3000", "\"total_fen\":0"), ERR_BAD_AMOUNT);
    assert_int_equal(void_with("\"discount_fen\":1000", "\"discount_fen\":3001"), ERR_BAD_AMOUNT);
    assert_int_equal(void_with("\"kind\":\"return\"", "\"kind\":\"void\""), ERR_BAD_AMOUNT);
    assert_int_equal(void_with("\"kind\":\"return\"", "\"kind\":\"Return\""), ERR_BAD_VALUE);
    assert_int_equal(void_with("\"terminal\":7", "\"terminal\":0"), ERR_BAD_VALUE);
    assert_int_equal(void_with("\"granted\":true", "\"granted\":1"), ERR_BAD_VALUE);
    assert_int_equal(void_with("\"void_id\":\"0", "\"void_id\":\"8"), ERR_BAD_VALUE);
    assert_int_equal(void_with("\"slip\":\"0", "\"slip\":\""), ERR_BAD_VALUE);
    assert_int_equal(void_with("\"blob\"", "\"Blob\""), ERR_BAD_VALUE);
    assert_int_equal(void_with("\"at_ms\":", "\"at_ms\":-"), ERR_BAD_VALUE);
}

static uint64_t seed;

static int64_t pick(int64_t max)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (int64_t)((seed >> 20) % (uint64_t)(max + 1));
}

/* However a sale is taken back in parts, each part is a record that can be written, no refund is below 0 or above what was paid for,
 * and the parts of the discount add up to it in the end. */
static void parts_add_up_to_the_discount(void **state)
{
    (void)state;
    for (int round = 0; round < 5000; round++) {
        struct body_void v = part(), got;
        int64_t back = 0, refund = 0;
        v.total_fen = 1 + pick(round % 3 ? 500 : OFFER_FEN_MAX - 1);
        v.discount_fen = pick(v.total_fen);
        v.returned_fen = 0;
        while (v.returned_fen < v.total_fen) {
            int64_t left = v.total_fen - v.returned_fen;
            v.amount_fen = 1 + pick(left - 1);
            if (pick(9) == 0 || left < 3)
                v.amount_fen = left;
            v.returned_fen += v.amount_fen;
            v.discount_back_fen = offer_discount_back(v.discount_fen, v.total_fen, v.returned_fen, back);
            v.refund_fen = v.amount_fen - v.discount_back_fen;
            v.kind = v.returned_fen == v.total_fen ? BODY_VOID_ALL : BODY_VOID_RETURN;
            assert_true(v.discount_back_fen >= 0 && v.refund_fen >= 0);
            buf_reset(&text);
            if (body_void_encode(&v, &text) || DECODE(void, buf_str(&text), &got))
                fail_msg("SEED=%llu round %d", (unsigned long long)seed, round);
            back += v.discount_back_fen;
            refund += v.refund_fen;
        }
        assert_int_equal(back, v.discount_fen);
        assert_int_equal(refund, v.total_fen - v.discount_fen);
    }
}

static void blobs_of_free_text(void **state)
{
    static struct body_void_blob r, r2;
    static struct body_dispute_blob d, d2;
    (void)state;
    strcpy(r.reason, "换了\n颜色");
    assert_int_equal(body_void_blob_encode(&r, &text), ERR_OK);
    assert_int_equal(DECODE(void_blob, buf_str(&text), &r2), ERR_OK);
    assert_string_equal(r2.reason, "换了 颜色");
    r.reason[0] = 0;
    assert_int_equal(body_void_blob_encode(&r, &text), ERR_BAD_VALUE);
    assert_int_equal(DECODE(void_blob, "{\"reason\":\"\"}", &r2), ERR_BAD_VALUE);
    assert_int_equal(DECODE(void_blob, "{\"text\":\"x\"}", &r2), ERR_BAD_VALUE);
    buf_reset(&text);
    assert_int_equal(body_dispute_blob_encode(&d, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"text\":\"\"}");
    for (size_t i = 0; i < DISPUTE_TEXT_CHARS; i++)
        memcpy(d.text + i * 4, "\xf0\xa0\x80\x80", 5);
    buf_reset(&text);
    assert_int_equal(body_dispute_blob_encode(&d, &text), ERR_OK);
    assert_true(text.len < RECORD_BLOB_MAX);
    assert_int_equal(DECODE(dispute_blob, buf_str(&text), &d2), ERR_OK);
    assert_string_equal(d2.text, d.text);
    memset(d.text, 'x', DISPUTE_TEXT_CHARS + 1);
    d.text[DISPUTE_TEXT_CHARS + 1] = 0;
    assert_int_equal(body_dispute_blob_encode(&d, &text), ERR_BAD_VALUE);
}

static void disputes_both_ways(void **state)
{
    struct body_dispute v = {.at_utc_ms = 5,
                            .dispute_id = ID1,
                            .kind = DISPUTE_RATE_NOT_GIVEN,
                            .reporter = DISPUTE_BY_MEMBER},
                        got;
    (void)state;
    assert_int_equal(body_dispute_encode(&v, &text), ERR_OK);
    assert_null(strstr(buf_str(&text), "sale_id"));
    assert_int_equal(DECODE(dispute, buf_str(&text), &got), ERR_OK);
    assert_memory_equal(&got, &v, sizeof v);
    strcpy(v.sale_id, ID2);
    strcpy(v.cashier, "李");
    v.refusal_seq = 12;
    for (int kind = DISPUTE_NONE + 1; kind < DISPUTE_KINDS; kind++) {
        v.kind = (enum dispute_kind)kind;
        buf_reset(&text);
        assert_int_equal(body_dispute_encode(&v, &text), ERR_OK);
        assert_int_equal(DECODE(dispute, buf_str(&text), &got), ERR_OK);
        assert_memory_equal(&got, &v, sizeof v);
    }
    v.kind = DISPUTE_KINDS;
    assert_int_equal(body_dispute_encode(&v, &text), ERR_BAD_VALUE);
    v.kind = DISPUTE_OTHER;
    v.reporter = DISPUTE_BY_NONE;
    assert_int_equal(body_dispute_encode(&v, &text), ERR_BAD_VALUE);
    assert_int_equal(DECODE(dispute, "{}", &got), ERR_BAD_VALUE);
}

static void questions_and_answers(void **state)
{
    struct body_void_ask q = {ID1, ID2, BODY_VOID_RETURN, 1000}, q2;
    struct body_void_answer a = {.granted = true,
                                .returned_fen = 2000,
                                .discount_back_fen = 333,
                                .refund_fen = 667,
                                .total_fen = 3000,
                                .discount_fen = 1000,
                                .terminal = 3},
                            a2;
    (void)state;
    assert_int_equal(body_void_ask_encode(&q, &text), ERR_OK);
    assert_int_equal(DECODE(void_ask, buf_str(&text), &q2), ERR_OK);
    assert_memory_equal(&q, &q2, sizeof q);
    q.amount_fen = 0;
    assert_int_equal(body_void_ask_encode(&q, &text), ERR_BAD_VALUE);
    assert_int_equal(
        DECODE(void_ask, "{\"void_id\":\"" ID1 "\",\"sale_id\":\"" ID2 "\",\"kind\":\"void\",\"amount_fen\":0}", &q2),
        ERR_BAD_AMOUNT);
    assert_int_equal(
        DECODE(void_ask, "{\"void_id\":\"" ID1 "\",\"sale_id\":\"" ID2 "\",\"kind\":\"lunch\",\"amount_fen\":1}", &q2),
        ERR_BAD_VALUE);
    buf_reset(&text);
    assert_int_equal(body_void_answer_encode(&a, &text), ERR_OK);
    assert_int_equal(DECODE(void_answer, buf_str(&text), &a2), ERR_OK);
    assert_memory_equal(&a, &a2, sizeof a);
    a.discount_back_fen++;
    a.refund_fen--;
    assert_int_equal(body_void_answer_encode(&a, &text), ERR_BAD_VALUE);
    a = (struct body_void_answer){.reason = ERR_RETURN_LATE};
    buf_reset(&text);
    assert_int_equal(body_void_answer_encode(&a, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"granted\":false,\"reason\":\"return_late\"}");
    assert_int_equal(DECODE(void_answer, buf_str(&text), &a2), ERR_OK);
    assert_int_equal(a2.reason, ERR_RETURN_LATE);
    assert_false(a2.granted);
    assert_int_equal(DECODE(void_answer, "{\"granted\":false,\"reason\":\"moon\"}", &a2), ERR_OK);
    assert_int_equal(a2.reason, ERR_RETURN_OVER);
    assert_int_equal(DECODE(void_answer, "{\"granted\":true}", &a2), ERR_BAD_VALUE);
    assert_int_equal(DECODE(void_answer, "{\"reason\":\"return_over\"}", &a2), ERR_BAD_VALUE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(voids_both_ways), T(voids_must_add_up), T(parts_add_up_to_the_discount),
        T(blobs_of_free_text), T(disputes_both_ways), T(questions_and_answers)};
    const char *given = getenv("SEED");
    seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
