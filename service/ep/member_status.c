/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/members/status: frozen, lost, left, active again. From the answer on no terminal is told otherwise. */
#include "service/ep/ep.h"
#include "service/ep/hmacs.h"
#include "service/ep/number.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <stdio.h>
#include <string.h>

struct job {
    struct http_request *rq;
    uint8_t hmac[32];
    enum member_status to;
    struct store_member was;
};

static enum err set(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    char last4[5], detail[64];
    enum err e = scope_member(tx, j->rq, j->hmac, &j->was);
    if (e == ERR_OK && j->was.status != j->to)
        e = store_member_set_status(tx, j->was.token, j->to, j->rq->at_utc_ms);
    if (e != ERR_OK)
        return e;
    snprintf(last4, sizeof last4, "%04u", (unsigned)j->was.last4 % 10000);
    snprintf(
        detail, sizeof detail, "%s, was %s", store_member_status_name(j->to), store_member_status_name(j->was.status));
    const struct scope_act act = {"member status", last4, detail};
    return scope_log(tx, j->rq, j->was.org, &act);
}

enum err ep_member_status(struct http_request *rq)
{
    json_t *in;
    const char *status = NULL;
    struct job j = {.rq = rq};
    char last4[5];
    enum err e = ep_object(rq, &in);
    if (e != ERR_OK)
        return e;
    e = number_take(rq, in, j.hmac);
    if (e == ERR_OK)
        e = ep_text(rq, in, "status", 1, 16, &status);
    if (e == ERR_OK && (j.to = store_member_status_from_name(status, strlen(status))) == MEMBER_UNKNOWN)
        e = http_wrong(rq, ERR_BAD_VALUE, "status");
    json_decref(in);
    if (e == ERR_OK)
        e = store_write(rq->service->store, set, &j);
    if (e != ERR_OK)
        return e;
    snprintf(last4, sizeof last4, "%04u", (unsigned)j.was.last4 % 10000);
    return ep_answer(rq, 200,
        json_pack("{ss ss ss}", "card_last4", last4, "status", store_member_status_name(j.to), "was",
            store_member_status_name(j.was.status)));
}
