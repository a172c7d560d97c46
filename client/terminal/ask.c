/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the service about one checkout, and their answers. */
#include "base/log.h"
#include "client/terminal/till.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* A verdict that comes after the core has stopped waiting still takes the place of a provisional one. */
enum { RELEASE_MS = 10000, LATE_MS = 10000, ASK_MAX = 1024 };

static void answered(struct till *t, const struct ask *a, const struct link_answer *ans)
{
    struct checkout_env env = till_env(t);
    struct seat *s = till_find(t, a->checkout_id);
    struct body_verdict verdict;
    struct body_reserved reserved;
    unsigned acts = 0;
    enum err e = ans->err;
    if (!s)
        return;
    if (a->kind == ASK_RELEASE) {
        checkout_released(&s->c, &env, e, &acts);
        till_act(t, s, acts);
        return;
    }
    if (!e && a->kind == ASK_VERIFY)
        e = body_verdict_decode(ans->body, ans->len, &verdict);
    else if (!e)
        e = body_reserved_decode(ans->body, ans->len, &reserved);
    if (e && (!ans->err || ans->err == ERR_TOO_LARGE)) {
        log_warn("the service's answer is not as agreed: %s", err_code(e));
        e = ERR_NET_PROTOCOL;
    }
    if (e == ERR_TOO_LARGE) /* an answer without end: the service's fault, not the cashier's */
        e = ERR_NET_PROTOCOL;
    if (e)
        checkout_unanswered(&s->c, &env, a->ask, e, &acts);
    else if (a->kind == ASK_VERIFY)
        checkout_verified(&s->c, &env, a->ask, &verdict, &acts);
    else
        checkout_reserved(&s->c, &env, a->ask, &reserved, &acts);
    till_act(t, s, acts);
}

static void done(void *ctx, const struct link_answer *ans)
{
    struct ask *slot = ctx, a = *slot;
    slot->kind = ASK_FREE;
    answered(a.till, &a, ans);
}

static enum err body_of(const struct seat *s, enum ask_kind kind, struct buf *out)
{
    if (kind == ASK_RELEASE)
        return ERR_OK;
    struct body_verify v = {.card = s->c.card};
    struct body_reserve r = {.card = s->c.card};
    memcpy(v.checkout_id, s->c.id, sizeof v.checkout_id);
    memcpy(r.checkout_id, s->c.id, sizeof r.checkout_id);
    memcpy(r.offer_id, s->c.hold_offer, sizeof r.offer_id);
    enum err e = kind == ASK_VERIFY ? body_verify_encode(&v, out) : body_reserve_encode(&r, out);
    OPENSSL_cleanse(&v, sizeof v);
    OPENSSL_cleanse(&r, sizeof r);
    return e;
}

static struct ask *free_slot(struct till *t)
{
    for (size_t i = 0; i < TILL_ASKS; i++)
        if (t->asks[i].kind == ASK_FREE)
            return &t->asks[i];
    return NULL;
}

/* s: its checkout; NULL, to give a reservation back, if that is gone. */
static enum err post(struct till *t, struct ask *a, const struct seat *s)
{
    char path[64];
    struct buf body;
    if (a->kind == ASK_RELEASE)
        snprintf(path, sizeof path, "/v1/reserve/%s", a->checkout_id);
    else
        snprintf(path, sizeof path, "%s", a->kind == ASK_VERIFY ? "/v1/verify" : "/v1/reserve");
    buf_init(&body, ASK_MAX);
    enum err e = body_of(s, a->kind, &body);
    if (!e) {
        const struct link_request q = {.method = a->kind == ASK_RELEASE ? "DELETE" : "POST",
            .path = path,
            .body = body.len ? body.data : NULL,
            .len = body.len,
            .deadline_mono_ms = a->kind == ASK_RELEASE  ? till_mono(t) + RELEASE_MS
                                : a->kind == ASK_VERIFY ? till_mono(t) + LATE_MS
                                                        : s->c.deadline_mono_ms,
            .done = done,
            .ctx = a};
        e = t->ask ? t->ask(t->sandbox, &q) : link_request(t->link, &q, NULL);
    }
    buf_wipe(&body);
    return e;
}

enum err till_ask(struct till *t, const struct seat *s, enum ask_kind kind)
{
    struct ask *a = free_slot(t);
    if (!a)
        return ERR_BUSY;
    *a = (struct ask){.till = t, .kind = kind, .ask = kind == ASK_RESERVE ? s->c.hold_ask : s->c.ask};
    memcpy(a->checkout_id, s->c.id, sizeof a->checkout_id);
    enum err e = post(t, a, s);
    if (e == ERR_BUSY)
        a->queued = ++t->queued;
    else if (e)
        a->kind = ASK_FREE;
    return e == ERR_BUSY ? ERR_OK : e;
}

static struct ask *oldest_waiting(struct till *t)
{
    struct ask *best = NULL;
    for (size_t i = 0; i < TILL_ASKS; i++) {
        struct ask *a = &t->asks[i];
        if (a->kind != ASK_FREE && a->queued && (!best || a->queued < best->queued))
            best = a;
    }
    return best;
}

/* Another card, or the end of the checkout, came before its turn. */
static bool still_wanted(const struct ask *a, const struct seat *s)
{
    if (a->kind == ASK_RELEASE)
        return true;
    bool waits = s && (s->c.state == CHECKOUT_VERIFYING || s->c.asking);
    return waits && a->ask == (a->kind == ASK_RESERVE ? s->c.hold_ask : s->c.ask);
}

void till_ask_waiting(struct till *t)
{
    struct ask *a;
    while ((a = oldest_waiting(t))) {
        const struct seat *s = till_find(t, a->checkout_id);
        enum err e = still_wanted(a, s) ? post(t, a, s) : ERR_NET_TIMEOUT;
        if (e == ERR_BUSY)
            return;
        a->queued = 0;
        if (e) {
            struct ask was = *a;
            a->kind = ASK_FREE;
            answered(t, &was, &(struct link_answer){.err = e});
        }
    }
}
