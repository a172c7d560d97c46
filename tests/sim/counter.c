/* SPDX-License-Identifier: Apache-2.0 */
/* Customers. Answers of the service are made when the question is put and come later, or never. */
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

enum { LINK_TIMEOUT_MS = 8000 };

static void act(struct sim *s, struct till *t, unsigned acts);

static void schedule_tick(struct sim *s, struct till *t)
{
    if (t->busy && t->c.deadline_mono_ms < INT64_MAX)
        world_at(s, s->now + t->c.deadline_mono_ms - till_boot_ms(s, t) + 1, EV_TICK, t->n);
}

void counter_gone(struct till *t)
{
    if (t->busy)
        checkout_release(&t->c);
    t->busy = false;
    memset(t->pending, 0, sizeof t->pending);
}

static int offer_no(const char *id)
{
    return *id ? id[25] - '1' : OFFERS;
}

/* The service is asked now; whether it hears, and whether its answer arrives, is the network's. */
static void ask(struct sim *s, struct till *t, unsigned what)
{
    struct question q = {.act = what,
        .ask = what == CHECKOUT_ASK_RESERVE ? t->c.hold_ask : t->c.ask,
        .card = t->card,
        .forged = t->forged,
        .checkout = t->checkout,
        .offer = offer_no(t->c.hold_offer)};
    uint32_t luck = sim_pick(s, 20);
    bool heard = t->online && luck > 1, answered = heard && luck > 3;
    int64_t takes = !t->online       ? 30
                    : !answered      ? LINK_TIMEOUT_MS
                    : sim_pick(s, 8) ? sim_between(s, 20, 400)
                                     : sim_between(s, 400, 7000);
    struct body_verdict *v = NULL;
    struct body_reserved reserved = {0};
    if (heard && what == CHECKOUT_ASK_VERIFY) {
        if (!(v = calloc(1, sizeof *v)))
            abort();
        service_verify(s, &q, v);
    } else if (heard && what == CHECKOUT_ASK_RESERVE) {
        service_reserve(s, &q, t->n, &reserved);
    } else if (heard) {
        service_give_back(s, t->checkout);
    }
    if (!answered) {
        free(v);
        v = NULL;
    }
    struct event *ev = world_at(s, s->now + takes, EV_ANSWER, t->n);
    ev->arg = t->checkout;
    ev->verdict = v;
    ev->reserved = reserved;
    ev->answered = answered;
    ev->q = q;
}

static bool blob_of(struct till *t, struct rec *r, uint8_t hash[static KEY_HASH])
{
    r->has_tag = offline_tag(&t->offline, &t->c.card, r->tag);
    r->key_day = t->offline.day;
    memset(hash, 7, KEY_HASH);
    return r->has_tag;
}

/* What terminal/records.c does. */
static void append_sale(struct sim *s, struct till *t)
{
    struct rec r = {.kind = RECORD_SALE, .card = t->card, .total_fen = t->c.total_fen, .sale = ++s->sales};
    uint8_t hash[KEY_HASH];
    struct body_sale sale;
    struct buf body;
    enum err e;
    unsigned acts;
    struct checkout_env env = till_env(s, t);
    sim_id('S', s->number, r.sale, t->c.sale_id);
    blob_of(t, &r, hash);
    buf_init(&body, RECORD_BODY_MAX);
    if (sale_from_checkout(&t->c, hash, &sale) || body_sale_encode(&sale, &body))
        abort();
    r.body = buf_str(&body);
    r.len = body.len;
    r.at_utc_ms = sale.at_utc_ms;
    r.lease = sale.lease;
    r.provisional = sale.verdict == VERDICT_PROVISIONAL;
    r.keyed = sale.by == BODY_BY_NUMBER;
    oracle_sale(s, t, &sale);
    bool alive = till_append(s, t, &r, &e);
    if (alive && !e) {
        offline_count(&t->offline, &sale);
        if (r.has_tag)
            offline_mark(&t->offline, &sale, r.tag);
        s->tally.sales++;
        s->tally.provisional += r.provisional;
        s->tally.keyed += r.provisional && r.keyed;
        size_t cap = s->shown_cap;
        s->shown = dice_grow(s->shown, &cap, s->shown_cnt + 1, sizeof *s->shown);
        s->shown_at = dice_grow(s->shown_at, &s->shown_cap, s->shown_cnt + 1, sizeof *s->shown_at);
        s->shown[s->shown_cnt] = r;
        s->shown_at[s->shown_cnt++] =
            (struct shown_at){.terminal = t->n, .epoch = t->disk.head.epoch, .seq = t->disk.head.seq};
    }
    sim_trace(s, "t%d sale %u: card %d, %s, %lld fen: %s", t->n, r.sale, r.card, verdict_name(sale.verdict),
        (long long)r.total_fen, alive ? err_code(e) : "power cut");
    if (alive) {
        checkout_appended(&t->c, &env, e, t->disk.head.seq, &acts);
        act(s, t, acts);
    }
    body_sale_release(&sale);
    buf_release(&body);
}

static void act(struct sim *s, struct till *t, unsigned acts)
{
    unsigned more = 0;
    struct checkout_env env;
    if (acts & CHECKOUT_ASK_RELEASE)
        ask(s, t, CHECKOUT_ASK_RELEASE);
    if (acts & CHECKOUT_ASK_VERIFY)
        ask(s, t, CHECKOUT_ASK_VERIFY);
    if (acts & CHECKOUT_CHECK_CARD) {
        env = till_env(s, t);
        checkout_check(&t->c, &env, &more);
        act(s, t, more);
    }
    if (acts & CHECKOUT_ASK_RESERVE)
        ask(s, t, CHECKOUT_ASK_RESERVE);
    if (acts & CHECKOUT_APPEND_SALE)
        append_sale(s, t);
}

/* The worst moment for news: between the quote and the cashier's yes. */
static void provoke(struct sim *s, struct till *t)
{
    struct service *v = &s->service;
    uint32_t what = sim_pick(s, 40);
    if (t->c.state != CHECKOUT_QUOTED || what > 2)
        return;
    s->tally.delisted_at_counter += what == 0;
    s->tally.revoked_at_counter += what == 1;
    if (what == 0)
        world_shop(s, STANDING_DELISTED);
    if (what == 1)
        world_card(s, v->inactive | 1u << t->card);
    world_at(s, s->now + 1, EV_SYNC, t->n);
}

/* The cashier looks at the screen again after a while; at a quote some take long. */
static void cashier_looks(struct sim *s, struct till *t)
{
    t->was_provisional |= t->c.state == CHECKOUT_QUOTED && t->c.verdict == VERDICT_PROVISIONAL;
    provoke(s, t);
    int64_t after = sim_pick(s, 12) ? sim_between(s, 800, 25000) : sim_between(s, 25000, 11 * MINUTE_MS);
    world_at(s, s->now + after, EV_CASHIER, t->n)->arg = t->checkout;
}

static void show_card(struct sim *s, struct till *t, const struct checkout_env *env, unsigned *acts)
{
    t->forged = false;
    t->told_no = t->was_provisional = false;
    t->shown_utc_ms = env->now_utc_ms;
    if (!sim_pick(s, 6)) {
        const char *number = sim_cards.number[t->card];
        const struct checkout_digits d = {number, strlen(number), BODY_INPUT_KEYED, true};
        checkout_number(&t->c, env, &d, acts);
        return;
    }
    t->forged = !sim_pick(s, 12);
    const char *text = t->forged ? sim_cards.forged[t->card] : sim_cards.qr[t->card];
    checkout_scan(&t->c, env, text, strlen(text), BODY_INPUT_READER, acts);
}

void counter_customer(struct sim *s, struct till *t, int card)
{
    char id[ULID_LEN + 1], sale[ULID_LEN + 1];
    unsigned acts;
    if (!t->on)
        return;
    till_new_day(s, t);
    counter_gone(t);
    t->boot_no++; /* answers to the customer before come too late */
    struct checkout_env env = till_env(s, t);
    t->checkout = ++s->checkouts;
    s->tally.checkouts++;
    sim_id('C', s->number, t->checkout, id);
    sim_id('S', s->number, 0, sale);
    checkout_init(&t->c, id, sale, &env, &acts);
    t->busy = true;
    struct checkout_purchase p = {.total_fen = sim_between(s, 100, 50000)};
    p.own_price_fen = sim_pick(s, 10) ? p.total_fen : sim_between(s, 1, p.total_fen);
    act(s, t, acts);
    checkout_amount(&t->c, &env, &p, &acts);
    act(s, t, acts);
    t->card = card < 0 ? (int)sim_pick(s, CARDS) : card;
    if (card < 0 && !sim_pick(s, 8)) /* somebody buys at both tills at once, with one card */
        world_at(s, s->now + sim_between(s, 0, 3000), EV_CUSTOMER, (t->n + 1) % TERMINALS)->arg = 2 + (uint32_t)t->card;
    show_card(s, t, &env, &acts);
    act(s, t, acts);
    if (t->busy && !sim_pick(s, 10)) { /* the wrong card; the right one at once */
        t->card = (int)sim_pick(s, CARDS);
        show_card(s, t, &env, &acts);
        act(s, t, acts);
    }
    if (t->busy) {
        schedule_tick(s, t);
        cashier_looks(s, t);
    }
}

static void tally_refusal(struct tally *y, const struct till *t)
{
    enum err e = t->c.reason;
    y->late_refused += e == ERR_LEASE_OVER;
    y->clock_2090 += e == ERR_TRUST_OVER && t->wall_off_ms > 3650 * TM_DAY_MS;
    y->allowance_refused += e == ERR_ALLOWANCE_USED;
    y->card_day_refused += e == ERR_OFFLINE_CARD_DAY;
    y->delisted_refused += e == ERR_SHOP_DELISTED || e == ERR_SHOP_SUSPENDED;
    y->revoked_refused += e == ERR_CARD_REVOKED;
    y->number_refused += e == ERR_OFFLINE_NUMBER;
    y->expired_refused += e == ERR_CARD_EXPIRED;
    y->forged_refused += e == ERR_CARD_FORGED;
    y->stale_refused += e == ERR_OFFLINE_STALE;
    y->told_no += t->told_no && t->was_provisional;
}

static void leave(struct sim *s, struct till *t)
{
    if (t->c.state == CHECKOUT_REFUSED)
        tally_refusal(&s->tally, t);
    s->tally.fork_refused += t->c.state == CHECKOUT_FAILED && t->c.error == ERR_CHAIN_FORK;
    if (t->c.state == CHECKOUT_REFUSED || t->c.state == CHECKOUT_FAILED)
        sim_trace(s, "t%d %s: %s", t->n, checkout_state_name(t->c.state),
            err_code(t->c.state == CHECKOUT_FAILED ? t->c.error : t->c.reason));
    s->tally.refused += t->c.state == CHECKOUT_REFUSED;
    s->tally.failed += t->c.state == CHECKOUT_FAILED;
    counter_gone(t);
}

void counter_cashier(struct sim *s, struct till *t, uint32_t checkout)
{
    unsigned acts = 0;
    struct checkout_env env;
    if (!t->busy || t->checkout != checkout)
        return;
    env = till_env(s, t);
    if (!sim_pick(s, 15)) {
        checkout_cancel(&t->c, &env, &acts);
    } else if (!sim_pick(s, 25)) { /* another card, please */
        t->card = (int)sim_pick(s, CARDS);
        show_card(s, t, &env, &acts);
    } else if (!sim_pick(s, 6) && t->online) {
        checkout_online(&t->c, &acts);
    } else {
        enum err e = checkout_confirm(&t->c, &env, &acts);
        if (e && t->c.state != CHECKOUT_QUOTED && t->c.state != CHECKOUT_VERIFYING) {
            act(s, t, acts);
            leave(s, t);
            return;
        }
    }
    act(s, t, acts);
    if (!t->busy)
        return;
    if (t->c.state == CHECKOUT_CANCELLED || (t->c.state == CHECKOUT_APPLIED && sim_pick(s, 2))) {
        leave(s, t);
        return;
    }
    schedule_tick(s, t);
    cashier_looks(s, t);
}

void counter_tick(struct sim *s, struct till *t)
{
    unsigned acts;
    if (!t->busy || till_boot_ms(s, t) < t->c.deadline_mono_ms)
        return;
    struct checkout_env env = till_env(s, t);
    checkout_tick(&t->c, &env, &acts);
    act(s, t, acts);
    schedule_tick(s, t);
}

void counter_answer(struct sim *s, struct till *t, const struct event *ev)
{
    unsigned acts = 0;
    const struct question *q = &ev->q;
    enum err cause = t->online ? ERR_NET_TIMEOUT : ERR_NET_REFUSED;
    if (!t->busy || t->checkout != q->checkout)
        return;
    struct checkout_env env = till_env(s, t);
    if (q->act == CHECKOUT_ASK_RELEASE) {
        checkout_released(&t->c, &env, ev->answered ? ERR_OK : cause, &acts);
    } else if (!ev->answered) {
        checkout_unanswered(&t->c, &env, q->ask, cause, &acts);
    } else if (q->act == CHECKOUT_ASK_VERIFY) {
        t->told_no |= q->ask == t->c.ask && ev->verdict->verdict == VERDICT_REFUSED && t->c.state != CHECKOUT_APPLIED;
        checkout_verified(&t->c, &env, q->ask, ev->verdict, &acts);
    } else {
        s->tally.limit_refused += !ev->reserved.reserved;
        checkout_reserved(&t->c, &env, q->ask, &ev->reserved, &acts);
    }
    act(s, t, acts);
    schedule_tick(s, t);
}

void counter_shop_changed(struct sim *s, struct till *t)
{
    unsigned acts;
    if (!t->busy)
        return;
    struct checkout_env env = till_env(s, t);
    bool quoted = t->c.state == CHECKOUT_QUOTED;
    checkout_shop_changed(&t->c, &env, &acts);
    s->tally.refused_at_counter += quoted && t->c.state == CHECKOUT_REFUSED;
    act(s, t, acts);
}
