/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /v1/orgs: the union's tree. */
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"

static json_t *org_json(const struct store_org *o)
{
    return json_pack("{ss ss ss? si}", "code", o->code, "name", o->name, "parent",
        o->parent_code[0] ? o->parent_code : NULL, "level", o->level);
}

static enum err add_row(void *ctx, const struct store_org *o)
{
    return json_array_append_new(ctx, org_json(o)) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err ep_org_list(struct http_request *rq)
{
    struct store_tx *tx = NULL;
    json_t *list = json_array();
    enum err e = list ? store_read_begin(rq->service->store, &tx) : ERR_NOMEM;
    if (e == ERR_OK)
        e = store_org_list(tx, rq->who->org, add_row, list);
    store_read_end(&tx);
    if (e == ERR_OK)
        return ep_answer(rq, 200, json_pack("{so}", "orgs", list));
    json_decref(list);
    return e;
}

struct job {
    struct http_request *rq;
    const char *code, *name, *parent;
    struct store_org made;
};

static enum err add(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_org parent;
    int64_t org = 0;
    enum err e = scope_org(tx, j->rq, j->parent, &parent);
    if (e == ERR_OK)
        e = store_org_add(tx, j->code, j->name, parent.org, &org);
    if (e == ERR_OK)
        e = store_org_get(tx, org, &j->made);
    const struct scope_act act = {"org add", j->code, j->parent};
    return e == ERR_OK ? scope_log(tx, j->rq, org, &act) : e;
}

enum err ep_org_add(struct http_request *rq)
{
    json_t *in;
    struct job j = {.rq = rq};
    enum err e = ep_object(rq, &in);
    if (e != ERR_OK)
        return e;
    e = ep_text(rq, in, "code", 1, STORE_ORG_CODE_MAX, &j.code);
    if (e == ERR_OK)
        e = ep_text(rq, in, "name", 1, STORE_ORG_NAME_MAX, &j.name);
    if (e == ERR_OK)
        e = ep_text(rq, in, "parent", 1, STORE_ORG_CODE_MAX, &j.parent);
    if (e == ERR_OK)
        e = store_write(rq->service->store, add, &j);
    json_decref(in);
    return e == ERR_OK ? ep_answer(rq, 201, org_json(&j.made)) : e;
}
