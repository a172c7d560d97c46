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
    c->proved = false;
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
    } else if (limited) {
        want_hold(c, env, acts);
    } else {
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

/* Forgets the card so far; what is bought stays. */
void step_start_over(struct checkout *c, unsigned *acts)
{
    step_drop_hold(c, acts);
    step_wipe(c);
    c->ask++; /* answers under way are an earlier card's from here on */
    c->by = BODY_BY_NONE;
    c->input = BODY_INPUT_NONE;
    c->verdict = VERDICT_REFUSED;
    c->reason = c->error = ERR_OK;
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
