/* SPDX-License-Identifier: Apache-2.0 */
/* Lease, revoked and answer notices, a trust notice's policy, keys in time, and root changes. Envelopes good and bad are in
 * proto/vectors (vectors_test.c). */
#include "proto/notice.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID1 "01JPGV5GYM0000000000000001"
#define ID2 "01JPGV5GYM0000000000000002"
#define H32 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char lease_text[] =
    "{\"version\":5,\"terminal_id\":\"" ID1 "\",\"shop_id\":\"" ID2
    "\",\"epoch\":2,\"issued_ms\":1000000,\"stop_at_ms\":260200000,\"allowance\":{\"sales\":200,\"amount_fen\":2000000,"
    "\"starts\":20,\"per_card_day\":3,\"keyed_sales\":0,\"keyed_amount_fen\":0},\"trust\":{\"version\":3,\"sha256\":"
    "\"" H32 "\"},\"shop\":{\"version\":4,\"sha256\":\"" H32 "\"},\"revoked\":{\"version\":9,\"sha256\":\"" H32 "\"}}";

static const char revoked_text[] =
    "{\"version\":9,\"issued_ms\":5,\"count\":3,\"len\":56,\"sha256\":\"" H32
    "\",\"deltas\":[{\"from\":8,\"len\":112,\"sha256\":\"" H32 "\"},{\"from\":6,\"len\":128,\"sha256\":\"" H32 "\"}]}";

static const char answer_text[] =
    "{\"version\":2,\"terminal_id\":\"" ID1 "\",\"ref\":\"1 1 1 g\",\"record_id\":\"" ID2
    "\",\"state\":\"answered\",\"text\":\"已退还差额\\n谢谢\",\"at_ms\":7,\"by\":\"开封市总工会\"}";

/* A notice as if its signature had been looked at, with `from` replaced by `to`. */
static struct notice made(enum notice_kind kind, const char *text, const char *from, const char *to)
{
    struct notice n = {.kind = kind};
    struct buf b;
    const char *at = strstr(text, from);
    if (!at)
        fail_msg("%s is not there", from);
    buf_init(&b, NOTICE_MAX);
    buf_printf(&b, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_int_equal(jsonx_parse(buf_str(&b), b.len, &n.body), ERR_OK);
    jsonx_int(n.body, "version", 1, JSONX_INT_MAX, &n.version);
    buf_release(&b);
    return n;
}

static enum err lease_with(const char *from, const char *to, struct notice_lease *out)
{
    struct notice n = made(NOTICE_LEASE, lease_text, from, to);
    enum err e = notice_lease_parse(&n, out);
    notice_release(&n);
    return e;
}

static void leases(void **state)
{
    struct notice_lease l;
    (void)state;
    assert_int_equal(lease_with("", "", &l), ERR_OK);
    assert_int_equal(l.version, 5);
    assert_string_equal(l.terminal_id, ID1);
    assert_string_equal(l.shop_id, ID2);
    assert_int_equal(l.epoch, 2);
    assert_int_equal(l.stop_at_utc_ms, 260200000);
    assert_int_equal(l.allowance.sales, 200);
    assert_int_equal(l.allowance.amount_fen, 2000000);
    assert_int_equal(l.allowance.starts, 20);
    assert_int_equal(l.allowance.per_card_day, 3);
    assert_int_equal(l.revoked.version, 9);
    assert_int_equal(l.trust.sha256[1], 0x11);
    static const char *const bad[][2] = {{"\"epoch\":2", "\"epoch\":0"}, {"\"epoch\":2", "\"epoch\":4294967296"},
        {"\"stop_at_ms\":260200000", "\"stop_at_ms\":1000000"}, {"\"stop_at_ms\":260200000", "\"stop_at_ms\":999999"},
        {"\"stop_at_ms\":260200000", "\"stop_at_ms\":2593000001"}, {"\"sales\":200", "\"sales\":-1"},
        {"\"sales\":200", "\"sales\":1000001"}, {"\"sales\":200,", ""}, {"\"keyed_sales\":0", "\"keyed_sales\":null"},
        {"\"amount_fen\":2000000", "\"amount_fen\":2e6"}, {"\"version\":3", "\"version\":0"},
        {"\"shop\":{", "\"Shop\":{"}, {"\"revoked\":{\"version\":9", "\"revoked\":{\"version\":9.0"},
        {ID1, "01JPGV5GYM000000000000000"}, {ID2, "01JPGV5GYM000000000000000U"}, {"00112233", "0011223g"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (lease_with(bad[i][0], bad[i][1], &l) != ERR_BAD_NOTICE)
            fail_msg("%s", bad[i][1]);
    assert_int_equal(lease_with("\"stop_at_ms\":260200000", "\"stop_at_ms\":2593000000", &l), ERR_OK); /* 30 days */
    struct notice n = made(NOTICE_SHOP, lease_text, "", "");
    assert_int_equal(notice_lease_parse(&n, &l), ERR_BAD_NOTICE);
    notice_release(&n);
}

static enum err revoked_with(const char *from, const char *to, struct notice_revoked *out)
{
    struct notice n = made(NOTICE_REVOKED, revoked_text, from, to);
    enum err e = notice_revoked_parse(&n, out);
    notice_release(&n);
    return e;
}

static void revoked(void **state)
{
    struct notice_revoked r;
    (void)state;
    assert_int_equal(revoked_with("", "", &r), ERR_OK);
    assert_int_equal(r.version, 9);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.len, 56);
    assert_int_equal(r.delta_cnt, 2);
    assert_int_equal(r.deltas[1].from, 6);
    assert_int_equal(r.deltas[1].len, 128);
    static const char *const bad[][2] = {{"\"count\":3", "\"count\":2"}, {"\"count\":3", "\"count\":-1"},
        {"\"len\":56", "\"len\":55"}, {"\"from\":8", "\"from\":9"}, {"\"from\":8", "\"from\":0"},
        {"\"from\":8", "\"from\":6"}, {"\"len\":112", "\"len\":111"}, {"\"len\":112", "\"len\":113"},
        {"\"len\":112", "\"len\":-8"}, {"\"deltas\":[", "\"deltas\":[{},"}, {"\"deltas\"", "\"Deltas\""},
        {"\"sha256\":\"0", "\"sha256\":\""}, {"\"count\":3,\"len\":56", "\"count\":100000001,\"len\":800000040"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (revoked_with(bad[i][0], bad[i][1], &r) != ERR_BAD_NOTICE)
            fail_msg("%s", bad[i][1]);
}

static enum err answer_with(const char *from, const char *to, struct notice_answer *out)
{
    struct notice n = made(NOTICE_ANSWER, answer_text, from, to);
    enum err e = notice_answer_parse(&n, out);
    notice_release(&n);
    return e;
}

static void answers(void **state)
{
    struct notice_answer a;
    char ref[REF_LEN_MAX + 1], text[2 * DISPUTE_TEXT_MAX];
    (void)state;
    assert_int_equal(ref_format(&(struct ref){1, 1, 1}, ref), ERR_OK);
    char given[] = {' ', (char)(ref[6] | 32), 0};
    snprintf(text, sizeof text, "\"ref\":\"1 1 1%s\"", given);
    assert_int_equal(answer_with("\"ref\":\"1 1 1 g\"", text, &a), ERR_OK);
    assert_string_equal(a.ref, ref);
    assert_int_equal(a.state, DISPUTE_ANSWERED);
    assert_string_equal(a.text, "已退还差额 谢谢");
    assert_string_equal(a.by, "开封市总工会");
    assert_string_equal(a.record_id, ID2);
    assert_int_equal(answer_with("1 1 1 g", "1-1-2-0", &a), ERR_BAD_NOTICE);
    assert_int_equal(answer_with("answered", "Answered", &a), ERR_BAD_NOTICE);
    assert_int_equal(answer_with("开封市总工会", "", &a), ERR_BAD_NOTICE);
    assert_int_equal(answer_with(ID2, "x", &a), ERR_BAD_NOTICE);
    struct notice n = made(NOTICE_ANSWER, answer_text, "", "");
    json_object_set_new(n.body, "ref", json_string(ref));
    for (int i = 0; i <= DISPUTE_TEXT_CHARS; i++)
        memcpy(text + (size_t)i * 3, "会", 4); /* three bytes each */
    json_object_set_new(n.body, "text", json_string(text));
    assert_int_equal(notice_answer_parse(&n, &a), ERR_BAD_NOTICE);
    json_object_set_new(n.body, "text", json_string(text + 3));
    assert_int_equal(notice_answer_parse(&n, &a), ERR_OK);
    assert_int_equal(strlen(a.text), 3 * DISPUTE_TEXT_CHARS);
    notice_release(&n);
}

static struct notice sealed(enum notice_kind kind, const char *text, EVP_PKEY *key)
{
    struct notice n;
    struct buf b;
    buf_init(&b, NOTICE_MAX);
    assert_int_equal(notice_seal(kind, text, strlen(text), key, &b), ERR_OK);
    assert_int_equal(notice_open(buf_str(&b), b.len, &n), ERR_OK);
    buf_release(&b);
    return n;
}

static void each_kind_wants_its_own_key(void **state)
{
    static const char *const texts[] = {
        "{\"version\":1}", "{\"version\":1}", "{\"version\":1}", lease_text, revoked_text, answer_text};
    EVP_PKEY *key = key_generate();
    (void)state;
    for (int kind = NOTICE_SHOP; kind < NOTICE_KINDS; kind++) {
        struct notice n = sealed((enum notice_kind)kind, texts[kind], key);
        for (int may = NOTICE_TRUST; may < NOTICE_KINDS; may++) {
            struct notice_trust trust = {.key_cnt = 1};
            trust.keys[0] = (struct notice_key){.key = key, .kinds = 1u << may, .not_after_utc_ms = INT64_MAX};
            key_id(key, trust.keys[0].id);
            assert_int_equal(notice_verify(&n, &trust), may == kind ? ERR_OK : ERR_UNKNOWN_KEY);
        }
        notice_release(&n);
    }
    key_free(&key);
}

static void keys_have_their_time(void **state)
{
    EVP_PKEY *key = key_generate();
    struct notice n = sealed(NOTICE_LEASE, lease_text, key);
    struct notice_trust trust = {.key_cnt = 1};
    (void)state;
    trust.keys[0] = (struct notice_key){
        .key = key, .kinds = 1u << NOTICE_LEASE, .not_before_utc_ms = 1000, .not_after_utc_ms = 2000};
    key_id(key, trust.keys[0].id);
    assert_int_equal(notice_verify_at(&n, &trust, 999), ERR_UNKNOWN_KEY);
    assert_int_equal(notice_verify_at(&n, &trust, 1000), ERR_OK);
    assert_int_equal(notice_verify_at(&n, &trust, 2000), ERR_OK);
    assert_int_equal(notice_verify_at(&n, &trust, 2001), ERR_UNKNOWN_KEY);
    assert_int_equal(notice_verify(&n, &trust), ERR_OK); /* held since then */
    notice_release(&n);
    key_free(&key);
}

static void a_second_signature(void **state)
{
    EVP_PKEY *key[5];
    struct notice n;
    struct buf b[5];
    (void)state;
    for (int i = 0; i < 5; i++) {
        key[i] = key_generate();
        buf_init(&b[i], NOTICE_MAX);
    }
    assert_int_equal(notice_seal(NOTICE_TRUST, "{\"version\":7}", 13, key[0], &b[0]), ERR_OK);
    assert_int_equal(notice_cosign(buf_str(&b[0]), b[0].len, key[0], &b[4]), ERR_EXISTS);
    for (int i = 1; i < 4; i++)
        assert_int_equal(notice_cosign(buf_str(&b[i - 1]), b[i - 1].len, key[i], &b[i]), ERR_OK);
    assert_int_equal(notice_cosign(buf_str(&b[3]), b[3].len, key[4], &b[4]), ERR_BAD_NOTICE);
    assert_int_equal(b[4].len, 0);
    assert_int_equal(notice_open(buf_str(&b[1]), b[1].len, &n), ERR_OK);
    assert_int_equal(n.sig_cnt, 2);
    assert_int_equal(n.version, 7);
    for (int i = 0; i < 2; i++) {
        struct notice_trust trust = {.key_cnt = 1};
        trust.keys[0] = (struct notice_key){.key = key[i], .kinds = 1u << NOTICE_SHOP};
        key_id(key[i], trust.keys[0].id);
        n.kind = NOTICE_SHOP; /* signed as another kind: the signature is found and does not match */
        assert_int_equal(notice_verify(&n, &trust), ERR_BAD_SIGNATURE);
    }
    notice_release(&n);
    for (int i = 0; i < 5; i++) {
        key_free(&key[i]);
        buf_release(&b[i]);
    }
}

static void issuers_by_longest_prefix(void **state)
{
    struct notice_trust t = {
        .issuer_cnt = 3, .issuers = {{"62", "银联"}, {"620000", "样例银行"}, {"6200001", "样例银行郑州分行"}}};
    (void)state;
    assert_string_equal(notice_issuer(&t, "6200000000001234"), "样例银行");
    assert_string_equal(notice_issuer(&t, "6200001000001234"), "样例银行郑州分行");
    assert_string_equal(notice_issuer(&t, "6299"), "银联");
    assert_null(notice_issuer(&t, "61"));
    assert_null(notice_issuer(&t, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(leases), cmocka_unit_test(revoked), cmocka_unit_test(answers),
        cmocka_unit_test(each_kind_wants_its_own_key), cmocka_unit_test(keys_have_their_time),
        cmocka_unit_test(a_second_signature), cmocka_unit_test(issuers_by_longest_prefix)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
