/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /v1/admins, POST /v1/admins/{admin}/revoke: who else may act, at or below one's own organisation. */
#include "service/ep/code.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/store/store_admin.h"
#include <openssl/crypto.h>
#include <string.h>

static enum err add_row(void *ctx, const struct store_admin_row *a)
{
    json_t *v = json_pack("{so ss ss ss sI sI}", "id", ep_id(a->admin), "name", a->name, "org", a->org_code, "state",
        store_state_name(a->state), "since_ms", (json_int_t)a->since_utc_ms, "not_after_ms",
        (json_int_t)a->not_after_utc_ms);
    return json_array_append_new(ctx, v) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err ep_admin_list(struct http_request *rq)
{
    struct store_tx *tx = NULL;
    json_t *rows = json_array();
    enum err e = rows ? store_read_begin(rq->service->store, &tx) : ERR_NOMEM;
    if (e == ERR_OK)
        e = store_admin_list(tx, rq->who->org, add_row, rows);
    store_read_end(&tx);
    if (e == ERR_OK)
        return ep_answer(rq, 200, json_pack("{so}", "admins", rows));
    json_decref(rows);
    return e;
}

struct job {
    struct http_request *rq;
    const char *org, *name;
    struct code code;
    uint8_t id[STORE_ID];
};

static enum err invite(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_org org;
    enum err e = scope_org(tx, j->rq, j->org, &org);
    if (e != ERR_OK)
        return e;
    struct store_admin_invite i = {
        .org = org.org, .name = j->name, .at_utc_ms = j->rq->at_utc_ms, .expires_utc_ms = j->code.expires_utc_ms};
    memcpy(i.hash, j->code.hash, KEY_HASH);
    memcpy(i.by, j->rq->who->id, STORE_ID);
    e = store_admin_invite(tx, &i);
    const struct scope_act act = {"admin invite", org.code, j->name};
    return e == ERR_OK ? scope_log(tx, j->rq, org.org, &act) : e;
}

enum err ep_admin_invite(struct http_request *rq)
{
    json_t *in;
    struct job j = {.rq = rq};
    enum err e = ep_object(rq, &in);
    if (e != ERR_OK)
        return e;
    e = ep_text(rq, in, "org", 1, STORE_ORG_CODE_MAX, &j.org);
    if (e == ERR_OK)
        e = ep_text(rq, in, "name", 1, STORE_ADMIN_NAME_MAX, &j.name);
    if (e == ERR_OK)
        e = code_new(rq, &j.code);
    if (e == ERR_OK)
        e = store_write(rq->service->store, invite, &j);
    json_decref(in);
    if (e == ERR_OK)
        e = code_answer(rq, &j.code);
    OPENSSL_cleanse(&j.code, sizeof j.code);
    return e;
}

static enum err revoke(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_admin_row a;
    enum err e = store_admin_get(tx, j->id, &a);
    if (e == ERR_OK)
        e = scope_check(tx, j->rq, a.org);
    if (e == ERR_OK)
        e = store_admin_revoke(tx, j->id);
    const struct scope_act act = {"admin revoke", j->rq->param[0], a.name};
    return e == ERR_OK ? scope_log(tx, j->rq, a.org, &act) : e;
}

/* Nobody shuts themselves out: somebody must be left who can let others in. */
enum err ep_admin_revoke(struct http_request *rq)
{
    struct job j = {.rq = rq};
    enum err e = ep_param_id(rq, 0, j.id);
    if (e == ERR_OK && !memcmp(j.id, rq->who->id, STORE_ID))
        e = http_wrong(rq, ERR_WRONG_STATE, "your own certificate");
    if (e == ERR_OK)
        e = store_write(rq->service->store, revoke, &j);
    if (e != ERR_OK)
        return e;
    watch_cut(&rq->service->watch, j.id);
    return ep_answer(rq, 200, json_pack("{ss}", "state", store_state_name(STORE_STATE_REVOKED)));
}
