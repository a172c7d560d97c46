/* SPDX-License-Identifier: Apache-2.0 */
/* What the counter asks of the till. */
#include "client/core/sale.h"
#include "client/terminal/after.h"
#include <openssl/crypto.h>
#include <string.h>

/* A sale of the journal as the checkout that it was. */
static enum err restore(const struct journal_record *r, struct checkout *out)
{
    struct body_sale sale;
    struct body_blob blob;
    if (r->kind != RECORD_SALE) /* a void's or a dispute's id, or key */
        return ERR_NOT_FOUND;
    enum err e = body_sale_decode(r->body, r->body_len, &sale);
    if (e)
        return e;
    bool has_blob = r->blob && !body_blob_decode(r->blob, r->blob_len, &blob);
    e = sale_to_checkout(&sale, has_blob ? &blob : NULL, r->seq, out);
    OPENSSL_cleanse(&blob, sizeof blob);
    body_sale_release(&sale);
    return e;
}

struct restoring {
    struct till *till;
    const char *key; /* NULL: found by its checkout id */
    struct seat *seat;
};

static enum err restore_seat(void *ctx, const struct journal_record *r)
{
    struct restoring *to = ctx;
    struct checkout c;
    enum err e = restore(r, &c);
    if (e == ERR_NOT_FOUND && to->key)
        return ERR_IDEMPOTENCY_REUSE;
    if (e)
        return e;
    struct seat *s = till_sit(to->till);
    if (!s) {
        checkout_release(&c);
        return ERR_TOO_MANY;
    }
    s->c = c;
    if (to->key && r->request) {
        memcpy(s->key, to->key, strlen(to->key) + 1);
        memcpy(s->request, r->request, KEY_HASH);
    }
    to->seat = s;
    return ERR_OK;
}

static enum err find_seat(struct till *t, const char *id, struct seat **out)
{
    struct restoring to = {.till = t, .seat = till_find(t, id)};
    enum err e = to.seat ? ERR_OK : journal_by_checkout(t->journal, id, restore_seat, &to);
    if (!e)
        *out = to.seat;
    return e;
}

static enum err find(void *ctx, const char *id, const struct checkout **out)
{
    struct seat *s;
    enum err e = find_seat(ctx, id, &s);
    if (!e)
        *out = &s->c;
    return e;
}

static enum err current(void *ctx, const struct checkout **out)
{
    struct till *t = ctx;
    const struct seat *s = t->current[0] ? till_find(t, t->current) : NULL;
    if (!s || s->c.state == CHECKOUT_CANCELLED)
        return ERR_NOT_FOUND;
    *out = &s->c;
    return ERR_OK;
}

/* The checkout that this key began, in memory or in the journal; *out NULL: none. */
static enum err find_key(struct till *t, const struct counter_order *o, struct seat **out)
{
    struct restoring to = {.till = t, .key = o->key, .seat = till_find_key(t, o->key)};
    enum err e = to.seat ? ERR_OK : journal_by_key(t->journal, o->key, restore_seat, &to);
    *out = NULL;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e)
        return e;
    if (CRYPTO_memcmp(to.seat->request, o->request, KEY_HASH))
        return ERR_IDEMPOTENCY_REUSE;
    *out = to.seat;
    return ERR_OK;
}

static enum err show_card(struct till *t, struct seat *s, const struct counter_card *card)
{
    struct checkout_env env = till_env(t);
    unsigned acts = 0;
    enum err e = ERR_OK;
    if (card->scan)
        e = checkout_scan(&s->c, &env, card->scan, card->scan_len, card->number.input, &acts);
    else if (card->number.text)
        e = checkout_number(&s->c, &env, &card->number, &acts);
    if (!e)
        till_act(t, s, acts);
    return e;
}

static enum err set_amount(struct till *t, struct seat *s, const struct checkout_purchase *p)
{
    struct checkout_env env = till_env(t);
    unsigned acts;
    enum err e = checkout_amount(&s->c, &env, p, &acts);
    if (!e)
        till_act(t, s, acts);
    return e;
}

static enum err begin(void *ctx, struct counter_order *o, const struct checkout **out)
{
    struct till *t = ctx;
    struct seat *s;
    enum err e = find_key(t, o, &s);
    if (e || s) {
        if (!e)
            *out = &s->c;
        return e;
    }
    e = checkout_purchase_check(&o->purchase);
    if (!e && o->card.number.text)
        e = checkout_digits_check(&o->card.number);
    if (!e)
        e = till_begin(t, &s);
    if (e)
        return e;
    e = set_amount(t, s, &o->purchase);
    if (!e)
        o->purchase.lines = NULL; /* taken */
    if (!e)
        e = show_card(t, s, &o->card);
    if (e) {
        till_leave(t, s);
        return e;
    }
    memcpy(s->key, o->key, strnlen(o->key, JOURNAL_KEY_MAX));
    memcpy(s->request, o->request, KEY_HASH);
    *out = &s->c;
    return ERR_OK;
}

static enum err card(void *ctx, const char *id, const struct counter_card *c, const struct checkout **out)
{
    struct till *t = ctx;
    struct seat *s;
    enum err e = find_seat(t, id, &s);
    if (!e)
        e = show_card(t, s, c);
    if (!e)
        *out = &s->c;
    return e;
}

static enum err amount(void *ctx, const char *id, const struct checkout_purchase *p, const struct checkout **out)
{
    struct till *t = ctx;
    struct seat *s;
    enum err e = find_seat(t, id, &s);
    if (!e)
        e = set_amount(t, s, p);
    if (!e)
        *out = &s->c;
    return e;
}

static enum err confirm(void *ctx, const char *id, const struct checkout **out)
{
    struct till *t = ctx;
    struct seat *s;
    unsigned acts = 0;
    enum err e = find_seat(t, id, &s);
    if (e)
        return e;
    struct checkout_env env = till_env(t);
    uint32_t rev = s->c.rev;
    e = checkout_confirm(&s->c, &env, &acts);
    if (acts || s->c.rev != rev)
        till_act(t, s, acts);
    if (!e && s->c.state != CHECKOUT_APPLIED)
        e = s->c.error ? s->c.error : ERR_WRONG_STATE;
    if (!e)
        *out = &s->c;
    return e;
}

static enum err cancel(void *ctx, const char *id, const struct checkout **out)
{
    struct till *t = ctx;
    struct seat *s;
    unsigned acts;
    enum err e = find_seat(t, id, &s);
    if (e)
        return e;
    struct checkout_env env = till_env(t);
    e = checkout_cancel(&s->c, &env, &acts);
    if (e)
        return e;
    till_act(t, s, acts);
    *out = &s->c;
    return ERR_OK;
}

/* The record says how the card came in: by a program, not by a reader. */
static enum err scan(void *ctx, const char *text, size_t len, const struct checkout **out)
{
    return till_scan(ctx, text, len, BODY_INPUT_API, out);
}

static int64_t returned(struct till *t, const char *sale_id)
{
    struct voids_known k;
    return t->after && !voids_returned(t->after, sale_id, &k) ? k.returned_fen : 0;
}

struct walk {
    struct till *till;
    counter_sale_fn *each;
    void *ctx;
};

static enum err one_sale(void *ctx, const struct journal_record *r)
{
    const struct walk *w = ctx;
    struct checkout c;
    enum err e = restore(r, &c);
    if (e)
        return e;
    const struct counter_sale s = {&c, r->epoch, r->outcome, r->code, returned(w->till, c.sale_id)};
    e = w->each(w->ctx, &s);
    checkout_release(&c);
    return e;
}

static enum err day(void *ctx, int32_t d, counter_sale_fn *each, void *each_ctx)
{
    struct till *t = ctx;
    struct walk w = {t, each, each_ctx};
    return journal_day_sales(t->journal, d, one_sale, &w);
}

struct kept_sale {
    struct checkout c;
    struct counter_sale sale;
};

static enum err keep_sale(void *ctx, const struct journal_record *r)
{
    struct kept_sale *k = ctx;
    enum err e = restore(r, &k->c);
    if (!e)
        k->sale = (struct counter_sale){&k->c, r->epoch, r->outcome, r->code, 0};
    return e;
}

/* Whoever prints it asks the journal again (for its slip), so the question is over when `each` is called. */
static enum err sale(void *ctx, const char *sale_id, counter_sale_fn *each, void *each_ctx)
{
    struct till *t = ctx;
    struct kept_sale k;
    enum err e = journal_by_sale(t->journal, sale_id, keep_sale, &k);
    if (e)
        return e;
    k.sale.returned_fen = returned(t, k.c.sale_id);
    e = each(each_ctx, &k.sale);
    checkout_release(&k.c);
    return e;
}

static enum err token(void *ctx, char out[static COUNTER_TOKEN_MAX + 1])
{
    const struct till *t = ctx;
    return state_token_new(t->state, out);
}

static int64_t utc_ms(void *ctx)
{
    return till_utc(ctx);
}

static int64_t mono_ms(void *ctx)
{
    return till_mono(ctx);
}

const struct counter_ops *till_ops(struct till *t)
{
    t->ops = (struct counter_ops){.begin = begin,
        .find = find,
        .current = current,
        .card = card,
        .amount = amount,
        .confirm = confirm,
        .cancel = cancel,
        .scan = scan,
        .status = till_status,
        .day = day,
        .sale = sale,
        .receipt = till_receipt,
        .picture = till_picture,
        .print = till_print,
        .print_test = till_print_test,
        .printer_check = till_printer_check,
        .token = token,
        .after = t->after ? after_ops(t->after) : NULL,
        .utc_ms = utc_ms,
        .mono_ms = mono_ms,
        .ctx = t};
    return &t->ops;
}
