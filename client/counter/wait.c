/* SPDX-License-Identifier: Apache-2.0 */
/* Long polls: a request that waits for its checkout is suspended, and answered when the checkout has changed or its time is
 * over. libmicrohttpd calls the handler again after a resume. */
#include "client/counter/parts.h"
#include <string.h>

enum { AGAIN_MS = 10000 };

static bool settled(const struct request *r, const struct checkout *k)
{
    return r->by_rev ? k->rev > r->rev : k->state != CHECKOUT_VERIFYING;
}

enum MHD_Result wait_checkout(struct request *r, unsigned status, const struct checkout *k)
{
    int64_t wait_s, rev;
    enum err e = route_query_int(r, "wait", COUNTER_WAIT_S, 0, &wait_s);
    if (!e)
        e = route_query_int(r, "rev", UINT32_MAX, -1, &rev);
    if (e)
        return reply_problem(r, e);
    r->by_rev = rev >= 0;
    r->rev = r->by_rev ? (uint32_t)rev : 0;
    if (!wait_s || settled(r, k) || r->counter->closing)
        return reply_json(r, status, view_checkout(r->counter, k, view_lang(r)));
    struct counter *c = r->counter;
    memcpy(r->checkout_id, k->id, sizeof r->checkout_id);
    r->status = status;
    r->until_mono_ms = counter_now(c) + wait_s * 1000;
    r->held = true;
    r->next = c->waiting;
    c->waiting = r;
    MHD_suspend_connection(r->conn);
    return MHD_YES;
}

bool wait_again(struct request *r)
{
    struct counter *c = r->counter;
    int64_t now = counter_now(c);
    if (!r->until_mono_ms)
        r->until_mono_ms = now + AGAIN_MS;
    if (c->closing || now >= r->until_mono_ms)
        return false;
    r->held = r->again = true;
    r->next = c->waiting;
    c->waiting = r;
    MHD_suspend_connection(r->conn);
    return true;
}

void wait_forget(struct request *r)
{
    for (struct request **at = &r->counter->waiting; *at; at = &(*at)->next)
        if (*at == r) {
            *at = r->next;
            return;
        }
}

/* Its place in the list ends here; `held` stays, so that the handler knows what it is called for. */
static void resume(struct request *r)
{
    wait_forget(r);
    MHD_resume_connection(r->conn);
}

enum MHD_Result wait_over(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    enum err e = ops->find(ops->ctx, r->checkout_id, &k);
    return e ? reply_problem(r, e) : reply_json(r, r->status, view_checkout(r->counter, k, view_lang(r)));
}

void wait_changed(struct counter *c, const struct checkout *k)
{
    for (struct request *r = c->waiting, *next; r; r = next) {
        next = r->next;
        if (!strcmp(r->checkout_id, k->id) && settled(r, k))
            resume(r);
    }
}

void wait_run_again(struct counter *c)
{
    for (struct request *r = c->waiting, *next; r; r = next) {
        next = r->next;
        if (r->again)
            resume(r);
    }
}

void wait_expire(struct counter *c, bool all)
{
    int64_t now = counter_now(c);
    for (struct request *r = c->waiting, *next; r; r = next) {
        next = r->next;
        if (all || r->until_mono_ms <= now)
            resume(r);
    }
}

int64_t wait_due_mono_ms(const struct counter *c)
{
    int64_t due = INT64_MAX;
    for (const struct request *r = c->waiting; r; r = r->next)
        if (r->until_mono_ms < due)
            due = r->until_mono_ms;
    return due;
}
