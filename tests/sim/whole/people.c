/* SPDX-License-Identifier: Apache-2.0 */
/* Customers, and those who bring things back, through the same functions that the counter calls. */
#include "tests/sim/whole/whole.h"
#include <stdio.h>
#include <string.h>

struct visit *people_visit(struct whole *w, const char *checkout_id)
{
    for (size_t i = w->visit_cnt; i-- > 0;)
        if (!strcmp(w->visit[i].checkout_id, checkout_id))
            return &w->visit[i];
    return NULL;
}

static struct visit *at_counter(struct box *b)
{
    return b->visit ? &b->w->visit[b->visit - 1] : NULL;
}

/* The card in hand; given to the till by `begin`, or later. */
static void show_card(struct box *b, struct visit *v, struct counter_card *out)
{
    struct whole *w = b->w;
    v->card = (int)pick(w, CARDS);
    v->forged = v->told_no = v->was_provisional = false;
    v->asked = 0;
    v->shown_utc_ms = till_utc(&b->till);
    *out = (struct counter_card){.number = {.input = BODY_INPUT_READER}};
    if (!pick(w, 6)) {
        const char *number = whole_keys.number[v->card];
        out->number = (struct checkout_digits){number, strlen(number), BODY_INPUT_KEYED, true};
        return;
    }
    v->forged = !pick(w, 12);
    out->scan = v->forged ? whole_keys.forged[v->card] : whole_keys.qr[v->card];
    out->scan_len = strlen(out->scan);
}

/* The worst moment for news: between the quote and the cashier's yes. */
static void provoke(struct box *b, const struct checkout *c)
{
    struct whole *w = b->w;
    const struct visit *v = at_counter(b);
    uint32_t what = pick(w, 50);
    if (!v || c->state != CHECKOUT_QUOTED || what > 1)
        return;
    w->tally.delisted_at_counter += what == 0;
    if (what == 0)
        world_shop(w, pick(w, 2) ? STANDING_DELISTED : STANDING_SUSPENDED);
    else
        world_card(w, w->service->inactive | 1u << v->card);
}

static void cashier_looks(struct box *b, const struct checkout *c)
{
    struct whole *w = b->w;
    if (b->visit)
        w->visit[b->visit - 1].was_provisional |= c->state == CHECKOUT_QUOTED && c->verdict == VERDICT_PROVISIONAL;
    provoke(b, c);
    int64_t after = pick(w, 12) ? between(w, 800, 25000) : between(w, 25000, 11 * MINUTE_MS);
    world_at(w, w->now + after, EV_CASHIER, b->n)->arg = b->visit;
}

void people_customer(struct box *b)
{
    struct whole *w = b->w;
    char key[32];
    uint8_t request[KEY_HASH] = {0};
    if (!b->on)
        return;
    snprintf(key, sizeof key, "order-%llu", (unsigned long long)++w->orders);
    memcpy(request, &w->orders, sizeof w->orders);
    w->visit = dice_grow(w->visit, &w->visit_cap, w->visit_cnt + 1, sizeof *w->visit);
    struct visit *v = &w->visit[w->visit_cnt++];
    b->visit = w->visit_cnt;
    struct counter_order o = {.key = key, .request = request};
    o.purchase.total_fen = between(w, 100, 50000);
    o.purchase.own_price_fen = pick(w, 10) ? o.purchase.total_fen : between(w, 1, o.purchase.total_fen);
    const struct checkout *c = NULL;
    show_card(b, v, &o.card);
    w->tally.checkouts++;
    enum err e = b->till.ops.begin(&b->till, &o, &c);
    if (e) {
        whole_broken(w, "t%d: no checkout: %s", b->n, err_code(e));
        return;
    }
    memcpy(v->checkout_id, c->id, sizeof v->checkout_id);
    if (!pick(w, 10)) { /* the wrong card; the right one at once */
        struct counter_card card;
        show_card(b, v, &card);
        b->till.ops.card(&b->till, v->checkout_id, &card, &c);
    }
    cashier_looks(b, c);
}

static void leave(struct box *b, const struct checkout *c)
{
    struct tally *t = &b->w->tally;
    bool no = c->state == CHECKOUT_REFUSED;
    whole_trace(b->w, "t%d %s: %s", b->n, checkout_state_name(c->state), err_code(no ? c->reason : c->error));
    t->refused += no;
    t->failed += c->state == CHECKOUT_FAILED;
    t->late_refused += no && c->reason == ERR_LEASE_OVER;
    t->allowance_refused += no && (c->reason == ERR_ALLOWANCE_USED || c->reason == ERR_OFFLINE_CARD_DAY);
    t->delisted_refused += no && (c->reason == ERR_SHOP_DELISTED || c->reason == ERR_SHOP_SUSPENDED);
    t->trust_over += no && c->reason == ERR_TRUST_OVER;
    b->visit = 0;
}

static void shown(struct box *b, const struct checkout *c)
{
    struct whole *w = b->w;
    for (size_t i = w->sold_cnt; i-- > 0;)
        if (!strcmp(w->sold[i].id, c->sale_id)) {
            w->sold[i].shown = true;
            return;
        }
    whole_broken(w, "t%d: applied, and nothing is on disk", b->n);
}

static void confirm(struct box *b, const struct visit *v)
{
    const struct checkout *c = NULL;
    enum err e = b->till.ops.confirm(&b->till, v->checkout_id, &c);
    if (!e && !b->dying)
        shown(b, c);
    if (!e && !b->dying && !pick(b->w, 8)) { /* the program that asked asks again */
        b->w->tally.retries++;
        e = b->till.ops.confirm(&b->till, v->checkout_id, &c);
        if (e || c->state != CHECKOUT_APPLIED)
            whole_broken(b->w, "t%d: a repeated confirmation: %s", b->n, err_code(e));
    }
}

void people_cashier(struct box *b, size_t visit)
{
    struct whole *w = b->w;
    struct visit *v = at_counter(b);
    const struct checkout *c = NULL;
    if (!b->on || !v || b->visit != visit || b->till.ops.find(&b->till, v->checkout_id, &c))
        return;
    struct counter_card card;
    if (!pick(w, 15)) {
        b->till.ops.cancel(&b->till, v->checkout_id, &c);
    } else if (!pick(w, 25) && c->state != CHECKOUT_APPLIED) { /* another card, please */
        show_card(b, v, &card);
        b->till.ops.card(&b->till, v->checkout_id, &card, &c);
    } else {
        confirm(b, v);
    }
    if (b->dying || b->till.ops.find(&b->till, v->checkout_id, &c))
        return;
    bool over = c->state == CHECKOUT_REFUSED || c->state == CHECKOUT_FAILED || c->state == CHECKOUT_CANCELLED;
    if (over || (c->state == CHECKOUT_APPLIED && pick(w, 2)))
        leave(b, c);
    else
        cashier_looks(b, c);
}

/* Voids and returns. The order's number makes its key, and what is asked follows from it, so that it can be asked again. */
struct order {
    uint64_t n;
    struct box *box;
    size_t sold;
    enum body_void_kind kind;
    int64_t amount_fen;
};

static struct order order_of(struct box *b, uint64_t n)
{
    struct whole *w = b->w;
    uint64_t dice = n * UINT64_C(0x9e3779b97f4a7c15) ^ w->seed;
    struct order o = {.n = n, .box = b, .sold = (size_t)(n >> 32)};
    const struct sold *s = &w->sold[o.sold];
    o.kind = dice_pick(&dice, 3) ? BODY_VOID_RETURN : BODY_VOID_ALL;
    o.amount_fen = dice_between(&dice, 1, dice_pick(&dice, 3) ? s->total_fen / 2 + 1 : s->total_fen + 10);
    return o;
}

static enum err taken(void *ctx, const struct counter_voided *v)
{
    const struct order *o = ctx;
    struct whole *w = o->box->w;
    struct taken *mine = NULL;
    for (size_t i = 0; i < w->taken_cnt; i++) {
        struct taken *t = &w->taken[i];
        if (!strcmp(t->id, v->body->void_id))
            mine = t;
        else if (t->order == o->n && t->box == o->box->n && !t->lost)
            whole_broken(w, "t%d: asked once, taken back twice", o->box->n);
    }
    if (!mine)
        whole_broken(w, "t%d: a return is shown, and nothing is on disk", o->box->n);
    else if (!o->box->dying) {
        mine->shown = true;
        mine->order = o->n;
    }
    return ERR_OK;
}

static void ask(struct box *b, struct order *o)
{
    struct whole *w = b->w;
    char key[32];
    uint8_t request[KEY_HASH] = {1};
    snprintf(key, sizeof key, "void-%llu", (unsigned long long)o->n);
    memcpy(request + 8, &o->n, sizeof o->n);
    const struct counter_void q = {.key = key,
        .request = request,
        .sale_id = w->sold[o->sold].id,
        .kind = o->kind,
        .amount_fen = o->amount_fen,
        .reason = "wrong"};
    enum err e = b->till.ops.after->take_back(b->till.ops.after->ctx, &q, taken, o);
    whole_trace(w, "t%d takes back of sale %zu: %s", b->n, o->sold, err_code(e));
    w->tally.voids_over += e == ERR_RETURN_OVER;
    if (e == ERR_BUSY || (!e && !pick(w, 4))) /* the answer is to come; or somebody asks twice */
        world_at(w, w->now + between(w, 500, 5000), EV_VOID_AGAIN, b->n)->arg = o->n;
}

void people_brings_back(struct box *b)
{
    struct whole *w = b->w;
    if (!b->on || !w->sold_cnt)
        return;
    size_t back = pick(w, w->sold_cnt > 20 ? 20 : (uint32_t)w->sold_cnt);
    struct order o = order_of(b, (uint64_t)(w->sold_cnt - 1 - back) << 32 | (++w->orders & UINT32_MAX));
    if (w->sold[o.sold].shown)
        ask(b, &o);
}

void people_again(struct box *b, uint64_t order)
{
    struct order o = order_of(b, order);
    if (b->on)
        ask(b, &o);
}
