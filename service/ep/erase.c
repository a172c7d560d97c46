/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/disputes/{ref}/erase {"reason"}: the texts of a closed dispute, here and at its terminal; and what housekeeping erases. */
#include "service/ep/erase.h"
#include "base/log.h"
#include "base/tm.h"
#include "proto/dispute.h"
#include "service/ep/dispute_notice.h"
#include "service/ep/disputes.h"
#include "service/ep/scope.h"
#include "service/store/store_audit.h"
#include "service/store/store_erase.h"
#include <stdio.h>
#include <string.h>

enum { AT_ONCE = 500, ROUNDS = 200 };

struct job {
    struct http_request *rq;
    const char *reason;
    struct store_dispute d;
};

static enum err erase(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct http_request *rq = j->rq;
    struct store_org org;
    enum err e = disputes_find(rq, tx, &j->d);
    if (!e)
        e = store_org_get(tx, rq->who->org, &org);
    if (!e)
        e = store_erase_dispute(tx, j->d.dispute, rq->at_utc_ms);
    j->d.erased_utc_ms = rq->at_utc_ms;
    if (!e)
        e = dispute_notice(tx, rq->service->keys, &j->d, "", org.name, rq->at_utc_ms);
    return e ? e : scope_log(tx, rq, j->d.org, &(struct scope_act){"dispute erase", rq->param[0], j->reason});
}

enum err ep_dispute_erase(struct http_request *rq)
{
    struct job j = {.rq = rq};
    char shop[ULID_LEN + 1];
    json_t *in;
    enum err e = ep_object(rq, &in);
    if (e)
        return e;
    if (jsonx_str(in, "reason", 1, STORE_AUDIT_TEXT_MAX, &j.reason))
        e = http_wrong(rq, ERR_BAD_VALUE, "reason");
    if (!e)
        e = store_write(rq->service->store, erase, &j);
    json_decref(in);
    if (e)
        return e;
    ulid_encode(j.d.shop, shop);
    poll_wake(rq->service->poll, shop);
    return ep_answer(rq, 200, json_pack("{ss sI}", "ref", rq->param[0], "erased_ms", (json_int_t)rq->at_utc_ms));
}

struct round {
    int64_t before_utc_ms, at_utc_ms;
    struct store_erased erased;
};

static enum err past(struct store_tx *tx, void *ctx)
{
    struct round *r = ctx;
    struct store_org top;
    char detail[96];
    enum err e = store_erase_past(tx, r->before_utc_ms, r->at_utc_ms, AT_ONCE, &r->erased);
    if (e || (!r->erased.blobs && !r->erased.disputes))
        return e;
    e = store_org_top(tx, &top);
    snprintf(detail, sizeof detail, "blobs of %lld records, texts of %lld disputes", (long long)r->erased.blobs,
        (long long)r->erased.disputes);
    const struct store_audit a = {.at_utc_ms = r->at_utc_ms,
        .org = top.org,
        .admin = "service",
        .act = "erase past term",
        .target = "",
        .detail = detail};
    return e ? e : store_audit_add(tx, &a);
}

/* A little at a time: who waits for a write of their own waits for one round. */
void erase_past(struct service *s, int64_t at_utc_ms)
{
    const struct policy *p = &s->settings.policy;
    int64_t days = p->erase_days > p->return_days ? p->erase_days : p->return_days;
    struct round r = {.before_utc_ms = at_utc_ms - days * TM_DAY_MS, .at_utc_ms = at_utc_ms};
    for (int i = 0; i < ROUNDS; i++) {
        enum err e = store_write(s->store, past, &r);
        if (e)
            log_error("erasing what is past its term failed: %s", err_text(e, ERR_LANG_EN));
        if (e || (r.erased.blobs < AT_ONCE && r.erased.disputes < AT_ONCE))
            return;
    }
}
