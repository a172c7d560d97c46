/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "proto/body.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID1 "01JPGV5GYM0000000000000001"
#define ID2 "01JPGV5GYM0000000000000002"

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

#define DECODE(what, json, out) body_##what##_decode((json), strlen(json), (out))

static void verify_both_ways(void **state)
{
    struct body_verify v = {.checkout_id = ID1, .card = {.by = BODY_BY_QR, .token = {0, 1, 2, 255}}}, got;
    (void)state;
    assert_int_equal(body_verify_encode(&v, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"checkout_id\":\"" ID1 "\",\"token\":\"AAAQF7YAAAAAAAAA\"}");
    assert_int_equal(DECODE(verify, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.card.by, BODY_BY_QR);
    assert_memory_equal(got.card.token, v.card.token, CARD_TOKEN);
    v.card.by = BODY_BY_NUMBER;
    text_copy(v.card.number, sizeof v.card.number, "6200000000000005");
    buf_reset(&text);
    assert_int_equal(body_verify_encode(&v, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"checkout_id\":\"" ID1 "\",\"number\":\"6200000000000005\"}");
    assert_int_equal(DECODE(verify, buf_str(&text), &got), ERR_OK);
    assert_string_equal(got.card.number, "6200000000000005");
    v.card.by = BODY_BY_NONE;
    assert_int_equal(body_verify_encode(&v, &text), ERR_BAD_VALUE);
}

/* The encoder's exact text takes a short way; a space more makes it take the long one. They must agree on every text of that
 * length. */
static void verify_short_way_is_the_long_way(void **state)
{
    static const char good[] = "{\"checkout_id\":\"" ID1 "\",\"token\":\"AAAQF7YAAAAAAAAA\"}";
    char plain[sizeof good], spaced[sizeof good + 1];
    (void)state;
    for (size_t i = 0; i + 1 < sizeof good; i++)
        for (int c = 1; c < 256; c++) {
            struct body_verify a = {.checkout_id = "untouched"}, b = a;
            memcpy(plain, good, sizeof good);
            plain[i] = (char)c;
            snprintf(spaced, sizeof spaced, " %s", plain);
            assert_int_equal(DECODE(verify, plain, &a), DECODE(verify, spaced, &b));
            assert_int_equal(a.card.by, b.card.by);
            assert_string_equal(a.checkout_id, b.checkout_id);
            assert_memory_equal(a.card.token, b.card.token, CARD_TOKEN);
        }
}

static void verify_refused(void **state)
{
    static const struct {
        const char *json;
        enum err want;
    } bad[] = {
        {"", ERR_BAD_JSON},
        {"[]", ERR_BAD_JSON},
        {"{}", ERR_BAD_VALUE},
        {"{\"checkout_id\":\"" ID1 "\"}", ERR_BAD_VALUE},
        {"{\"checkout_id\":\"" ID1 "\",\"token\":null}", ERR_BAD_VALUE},
        {"{\"checkout_id\":\"" ID1 "\",\"token\":\"AAAQF7YAAAAAAAAA\",\"number\":\"6200000000000005\"}", ERR_BAD_VALUE},
        {"{\"checkout_id\":\"" ID1 "\",\"token\":\"AAAQF7YAAAAAAAA\"}", ERR_BAD_VALUE},
        {"{\"checkout_id\":\"" ID1 "\",\"token\":\"AAAQF7YAAAAAAAA1\"}", ERR_BAD_VALUE},
        {"{\"checkout_id\":\"" ID1 "\",\"number\":6200000000000005}", ERR_BAD_VALUE},
        {"{\"checkout_id\":\"" ID1 "\",\"number\":\"620000000000000\"}", ERR_BAD_NUMBER},
        {"{\"checkout_id\":\"" ID1 "\",\"number\":\"11010519491231002X\"}", ERR_ID_NUMBER},
        {"{\"checkout_id\":\"" ID1 "\",\"checkout_id\":\"" ID1 "\",\"number\":\"6200000000000005\"}", ERR_BAD_JSON},
        {"{\"checkout_id\":\"1\",\"number\":\"6200000000000005\"}", ERR_BAD_VALUE},
        {"{\"checkout_id\":\"" ID1 "\",\"number\":\"6200000000000005\"} x", ERR_BAD_JSON},
    };
    struct body_verify got = {.checkout_id = "untouched"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (DECODE(verify, bad[i].json, &got) != bad[i].want)
            fail_msg("%s", bad[i].json);
    assert_string_equal(got.checkout_id, "untouched");
}

static void verdict_both_ways(void **state)
{
    struct body_verdict v = {.verdict = VERDICT_MEMBER,
                            .card_last4 = "0042",
                            .at_utc_ms = 7,
                            .name_masked = "*\"建涛",
                            .use_cnt = 2},
                        got;
    (void)state;
    v.uses[0] = (struct body_use){ID1, 1};
    v.uses[1] = (struct body_use){ID2, 0};
    assert_int_equal(body_verdict_encode(&v, &text), ERR_OK);
    assert_string_equal(buf_str(&text),
        "{\"verdict\":\"member\",\"at_ms\":7,\"card_last4\":\"0042\",\"name_masked\":\"*\\\"建涛\","
        "\"uses\":[{\"offer_id\":\"" ID1 "\",\"left\":1},{\"offer_id\":\"" ID2 "\",\"left\":0}]}");
    assert_int_equal(DECODE(verdict, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.verdict, VERDICT_MEMBER);
    assert_int_equal(got.at_utc_ms, 7);
    assert_string_equal(got.name_masked, "*\"建涛");
    assert_int_equal(got.use_cnt, 2);
    assert_string_equal(got.uses[1].offer_id, ID2);
    assert_int_equal(got.uses[0].left, 1);
    buf_reset(&text);
    v = (struct body_verdict){.at_utc_ms = 8, .reason = ERR_CARD_LOST, .name_masked = "*x"};
    assert_int_equal(body_verdict_encode(&v, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"verdict\":\"refused\",\"at_ms\":8,\"reason\":\"card_lost\"}");
    assert_int_equal(DECODE(verdict, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.verdict, VERDICT_REFUSED);
    assert_int_equal(got.reason, ERR_CARD_LOST);
    assert_string_equal(got.name_masked, "");
}

/* Nothing but the exact word makes a member, and a reason that we do not know still refuses. */
static void only_member_is_a_member(void **state)
{
    static const char *const bad[] = {"{\"verdict\":\"provisional\",\"at_ms\":8,\"card_last4\":\"0042\"}",
        "{\"verdict\":\"Member\",\"at_ms\":8,\"card_last4\":\"0042\"}",
        "{\"verdict\":true,\"at_ms\":8,\"card_last4\":\"0042\"}", "{\"at_ms\":8,\"card_last4\":\"0042\"}",
        "{\"verdict\":\"member\",\"at_ms\":8}", "{\"verdict\":\"member\",\"at_ms\":8,\"card_last4\":\"42\"}",
        "{\"verdict\":\"member\",\"at_ms\":8,\"card_last4\":\"004x\"}", "{\"verdict\":\"refused\",\"at_ms\":8}",
        "{\"verdict\":\"member\",\"card_last4\":\"0042\"}", "{\"verdict\":\"refused\",\"reason\":\"card_lost\"}",
        "{\"verdict\":\"member\",\"at_ms\":8,\"card_last4\":\"0042\",\"uses\":[{\"offer_id\":\"" ID1
        "\",\"left\":-1}]}"};
    struct body_verdict got;
    const struct body_verdict ours = {.verdict = VERDICT_PROVISIONAL, .card_last4 = "0042"};
    (void)state;
    assert_int_equal(body_verdict_encode(&ours, &text), ERR_BAD_VALUE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (DECODE(verdict, bad[i], &got) != ERR_BAD_VALUE)
            fail_msg("%s", bad[i]);
    assert_int_equal(
        DECODE(verdict, "{\"verdict\":\"refused\",\"at_ms\":8,\"reason\":\"later_reason\"}", &got), ERR_OK);
    assert_int_equal(got.verdict, VERDICT_REFUSED);
    assert_int_equal(got.reason, ERR_NOT_CONFIRMED);
    assert_int_equal(DECODE(verdict, "{\"verdict\":\"refused\",\"at_ms\":8,\"reason\":\"ok\"}", &got), ERR_OK);
    assert_int_equal(got.reason, ERR_NOT_CONFIRMED);
    memset(&got, 0, sizeof got);
    assert_int_equal(got.verdict, VERDICT_REFUSED);
}

static void names_come_clean(void **state)
{
    struct body_verdict got;
    (void)state;
    assert_int_equal(
        DECODE(verdict,
            "{\"verdict\":\"member\",\"at_ms\":8,\"card_last4\":\"0042\",\"name_masked\":\"*\\u001b\\u202e涛\"}", &got),
        ERR_OK);
    assert_string_equal(got.name_masked, "*  涛");
}

static void reserve_both_ways(void **state)
{
    struct body_reserve v = {.checkout_id = ID1, .offer_id = ID2, .card = {.by = BODY_BY_QR}}, got;
    struct body_reserved r = {.reserved = true, .expires_utc_ms = 1772582400000}, back;
    (void)state;
    assert_int_equal(body_reserve_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(reserve, buf_str(&text), &got), ERR_OK);
    assert_string_equal(got.offer_id, ID2);
    buf_reset(&text);
    assert_int_equal(body_reserved_encode(&r, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"reserved\":true,\"expires_ms\":1772582400000}");
    assert_int_equal(DECODE(reserved, buf_str(&text), &back), ERR_OK);
    assert_true(back.reserved && back.expires_utc_ms == r.expires_utc_ms);
    assert_int_equal(DECODE(reserved, "{\"reserved\":false,\"reason\":\"limit_reached\"}", &back), ERR_OK);
    assert_true(!back.reserved && back.reason == ERR_LIMIT_REACHED);
    assert_int_equal(DECODE(reserved, "{\"reserved\":1,\"expires_ms\":1}", &back), ERR_BAD_VALUE);
    assert_int_equal(DECODE(reserved, "{\"reserved\":true}", &back), ERR_BAD_VALUE);
    assert_int_equal(
        DECODE(reserve, "{\"checkout_id\":\"" ID1 "\",\"token\":\"AAAAAAAAAAAAAAAA\"}", &got), ERR_BAD_VALUE);
}

static struct body_batch batch(void)
{
    struct body_batch b = {.epoch = 1, .record_cnt = 2, .head_seq = 8, .head_hash = {7}, .head_sig = {9}};
    b.record[0] = (struct body_record){.seq = 7, .kind = RECORD_STARTED, .body = "{\"a\":\"\\n\"}", .body_len = 10};
    b.record[1] = (struct body_record){
        .seq = 8, .kind = RECORD_SALE, .body = "{}", .body_len = 2, .blob = "{\"x\":1}", .blob_len = 7, .salt = {1}};
    return b;
}

static void batch_both_ways(void **state)
{
    struct body_batch v = batch(), got;
    (void)state;
    assert_int_equal(body_batch_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(batch, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.epoch, 1);
    assert_int_equal(got.record_cnt, 2);
    assert_int_equal(got.record[0].seq, 7);
    assert_int_equal(got.record[0].body_len, 10);
    assert_memory_equal(got.record[0].body, v.record[0].body, 10);
    assert_null(got.record[0].blob);
    assert_int_equal(got.record[1].kind, RECORD_SALE);
    assert_memory_equal(got.record[1].blob, "{\"x\":1}", 7);
    assert_int_equal(got.record[1].salt[0], 1);
    assert_int_equal(got.head_seq, 8);
    assert_memory_equal(got.head_hash, v.head_hash, KEY_HASH);
    assert_memory_equal(got.head_sig, v.head_sig, KEY_SIG);
    body_batch_release(&got);
    body_batch_release(&got);
}

static void batches_have_no_gaps(void **state)
{
    struct body_batch v = batch(), got;
    (void)state;
    v.record[0].seq = 6;
    assert_int_equal(body_batch_encode(&v, &text), ERR_BAD_VALUE);
    v = batch();
    v.record[1].seq = v.head_seq = 9;
    assert_int_equal(body_batch_encode(&v, &text), ERR_BAD_VALUE);
    v = batch();
    v.head_seq = 9;
    assert_int_equal(body_batch_encode(&v, &text), ERR_BAD_VALUE);
    v = batch();
    v.record[0].kind = (enum record_kind)99;
    assert_int_equal(body_batch_encode(&v, &text), ERR_BAD_VALUE);
    assert_int_equal(text.len, 0);
    v = batch();
    assert_int_equal(body_batch_encode(&v, &text), ERR_OK);
    char *at = strstr((char *)text.data, "\"seq\":8,\"kind\"");
    assert_non_null(at);
    at[6] = '9';
    assert_int_equal(DECODE(batch, buf_str(&text), &got), ERR_BAD_VALUE);
    at[6] = '7';
    assert_int_equal(DECODE(batch, buf_str(&text), &got), ERR_BAD_VALUE);
    at[6] = '8';
    at = strstr((char *)text.data, "\"salt\"");
    at[1] = 'S'; /* a blob without its salt */
    assert_int_equal(DECODE(batch, buf_str(&text), &got), ERR_BAD_VALUE);
    at[1] = 's';
    at = strstr((char *)text.data, "\"blob\"");
    at[1] = 'B'; /* and a salt without a blob */
    assert_int_equal(DECODE(batch, buf_str(&text), &got), ERR_BAD_VALUE);
}

static void batch_may_ask_for_the_head_alone(void **state)
{
    struct body_batch v = {.epoch = 2, .head_seq = 41}, got;
    (void)state;
    assert_int_equal(body_batch_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(batch, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.record_cnt, 0);
    assert_int_equal(got.head_seq, 41);
    body_batch_release(&got);
}

static void full_batch_is_told_to_be_too_large(void **state)
{
    static struct body_batch v;
    char *body = malloc(RECORD_BODY_MAX);
    (void)state;
    memset(body, 'x', RECORD_BODY_MAX);
    v = (struct body_batch){.epoch = 1, .record_cnt = BODY_BATCH, .head_seq = BODY_BATCH};
    for (size_t i = 0; i < BODY_BATCH; i++)
        v.record[i] =
            (struct body_record){.seq = i + 1, .kind = RECORD_SALE, .body = body, .body_len = RECORD_BODY_MAX};
    assert_int_equal(body_batch_encode(&v, &text), ERR_TOO_LARGE);
    assert_int_equal(text.len, 0);
    free(body);
}

static void results_both_ways(void **state)
{
    struct body_results v = {.result_cnt = 4,
                            .epoch = 1,
                            .head_seq = 8,
                            .head_hash = {1},
                            .head_sig = {2},
                            .at_utc_ms = 1772582400000,
                            .keyid = "0123456789abcdef"},
                        got;
    (void)state;
    v.result[0] = (struct body_result){.seq = 7, .outcome = BODY_COUNTED};
    v.result[1] = (struct body_result){.seq = 8, .outcome = BODY_HELD, .code = ERR_LIMIT_REACHED};
    v.result[2] = (struct body_result){.seq = 9, .outcome = BODY_KNOWN};
    v.result[3] = (struct body_result){.seq = 10, .outcome = BODY_CONTESTED, .code = ERR_OFFLINE_LATE};
    assert_int_equal(body_results_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(results, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.result_cnt, 4);
    assert_int_equal(got.result[3].outcome, BODY_CONTESTED);
    assert_int_equal(got.result[3].code, ERR_OFFLINE_LATE);
    assert_int_equal(got.result[0].outcome, BODY_COUNTED);
    assert_int_equal(got.result[1].outcome, BODY_HELD);
    assert_int_equal(got.result[1].code, ERR_LIMIT_REACHED);
    assert_int_equal(got.result[2].outcome, BODY_KNOWN);
    assert_int_equal(got.result[2].seq, 9);
    assert_int_equal(got.at_utc_ms, v.at_utc_ms);
    assert_string_equal(got.keyid, v.keyid);
    assert_memory_equal(got.head_sig, v.head_sig, KEY_SIG);
    v.result[0].outcome = BODY_OUTCOME_NONE;
    assert_int_equal(body_results_encode(&v, &text), ERR_BAD_VALUE);
    text_copy(v.keyid, sizeof v.keyid, "0123456789ABCDEF");
    assert_int_equal(body_results_encode(&v, &text), ERR_BAD_VALUE);
}

static enum err known_as(const char *members, struct body_result *out)
{
    struct body_results v = {.epoch = 1, .keyid = "0123456789abcdef"}, got;
    struct buf b;
    buf_init(&b, 4096);
    buf_reset(&text);
    assert_int_equal(body_results_encode(&v, &text), ERR_OK);
    const char *rest = strstr(buf_str(&text), "],\"head\"");
    assert_non_null(rest);
    buf_printf(&b, "{\"results\":[{\"seq\":1,%s}%s", members, rest);
    enum err e = DECODE(results, buf_str(&b), &got);
    if (!e)
        *out = got.result[0];
    buf_release(&b);
    return e;
}

static void a_repeat_tells_the_first_outcome(void **state)
{
    struct body_result r;
    (void)state;
    assert_int_equal(known_as("\"outcome\":\"known\"", &r), ERR_OK);
    assert_int_equal(r.was, BODY_COUNTED);
    assert_int_equal(known_as("\"outcome\":\"known\",\"code\":\"card_lost\"", &r), ERR_OK);
    assert_int_equal(r.was, BODY_HELD);
    assert_int_equal(known_as("\"outcome\":\"known\",\"code\":\"card_lost\",\"was\":\"contested\"", &r), ERR_OK);
    assert_int_equal(r.was, BODY_CONTESTED);
    assert_int_equal(r.code, ERR_CARD_LOST);
    assert_int_equal(known_as("\"outcome\":\"contested\",\"code\":\"card_lost\",\"was\":\"held\"", &r), ERR_OK);
    assert_int_equal(r.was, BODY_OUTCOME_NONE); /* says nothing beside a first outcome */
    assert_int_equal(known_as("\"outcome\":\"known\",\"was\":\"known\"", &r), ERR_BAD_VALUE);
    assert_int_equal(known_as("\"outcome\":\"known\",\"was\":\"lost\"", &r), ERR_BAD_VALUE);
    assert_int_equal(known_as("\"outcome\":\"Contested\"", &r), ERR_BAD_VALUE);
}

static void names(void **state)
{
    (void)state;
    for (int i = VERDICT_REFUSED; i <= VERDICT_PROVISIONAL; i++)
        assert_int_equal(verdict_from_name(verdict_name((enum verdict)i)), i);
    assert_string_equal(verdict_name(VERDICT_PROVISIONAL), "provisional");
    assert_int_equal(verdict_from_name("Member"), VERDICT_REFUSED);
    assert_int_equal(verdict_from_name(NULL), VERDICT_REFUSED);
    assert_string_equal(body_outcome_name(BODY_CONTESTED), "contested");
    assert_null(body_outcome_name(BODY_OUTCOME_NONE));
    assert_null(body_outcome_name((enum body_outcome)9));
    for (int i = BODY_INPUT_READER; i <= BODY_INPUT_API; i++)
        assert_int_equal(body_input_from_name(body_input_name((enum body_input)i)), i);
    assert_null(body_input_name(BODY_INPUT_NONE));
    assert_null(body_input_name((enum body_input)9));
    assert_int_equal(body_input_from_name("qr"), BODY_INPUT_NONE);
    assert_int_equal(body_input_from_name(NULL), BODY_INPUT_NONE);
    assert_null(body_by_name(BODY_BY_NONE));
    assert_string_equal(verdict_name((enum verdict)7), "refused");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(verify_both_ways), T(verify_short_way_is_the_long_way), T(verify_refused),
        T(verdict_both_ways), T(only_member_is_a_member), T(names_come_clean), T(reserve_both_ways), T(batch_both_ways),
        T(batches_have_no_gaps), T(batch_may_ask_for_the_head_alone), T(full_batch_is_told_to_be_too_large),
        T(results_both_ways), T(a_repeat_tells_the_first_outcome), T(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
