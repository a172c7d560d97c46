/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/shops/{shop}/invitations: a one-time code that a terminal of this shop enrols with. */
#include "service/ep/code.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <openssl/crypto.h>

struct job {
    struct http_request *rq;
    uint8_t shop[STORE_ID];
    struct code code;
};

static enum err add(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_shop shop;
    enum err e = scope_shop(tx, j->rq, j->shop, &shop);
    if (e == ERR_OK)
        e = store_invite_add(tx, j->code.hash, j->shop, NULL, j->rq->at_utc_ms, j->code.expires_utc_ms);
    const struct scope_act act = {"terminal invite", j->rq->param[0], NULL};
    return e == ERR_OK ? scope_log(tx, j->rq, shop.org, &act) : e;
}

enum err ep_shop_invite(struct http_request *rq)
{
    struct job j = {.rq = rq};
    enum err e = ep_param_id(rq, 0, j.shop);
    if (e == ERR_OK)
        e = code_new(rq, &j.code);
    if (e == ERR_OK)
        e = store_write(rq->service->store, add, &j);
    if (e == ERR_OK)
        e = code_answer(rq, &j.code);
    OPENSSL_cleanse(&j.code, sizeof j.code);
    return e;
}
