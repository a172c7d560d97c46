/* SPDX-License-Identifier: Apache-2.0 */
/* The offline rule: everything that must hold does, one thing is wrong, and the answer names that thing. */
#include "offline_fixture.h"

static struct world w;
static struct offline o;
static struct body_card card;
static int64_t now, total;

static int setup(void **state)
{
    (void)state;
    world_init(&w);
    offline_world(&o, &w);
    now = WORLD_NOW;
    total = 10000;
    card = (struct body_card){.by = BODY_BY_QR};
    memcpy(card.token, w.token[0], CARD_TOKEN);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    offline_release(&o);
    world_release(&w);
    return 0;
}

static void says(enum err want)
{
    const struct offline_sale s = {&w.trust, now, &card, total};
    assert_string_equal(err_code(offline_may_sell(&o, &s)), err_code(want));
}

/* A durable provisional sale of the card in hand. */
static void sell(int64_t fen)
{
    struct body_sale s = {.at_utc_ms = now, .total_fen = fen, .verdict = VERDICT_PROVISIONAL, .by = card.by};
    uint8_t tag[BODY_TAG];
    s.lease = o.lease.version;
    memcpy(s.offer_id, OFFER_A, sizeof s.offer_id);
    assert_true(offline_tag(&o, &card, tag));
    offline_count(&o, &s);
    assert_int_equal(offline_mark(&o, &s, tag), ERR_OK);
}

static void next_card(void)
{
    card.token[0]++;
}

static void by_number(void)
{
    card = (struct body_card){.by = BODY_BY_NUMBER, .number = "6200000000000005"};
}

static void the_zero_value_refuses(void **state)
{
    struct offline none = {0};
    (void)state;
    const struct offline_sale s = {&w.trust, now, &card, total};
    assert_int_equal(offline_may_sell(&none, &s), ERR_LEASE_MISSING);
    says(ERR_OK);
    const struct offline_sale untrusting = {NULL, now, &card, total};
    assert_int_equal(offline_may_sell(&o, &untrusting), ERR_LEASE_MISSING);
}

static void a_lease_ends_at_stop_at_to_the_millisecond(void **state)
{
    (void)state;
    now = o.lease.stop_at_utc_ms - 1;
    static const uint8_t key[OFFLINE_KEY] = {9};
    offline_today(&o, tm_day(now), key);
    says(ERR_OK);
    now++;
    says(ERR_LEASE_OVER);
}

static void a_lease_for_another_terminal_shop_or_epoch_is_none(void **state)
{
    struct notice_lease l = lease_of(2);
    (void)state;
    l.epoch = 2;
    assert_int_equal(offline_lease_check(&o, &l), ERR_BAD_NOTICE);
    l = lease_of(2);
    memcpy(l.terminal_id, OTHER_ID, sizeof l.terminal_id);
    assert_int_equal(offline_lease_check(&o, &l), ERR_BAD_NOTICE);
    l = lease_of(2);
    memcpy(l.shop_id, OTHER_ID, sizeof l.shop_id);
    assert_int_equal(offline_lease_check(&o, &l), ERR_BAD_NOTICE);
    o.epoch = 2; /* a supervised resume: what was leased to the old epoch is over */
    says(ERR_LEASE_MISSING);
}

static void all_notices_that_the_lease_names_must_be_held(void **state)
{
    static const uint8_t same[KEY_HASH], other[KEY_HASH] = {1};
    static const enum notice_kind kinds[] = {NOTICE_TRUST, NOTICE_SHOP, NOTICE_REVOKED};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        offline_hold(&o, kinds[i], 1, other);
        says(ERR_OFFLINE_STALE);
        offline_hold(&o, kinds[i], 0, same);
        says(ERR_OFFLINE_STALE);
        offline_hold(&o, kinds[i], 2, other); /* newer than named: verified, and obeyed */
        says(ERR_OK);
        offline_hold(&o, kinds[i], 1, same);
        says(ERR_OK);
    }
    offline_revoked(&o, NULL);
    says(ERR_OFFLINE_STALE);
}

static void a_trust_notice_past_its_date_ends_offline_sales(void **state)
{
    (void)state;
    w.trust.not_after_utc_ms = now;
    says(ERR_OK);
    w.trust.not_after_utc_ms = now - 1;
    says(ERR_TRUST_OVER);
}

static void a_forked_journal_sells_nothing_offline(void **state)
{
    (void)state;
    o.forked = true;
    says(ERR_CHAIN_FORK);
}

static void each_allowance_ends(void **state)
{
    (void)state;
    o.lease.allowance.sales = 2;
    sell(1);
    next_card();
    says(ERR_OK);
    sell(1);
    next_card();
    says(ERR_ALLOWANCE_USED);
    assert_int_equal(offline_left_sales(&o), 0);

    o.lease.allowance.sales = 200;
    o.lease.allowance.amount_fen = 10002;
    says(ERR_OK);
    total++;
    says(ERR_ALLOWANCE_USED);
    total = 0; /* a card before the amount: one fen at least must be left */
    says(ERR_OK);
    o.lease.allowance.amount_fen = 2;
    says(ERR_ALLOWANCE_USED);
    assert_int_equal(offline_left_fen(&o), 0);
}

static void starting_again_and_again_uses_up_the_lease(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        offline_start(&o);
    says(ERR_OK);
    offline_start(&o);
    says(ERR_ALLOWANCE_USED);
}

static void an_allowance_of_nothing_allows_nothing(void **state)
{
    (void)state;
    o.lease.allowance.per_card_day = 0;
    says(ERR_OFFLINE_CARD_DAY);
    o.lease.allowance = (struct notice_allowance){0};
    says(ERR_ALLOWANCE_USED);
}

static void one_card_a_day(void **state)
{
    static const uint8_t tomorrow[OFFLINE_KEY] = {8};
    (void)state;
    for (int i = 0; i < 3; i++) {
        says(ERR_OK);
        sell(100);
    }
    says(ERR_OFFLINE_CARD_DAY);
    assert_int_equal(offline_uses(&o, &card, OFFER_A), 3);
    assert_int_equal(offline_uses(&o, &card, OFFER_B), 0);
    next_card();
    says(ERR_OK);
    assert_int_equal(offline_uses(&o, &card, OFFER_A), 0);
    card.token[0]--;
    now += TM_DAY_MS;
    says(ERR_OFFLINE_STALE); /* nobody has made that day's key yet */
    now -= 2 * TM_DAY_MS;
    says(ERR_OFFLINE_CARD_DAY); /* a clock set back gives no second day */
    now += 2 * TM_DAY_MS;
    offline_today(&o, tm_day(now), tomorrow);
    says(ERR_OK);
}

static void more_sales_than_can_be_remembered_end_it(void **state)
{
    (void)state;
    o.lease.allowance.sales = o.lease.allowance.amount_fen = INT32_MAX;
    struct body_sale s = {.at_utc_ms = now, .total_fen = 1, .verdict = VERDICT_MEMBER};
    static const uint8_t tag[BODY_TAG] = {1};
    for (int i = 0; i < OFFLINE_TODAY_MAX; i++)
        assert_int_equal(offline_mark(&o, &s, tag), ERR_OK);
    says(ERR_OK);
    assert_int_equal(offline_mark(&o, &s, tag), ERR_NOMEM);
    says(ERR_ALLOWANCE_USED);
}

static void numbers_need_the_policy_and_have_their_own_allowance(void **state)
{
    (void)state;
    by_number();
    says(ERR_OFFLINE_NUMBER);
    w.trust.offline_keyed = true;
    says(ERR_OK);
    o.lease.allowance.keyed_sales = 1;
    sell(100);
    card.number[15]++;
    says(ERR_ALLOWANCE_USED);
    o.lease.allowance.keyed_sales = 9;
    o.lease.allowance.keyed_amount_fen = 10100;
    says(ERR_OK);
    total++;
    says(ERR_ALLOWANCE_USED);
    card = (struct body_card){.by = BODY_BY_QR};
    says(ERR_OK);
    w.trust.offline_qr = false;
    says(ERR_OFFLINE);
}

static void a_revoked_card_is_refused(void **state)
{
    uint8_t token[2][CARD_TOKEN];
    struct buf file;
    (void)state;
    memcpy(token[0], w.token[2], CARD_TOKEN);
    memcpy(token[1], w.token[0], CARD_TOKEN);
    struct revoked list = revoked_file(token, 2, &file);
    offline_revoked(&o, &list);
    says(ERR_CARD_REVOKED);
    memcpy(card.token, w.token[1], CARD_TOKEN);
    says(ERR_OK);
    buf_release(&file);
}

static void a_new_lease_brings_its_own_allowance_and_an_older_one_none(void **state)
{
    struct notice_lease l = lease_of(2);
    struct body_sale s = {.at_utc_ms = now, .total_fen = 100, .verdict = VERDICT_PROVISIONAL, .lease = 1};
    (void)state;
    o.lease.allowance.sales = l.allowance.sales = 1;
    sell(100);
    next_card();
    says(ERR_ALLOWANCE_USED);
    offline_lease(&o, &l);
    says(ERR_OK);
    offline_count(&o, &s); /* sold under the first one */
    says(ERR_OK);
    offline_lease(&o, &l); /* the same again gives nothing back */
    s.lease = 3;           /* an older lease was put back */
    offline_count(&o, &s);
    offline_lease(&o, &l);
    says(ERR_ALLOWANCE_USED);
}

static void who_said_no_is_not_unreachable(void **state)
{
    static const enum err no[] = {ERR_CERT_REVOKED, ERR_CERT_EXPIRED, ERR_CERT_NOT_YET, ERR_FORBIDDEN, ERR_UNAUTHORIZED,
        ERR_TLS_REJECTED, ERR_TOO_MANY, ERR_BAD_VALUE, ERR_OK};
    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(offline_cause(no[i]));
    assert_true(offline_cause(ERR_NET_TIMEOUT));
    assert_true(offline_cause(ERR_TLS_UNTRUSTED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_zero_value_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lease_ends_at_stop_at_to_the_millisecond, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lease_for_another_terminal_shop_or_epoch_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(all_notices_that_the_lease_names_must_be_held, setup, teardown),
        cmocka_unit_test_setup_teardown(a_trust_notice_past_its_date_ends_offline_sales, setup, teardown),
        cmocka_unit_test_setup_teardown(a_forked_journal_sells_nothing_offline, setup, teardown),
        cmocka_unit_test_setup_teardown(each_allowance_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(starting_again_and_again_uses_up_the_lease, setup, teardown),
        cmocka_unit_test_setup_teardown(an_allowance_of_nothing_allows_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(one_card_a_day, setup, teardown),
        cmocka_unit_test_setup_teardown(more_sales_than_can_be_remembered_end_it, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_need_the_policy_and_have_their_own_allowance, setup, teardown),
        cmocka_unit_test_setup_teardown(a_revoked_card_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_lease_brings_its_own_allowance_and_an_older_one_none, setup, teardown),
        cmocka_unit_test_setup_teardown(who_said_no_is_not_unreachable, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
