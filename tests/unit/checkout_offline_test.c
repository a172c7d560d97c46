/* SPDX-License-Identifier: Apache-2.0 */
/* A checkout when the service does not answer, answers late, or comes back. */
#include "checkout_steps.h"
#include "offline_fixture.h"

static struct offline o;

static int begin(void **state)
{
    setup(state);
    offline_world(&o, &w);
    return 0;
}

static int end(void **state)
{
    teardown(state);
    offline_release(&o);
    return 0;
}

static void unanswered(enum err cause)
{
    checkout_unanswered(&c, &w.env, c.ask, cause, &acts);
}

static void provisional(void)
{
    amount(12800);
    scan(w.qr[0]);
    checkout_check(&c, &w.env, &acts);
    unanswered(ERR_NET_REFUSED);
    assert_int_equal(acts, 0);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
}

static void tick_after(int64_t ms)
{
    w.env.now_mono_ms += ms;
    checkout_tick(&c, &w.env, &acts);
}

/* What till does after a durable record. */
static void appended(void)
{
    const uint8_t blob[KEY_HASH] = {0};
    struct body_sale s;
    uint8_t tag[BODY_TAG];
    assert_int_equal(sale_from_checkout(&c, blob, &s), ERR_OK);
    assert_true(offline_tag(&o, &c.card, tag));
    offline_count(&o, &s);
    assert_int_equal(offline_mark(&o, &s, tag), ERR_OK);
    assert_int_equal(s.lease, 1);
    body_sale_release(&s);
    checkout_appended(&c, &w.env, ERR_OK, 7, &acts);
    assert_int_equal(c.state, CHECKOUT_APPLIED);
}

static void no_answer_by_the_deadline_is_provisional(void **state)
{
    (void)state;
    amount(12800);
    scan(w.qr[0]);
    tick_after(CHECKOUT_ANSWER_MS - 1);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    tick_after(1);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    assert_int_equal(c.offline_why, ERR_NET_TIMEOUT);
    assert_int_equal(c.quote.discount_fen, 1536);
    assert_string_equal(c.name_masked, "");
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    assert_int_equal(acts, CHECKOUT_APPEND_SALE);
    appended();
    assert_int_equal(o.used.sales, 1);
    assert_int_equal(o.used.amount_fen, 12800);
}

static void a_link_that_is_known_to_be_down_is_not_waited_for(void **state)
{
    (void)state;
    w.env.cut = ERR_NET_RESOLVE;
    amount(12800);
    scan(w.qr[0]);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY | CHECKOUT_CHECK_CARD); /* it is asked all the same */
    checkout_check(&c, &w.env, &acts);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    assert_int_equal(c.offline_why, ERR_NET_RESOLVE);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    w.trust.offline_keyed = true;
    number("6200000000000005", true);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY | CHECKOUT_CHECK_CARD);
    checkout_check(&c, &w.env, &acts);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
}

static void what_is_not_allowed_waits_for_the_answer_that_may_come(void **state)
{
    (void)state;
    w.env.cut = ERR_NET_RESOLVE;
    w.env.now_utc_ms = o.lease.stop_at_utc_ms;
    w.trust.card_key_cnt = 1;
    amount(12800);
    number("6200000000000005", true);
    checkout_check(&c, &w.env, &acts);
    assert_int_equal(c.state, CHECKOUT_VERIFYING);
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(c.verdict, VERDICT_MEMBER);
}

static void a_forged_code_is_refused_offline_too(void **state)
{
    char text[CARD_QR_TEXT_MAX + 1];
    (void)state;
    world_card(&w, w.foreign, "localhost", 0, 365, text);
    w.env.cut = ERR_NET_RESOLVE;
    amount(100);
    scan(text);
    checkout_check(&c, &w.env, &acts);
    refused_with(ERR_CARD_FORGED);
    w.env.cut = ERR_OK;
    scan(text);
    unanswered(ERR_NET_CUT);
    refused_with(ERR_CARD_FORGED);
    scan(text);
    tick_after(CHECKOUT_ANSWER_MS);
    refused_with(ERR_CARD_FORGED);
}

static void each_reason_is_told(void **state)
{
    (void)state;
    amount(12800);
    number("6200000000000005", true);
    unanswered(ERR_NET_CUT);
    refused_with(ERR_OFFLINE_NUMBER);

    uint8_t token[1][CARD_TOKEN];
    struct buf file;
    memcpy(token[0], w.token[1], CARD_TOKEN);
    struct revoked list = revoked_file(token, 1, &file);
    offline_revoked(&o, &list);
    scan(w.qr[1]);
    unanswered(ERR_NET_CUT);
    refused_with(ERR_CARD_REVOKED);
    buf_release(&file);
    offline_revoked(&o, NULL);
    scan(w.qr[0]);
    unanswered(ERR_NET_CUT);
    refused_with(ERR_OFFLINE_STALE);
    o.forked = true;
    scan(w.qr[0]);
    unanswered(ERR_NET_CUT);
    assert_int_equal(c.state, CHECKOUT_FAILED);
    assert_int_equal(c.error, ERR_CHAIN_FORK);
    o.forked = false;
    o.has_lease = false; /* never had one: the plain cause */
    scan(w.qr[0]);
    unanswered(ERR_NET_CUT);
    assert_int_equal(c.state, CHECKOUT_FAILED);
    assert_int_equal(c.error, ERR_NET_CUT);
}

static void a_service_that_says_no_is_not_offline(void **state)
{
    (void)state;
    amount(12800);
    scan(w.qr[0]);
    unanswered(ERR_CERT_REVOKED);
    assert_int_equal(c.state, CHECKOUT_FAILED);
    assert_int_equal(c.error, ERR_CERT_REVOKED);
    scan(w.qr[0]);
    tick_after(CHECKOUT_ANSWER_MS);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    unanswered(ERR_CERT_REVOKED); /* late, but before the cashier confirms */
    assert_int_equal(c.state, CHECKOUT_FAILED);
    assert_int_equal(c.error, ERR_CERT_REVOKED);
}

static void a_late_answer_takes_its_place(void **state)
{
    const struct body_verdict lost = {.reason = ERR_CARD_LOST};
    (void)state;
    amount(12800);
    scan(w.qr[0]);
    tick_after(CHECKOUT_ANSWER_MS);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    uint32_t rev = c.rev;
    answer(&member);
    assert_true(c.rev > rev);
    assert_int_equal(c.verdict, VERDICT_MEMBER);
    assert_int_equal(c.offline_why, ERR_OK);
    assert_string_equal(c.name_masked, "*建涛");
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    assert_int_equal(c.lease_version, 0);
    checkout_appended(&c, &w.env, ERR_DISK_FULL, 0, &acts);

    scan(w.qr[1]);
    tick_after(CHECKOUT_ANSWER_MS);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    answer(&lost);
    refused_with(ERR_CARD_LOST);
}

static void a_late_answer_to_another_card_changes_nothing(void **state)
{
    (void)state;
    amount(12800);
    scan(w.qr[1]);
    uint32_t first = c.ask;
    scan(w.qr[0]);
    tick_after(CHECKOUT_ANSWER_MS);
    answer_to(first, &member);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    assert_int_equal(acts, 0);
}

static void the_service_that_comes_back_is_asked_again(void **state)
{
    (void)state;
    provisional();
    uint32_t rev = c.rev;
    checkout_online(&c, &acts);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(c.rev, rev);
    checkout_online(&c, &acts);
    assert_int_equal(acts, 0); /* once is enough */
    unanswered(ERR_NET_CUT);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    checkout_online(&c, &acts);
    assert_int_equal(acts, CHECKOUT_ASK_VERIFY);
    answer(&member);
    assert_int_equal(c.verdict, VERDICT_MEMBER);
    checkout_online(&c, &acts);
    assert_int_equal(acts, 0);
}

static void confirming_asks_the_rule_again(void **state)
{
    (void)state;
    provisional();
    w.env.now_utc_ms = o.lease.stop_at_utc_ms;
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    assert_int_equal(acts, CHECKOUT_LOG_REFUSAL);
    refused_with(ERR_LEASE_OVER);
    w.env.now_utc_ms = WORLD_NOW;

    provisional();
    o.used.sales = o.lease.allowance.sales; /* another checkout was quicker */
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    refused_with(ERR_ALLOWANCE_USED);
    o.used.sales = 0;

    provisional();
    w.shop.standing = STANDING_DELISTED;
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    refused_with(ERR_SHOP_DELISTED);
}

static void an_amount_that_the_allowance_does_not_have_is_refused(void **state)
{
    (void)state;
    o.lease.allowance.amount_fen = 20000;
    provisional();
    amount(20001);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    refused_with(ERR_ALLOWANCE_USED);
}

static void limits_of_offers_are_counted_here(void **state)
{
    (void)state;
    w.offers[0].per_card_day = 1;
    provisional();
    assert_int_equal(acts, 0); /* nobody can be asked to reserve */
    assert_string_equal(c.offer_id, OFFER_A);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    appended();
    checkout_release(&c);
    checkout_init(&c, CHECKOUT, SALE, &w.env, &acts);
    provisional();
    assert_string_equal(c.offer_id, OFFER_B);
}

static void two_counters_and_one_use_left(void **state)
{
    (void)state;
    w.offers[0].per_card_day = 1;
    provisional();
    struct body_sale s = {.at_utc_ms = WORLD_NOW, .total_fen = 1, .verdict = VERDICT_PROVISIONAL, .lease = 1};
    uint8_t tag[BODY_TAG];
    memcpy(s.offer_id, OFFER_A, sizeof s.offer_id);
    assert_true(offline_tag(&o, &c.card, tag));
    offline_count(&o, &s);
    assert_int_equal(offline_mark(&o, &s, tag), ERR_OK); /* the other counter */
    uint32_t rev = c.rev;
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    assert_true(c.rev > rev);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_string_equal(c.offer_id, OFFER_B);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
}

static void a_reservation_without_an_answer_is_provisional(void **state)
{
    (void)state;
    w.offers[0].per_card_day = 2;
    amount(12800);
    scan(w.qr[0]);
    answer(&member);
    assert_int_equal(acts, CHECKOUT_ASK_RESERVE);
    tick_after(CHECKOUT_ANSWER_MS);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    assert_string_equal(c.name_masked, "*建涛");
    reserve(true, ERR_OK); /* late */
    assert_int_equal(c.verdict, VERDICT_MEMBER);
    assert_int_equal(c.hold, CHECKOUT_HOLD_KEPT);
    assert_int_equal(c.state, CHECKOUT_QUOTED);

    checkout_cancel(&c, &w.env, &acts);
    checkout_released(&c, &w.env, ERR_OK, &acts);
    checkout_release(&c);
    checkout_init(&c, CHECKOUT, SALE, &w.env, &acts);
    amount(12800);
    scan(w.qr[0]);
    answer(&member);
    checkout_unanswered(&c, &w.env, c.hold_ask, ERR_NET_CUT, &acts);
    assert_int_equal(c.verdict, VERDICT_PROVISIONAL);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    appended();
    assert_int_equal(c.hold, CHECKOUT_HOLD_NONE);
}

static void a_late_no_to_the_reservation_takes_the_next_best(void **state)
{
    (void)state;
    w.offers[0].per_card_day = 2;
    amount(12800);
    scan(w.qr[0]);
    answer(&member);
    tick_after(CHECKOUT_ANSWER_MS);
    assert_string_equal(c.offer_id, OFFER_A);
    reserve(false, ERR_LIMIT_REACHED);
    assert_int_equal(c.verdict, VERDICT_MEMBER);
    assert_string_equal(c.offer_id, OFFER_B);
}

static void a_delisting_ends_a_provisional_checkout(void **state)
{
    (void)state;
    provisional();
    w.shop.standing = STANDING_SUSPENDED;
    w.shop.version++;
    checkout_shop_changed(&c, &w.env, &acts);
    refused_with(ERR_SHOP_SUSPENDED);
}

static void the_record_says_so_and_tells_it_after_a_restart(void **state)
{
    const uint8_t blob[KEY_HASH] = {0};
    struct checkout back;
    struct body_sale s;
    (void)state;
    provisional();
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_OK);
    assert_int_equal(sale_from_checkout(&c, blob, &s), ERR_OK);
    assert_int_equal(s.verdict, VERDICT_PROVISIONAL);
    assert_int_equal(s.lease, 1);
    assert_int_equal(sale_to_checkout(&s, NULL, 7, &back), ERR_OK);
    assert_int_equal(back.verdict, VERDICT_PROVISIONAL);
    assert_int_equal(back.lease_version, 1);
    checkout_release(&back);
    body_sale_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_answer_by_the_deadline_is_provisional, begin, end),
        cmocka_unit_test_setup_teardown(a_link_that_is_known_to_be_down_is_not_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_allowed_waits_for_the_answer_that_may_come, begin, end),
        cmocka_unit_test_setup_teardown(a_forged_code_is_refused_offline_too, begin, end),
        cmocka_unit_test_setup_teardown(each_reason_is_told, begin, end),
        cmocka_unit_test_setup_teardown(a_service_that_says_no_is_not_offline, begin, end),
        cmocka_unit_test_setup_teardown(a_late_answer_takes_its_place, begin, end),
        cmocka_unit_test_setup_teardown(a_late_answer_to_another_card_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(the_service_that_comes_back_is_asked_again, begin, end),
        cmocka_unit_test_setup_teardown(confirming_asks_the_rule_again, begin, end),
        cmocka_unit_test_setup_teardown(an_amount_that_the_allowance_does_not_have_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(limits_of_offers_are_counted_here, begin, end),
        cmocka_unit_test_setup_teardown(two_counters_and_one_use_left, begin, end),
        cmocka_unit_test_setup_teardown(a_reservation_without_an_answer_is_provisional, begin, end),
        cmocka_unit_test_setup_teardown(a_late_no_to_the_reservation_takes_the_next_best, begin, end),
        cmocka_unit_test_setup_teardown(a_delisting_ends_a_provisional_checkout, begin, end),
        cmocka_unit_test_setup_teardown(the_record_says_so_and_tells_it_after_a_restart, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
