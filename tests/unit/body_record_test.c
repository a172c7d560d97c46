/* SPDX-License-Identifier: Apache-2.0 */
/* What records say, and a sale's blob. */
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

static struct body_line lines[2] = {{"面", 10000, 1200}, {"", 2800, 336}};

static struct body_sale sale(void)
{
    return (struct body_sale){.at_utc_ms = 1772582400000,
        .sale_id = ID1,
        .checkout_id = ID2,
        .total_fen = 12800,
        .discount_fen = 1536,
        .pay_fen = 11264,
        .offer_id = ID2,
        .offer_title = "会员八八折",
        .shop_version = 3,
        .verdict = VERDICT_MEMBER,
        .by = BODY_BY_QR,
        .input = BODY_INPUT_READER,
        .card_last4 = "0042",
        .cashier = "王",
        .lines = lines,
        .line_cnt = 2,
        .blob = {5}};
}

/* The same bytes as stand in `text`: nothing was lost on the way. */
static void written_again(const struct body_sale *v)
{
    struct buf again;
    buf_init(&again, BODY_MAX);
    assert_int_equal(body_sale_encode(v, &again), ERR_OK);
    assert_string_equal(buf_str(&again), buf_str(&text));
    buf_release(&again);
}

static void sale_both_ways(void **state)
{
    struct body_sale v = sale(), got;
    (void)state;
    assert_int_equal(body_sale_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(sale, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.line_cnt, 2);
    assert_string_equal(got.lines[0].category, "面");
    assert_int_equal(got.lines[1].discount_fen, 336);
    assert_string_equal(got.offer_title, "会员八八折");
    assert_string_equal(got.cashier, "王");
    assert_int_equal(got.by, BODY_BY_QR);
    assert_int_equal(got.input, BODY_INPUT_READER);
    written_again(&got);
    body_sale_release(&got);
    buf_reset(&text);
    v.own_price = true;
    v.offer_id[0] = v.cashier[0] = 0;
    v.line_cnt = 0;
    assert_int_equal(body_sale_encode(&v, &text), ERR_OK);
    assert_null(strstr(buf_str(&text), "offer_id"));
    assert_null(strstr(buf_str(&text), "lines"));
    assert_int_equal(DECODE(sale, buf_str(&text), &got), ERR_OK);
    assert_true(got.own_price);
    body_sale_release(&got);
}

/* Replaces one member's text in a good sale and decodes it. */
static enum err sale_with(const char *from, const char *to)
{
    struct body_sale v = sale(), got;
    struct buf b;
    buf_init(&b, BODY_MAX);
    buf_reset(&text);
    assert_int_equal(body_sale_encode(&v, &text), ERR_OK);
    const char *at = strstr(buf_str(&text), from);
    if (!at)
        fail_msg("%s is not there", from);
    buf_printf(&b, "%.*s%s%s", (int)(at - buf_str(&text)), buf_str(&text), to, at + strlen(from));
    enum err e = DECODE(sale, buf_str(&b), &got);
    if (!e)
        body_sale_release(&got);
    buf_release(&b);
    return e;
}

static void sales_must_add_up(void **state)
{
    (void)state;
    assert_int_equal(sale_with("\"cashier\"", "\"Cashier\""), ERR_OK); /* an unknown member */
    assert_int_equal(sale_with("\"total_fen\":12800", "\"total_fen\":12801"), ERR_BAD_AMOUNT);
    assert_int_equal(sale_with("\"pay_fen\":11264", "\"pay_fen\":11263"), ERR_BAD_AMOUNT);
    assert_int_equal(sale_with("\"discount_fen\":1536", "\"discount_fen\":-1536"), ERR_BAD_AMOUNT);
    assert_int_equal(sale_with("\"amount_fen\":10000", "\"amount_fen\":10001"), ERR_BAD_AMOUNT);
    assert_int_equal(sale_with("\"discount_fen\":336", "\"discount_fen\":335"), ERR_BAD_AMOUNT);
    assert_int_equal(sale_with("\"total_fen\":12800", "\"total_fen\":1000000000"), ERR_BAD_AMOUNT);
    assert_int_equal(sale_with("\"total_fen\":12800", "\"total_fen\":128.00"), ERR_BAD_AMOUNT);
}

static void sales_are_whole(void **state)
{
    (void)state;
    assert_int_equal(sale_with("\"verdict\":\"member\"", "\"verdict\":\"refused\""), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"by\":\"qr\"", "\"by\":\"hand\""), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"input\":\"reader\"", "\"input\":\"\""), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"own_price\":false", "\"own_price\":true"), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"own_price\":false", "\"own_price\":0"), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"shop_version\":3", "\"shop_version\":0"), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"card_last4\":\"0042\"", "\"card_last4\":\"42\""), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"sale_id\":\"01", "\"sale_id\":\"81"), ERR_BAD_VALUE);
    assert_int_equal(sale_with(",\"blob\":\"", ",\"blob\":\"0"), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"at_ms\":", "\"at_ms\":-"), ERR_BAD_VALUE);
}

static void provisional_sales_name_their_lease(void **state)
{
    struct body_sale v = sale(), got;
    (void)state;
    v.verdict = VERDICT_PROVISIONAL;
    assert_int_equal(body_sale_encode(&v, &text), ERR_BAD_VALUE);
    v.lease = 17;
    assert_int_equal(body_sale_encode(&v, &text), ERR_OK);
    assert_non_null(strstr(buf_str(&text), "\"verdict\":\"provisional\",\"lease\":17,"));
    assert_int_equal(DECODE(sale, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.verdict, VERDICT_PROVISIONAL);
    assert_int_equal(got.lease, 17);
    body_sale_release(&got);
    v.verdict = VERDICT_MEMBER;
    assert_int_equal(body_sale_encode(&v, &text), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"verdict\":\"member\"", "\"verdict\":\"provisional\""), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"verdict\":\"member\"", "\"verdict\":\"provisional\",\"lease\":0"), ERR_BAD_VALUE);
    assert_int_equal(sale_with("\"verdict\":\"member\"", "\"verdict\":\"provisional\",\"lease\":1"), ERR_OK);
    assert_int_equal(sale_with("\"verdict\":\"member\"", "\"verdict\":\"member\",\"lease\":1"), ERR_BAD_VALUE);
}

static void slips_and_tags(void **state)
{
    struct body_sale v = sale(), got;
    struct body_blob b = {.by = BODY_BY_QR, .token = {1}, .has_tag = true, .tag = {0xde, 0xad}}, b2;
    (void)state;
    v.has_slip = true;
    v.slip[31] = 7;
    assert_int_equal(body_sale_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(sale, buf_str(&text), &got), ERR_OK);
    assert_true(got.has_slip);
    assert_memory_equal(got.slip, v.slip, KEY_HASH);
    written_again(&got);
    body_sale_release(&got);
    assert_int_equal(sale_with(",\"blob\"", ",\"slip\":\"00\",\"blob\""), ERR_BAD_VALUE);
    buf_reset(&text);
    assert_int_equal(body_blob_encode(&b, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"token\":\"AEAAAAAAAAAAAAAA\",\"tag\":\"dead000000000000\"}");
    assert_int_equal(DECODE(blob, buf_str(&text), &b2), ERR_OK);
    assert_true(b2.has_tag);
    assert_memory_equal(b2.tag, b.tag, BODY_TAG);
    assert_int_equal(DECODE(blob, "{\"token\":\"AAAAAAAAAAAAAAAA\",\"tag\":\"dead\"}", &b2), ERR_BAD_VALUE);
}

static void largest_sale_fits(void **state)
{
    struct body_sale v = sale();
    (void)state;
    v.lines = calloc(OFFER_LINES, sizeof *v.lines);
    v.line_cnt = OFFER_LINES;
    v.total_fen = v.pay_fen = 0;
    v.discount_fen = 0;
    for (size_t i = 0; i < OFFER_LINES; i++) {
        memset(v.lines[i].category, 'c', OFFER_CATEGORY_MAX);
        v.lines[i].amount_fen = 1999999;
        v.lines[i].discount_fen = 1999999;
        v.total_fen += 1999999;
        v.discount_fen += 1999999;
    }
    assert_int_equal(body_sale_encode(&v, &text), ERR_OK);
    assert_true(text.len <= RECORD_BODY_MAX);
    free(v.lines);
}

static void unfit_sales_are_not_written(void **state)
{
    struct body_sale v = sale();
    (void)state;
    v.verdict = VERDICT_REFUSED;
    assert_int_equal(body_sale_encode(&v, &text), ERR_BAD_VALUE);
    v = sale();
    v.pay_fen++;
    assert_int_equal(body_sale_encode(&v, &text), ERR_BAD_VALUE);
    v = sale();
    v.input = BODY_INPUT_NONE;
    assert_int_equal(body_sale_encode(&v, &text), ERR_BAD_VALUE);
    v = sale();
    text_copy(v.offer_title, sizeof v.offer_title, "\xff");
    assert_int_equal(body_sale_encode(&v, &text), ERR_BAD_VALUE);
    assert_int_equal(text.len, 0);
}

static void blob_both_ways(void **state)
{
    struct body_blob v = {.by = BODY_BY_QR, .token = {1}, .name_masked = "*涛"}, got;
    (void)state;
    assert_int_equal(body_blob_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(blob, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.by, BODY_BY_QR);
    assert_memory_equal(got.token, v.token, CARD_TOKEN);
    assert_string_equal(got.name_masked, "*涛");
    buf_reset(&text);
    v = (struct body_blob){.by = BODY_BY_NUMBER, .sealed_len = 331};
    memset(v.sealed, 0xa5, 331);
    assert_int_equal(body_blob_encode(&v, &text), ERR_OK);
    assert_int_equal(DECODE(blob, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.sealed_len, 331);
    assert_memory_equal(got.sealed, v.sealed, 331);
    assert_int_equal(DECODE(blob, "{}", &got), ERR_BAD_VALUE);
    assert_int_equal(DECODE(blob, "{\"token\":\"AAAAAAAAAAAAAAAA\",\"sealed\":\"AAAA\"}", &got), ERR_BAD_VALUE);
    v.sealed_len = 0;
    assert_int_equal(body_blob_encode(&v, &text), ERR_BAD_VALUE);
}

static void small_records_both_ways(void **state)
{
    struct body_refusal r = {1772582400000, ERR_PAYMENT_CODE, BODY_BY_NONE, BODY_INPUT_READER}, r2;
    struct body_notice_applied n = {1772582400000, NOTICE_SHOP, 4, {8}, STANDING_DELISTED}, n2;
    struct body_started s = {.at_utc_ms = 1772582400000, .version = "0.1.0"}, s2;
    (void)state;
    assert_int_equal(body_refusal_encode(&r, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"at_ms\":1772582400000,\"reason\":\"payment_code\",\"input\":\"reader\"}");
    assert_int_equal(DECODE(refusal, buf_str(&text), &r2), ERR_OK);
    assert_int_equal(r2.reason, ERR_PAYMENT_CODE);
    assert_int_equal(r2.by, BODY_BY_NONE);
    buf_reset(&text);
    assert_int_equal(body_notice_applied_encode(&n, &text), ERR_OK);
    assert_int_equal(DECODE(notice_applied, buf_str(&text), &n2), ERR_OK);
    assert_int_equal(n2.standing, STANDING_DELISTED);
    assert_int_equal(n2.sha256[0], 8);
    n.standing = STANDING_UNKNOWN;
    assert_int_equal(body_notice_applied_encode(&n, &text), ERR_BAD_VALUE);
    n.notice = NOTICE_TRUST;
    buf_reset(&text);
    assert_int_equal(body_notice_applied_encode(&n, &text), ERR_OK);
    assert_int_equal(DECODE(notice_applied, buf_str(&text), &n2), ERR_OK);
    assert_int_equal(n2.notice, NOTICE_TRUST);
    buf_reset(&text);
    assert_int_equal(body_started_encode(&s, &text), ERR_OK);
    assert_string_equal(buf_str(&text), "{\"at_ms\":1772582400000,\"version\":\"0.1.0\"}");
    assert_int_equal(DECODE(started, buf_str(&text), &s2), ERR_OK);
    assert_string_equal(s2.version, "0.1.0");
    assert_int_equal(s2.lease, 0);
    s.lease = 12;
    buf_reset(&text);
    assert_int_equal(body_started_encode(&s, &text), ERR_OK);
    assert_int_equal(DECODE(started, buf_str(&text), &s2), ERR_OK);
    assert_int_equal(s2.lease, 12);
    s.lease = -1;
    assert_int_equal(body_started_encode(&s, &text), ERR_BAD_VALUE);
    assert_int_equal(DECODE(started, "{\"at_ms\":1,\"version\":\"1\",\"lease\":0}", &s2), ERR_BAD_VALUE);
}

static void every_kind_of_notice_can_be_acknowledged(void **state)
{
    (void)state;
    for (int kind = NOTICE_TRUST; kind < NOTICE_KINDS; kind++) {
        struct body_notice_applied n = {.at_utc_ms = 1, .notice = (enum notice_kind)kind, .version = 4}, got;
        n.standing = kind == NOTICE_SHOP ? STANDING_LISTED : STANDING_UNKNOWN;
        buf_reset(&text);
        assert_int_equal(body_notice_applied_encode(&n, &text), ERR_OK);
        assert_int_equal(DECODE(notice_applied, buf_str(&text), &got), ERR_OK);
        assert_int_equal(got.notice, kind);
    }
    assert_null(notice_kind_name(NOTICE_KINDS));
}

static void clock_steps(void **state)
{
    struct body_clock_step v = {
        .at_utc_ms = 1772582400000, .wall_utc_ms = 5, .floor_utc_ms = 1772582400000, .by_ms = -9};
    struct body_clock_step got;
    (void)state;
    assert_int_equal(body_clock_step_encode(&v, &text), ERR_OK);
    assert_string_equal(
        buf_str(&text), "{\"at_ms\":1772582400000,\"wall_ms\":5,\"floor_ms\":1772582400000,\"by_ms\":-9}");
    assert_int_equal(DECODE(clock_step, buf_str(&text), &got), ERR_OK);
    assert_int_equal(got.by_ms, -9);
    assert_int_equal(got.wall_utc_ms, 5);
    assert_int_equal(got.floor_utc_ms, v.floor_utc_ms);
    assert_int_equal(
        DECODE(clock_step, "{\"at_ms\":1,\"wall_ms\":-1,\"floor_ms\":1,\"by_ms\":1}", &got), ERR_BAD_VALUE);
    assert_int_equal(DECODE(clock_step, "{\"at_ms\":1,\"wall_ms\":1,\"floor_ms\":1}", &got), ERR_BAD_VALUE);
    v.wall_utc_ms = -1;
    assert_int_equal(body_clock_step_encode(&v, &text), ERR_BAD_VALUE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(sale_both_ways), T(sales_must_add_up), T(sales_are_whole),
        T(largest_sale_fits), T(unfit_sales_are_not_written), T(blob_both_ways), T(small_records_both_ways),
        T(every_kind_of_notice_can_be_acknowledged), T(clock_steps), T(provisional_sales_name_their_lease),
        T(slips_and_tags)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
