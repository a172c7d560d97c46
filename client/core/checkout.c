/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/checkout.h"
#include "base/tm.h"
#include "client/core/quote.h"
#include "client/core/standing.h"
#include "client/core/step.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ask_verify(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    c->ask++;
    c->asking = true;
    step_to(c, env, CHECKOUT_VERIFYING);
    *acts |= CHECKOUT_ASK_VERIFY;
    if (c->by == BODY_BY_QR || env->cut)
        *acts |= CHECKOUT_CHECK_CARD;
}

void checkout_init(
    struct checkout *c, const char *checkout_id, const char *sale_id, const struct checkout_env *env, unsigned *acts)
{
    *acts = 0;
    memset(c, 0, sizeof *c);
    memcpy(c->id, checkout_id, ULID_LEN);
    memcpy(c->sale_id, sale_id, ULID_LEN);
    enum err e = standing_refusal(env->shop);
    if (e)
        step_refuse(c, env, e, acts);
    else
        step_to(c, env, CHECKOUT_WAITING);
}

void checkout_release(struct checkout *c)
{
    free(c->lines);
    OPENSSL_cleanse(c, sizeof *c);
}

static enum err takes_card(const struct checkout *c)
{
    if (c->appending)
        return ERR_BUSY;
    return checkout_open(c) ? ERR_OK : ERR_WRONG_STATE;
}

enum err checkout_amount(
    struct checkout *c, const struct checkout_env *env, const struct checkout_purchase *p, unsigned *acts)
{
    *acts = 0;
    bool reserving = c->state == CHECKOUT_VERIFYING && c->verdict == VERDICT_MEMBER;
    if (c->appending || reserving)
        return ERR_BUSY;
    if (!checkout_open(c))
        return ERR_WRONG_STATE;
    enum err e = quote_purchase_check(p);
    if (e)
        return e;
    free(c->lines);
    c->lines = p->lines;
    c->line_cnt = p->lines ? p->line_cnt : 0;
    c->total_fen = p->total_fen;
    c->own_price_fen = p->own_price_fen;
    if (p->cashier) {
        memset(c->cashier, 0, sizeof c->cashier);
        memcpy(c->cashier, p->cashier, strnlen(p->cashier, BODY_CASHIER_MAX));
    }
    c->rev++;
    if (c->state == CHECKOUT_AMOUNT || c->state == CHECKOUT_QUOTED)
        step_quote(c, env, acts);
    return ERR_OK;
}

/* The card's QR itself: does it claim to be the union's, and still good? Whether it is waits until the question is on its way,
 * unless nothing will be asked. */
static enum err check_qr(const struct card_qr *card, const struct checkout_env *env)
{
    const struct notice_trust *t = env->trust;
    if (!t)
        return ERR_SHOP_UNKNOWN;
    const char *const *hosts = (const char *const *)t->card_hosts;
    int32_t day = tm_day(env->now_utc_ms);
    if (card_check_claims(card, hosts, t->card_keys, t->card_key_cnt, day) == ERR_OK)
        return ERR_OK;
    return card_check(card, hosts, t->card_keys, t->card_key_cnt, day);
}

/* The one way past a QR's signature. False: it is refused, and nobody waits for the service's answer any more. */
static bool prove(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    const struct notice_trust *t = env->trust;
    if (c->proved || c->by == BODY_BY_NUMBER)
        return true;
    c->proved = t && card_check_signature(&c->qr, t->card_keys, t->card_key_cnt) == ERR_OK;
    OPENSSL_cleanse(&c->qr, sizeof c->qr);
    if (c->proved)
        return true;
    c->ask++;
    step_refuse(c, env, ERR_CARD_FORGED, acts);
    return false;
}

void checkout_check(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    *acts = 0;
    if (c->state != CHECKOUT_VERIFYING || !prove(c, env, acts))
        return;
    if (env->cut && c->verdict == VERDICT_REFUSED && step_offline_allows(c, env) == ERR_OK)
        step_offline(c, env, env->cut, acts);
}

enum err checkout_scan(struct checkout *c, const struct checkout_env *env, const char *text, size_t len,
    enum body_input input, unsigned *acts)
{
    *acts = 0;
    enum err e = takes_card(c);
    if (e)
        return e;
    step_start_over(c, acts);
    c->input = input;
    struct scan scan = scan_classify(text, len, env->trust ? (const char *const *)env->trust->legacy : NULL);
    e = scan_refusal(scan.kind);
    if (!e) {
        c->by = c->card.by = BODY_BY_QR;
        memcpy(c->card.token, scan.card.token, CARD_TOKEN);
        snprintf(c->card_last4, sizeof c->card_last4, "%04u", (unsigned)(scan.card.last4 % 10000));
        e = standing_refusal(env->shop);
    }
    if (!e)
        e = check_qr(&scan.card, env);
    if (!e)
        c->qr = scan.card;
    OPENSSL_cleanse(&scan, sizeof scan);
    if (e == ERR_CARD_EXPIRED && env->cut == ERR_CLOCK_SKEW)
        step_fail(c, env, ERR_CLOCK_SKEW, acts); /* what day it is is not known: the member would be sent away for it */
    else if (e)
        step_refuse(c, env, e, acts);
    else
        ask_verify(c, env, acts);
    return ERR_OK;
}

static enum err digits_check(const struct checkout_digits *d, char out[static CARD_NUMBER_MAX + 1])
{
    enum err e = card_number_strip(d->text, d->len, out);
    if (!e)
        e = card_number_check(out, strlen(out));
    bool looked = d->luhn_ok || d->input == BODY_INPUT_READER;
    if (!e && !looked && !card_number_luhn(out, strlen(out)))
        e = ERR_NUMBER_LUHN;
    return e;
}

enum err checkout_digits_check(const struct checkout_digits *d)
{
    char digits[CARD_NUMBER_MAX + 1] = "";
    enum err e = digits_check(d, digits);
    OPENSSL_cleanse(digits, sizeof digits);
    return e;
}

enum err checkout_purchase_check(const struct checkout_purchase *p)
{
    return quote_purchase_check(p);
}

enum err checkout_number(
    struct checkout *c, const struct checkout_env *env, const struct checkout_digits *d, unsigned *acts)
{
    char digits[CARD_NUMBER_MAX + 1] = "";
    *acts = 0;
    enum err e = takes_card(c);
    if (!e)
        e = digits_check(d, digits);
    if (e)
        goto out;
    size_t n = strlen(digits);
    step_start_over(c, acts);
    c->input = d->input;
    c->by = c->card.by = BODY_BY_NUMBER;
    memcpy(c->card.number, digits, n + 1);
    memcpy(c->card_last4, digits + n - 4, 5);
    enum err reason = standing_refusal(env->shop);
    if (reason)
        step_refuse(c, env, reason, acts);
    else
        ask_verify(c, env, acts);
out:
    OPENSSL_cleanse(digits, sizeof digits);
    return e;
}

static bool has_card(const struct checkout *c)
{
    return c->state == CHECKOUT_VERIFYING || c->state == CHECKOUT_AMOUNT || c->state == CHECKOUT_QUOTED;
}

enum err checkout_stray(const struct checkout *c, const struct checkout_env *env, const char *text, size_t len)
{
    if (!has_card(c))
        return ERR_OK;
    struct scan scan = scan_classify(text, len, env->trust ? (const char *const *)env->trust->legacy : NULL);
    enum err e = scan_refusal(scan.kind);
    OPENSSL_cleanse(&scan, sizeof scan);
    return e;
}

bool checkout_same_card(const struct checkout *c, const char *text, size_t len)
{
    struct scan scan = scan_classify(text, len, NULL);
    bool same = has_card(c) && scan.kind == SCAN_CARD && c->card.by == BODY_BY_QR &&
                !CRYPTO_memcmp(scan.card.token, c->card.token, CARD_TOKEN);
    OPENSSL_cleanse(&scan, sizeof scan);
    return same;
}

/* While the card waits for its verdict, or for the cashier with a provisional one. */
static bool expects_verdict(const struct checkout *c, uint32_t ask)
{
    return ask == c->ask && c->asking && has_card(c) && !c->appending && c->verdict != VERDICT_MEMBER;
}

void checkout_verified(
    struct checkout *c, const struct checkout_env *env, uint32_t ask, const struct body_verdict *v, unsigned *acts)
{
    *acts = 0;
    if (!expects_verdict(c, ask) || !prove(c, env, acts))
        return;
    c->asking = false;
    c->offline_why = ERR_OK;
    if (v->verdict != VERDICT_MEMBER) {
        step_refuse(c, env, v->reason ? v->reason : ERR_NOT_CONFIRMED, acts);
        return;
    }
    /* By a wrong clock offers would apply on the wrong day, and the record would lie about when it was. */
    if (v->at_utc_ms - env->now_utc_ms > CHECKOUT_SKEW_MS || env->now_utc_ms - v->at_utc_ms > CHECKOUT_SKEW_MS) {
        step_fail(c, env, ERR_CLOCK_SKEW, acts);
        return;
    }
    c->verdict = VERDICT_MEMBER;
    c->confirmed = true;
    c->verified_mono_ms = env->now_mono_ms;
    if (c->by == BODY_BY_QR)
        memcpy(c->name_masked, v->name_masked, sizeof c->name_masked);
    c->use_cnt = v->use_cnt < OFFER_PER_SHOP ? v->use_cnt : OFFER_PER_SHOP;
    memcpy(c->uses, v->uses, c->use_cnt * sizeof *c->uses);
    step_proceed(c, env, acts);
}

void checkout_reserved(
    struct checkout *c, const struct checkout_env *env, uint32_t ask, const struct body_reserved *r, unsigned *acts)
{
    *acts = 0;
    if (c->hold != CHECKOUT_HOLD_ASKED || ask != c->hold_ask)
        return;
    c->hold = r->reserved ? CHECKOUT_HOLD_KEPT : CHECKOUT_HOLD_NONE;
    if (c->appending)
        return;
    if (!c->hold_drop && c->verdict == VERDICT_PROVISIONAL) { /* late, but here */
        c->verdict = VERDICT_MEMBER;
        c->offline_why = ERR_OK;
    }
    if (c->hold_drop) {
        step_give_back(c, acts);
    } else if (r->reserved) {
        step_to(c, env, CHECKOUT_QUOTED);
    } else if (r->reason == ERR_LIMIT_REACHED) {
        quote_use_up(c, c->hold_offer);
        step_quote(c, env, acts);
    } else {
        step_refuse(c, env, r->reason ? r->reason : ERR_LIMIT_REACHED, acts);
    }
}

void checkout_unanswered(
    struct checkout *c, const struct checkout_env *env, uint32_t ask, enum err cause, unsigned *acts)
{
    *acts = 0;
    if (c->hold == CHECKOUT_HOLD_ASKED && ask == c->hold_ask) {
        c->hold = CHECKOUT_HOLD_KEPT; /* perhaps; giving it back does no harm */
        if (c->hold_drop)
            step_give_back(c, acts);
        else if (c->verdict == VERDICT_MEMBER)
            step_offline(c, env, cause, acts);
    } else if (expects_verdict(c, ask) && prove(c, env, acts)) {
        c->asking = false;
        if (c->verdict == VERDICT_REFUSED)
            step_offline(c, env, cause, acts);
        else if (!offline_cause(cause))
            step_fail(c, env, cause, acts);
    }
}

void checkout_released(struct checkout *c, const struct checkout_env *env, enum err cause, unsigned *acts)
{
    *acts = 0;
    if (c->hold != CHECKOUT_HOLD_RELEASING)
        return;
    c->hold = cause ? CHECKOUT_HOLD_LOST : CHECKOUT_HOLD_NONE;
    if (!c->hold_wanted)
        return;
    if (cause)
        step_offline(c, env, cause, acts);
    else
        step_ask_reserve(c, acts);
}

void checkout_online(struct checkout *c, unsigned *acts)
{
    bool open = c->state == CHECKOUT_AMOUNT || c->state == CHECKOUT_QUOTED;
    *acts = 0;
    if (!open || c->appending || c->asking || c->confirmed || c->verdict != VERDICT_PROVISIONAL)
        return;
    c->ask++;
    c->asking = true;
    *acts |= CHECKOUT_ASK_VERIFY;
}

enum err checkout_confirm(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    *acts = 0;
    if (c->state == CHECKOUT_APPLIED)
        return ERR_OK;
    if (c->appending || c->state == CHECKOUT_VERIFYING)
        return ERR_BUSY;
    if (c->state != CHECKOUT_QUOTED)
        return ERR_WRONG_STATE;
    checkout_tick(c, env, acts);
    if (c->state == CHECKOUT_QUOTED)
        checkout_shop_changed(c, env, acts);
    if (c->state == CHECKOUT_QUOTED && c->verdict == VERDICT_PROVISIONAL && !step_offline_still(c, env, acts))
        return ERR_WRONG_STATE;
    if (c->state != CHECKOUT_QUOTED)
        return ERR_WRONG_STATE;
    c->appending = true;
    c->error = ERR_OK;
    c->lease_version = c->verdict == VERDICT_PROVISIONAL ? env->offline->lease.version : 0;
    c->at_utc_ms = env->now_utc_ms;
    *acts |= CHECKOUT_APPEND_SALE;
    return ERR_OK;
}

void checkout_appended(
    struct checkout *c, const struct checkout_env *env, enum err result, uint64_t seq, unsigned *acts)
{
    *acts = 0;
    if (!c->appending)
        return;
    c->appending = false;
    if (result) {
        c->error = result;
        c->rev++;
        return;
    }
    c->seq = seq;
    c->hold = CHECKOUT_HOLD_NONE; /* the sale consumes it */
    step_wipe(c);
    step_to(c, env, CHECKOUT_APPLIED);
}

enum err checkout_cancel(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    *acts = 0;
    if (c->state == CHECKOUT_CANCELLED)
        return ERR_OK;
    enum err e = takes_card(c);
    if (e)
        return e;
    step_start_over(c, acts);
    c->reason = ERR_CANCELLED;
    step_to(c, env, CHECKOUT_CANCELLED);
    return ERR_OK;
}

void checkout_lost(struct checkout *c, enum err why)
{
    if (c->state != CHECKOUT_WAITING)
        return;
    c->error = why;
    c->rev++;
}

void checkout_replaced(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    *acts = 0;
    if (c->state == CHECKOUT_WAITING && checkout_cancel(c, env, acts) == ERR_OK)
        c->reason = ERR_REPLACED;
}

void checkout_shop_changed(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    *acts = 0;
    bool live = c->state == CHECKOUT_WAITING || has_card(c);
    if (!live || c->appending)
        return;
    enum err e = standing_refusal(env->shop);
    if (e)
        step_refuse(c, env, e, acts);
    else if (c->total_fen && c->verdict != VERDICT_REFUSED && env->shop->version != c->shop_version)
        step_quote(c, env, acts);
}

void checkout_tick(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    *acts = 0;
    bool verifying = c->state == CHECKOUT_VERIFYING;
    if (env->now_mono_ms < c->deadline_mono_ms || c->appending || (verifying && !prove(c, env, acts)))
        return;
    if (verifying)
        step_offline(c, env, ERR_NET_TIMEOUT, acts);
    else
        step_fail(c, env, ERR_CHECKOUT_IDLE, acts);
}

bool checkout_open(const struct checkout *c)
{
    return c->state != CHECKOUT_NONE && c->state != CHECKOUT_APPLIED && c->state != CHECKOUT_CANCELLED;
}

const char *checkout_state_name(enum checkout_state s)
{
    static const char *const names[] = {
        "none", "waiting", "verifying", "amount", "quoted", "refused", "applied", "cancelled", "failed"};
    return (size_t)s < sizeof names / sizeof *names ? names[s] : names[0];
}
