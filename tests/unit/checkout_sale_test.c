/* SPDX-License-Identifier: Apache-2.0 */
/* From the quote to the sale: limits, confirmation, changes on the way. */
#include "checkout_steps.h"

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
    const struct CMUnitTest tests[] = {T(a_limited_offer_is_reserved), T(at_the_limit_the_next_best),
        T(another_card_waits_for_the_release), T(a_full_disk_is_no_sale), T(a_delisting_between_quote_and_confirm),
        T(new_terms_quote_again), T(an_old_verdict_is_no_verdict), T(the_shops_own_price), T(amounts_that_are_none),
        T(a_sale_survives_as_its_record), T(a_clock_ten_minutes_off_quotes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
