/* SPDX-License-Identifier: Apache-2.0 */
#include "checkout_fixture.h"
#include "client/core/sale.h"
#include "client/core/standing.h"
#include <stdlib.h>

static struct world w;
static struct checkout c;
static unsigned acts;

static int setup(void **state)
{
    (void)state;
    world_init(&w);
    checkout_init(&c, CHECKOUT, SALE, &w.env, &acts);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    checkout_release(&c);
    world_release(&w);
    return 0;
}

static void amount(int64_t fen)
{
    const struct checkout_purchase p = {.total_fen = fen, .own_price_fen = fen};
    assert_int_equal(checkout_amount(&c, &w.env, &p, &acts), ERR_OK);
}

static void scan(const char *text)
{
    assert_int_equal(checkout_scan(&c, &w.env, text, strlen(text), BODY_INPUT_READER, &acts), ERR_OK);
}

static enum err number(const char *text, bool luhn_ok)
{
    const struct checkout_digits d = {text, strlen(text), BODY_INPUT_KEYED, luhn_ok};
    return checkout_number(&c, &w.env, &d, &acts);
}

static const struct body_verdict member = {.verdict = VERDICT_MEMBER, .card_last4 = "0001", .name_masked = "*建涛"};

static void answer_to(uint32_t ask, const struct body_verdict *v)
{
    struct body_verdict now = *v;
    now.at_utc_ms = w.env.now_utc_ms;
    checkout_verified(&c, &w.env, ask, &now, &acts);
}

static void answer(const struct body_verdict *v)
{
    answer_to(c.ask, v);
}

static void reserve(bool yes, enum err reason)
{
    const struct body_reserved r = {.reserved = yes, .reason = reason};
    checkout_reserved(&c, &w.env, c.hold_ask, &r, &acts);
}

static void quoted(void)
{
    amount(12800);
    scan(w.qr[0]);
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
}

static void refused_with(enum err reason)
{
    assert_int_equal(c.state, CHECKOUT_REFUSED);
    assert_string_equal(err_code(c.reason), err_code(reason));
    assert_int_equal(c.verdict, VERDICT_REFUSED);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    assert_int_equal(acts, 0);
}

static void a_sale_from_card_to_record(void **state)
{
    (void)state;
    assert_int_equal(c.state, CHECKOUT_WAITING);
    amount(12800);
    scan(w.qr[0]);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY | CHECKOUT_CHECK_CARD);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    assert_memory_equal(c.card.token, w.token[0], CARD_TOKEN);
    answer(&member);
    assert_int_equal(acts, 0);
    assert_int_equal(c.quote.discount_fen, 1536);
    assert_string_equal(c.offer_id, OFFER_A);
    assert_string_equal(c.name_masked, "*建涛");
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    assert_int_equal(acts, CHECKOUT_APPEND_SALE);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    checkout_appended(&c, &w.env, ERR_OK, 7, &acts);
    assert_int_equal(c.state, CHECKOUT_APPLIED);
    assert_int_equal(c.seq, 7);
    assert_int_equal(c.card.by, BODY_BY_NONE);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    assert_int_equal(acts, 0);
    assert_int_equal(checkout_cancel(&c, &w.env, &acts), ERR_WRONG_STATE);
}

static void a_card_before_the_amount(void **state)
{
    (void)state;
    scan(w.qr[0]);
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_AMOUNT);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    amount(10000);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(c.quote.pay_fen, 8800);
}

static void an_amount_while_the_card_is_looked_up(void **state)
{
    (void)state;
    scan(w.qr[0]);
    amount(10000);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
}

static void what_is_no_card_is_refused_without_a_question(void **state)
{
    static const struct {
        const char *text;
        enum err reason;
    } cases[] = {{"134567890123456789", ERR_PAYMENT_CODE}, {"281234567890123456", ERR_PAYMENT_CODE},
        {"6212345678901234567", ERR_PAYMENT_CODE}, {"6200000000000001", ERR_SCANNED_NUMBER},
        {"hello", ERR_CARD_UNKNOWN_SCAN}, {"HTTPS://LOCALHOST/C/ABC", ERR_CARD_MALFORMED}};
    (void)state;
    amount(100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scan(cases[i].text);
        assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
        assert_int_equal(c.by, BODY_BY_NONE);
        refused_with(cases[i].reason);
        const char *at = memmem(&c, sizeof c, cases[i].text, strlen(cases[i].text));
        assert_null(at);
    }
}

static void what_a_qr_claims_is_judged_before_the_network(void **state)
{
    char text[CARD_QR_TEXT_MAX + 1];
    (void)state;
    amount(100);
    world_card(&w, w.key, "elsewhere.example", 0, 365, text);
    scan(text);
    refused_with(ERR_CARD_FOREIGN_HOST);
    world_card(&w, w.key, "localhost", 0, -1, text);
    scan(text);
    refused_with(ERR_CARD_EXPIRED);
    world_card(&w, w.foreign, "localhost", 0, -1, text);
    scan(text); /* a forger's date says nothing */
    assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
    refused_with(ERR_CARD_FORGED);
    world_card(&w, w.key, "localhost", 0, 0, text);
    scan(text);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY | CHECKOUT_CHECK_CARD);
    w.trust.card_keys[0].number = 2;
    scan(w.qr[0]);
    refused_with(ERR_CARD_FORGED);
}

static void the_shop_comes_first(void **state)
{
    static const struct {
        enum standing standing;
        enum err reason;
    } cases[] = {{STANDING_DELISTED, ERR_SHOP_DELISTED}, {STANDING_SUSPENDED, ERR_SHOP_SUSPENDED},
        {STANDING_UNKNOWN, ERR_SHOP_UNKNOWN}, {(enum standing)99, ERR_SHOP_UNKNOWN}};
    (void)state;
    amount(100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w.shop.standing = cases[i].standing;
        scan(w.qr[0]);
        assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
        refused_with(cases[i].reason);
    }
    w.env.shop = NULL;
    assert_int_equal(number("6200000000000001", true), ERR_OK);
    refused_with(ERR_SHOP_UNKNOWN);
    struct checkout other;
    checkout_init(&other, CHECKOUT, SALE, &w.env, &acts);
    assert_int_equal(other.state, CHECKOUT_REFUSED);
    assert_int_equal(acts, 0); /* no card was shown, no refusal to count */
    assert_int_equal(standing_refusal(NULL), ERR_SHOP_UNKNOWN);
}

static void numbers_are_checked(void **state)
{
    (void)state;
    amount(100);
    assert_int_equal(number("62000000", false), ERR_BAD_NUMBER);
    assert_int_equal(number("6200-0000 00x0 0001", false), ERR_BAD_NUMBER);
    assert_int_equal(number("11010519491231002X", false), ERR_ID_NUMBER);
    assert_int_equal(number("6200000000000001", false), ERR_NUMBER_LUHN);
    assert_int_equal(c.state, CHECKOUT_WAITING);
    assert_int_equal(number("6200 0000-0000 0001", true), ERR_OK);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY);
    assert_string_equal(c.card.number, "6200000000000001");
    assert_string_equal(c.card_last4, "0001");
    answer(&member);
    assert_string_equal(c.name_masked, ""); /* a verdict by number carries no name, whoever says so */
    assert_int_equal(checkout_cancel(&c, &w.env, &acts), ERR_OK);
    assert_null(memmem(&c, sizeof c, "62000000", 8));
}

static void nothing_but_member_is_member(void **state)
{
    const struct body_verdict zero = {0}, lost = {.reason = ERR_CARD_LOST};
    (void)state;
    amount(100);
    scan(w.qr[0]);
    answer(&zero);
    assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
    refused_with(ERR_NOT_CONFIRMED);
    scan(w.qr[0]);
    answer(&lost);
    refused_with(ERR_CARD_LOST);
}

static void no_answer_is_a_failure_with_its_cause(void **state)
{
    (void)state;
    amount(100);
    scan(w.qr[0]);
    checkout_unanswered(&c, &w.env, c.ask, ERR_TLS_EXPIRED, &acts);
    assert_int_equal(c.state, CHECKOUT_FAILED);
    assert_int_equal(c.error, ERR_TLS_EXPIRED);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    scan(w.qr[0]);
    w.env.now_mono_ms = c.deadline_mono_ms - 1;
    checkout_tick(&c, &w.env, &acts);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    w.env.now_mono_ms++;
    checkout_tick(&c, &w.env, &acts);
    assert_int_equal(c.state, CHECKOUT_FAILED);
    assert_int_equal(c.error, ERR_NET_TIMEOUT);
    answer(&member); /* late */
    assert_int_equal(c.state, CHECKOUT_FAILED);
}

static void an_earlier_cards_answer_is_ignored(void **state)
{
    const struct body_verdict lost = {.reason = ERR_CARD_LOST};
    (void)state;
    amount(100);
    scan(w.qr[0]);
    uint32_t first = c.ask;
    scan(w.qr[1]);
    answer_to(first, &member);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    checkout_unanswered(&c, &w.env, first, ERR_NET_CUT, &acts);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    answer(&lost);
    refused_with(ERR_CARD_LOST);
}

static void a_limited_offer_is_reserved(void **state)
{
    (void)state;
    w.offers[0].per_card_day = 1;
    amount(10000);
    scan(w.qr[0]);
    answer(&member);
    assert_int_equal(acts, CHECKOUT_ASK_RESERVE);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    assert_string_equal(c.hold_offer, OFFER_A);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_BUSY);
    reserve(true, ERR_OK);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(checkout_cancel(&c, &w.env, &acts), ERR_OK);
    assert_int_equal(acts, CHECKOUT_ASK_RELEASE);
}

static void at_the_limit_the_next_best(void **state)
{
    (void)state;
    w.offers[0].per_card_day = 1;
    amount(10000);
    scan(w.qr[0]);
    answer(&member);
    reserve(false, ERR_LIMIT_REACHED);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_string_equal(c.offer_id, OFFER_B);
    struct body_verdict used = member;
    used.use_cnt = 1;
    memcpy(used.uses[0].offer_id, OFFER_A, ULID_LEN);
    scan(w.qr[1]);
    answer(&used);
    assert_int_equal(acts, 0);
    assert_string_equal(c.offer_id, OFFER_B);
    w.shop.offer_cnt = 1;
    scan(w.qr[1]);
    answer(&used);
    refused_with(ERR_LIMIT_REACHED);
    w.shop.offer_cnt = 0;
    scan(w.qr[1]);
    answer(&used);
    refused_with(ERR_NO_OFFER);
}

static void another_card_waits_for_the_release(void **state)
{
    (void)state;
    w.offers[0].per_card_day = 1;
    amount(10000);
    scan(w.qr[0]);
    answer(&member);
    scan(w.qr[1]); /* the reservation for card 0 is still being asked for */
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY | CHECKOUT_CHECK_CARD);
    uint32_t verify = c.ask;
    reserve(true, ERR_OK);
    assert_int_equal(acts, CHECKOUT_ASK_RELEASE);
    answer_to(verify, &member);
    assert_int_equal(acts, 0);
    checkout_released(&c, &w.env, ERR_OK, &acts);
    assert_int_equal(acts, CHECKOUT_ASK_RESERVE);
    reserve(true, ERR_OK);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_memory_equal(c.card.token, w.token[1], CARD_TOKEN);
}

static void a_full_disk_is_no_sale(void **state)
{
    (void)state;
    quoted();
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_BUSY);
    checkout_appended(&c, &w.env, ERR_DISK_FULL, 0, &acts);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(c.error, ERR_DISK_FULL);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    checkout_appended(&c, &w.env, ERR_OK, 3, &acts);
    assert_int_equal(c.state, CHECKOUT_APPLIED);
    assert_int_equal(c.error, ERR_OK);
}

static void a_delisting_between_quote_and_confirm(void **state)
{
    (void)state;
    quoted();
    w.shop.standing = STANDING_DELISTED;
    w.shop.version = 2;
    checkout_shop_changed(&c, &w.env, &acts);
    assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
    refused_with(ERR_SHOP_DELISTED);
    w.shop.standing = STANDING_LISTED;
    scan(w.qr[0]);
    answer(&member);
    w.shop.standing = STANDING_SUSPENDED; /* and nobody told it */
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
    refused_with(ERR_SHOP_SUSPENDED);
}

static void new_terms_quote_again(void **state)
{
    (void)state;
    quoted();
    uint32_t rev = c.rev;
    w.offers[0].rate_bp = 1000;
    w.shop.version = 2;
    checkout_shop_changed(&c, &w.env, &acts);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(c.quote.discount_fen, 1280);
    assert_int_equal(c.shop_version, 2);
    assert_true(c.rev > rev);
}

static void an_old_verdict_is_no_verdict(void **state)
{
    (void)state;
    quoted();
    w.env.now_mono_ms += CHECKOUT_IDLE_MS;
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    assert_int_equal(c.state, CHECKOUT_FAILED);
    assert_int_equal(c.error, ERR_CHECKOUT_IDLE);
}

static void the_shops_own_price(void **state)
{
    const struct checkout_purchase p = {.total_fen = 10000, .own_price_fen = 7000};
    (void)state;
    assert_int_equal(checkout_amount(&c, &w.env, &p, &acts), ERR_OK);
    scan(w.qr[0]);
    answer(&member);
    assert_true(c.quote.own_price);
    assert_int_equal(c.quote.pay_fen, 7000);
    assert_string_equal(c.offer_id, "");
}

static void amounts_that_are_none(void **state)
{
    struct offer_line lines[2] = {{"", 40}, {"", 50}};
    const struct checkout_purchase bad[] = {{.total_fen = 0}, {.total_fen = -1, .own_price_fen = -1},
        {.total_fen = OFFER_FEN_MAX + 1, .own_price_fen = 1}, {.total_fen = 100, .own_price_fen = 101},
        {.total_fen = 100, .own_price_fen = 0}, {100, 100, lines, 2, NULL}, {90, 90, lines, OFFER_LINES + 1, NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(checkout_amount(&c, &w.env, &bad[i], &acts), ERR_BAD_AMOUNT);
    assert_int_equal(c.total_fen, 0);
    const struct checkout_purchase worst = {INT64_MAX, INT64_MAX, NULL, 0, NULL};
    assert_int_equal(checkout_amount(&c, &w.env, &worst, &acts), ERR_BAD_AMOUNT);
}

static void a_sale_survives_as_its_record(void **state)
{
    struct offer_line *lines = calloc(2, sizeof *lines);
    const uint8_t hash[KEY_HASH] = {1};
    (void)state;
    memcpy(lines[0].category, "food", 5);
    lines[0].amount_fen = 3333;
    lines[1].amount_fen = 6667;
    const struct checkout_purchase p = {10000, 10000, lines, 2, "07"};
    assert_int_equal(checkout_amount(&c, &w.env, &p, &acts), ERR_OK);
    scan(w.qr[0]);
    answer(&member);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    struct body_sale sale, back;
    struct buf text;
    buf_init(&text, RECORD_BODY_MAX);
    assert_int_equal(sale_from_checkout(&c, hash, &sale), ERR_OK);
    assert_int_equal(body_sale_encode(&sale, &text), ERR_OK);
    assert_int_equal(body_sale_decode(buf_str(&text), text.len, &back), ERR_OK);
    struct checkout again;
    const struct body_blob blob = {.name_masked = "*建涛"};
    assert_int_equal(sale_to_checkout(&back, &blob, 9, &again), ERR_OK);
    checkout_appended(&c, &w.env, ERR_OK, 9, &acts);
    assert_int_equal(again.state, CHECKOUT_APPLIED);
    assert_string_equal(again.id, c.id);
    assert_string_equal(again.sale_id, c.sale_id);
    assert_string_equal(again.offer_title, c.offer_title);
    assert_string_equal(again.cashier, "07");
    assert_string_equal(again.name_masked, c.name_masked);
    assert_int_equal(again.quote.pay_fen, c.quote.pay_fen);
    assert_int_equal(again.quote.line_discount_fen[0], c.quote.line_discount_fen[0]);
    assert_string_equal(again.lines[0].category, "food");
    assert_int_equal(again.seq, c.seq);
    assert_int_equal(checkout_confirm(&again, &w.env, &acts), ERR_OK);
    assert_int_equal(acts, 0);
    checkout_release(&again);
    body_sale_release(&sale);
    body_sale_release(&back);
    buf_release(&text);
}

/* Seen in the field: a box set a year ahead, whose offers applied on the wrong days. */
static void a_clock_ten_minutes_off_quotes_nothing(void **state)
{
    static const int64_t off[] = {CHECKOUT_SKEW_MS + 1, -CHECKOUT_SKEW_MS - 1};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        amount(12800);
        scan(w.qr[0]);
        struct body_verdict v = member;
        v.at_utc_ms = w.env.now_utc_ms + off[i];
        checkout_verified(&c, &w.env, c.ask, &v, &acts);
        assert_int_equal(c.state, CHECKOUT_FAILED);
        assert_int_equal(c.error, ERR_CLOCK_SKEW);
        assert_int_equal(acts, 0);
    }
    scan(w.qr[0]);
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(a_sale_from_card_to_record), T(a_card_before_the_amount),
        T(an_amount_while_the_card_is_looked_up), T(what_is_no_card_is_refused_without_a_question),
        T(what_a_qr_claims_is_judged_before_the_network), T(the_shop_comes_first), T(numbers_are_checked),
        T(nothing_but_member_is_member), T(no_answer_is_a_failure_with_its_cause),
        T(an_earlier_cards_answer_is_ignored), T(a_limited_offer_is_reserved), T(at_the_limit_the_next_best),
        T(another_card_waits_for_the_release), T(a_full_disk_is_no_sale), T(a_delisting_between_quote_and_confirm),
        T(new_terms_quote_again), T(an_old_verdict_is_no_verdict), T(the_shops_own_price), T(amounts_that_are_none),
        T(a_sale_survives_as_its_record), T(a_clock_ten_minutes_off_quotes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
