/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/shops/{shop}/invitations: a one-time code that a terminal of this shop enrols with. The secret is in the answer
 * and nowhere else. */
#include "proto/invite.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define LIFE_MS INT64_C(86400000)

struct job {
    struct http_request *rq;
    uint8_t shop[STORE_ID], hash[KEY_HASH];
    int64_t expires_ms;
};

static enum err add(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_shop shop;
    enum err e = scope_shop(tx, j->rq, j->shop, &shop);
    if (e == ERR_OK)
        e = store_invite_add(tx, j->hash, j->shop, j->rq->at_utc_ms, j->expires_ms);
    const struct scope_act act = {"terminal invite", j->rq->param[0], NULL};
    return e == ERR_OK ? scope_log(tx, j->rq, shop.org, &act) : e;
}

static enum err make(struct http_request *rq, struct invite *v, char code[static INVITE_TEXT_MAX + 1])
{
    const struct service *s = rq->service;
    snprintf(v->host, sizeof v->host, "%s", s->settings.host);
    v->port = s->settings.port;
    memcpy(v->fingerprint, s->keys->fingerprint, sizeof v->fingerprint);
    if (RAND_bytes(v->secret, sizeof v->secret) != 1)
        return ERR_INTERNAL;
    return invite_encode(v, code);
}

enum err ep_shop_invite(struct http_request *rq)
{
    struct invite v = {.port = 0};
    char code[INVITE_TEXT_MAX + 1];
    struct job j = {.rq = rq, .expires_ms = rq->at_utc_ms + LIFE_MS};
    enum err e = ep_param_id(rq, 0, j.shop);
    if (e == ERR_OK)
        e = make(rq, &v, code);
    if (e == ERR_OK) {
        store_invite_hash(v.secret, j.hash);
        e = store_write(rq->service->store, add, &j);
    }
    if (e == ERR_OK)
        e = ep_answer(rq, 201, json_pack("{ss sI}", "code", code, "expires_ms", (json_int_t)j.expires_ms));
    OPENSSL_cleanse(&v, sizeof v);
    OPENSSL_cleanse(code, sizeof code);
    return e;
}
