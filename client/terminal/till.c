/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/till.h"
#include "base/log.h"
#include "base/tm.h"
#include "client/terminal/after.h"
#include "client/terminal/guard.h"
#include <string.h>

enum { ERASE_FIRST_MS = 60000, ERASE_EVERY_MS = 86400000 };
#define BLOB_TERM_MS (30 * TM_DAY_MS) /* the return period */

void till_release(struct till *t)
{
    for (size_t i = 0; i < TILL_SEATS; i++)
        if (t->seats[i])
            till_leave(t, t->seats[i]);
}

/* The checkout at the counter takes the card unless it is over: another card replaces the one in hand. One that was refused
 * or failed is over if nothing is being bought. */
struct seat *till_wants_card(struct till *t)
{
    struct seat *s = t->current[0] ? till_find(t, t->current) : NULL;
    if (!s)
        return NULL;
    switch (s->c.state) {
    case CHECKOUT_WAITING:
    case CHECKOUT_VERIFYING:
    case CHECKOUT_AMOUNT:
    case CHECKOUT_QUOTED:
        return s;
    case CHECKOUT_REFUSED:
    case CHECKOUT_FAILED:
        return s->c.total_fen ? s : NULL;
    default:
        return NULL;
    }
}

static const char *kind_of(const struct checkout *c)
{
    return c->by == BODY_BY_QR ? "card" : "other";
}

enum err till_scan(struct till *t, const char *text, size_t len, enum body_input input, const struct checkout **out)
{
    struct seat *s = till_wants_card(t);
    struct checkout_env env = till_env(t);
    unsigned acts;
    enum err e = s ? ERR_OK : till_begin(t, &s);
    if (e)
        return e;
    enum err stray = checkout_stray(&s->c, &env, text, len);
    if (stray && t->counter)
        counter_lost(t->counter, NULL, stray);
    if (!stray && !checkout_same_card(&s->c, text, len)) {
        e = checkout_scan(&s->c, &env, text, len, input, &acts);
        if (!e && t->counter)
            counter_scan(t->counter, kind_of(&s->c));
        till_act(t, s, acts);
    }
    if (out)
        *out = &s->c;
    return e;
}

/* The shop's standing is obeyed before it is written down that it is. */
void till_notice(struct till *t, const struct notice *n)
{
    struct checkout_env env = till_env(t);
    unsigned acts;
    bool shop = n->kind == NOTICE_SHOP || n->kind == NOTICE_TRUST; /* a trust notice may have the shop's forgotten */
    for (size_t i = 0; shop && i < TILL_SEATS; i++) {
        struct seat *s = t->seats[i];
        uint32_t rev = s ? s->c.rev : 0;
        if (!s)
            continue;
        checkout_shop_changed(&s->c, &env, &acts);
        if (s->c.rev != rev)
            till_act(t, s, acts);
    }
    enum err e = n->kind != NOTICE_ANSWER ? till_append_notice(t, n) : t->after ? disputes_told(t->after, n) : ERR_OK;
    if (e)
        log_error("notice not recorded or not followed: %s", err_code(e));
    if (t->counter)
        counter_status(t->counter);
}

/* Back again: whoever was sold to provisionally, but not yet, is asked for once more. */
void till_link(struct till *t)
{
    bool online = link_status(t->link)->online;
    unsigned acts;
    for (size_t i = 0; online && !t->was_online && i < TILL_SEATS; i++) {
        if (!t->seats[i])
            continue;
        checkout_online(&t->seats[i]->c, &acts);
        if (acts)
            till_act(t, t->seats[i], acts);
    }
    t->was_online = online;
}

/* Tokens, sealed numbers and names are kept no longer than they may be needed. */
static void erase_blobs(struct till *t, const struct checkout_env *env)
{
    int64_t cnt = 0;
    if (!t->erase_mono_ms)
        t->erase_mono_ms = env->now_mono_ms + ERASE_FIRST_MS;
    if (env->now_mono_ms < t->erase_mono_ms)
        return;
    t->erase_mono_ms = env->now_mono_ms + ERASE_EVERY_MS;
    enum err e = journal_erase_blobs(t->journal, env->now_utc_ms - BLOB_TERM_MS, &cnt);
    if (!e && t->after)
        e = disputes_erase_past(t->after, env->now_utc_ms - BLOB_TERM_MS);
    if (e)
        log_warn("erasing what is past its term: %s", err_code(e));
    else if (cnt)
        log_info("%lld records lost what is past its term", (long long)cnt);
}

void till_tick(struct till *t)
{
    struct checkout_env env = till_env(t);
    unsigned acts;
    till_ask_waiting(t);
    for (size_t i = 0; i < TILL_SEATS; i++) {
        struct seat *s = t->seats[i];
        if (!s || s->c.deadline_mono_ms > env.now_mono_ms)
            continue;
        checkout_tick(&s->c, &env, &acts);
        till_act(t, s, acts);
    }
    erase_blobs(t, &env);
    if (link_status(t->link)->online)
        guard_let_go();
    int64_t by_ms = floor_step(&t->floor);
    enum err e = by_ms ? till_clock_step(t, by_ms) : ERR_OK;
    if (e)
        log_warn("the step of the clock is not recorded: %s", err_code(e));
}

int till_timeout_ms(const struct till *t)
{
    int64_t due = INT64_MAX, now = till_mono(t);
    for (size_t i = 0; i < TILL_SEATS; i++)
        if (t->seats[i] && t->seats[i]->c.deadline_mono_ms < due)
            due = t->seats[i]->c.deadline_mono_ms;
    return due == INT64_MAX ? -1 : due <= now ? 0 : (int)(due - now);
}
