/* SPDX-License-Identifier: Apache-2.0 */
/* From the card to the quote. */
#include "checkout_steps.h"

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

static void a_lost_read_is_said_until_a_card_comes(void **state)
{
    (void)state;
    uint32_t rev = c.rev;
    checkout_lost(&c, ERR_SWIPE_AGAIN);
    assert_int_equal(c.error, ERR_SWIPE_AGAIN);
    checkout_lost(&c, ERR_SWIPE_AGAIN); /* a second one is news, too */
    assert_int_equal(c.rev, rev + 2);
    assert_int_equal(c.state, CHECKOUT_WAITING);
    scan(w.qr[0]);
    assert_int_equal(c.error, ERR_OK);
    rev = c.rev;
    checkout_lost(&c, ERR_SCAN_AGAIN); /* the card in hand counts */
    assert_int_equal(c.error, ERR_OK);
    assert_int_equal(c.rev, rev);
}

static void what_is_no_card_takes_no_cards_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err why;
    } strays[] = {{"134567890123456789", ERR_PAYMENT_CODE}, {"6200000000000005", ERR_SCANNED_NUMBER},
        {"6901234567892", ERR_CARD_UNKNOWN_SCAN}};
    assert_int_equal(checkout_stray(&c, &w.env, strays[0].text, 18), ERR_OK); /* nothing to lose yet */
    amount(12800);
    scan(w.qr[0]);
    for (int i = 0; i < 2; i++) { /* while it is looked up, and when it is quoted */
        for (size_t k = 0; k < sizeof strays / sizeof *strays; k++)
            assert_int_equal(checkout_stray(&c, &w.env, strays[k].text, strlen(strays[k].text)), strays[k].why);
        assert_int_equal(checkout_stray(&c, &w.env, w.qr[0], strlen(w.qr[0])), ERR_OK);
        assert_int_equal(checkout_stray(&c, &w.env, w.qr[1], strlen(w.qr[1])), ERR_OK);
        answer(&member);
    }
    assert_int_equal(c.state, CHECKOUT_QUOTED);
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
    w.env.cut =
        ERR_CLOCK_SKEW; /* the member was told to have a good card replaced, because the terminal's clock was wrong */
    scan(text);
    assert_int_equal(c.state, CHECKOUT_FAILED);
    assert_int_equal(c.error, ERR_CLOCK_SKEW);
    w.env.cut = ERR_OK;
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

static void forge(void)
{
    char text[CARD_QR_TEXT_MAX + 1];
    world_card(&w, w.foreign, "localhost", 0, 365, text); /* a member's token */
    scan(text);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY | CHECKOUT_CHECK_CARD);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
}

/* The signature is checked while the question is on its way; the service, which sees the token only, says member. */
static void a_forged_code_is_refused_whatever_the_service_says(void **state)
{
    const struct body_verdict lost = {.reason = ERR_CARD_LOST};
    (void)state;
    amount(100);
    forge();
    uint32_t asked = c.ask;
    checkout_check(&c, &w.env, &acts);
    assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
    refused_with(ERR_CARD_FORGED);
    uint32_t rev = c.rev;
    answer_to(asked, &member);
    assert_int_equal(acts, 0);
    checkout_unanswered(&c, &w.env, asked, ERR_NET_CUT, &acts);
    checkout_check(&c, &w.env, &acts);
    refused_with(ERR_CARD_FORGED);
    assert_int_equal(c.rev, rev);
    assert_null(memmem(&c, sizeof c, w.token[0], CARD_TOKEN));
    scan(w.qr[1]); /* an honest card after it does not inherit that answer */
    answer_to(asked, &member);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    forge();
    answer(&lost);
    refused_with(ERR_CARD_FORGED);
}

/* Even if nobody calls checkout_check. */
static void no_event_gets_past_the_signature(void **state)
{
    (void)state;
    amount(100);
    forge();
    answer(&member);
    assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
    refused_with(ERR_CARD_FORGED);
    forge();
    checkout_unanswered(&c, &w.env, c.ask, ERR_NET_CUT, &acts);
    refused_with(ERR_CARD_FORGED);
    forge();
    w.env.now_mono_ms = c.deadline_mono_ms;
    checkout_tick(&c, &w.env, &acts);
    refused_with(ERR_CARD_FORGED);
    scan(w.qr[0]);
    w.env.trust = NULL; /* no key to check it with */
    answer(&member);
    refused_with(ERR_CARD_FORGED);
}

static void a_good_signature_changes_nothing(void **state)
{
    (void)state;
    amount(100);
    scan(w.qr[0]);
    uint32_t rev = c.rev;
    for (int i = 0; i < 2; i++) {
        checkout_check(&c, &w.env, &acts);
        assert_int_equal(acts, 0);
        assert_int_equal(c.rev, rev);
    }
    assert_int_equal(c.verdict, VERDICT_REFUSED); /* the union's card, but is it still a member's? */
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    checkout_check(&c, &w.env, &acts);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(number("6200000000000001", true), ERR_OK);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY); /* a number has no signature */
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(a_sale_from_card_to_record), T(a_lost_read_is_said_until_a_card_comes),
        T(what_is_no_card_takes_no_cards_place), T(a_card_before_the_amount), T(an_amount_while_the_card_is_looked_up),
        T(what_is_no_card_is_refused_without_a_question), T(what_a_qr_claims_is_judged_before_the_network),
        T(a_forged_code_is_refused_whatever_the_service_says), T(no_event_gets_past_the_signature),
        T(a_good_signature_changes_nothing), T(the_shop_comes_first), T(numbers_are_checked),
        T(nothing_but_member_is_member), T(no_answer_is_a_failure_with_its_cause),
        T(an_earlier_cards_answer_is_ignored)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
