/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/terminals/{terminal}/revoke, /resume, /renew: what an administrator does about one terminal. */
#include "service/ep/code.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/store/store_branch.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

struct job {
    struct http_request *rq;
    uint8_t id[STORE_ID];
    struct store_terminal terminal;
    uint32_t epoch;
    struct code code;
};

/* A foreign terminal does not exist. */
static enum err find(struct store_tx *tx, struct job *j)
{
    enum err e = store_terminal_get(tx, j->id, &j->terminal);
    return e == ERR_OK ? scope_check(tx, j->rq, j->terminal.org) : e;
}

static enum err note(struct store_tx *tx, const struct job *j, const char *act)
{
    char detail[40];
    snprintf(detail, sizeof detail, "terminal %lld", (long long)j->terminal.number);
    const struct scope_act a = {act, j->rq->param[0], detail};
    return scope_log(tx, j->rq, j->terminal.org, &a);
}

static enum err revoke(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    enum err e = find(tx, j);
    if (e == ERR_OK)
        e = store_terminal_set_state(tx, j->id, STORE_STATE_REVOKED);
    return e == ERR_OK ? note(tx, j, "terminal revoke") : e;
}

static void wake(struct http_request *rq, const struct job *j)
{
    char shop[ULID_LEN + 1];
    ulid_encode(j->terminal.shop, shop);
    poll_wake(rq->service->poll, shop);
}

/* Connections that are open end now: the ones that wait for news, too. */
enum err ep_terminal_revoke(struct http_request *rq)
{
    struct job j = {.rq = rq};
    enum err e = ep_param_id(rq, 0, j.id);
    if (e == ERR_OK)
        e = store_write(rq->service->store, revoke, &j);
    if (e != ERR_OK)
        return e;
    watch_cut(&rq->service->watch, j.id);
    wake(rq, &j);
    return ep_answer(rq, 200, json_pack("{ss}", "state", store_state_name(STORE_STATE_REVOKED)));
}

static enum err resume(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    enum err e = find(tx, j);
    if (e == ERR_OK)
        e = store_terminal_resume(tx, j->id, j->rq->at_utc_ms, &j->epoch);
    return e == ERR_OK ? note(tx, j, "terminal resume") : e;
}

enum err ep_terminal_resume(struct http_request *rq)
{
    struct job j = {.rq = rq};
    enum err e = ep_param_id(rq, 0, j.id);
    if (e == ERR_OK)
        e = store_write(rq->service->store, resume, &j);
    if (e == ERR_OK) /* it is told at once, by a lease of the new epoch */
        wake(rq, &j);
    return e == ERR_OK ? ep_answer(rq, 200, json_pack("{sI}", "epoch", (json_int_t)j.epoch)) : e;
}

static enum err renew(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    enum err e = find(tx, j);
    if (e == ERR_OK && j->terminal.state == STORE_STATE_REVOKED)
        e = ERR_WRONG_STATE;
    if (e == ERR_OK)
        e = store_invite_add(tx, j->code.hash, j->terminal.shop, j->id, j->rq->at_utc_ms, j->code.expires_utc_ms);
    return e == ERR_OK ? note(tx, j, "terminal renew") : e;
}

enum err ep_terminal_renew(struct http_request *rq)
{
    struct job j = {.rq = rq};
    enum err e = ep_param_id(rq, 0, j.id);
    if (e == ERR_OK)
        e = code_new(rq, &j.code);
    if (e == ERR_OK)
        e = store_write(rq->service->store, renew, &j);
    if (e == ERR_OK)
        e = code_answer(rq, &j.code);
    OPENSSL_cleanse(&j.code, sizeof j.code);
    return e;
}
