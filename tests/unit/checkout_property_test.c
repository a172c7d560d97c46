/* SPDX-License-Identifier: Apache-2.0 */
/* Random events in random order, with a model of service and journal beside them. HUIKA_SEED repeats a run. Holds always:
 * a sale is asked for only by a confirmation, for a card that the service called a member's and that is no forgery (of which
 * the service knows nothing, and whenever the signature is looked at), at a listed shop, with the
 * reservation where the offer wants one; there is one sale at most; applied means that the journal said so; a refused
 * checkout does not confirm; without the service a sale is asked for only within a lease that is in force and its allowance, for a card
 * that is not revoked, and never after the service said no of that card; what changed raised rev; no card stays in memory; no reservation is left behind. */
#include "offline_fixture.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RUNS = 12000, STEPS = 40, PENDING = 2 * STEPS };

static uint64_t seed, rng;

static uint32_t pick(uint32_t n)
{
    rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((rng >> 33) % n);
}

struct question {
    unsigned act;
    uint32_t ask;
    struct body_card card;
    char offer[OFFER_ID_LEN + 1];
};

static struct world w;
static struct checkout c;
static struct question pending[PENDING];
static size_t pending_cnt;
static struct {
    bool held; /* the service holds a reservation */
    struct body_card card;
    char offer[OFFER_ID_LEN + 1];
    bool forged;  /* the card in hand */
    int appended; /* durable sales */
    bool full;    /* the disk */
    bool said_no; /* the service, of the card in hand */
} model;
static bool members[WORLD_CARDS];
static char forged[WORLD_CARDS][CARD_QR_TEXT_MAX + 1]; /* the same tokens, signed by a stranger */
static int forgeries, provisional;
static struct offline o;
static struct buf revoked_text;
static struct revoked gone; /* the last card is on it */

static bool is_member(const struct body_card *card)
{
    for (int i = 0; i < WORLD_CARDS; i++)
        if (card->by == BODY_BY_QR && !memcmp(card->token, w.token[i], CARD_TOKEN))
            return members[i];
    return card->by == BODY_BY_NUMBER && card->number[15] == '8';
}

static bool limited(const char *offer)
{
    for (size_t i = 0; i < w.shop.offer_cnt; i++)
        if (!strcmp(w.offers[i].id, offer))
            return w.offers[i].per_card_day > 0;
    return false;
}

static void check_provisional(void)
{
    assert_true(w.env.offline && o.has_lease);
    assert_false(model.said_no);
    assert_true(w.env.now_utc_ms < o.lease.stop_at_utc_ms);
    assert_int_equal(c.lease_version, o.lease.version);
    assert_true(o.used.sales < o.lease.allowance.sales);
    assert_true(o.used.amount_fen + c.total_fen <= o.lease.allowance.amount_fen);
    if (c.card.by == BODY_BY_NUMBER)
        assert_true(w.trust.offline_keyed && o.used.keyed_sales < o.lease.allowance.keyed_sales);
    else
        assert_memory_not_equal(c.card.token, w.token[WORLD_CARDS - 1], CARD_TOKEN);
    if (limited(c.offer_id) && !c.confirmed)
        assert_int_equal(offline_uses(&o, &c.card, c.offer_id), 0);
    provisional++;
}

static void check_sale(bool confirming)
{
    assert_true(confirming);
    assert_false(model.forged);
    assert_int_equal(w.shop.standing, STANDING_LISTED);
    assert_int_equal(c.quote.discount_fen + c.quote.pay_fen, c.total_fen);
    assert_true(c.quote.own_price || c.shop_version == w.shop.version);
    if (c.verdict == VERDICT_PROVISIONAL) {
        check_provisional();
        return;
    }
    assert_int_equal(c.verdict, VERDICT_MEMBER);
    assert_true(is_member(&c.card));
    if (!limited(c.offer_id))
        return;
    assert_true(model.held);
    assert_string_equal(model.offer, c.offer_id);
    assert_memory_equal(&model.card, &c.card, sizeof c.card);
}

static void act(unsigned acts, bool confirming);

static void check_card(void)
{
    bool looked_up = c.state == CHECKOUT_VERIFYING;
    unsigned acts;
    checkout_check(&c, &w.env, &acts);
    assert_true(!looked_up || w.env.cut || (c.state == CHECKOUT_REFUSED) == model.forged);
    assert_true(!looked_up || !model.forged || c.state == CHECKOUT_REFUSED);
    act(acts, false);
}

static void append(bool confirming)
{
    unsigned acts;
    check_sale(confirming);
    assert_true(c.appending);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
    model.full = !pick(4);
    if (!model.full) {
        model.appended++;
        model.held = false; /* the sale consumes it */
    }
    checkout_appended(&c, &w.env, model.full ? ERR_DISK_FULL : ERR_OK, 1, &acts);
    assert_int_equal(c.state, model.full ? CHECKOUT_QUOTED : CHECKOUT_APPLIED);
    assert_int_equal(acts, 0);
}

static void act(unsigned acts, bool confirming)
{
    if (acts & CHECKOUT_APPEND_SALE)
        append(confirming);
    for (unsigned bit = CHECKOUT_ASK_RELEASE; bit <= CHECKOUT_ASK_RESERVE; bit <<= 1) {
        if (!(acts & bit))
            continue;
        assert_true(pending_cnt < PENDING);
        if (bit == CHECKOUT_CHECK_CARD && pick(3)) { /* else later, perhaps after the answer */
            check_card();
            continue;
        }
        struct question q = {.act = bit, .ask = bit == CHECKOUT_ASK_RESERVE ? c.hold_ask : c.ask, .card = c.card};
        memcpy(q.offer, c.hold_offer, sizeof q.offer);
        if (bit != CHECKOUT_ASK_RELEASE && bit != CHECKOUT_CHECK_CARD)
            assert_int_not_equal(q.card.by, BODY_BY_NONE);
        pending[pending_cnt++] = q;
    }
}

static void answer_verify(const struct question *q, bool lost)
{
    struct body_verdict v = {.verdict = is_member(&q->card) ? VERDICT_MEMBER : VERDICT_REFUSED,
        .at_utc_ms = w.env.now_utc_ms,
        .reason = ERR_CARD_LOST};
    unsigned acts;
    if (v.verdict == VERDICT_MEMBER && pick(2)) {
        v.use_cnt = 1;
        v.uses[0].left = (int32_t)pick(2);
        memcpy(v.uses[0].offer_id, OFFER_A, ULID_LEN);
    }
    if (!lost && v.verdict != VERDICT_MEMBER && q->ask == c.ask && c.state != CHECKOUT_APPLIED)
        model.said_no = true;
    if (lost)
        checkout_unanswered(&c, &w.env, q->ask, pick(4) ? ERR_NET_CUT : ERR_CERT_REVOKED, &acts);
    else
        checkout_verified(&c, &w.env, q->ask, &v, &acts);
    act(acts, false);
}

/* The service knows a reservation by its checkout only, and lets nobody else's card in. */
static void answer_reserve(const struct question *q, bool lost)
{
    struct body_reserved r = {.reserved = pick(3) > 0, .reason = ERR_LIMIT_REACHED};
    unsigned acts;
    if (c.state == CHECKOUT_APPLIED)
        r.reserved = false;
    if (r.reserved) {
        assert_false(model.held && memcmp(&model.card, &q->card, sizeof q->card)); /* would be another card's */
        model.held = true;
        model.card = q->card;
        memcpy(model.offer, q->offer, sizeof model.offer);
    }
    if (lost)
        checkout_unanswered(&c, &w.env, q->ask, ERR_NET_TIMEOUT, &acts);
    else
        checkout_reserved(&c, &w.env, q->ask, &r, &acts);
    act(acts, false);
}

static void deliver(void)
{
    if (!pending_cnt)
        return;
    size_t i = pick((uint32_t)pending_cnt);
    struct question q = pending[i];
    bool lost = !pick(5);
    unsigned acts;
    pending[i] = pending[--pending_cnt];
    if (q.act == CHECKOUT_CHECK_CARD) {
        check_card();
    } else if (q.act == CHECKOUT_ASK_VERIFY) {
        answer_verify(&q, lost);
    } else if (q.act == CHECKOUT_ASK_RESERVE) {
        answer_reserve(&q, lost);
    } else {
        if (!lost || pick(2))
            model.held = false;
        checkout_released(&c, &w.env, lost ? ERR_NET_CUT : ERR_OK, &acts);
        act(acts, false);
    }
}

static void stray(void)
{
    const struct body_verdict v = {.verdict = VERDICT_MEMBER, .at_utc_ms = w.env.now_utc_ms};
    const struct body_reserved r = {.reserved = true};
    uint32_t old = c.ask ? pick(c.ask) : 0;
    unsigned acts;
    if (old != c.hold_ask) {
        checkout_verified(&c, &w.env, old, &v, &acts);
        assert_int_equal(acts, 0);
        checkout_reserved(&c, &w.env, old, &r, &acts);
        assert_int_equal(acts, 0);
    }
}

static void confirm(void)
{
    unsigned acts;
    bool may = c.state == CHECKOUT_QUOTED || c.state == CHECKOUT_APPLIED;
    bool was_applied = c.state == CHECKOUT_APPLIED;
    enum err e = checkout_confirm(&c, &w.env, &acts);
    if (!may)
        assert_int_not_equal(e, ERR_OK);
    if (was_applied)
        assert_true(e == ERR_OK && acts == 0);
    act(acts, true);
}

static void shop_changes(void)
{
    unsigned acts;
    w.shop.version++;
    w.shop.standing = pick(4) ? STANDING_LISTED : STANDING_DELISTED;
    w.shop.offer_cnt = pick(3);
    for (int i = 0; i < 2; i++) {
        w.offers[i].per_card_day = (int32_t)pick(2);
        w.offers[i].rate_bp = 1 + (int32_t)pick(3000);
    }
    checkout_shop_changed(&c, &w.env, &acts);
    act(acts, false);
}

static void show_card(void)
{
    static const char *const numbers[] = {"6200000000000008", "6200000000000001"};
    unsigned acts = 0;
    bool fake = false;
    enum err e;
    if (!pick(4)) {
        const struct checkout_digits d = {numbers[pick(2)], 16, BODY_INPUT_KEYED, true};
        e = checkout_number(&c, &w.env, &d, &acts);
    } else {
        uint32_t what = pick(16), card = pick(WORLD_CARDS);
        const char *text = what < 11 ? w.qr[card] : what < 14 ? forged[card] : "134567890123456789";
        e = checkout_scan(&c, &w.env, text, strlen(text), BODY_INPUT_READER, &acts);
        fake = what >= 11 && what < 14;
        forgeries += !e && fake;
    }
    if (!e) {
        model.forged = fake;
        model.said_no = false;
    }
    if (c.state == CHECKOUT_APPLIED)
        assert_int_equal(e, ERR_WRONG_STATE);
    act(acts, false);
}

static void set_amount(void)
{
    const struct checkout_purchase p = {.total_fen = 1 + pick(100000), .own_price_fen = 1};
    struct checkout_purchase q = p;
    unsigned acts;
    q.own_price_fen = pick(3) ? q.total_fen : 1 + pick((uint32_t)q.total_fen);
    checkout_amount(&c, &w.env, &q, &acts);
    act(acts, false);
}

static void tick(void)
{
    unsigned acts;
    int64_t ms = pick(10) ? pick(3000) : pick(700000);
    w.env.now_mono_ms += ms;
    w.env.now_utc_ms += ms;
    checkout_tick(&c, &w.env, &acts);
    act(acts, false);
}

static void comes_back(void)
{
    unsigned acts;
    w.env.cut = pick(2) ? ERR_OK : ERR_NET_RESOLVE;
    if (w.env.cut)
        return;
    checkout_online(&c, &acts);
    act(acts, false);
}

/* The lease runs out, is used up elsewhere, or is renewed. */
static void lease_changes(void)
{
    struct notice_lease l = lease_of(o.lease.version + 1);
    l.allowance.sales = pick(3);
    l.allowance.keyed_sales = pick(2);
    l.allowance.amount_fen = 1 + pick(200000);
    if (!pick(4))
        l.stop_at_utc_ms = w.env.now_utc_ms + pick(5000);
    w.trust.offline_keyed = pick(2);
    offline_lease(&o, &l);
}

static void cancel(void)
{
    unsigned acts;
    checkout_cancel(&c, &w.env, &acts);
    act(acts, false);
}

static void check(const struct checkout *before)
{
    bool ended = c.state == CHECKOUT_APPLIED || c.state == CHECKOUT_CANCELLED || c.state == CHECKOUT_REFUSED ||
                 c.state == CHECKOUT_FAILED;
    bool changed = c.state != before->state || c.reason != before->reason || c.error != before->error ||
                   c.quote.pay_fen != before->quote.pay_fen || strcmp(c.offer_id, before->offer_id) ||
                   c.total_fen != before->total_fen;
    assert_true(c.rev > before->rev || !changed);
    assert_false(model.forged && c.verdict != VERDICT_REFUSED && c.state != CHECKOUT_VERIFYING &&
                 c.state != CHECKOUT_FAILED && c.state != CHECKOUT_CANCELLED);
    if (before->state == CHECKOUT_APPLIED || before->state == CHECKOUT_CANCELLED)
        assert_int_equal(c.state, before->state);
    assert_true(model.appended <= 1);
    assert_int_equal(c.state == CHECKOUT_APPLIED, model.appended == 1);
    if (ended)
        assert_int_equal(c.card.by, BODY_BY_NONE);
    if (c.state == CHECKOUT_QUOTED)
        assert_true(c.verdict != VERDICT_REFUSED && c.quote.discount_fen + c.quote.pay_fen == c.total_fen);
    if (c.state == CHECKOUT_VERIFYING)
        assert_true(c.deadline_mono_ms < INT64_MAX);
}

static void step(void)
{
    static void (*const steps[])(void) = {show_card, show_card, deliver, deliver, deliver, deliver, set_amount, confirm,
        confirm, tick, stray, shop_changes, comes_back, lease_changes};
    struct checkout before = c;
    uint32_t n = pick(sizeof steps / sizeof *steps * 8);
    if (n < sizeof steps / sizeof *steps * 8 - 1)
        steps[n % (sizeof steps / sizeof *steps)]();
    else
        cancel();
    check(&before);
}

static void one_run(uint64_t run)
{
    unsigned acts;
    rng = seed ^ run * UINT64_C(0x9e3779b97f4a7c15);
    pending_cnt = 0;
    memset(&model, 0, sizeof model);
    w.shop.standing = STANDING_LISTED;
    w.shop.version = 1;
    w.shop.offer_cnt = 2;
    for (int i = 0; i < WORLD_CARDS; i++)
        members[i] = pick(4) > 0;
    w.offers[0].per_card_day = (int32_t)pick(2);
    w.offers[1].per_card_day = (int32_t)pick(2);
    w.env.now_utc_ms = WORLD_NOW;
    w.env.cut = ERR_OK;
    offline_world(&o, &w);
    offline_revoked(&o, &gone);
    if (!pick(3))
        w.env.offline = NULL;
    checkout_init(&c, CHECKOUT, SALE, &w.env, &acts);
    for (int i = 0; i < STEPS; i++)
        step();
    cancel();
    while (pending_cnt)
        deliver();
    assert_true(c.hold == CHECKOUT_HOLD_NONE || c.hold == CHECKOUT_HOLD_LOST);
    assert_true(!model.held || c.hold == CHECKOUT_HOLD_LOST);
    checkout_release(&c);
    offline_release(&o);
}

static void any_order_of_events(void **state)
{
    int applied = 0;
    (void)state;
    for (uint64_t run = 0; run < RUNS; run++) {
        one_run(run);
        applied += model.appended;
    }
    assert_true(applied > RUNS / 50); /* or it has tested nothing */
    assert_true(forgeries > RUNS / 2);
    assert_true(provisional > RUNS / 100);
    print_message("%d runs, %d sales, %d provisional, %d forgeries\n", RUNS, applied, provisional, forgeries);
}

int main(void)
{
    const char *given = getenv("HUIKA_SEED");
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_order_of_events)};
    seed = given ? strtoull(given, NULL, 0) : (uint64_t)tm_wall_utc_ms() ^ (uint64_t)getpid() << 40;
    print_message("HUIKA_SEED=%" PRIu64 "\n", seed);
    world_init(&w);
    for (int i = 0; i < WORLD_CARDS; i++)
        world_card(&w, w.foreign, "localhost", i, 365, forged[i]);
    uint8_t token[1][CARD_TOKEN];
    memcpy(token[0], w.token[WORLD_CARDS - 1], CARD_TOKEN);
    gone = revoked_file(token, 1, &revoked_text);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_release(&w);
    buf_release(&revoked_text);
    return failed;
}
