/* SPDX-License-Identifier: Apache-2.0 */
/* A card's signature, which is checked while the service is being asked. */
#include "checkout_fixture.h"

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

static void refused_with(enum err reason)
{
    assert_int_equal(c.state, CHECKOUT_REFUSED);
    assert_string_equal(err_code(c.reason), err_code(reason));
    assert_int_equal(c.verdict, VERDICT_REFUSED);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    assert_int_equal(acts, 0);
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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(a_forged_code_is_refused_whatever_the_service_says),
        T(no_event_gets_past_the_signature), T(a_good_signature_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
