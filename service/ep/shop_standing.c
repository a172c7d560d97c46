/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/shops/{shop}/standing: suspend, delist, list again. The notice is signed in the same transaction, and waiting
 * terminals are woken before the administrator has the answer. */
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/sign/notices.h"
#include <stdio.h>

struct job {
    struct http_request *rq;
    uint8_t id[STORE_ID];
    enum standing to;
    const char *reason;
    bool changed;
    struct store_shop shop;
};

static enum err set(struct store_tx *tx, void *ctx)
{
    static const char *const act_name[] = {
        [STANDING_LISTED] = "shop relist", [STANDING_SUSPENDED] = "shop suspend", [STANDING_DELISTED] = "shop delist"};
    struct job *j = ctx;
    int64_t now = j->rq->at_utc_ms;
    enum err e = scope_shop(tx, j->rq, j->id, &j->shop);
    if (e == ERR_OK)
        e = store_shop_set_standing(tx, j->id, j->to, j->reason, now, &j->changed);
    if (e == ERR_OK && j->changed)
        e = notices_publish(tx, j->rq->service->keys, j->id, now);
    if (e == ERR_OK)
        e = store_shop_get(tx, j->id, &j->shop);
    const struct scope_act act = {act_name[j->to], j->rq->param[0], j->reason};
    return e == ERR_OK ? scope_log(tx, j->rq, j->shop.org, &act) : e;
}

static enum err read_standing(struct http_request *rq, const json_t *in, struct job *j)
{
    const char *name;
    enum err e = ep_text(rq, in, "standing", 1, 16, &name);
    if (e != ERR_OK)
        return e;
    j->to = standing_from_name(name);
    if (j->to == STANDING_UNKNOWN)
        return http_wrong(rq, ERR_BAD_VALUE, "standing");
    /* Who takes a shop off the list says why; it is on the cashier's screen. */
    return ep_text(rq, in, "reason", j->to == STANDING_LISTED ? 0 : 1, STORE_SHOP_REASON_MAX, &j->reason);
}

enum err ep_shop_standing(struct http_request *rq)
{
    json_t *in;
    struct job j = {.rq = rq};
    enum err e = ep_param_id(rq, 0, j.id);
    if (e == ERR_OK)
        e = ep_object(rq, &in);
    if (e != ERR_OK)
        return e;
    e = read_standing(rq, in, &j);
    if (e == ERR_OK)
        e = store_write(rq->service->store, set, &j);
    json_decref(in);
    if (e != ERR_OK)
        return e;
    if (j.changed)
        poll_wake(rq->service->poll, rq->param[0]);
    return ep_answer(rq, 200,
        json_pack("{sI ss}", "version", (json_int_t)j.shop.version, "standing", standing_name(j.shop.standing)));
}
