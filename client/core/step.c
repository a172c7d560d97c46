/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/step.h"
#include "client/core/quote.h"
#include "client/core/standing.h"
#include <openssl/crypto.h>
#include <string.h>

void step_to(struct checkout *c, const struct checkout_env *env, enum checkout_state s)
{
    c->state = s;
    c->rev++;
    if (s == CHECKOUT_VERIFYING)
        c->deadline_mono_ms = env->now_mono_ms + CHECKOUT_ANSWER_MS;
    else if (s == CHECKOUT_WAITING)
        c->deadline_mono_ms = env->now_mono_ms + CHECKOUT_IDLE_MS;
    else if (s == CHECKOUT_AMOUNT || s == CHECKOUT_QUOTED)
        c->deadline_mono_ms = c->verified_mono_ms + CHECKOUT_IDLE_MS; /* no verdict gets older than that */
    else
        c->deadline_mono_ms = INT64_MAX;
}

void step_wipe(struct checkout *c)
{
    OPENSSL_cleanse(&c->card, sizeof c->card);
    OPENSSL_cleanse(&c->qr, sizeof c->qr);
    c->proved = c->asking = false;
}

/* A reservation that is still being asked for cannot be given back yet: the answer will do it. */
void step_drop_hold(struct checkout *c, unsigned *acts)
{
    c->hold_wanted = false;
    if (c->hold == CHECKOUT_HOLD_ASKED)
        c->hold_drop = true;
    if (c->hold != CHECKOUT_HOLD_KEPT)
        return;
    c->hold = CHECKOUT_HOLD_RELEASING;
    *acts |= CHECKOUT_ASK_RELEASE;
}

void step_refuse(struct checkout *c, const struct checkout_env *env, enum err reason, unsigned *acts)
{
    step_drop_hold(c, acts);
    step_wipe(c);
    c->verdict = VERDICT_REFUSED;
    c->reason = reason;
    c->error = ERR_OK;
    step_to(c, env, CHECKOUT_REFUSED);
    if (c->input != BODY_INPUT_NONE)
        *acts |= CHECKOUT_LOG_REFUSAL;
}

void step_fail(struct checkout *c, const struct checkout_env *env, enum err cause, unsigned *acts)
{
    step_drop_hold(c, acts);
    step_wipe(c);
    c->error = cause;
    step_to(c, env, CHECKOUT_FAILED);
}

void step_ask_reserve(struct checkout *c, unsigned *acts)
{
    c->hold = CHECKOUT_HOLD_ASKED;
    c->hold_drop = c->hold_wanted = false;
    c->hold_ask = ++c->ask;
    *acts |= CHECKOUT_ASK_RESERVE;
}

/* The chosen offer is limited. What was reserved before may belong to another card or offer and must be gone first: the
 * service knows a reservation by its checkout only. */
static void want_hold(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    bool same = !strcmp(c->hold_offer, c->offer_id) && !c->hold_drop;
    if (c->hold == CHECKOUT_HOLD_KEPT && same) {
        step_to(c, env, CHECKOUT_QUOTED);
        return;
    }
    step_to(c, env, CHECKOUT_VERIFYING);
    if (c->hold == CHECKOUT_HOLD_ASKED && same)
        return;
    step_drop_hold(c, acts);
    memcpy(c->hold_offer, c->offer_id, sizeof c->hold_offer);
    if (c->hold == CHECKOUT_HOLD_NONE) {
        step_ask_reserve(c, acts);
        return;
    }
    if (c->hold == CHECKOUT_HOLD_LOST) {
        c->hold = CHECKOUT_HOLD_RELEASING;
        *acts |= CHECKOUT_ASK_RELEASE;
    }
    c->hold_wanted = true;
}

/* A member's card and an amount: what is the discount? */
void step_quote(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    enum err e = standing_refusal(env->shop);
    bool limited = false;
    if (!e)
        e = quote_choose(c, env, &limited);
    if (e && err_class(e) == ERR_CLASS_ANSWER) {
        step_refuse(c, env, e, acts);
    } else if (e) {
        step_fail(c, env, e, acts);
    } else if (limited && c->verdict == VERDICT_MEMBER) {
        want_hold(c, env, acts);
    } else {
        if (!limited || strcmp(c->hold_offer, c->offer_id)) /* else a provisional sale consumes what may be reserved */
            step_drop_hold(c, acts);
        step_to(c, env, CHECKOUT_QUOTED);
    }
}

void step_proceed(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    if (c->total_fen)
        step_quote(c, env, acts);
    else
        step_to(c, env, CHECKOUT_AMOUNT);
}

enum err step_offline_allows(const struct checkout *c, const struct checkout_env *env)
{
    const struct offline_sale sale = {env->trust, env->now_utc_ms, &c->card, c->total_fen};
    return env->offline ? offline_may_sell(env->offline, &sale) : ERR_LEASE_MISSING;
}

/* Uses of limited offers as they are known here; where the service said before, as it said. */
static void count_uses(struct checkout *c, const struct checkout_env *env)
{
    const struct notice_shop *shop = env->shop;
    for (size_t i = 0; shop && i < shop->offer_cnt && i < OFFER_PER_SHOP; i++) {
        const struct offer *o = &shop->offers[i];
        if (o->per_card_day && offline_uses(env->offline, &c->card, o->id) >= o->per_card_day)
            quote_use_up(c, o->id);
    }
}

/* What is wrong with this terminal is no answer about the card. */
static void say_no(struct checkout *c, const struct checkout_env *env, enum err e, unsigned *acts)
{
    if (err_class(e) == ERR_CLASS_ANSWER)
        step_refuse(c, env, e, acts);
    else
        step_fail(c, env, e, acts);
}

void step_offline(struct checkout *c, const struct checkout_env *env, enum err cause, unsigned *acts)
{
    enum err e = offline_cause(cause) ? step_offline_allows(c, env) : ERR_LEASE_MISSING;
    if (e == ERR_LEASE_MISSING) {
        step_fail(c, env, cause, acts);
        return;
    }
    if (e) {
        say_no(c, env, e, acts);
        return;
    }
    c->verdict = VERDICT_PROVISIONAL;
    c->offline_why = cause;
    c->lease_stop_utc_ms = env->offline->lease.stop_at_utc_ms;
    c->lease_left = offline_left_sales(env->offline);
    c->verified_mono_ms = env->now_mono_ms;
    c->hold_wanted = false;
    count_uses(c, env);
    step_proceed(c, env, acts);
}

bool step_offline_still(struct checkout *c, const struct checkout_env *env, unsigned *acts)
{
    enum err e = step_offline_allows(c, env);
    if (e) {
        say_no(c, env, e, acts);
        return false;
    }
    count_uses(c, env);
    if (!quote_used_up(c))
        return true;
    step_quote(c, env, acts);
    return false;
}

/* Forgets the card so far; what is bought stays. */
void step_start_over(struct checkout *c, unsigned *acts)
{
    step_drop_hold(c, acts);
    step_wipe(c);
    c->ask++; /* answers under way are an earlier card's from here on */
    c->by = BODY_BY_NONE;
    c->input = BODY_INPUT_NONE;
    c->verdict = VERDICT_REFUSED;
    c->reason = c->error = c->offline_why = ERR_OK;
    c->asking = c->confirmed = false;
    c->lease_version = c->lease_stop_utc_ms = c->lease_left = 0;
    c->card_last4[0] = c->name_masked[0] = 0;
    c->use_cnt = 0;
    quote_clear(c);
}

/* What was reserved for a card or an offer that is no longer wanted goes back; then the new one is asked for. */
void step_give_back(struct checkout *c, unsigned *acts)
{
    bool wanted = c->hold_wanted;
    step_drop_hold(c, acts);
    c->hold_drop = false;
    if (wanted && c->hold == CHECKOUT_HOLD_NONE)
        step_ask_reserve(c, acts);
    else
        c->hold_wanted = wanted;
}
