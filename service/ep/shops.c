/* SPDX-License-Identifier: Apache-2.0 */
/* GET, POST /v1/shops: the register of shops. */
#include "base/tm.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/sign/notices.h"
#include <stdio.h>
#include <string.h>

enum { PAGE_MAX = 500, PAGE = 100 };

struct page {
    json_t *list;
    int64_t limit, cnt;
    uint8_t last[STORE_ID];
    bool more;
};

static json_t *row(const struct store_shop *s)
{
    return json_pack("{so ss ss ss ss ss sI sI}", "shop", ep_id(s->shop), "name", s->name, "category", s->category,
        "region", s->region, "org", s->org_code, "standing", standing_name(s->standing), "since_ms",
        (json_int_t)s->since_utc_ms, "version", (json_int_t)s->version);
}

static enum err add_row(void *ctx, const struct store_shop *s)
{
    struct page *p = ctx;
    if (p->cnt == p->limit) { /* one beyond the page: there is a next one */
        p->more = true;
        return ERR_OK;
    }
    p->cnt++;
    memcpy(p->last, s->shop, STORE_ID);
    return json_array_append_new(p->list, row(s)) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err list(struct http_request *rq, const uint8_t *after, struct page *p)
{
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e == ERR_OK)
        e = store_shop_list(tx, rq->who->org, after, (int)p->limit + 1, add_row, p);
    store_read_end(&tx);
    return e;
}

enum err ep_shop_list(struct http_request *rq)
{
    const char *after = http_query(rq, "after");
    uint8_t cursor[STORE_ID];
    struct page p = {0};
    enum err e = http_query_int(rq, "limit", 1, PAGE_MAX, PAGE, &p.limit);
    if (e != ERR_OK)
        return e;
    if (after && ulid_decode(after, strlen(after), cursor) != ERR_OK)
        return http_wrong(rq, ERR_BAD_VALUE, "after");
    p.list = json_array();
    e = p.list ? list(rq, after ? cursor : NULL, &p) : ERR_NOMEM;
    if (e == ERR_OK)
        return ep_answer(rq, 200, json_pack("{so so}", "shops", p.list, "next", p.more ? ep_id(p.last) : json_null()));
    json_decref(p.list);
    return e;
}

struct job {
    struct http_request *rq;
    const char *org;
    struct store_shop shop;
};

static enum err add(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_org org;
    char id[ULID_LEN + 1];
    int64_t now = j->rq->at_utc_ms;
    enum err e = scope_org(tx, j->rq, j->org, &org);
    if (e == ERR_NOT_FOUND)
        return ERR_ORG_UNKNOWN;
    if (e != ERR_OK)
        return e;
    j->shop.org = org.org;
    e = store_shop_add(tx, &j->shop, now);
    if (e == ERR_OK)
        e = notices_publish(tx, j->rq->service->keys, j->shop.shop, now);
    ulid_encode(j->shop.shop, id);
    const struct scope_act act = {"shop add", id, j->shop.name};
    return e == ERR_OK ? scope_log(tx, j->rq, org.org, &act) : e;
}

static enum err read_shop(struct http_request *rq, const json_t *in, struct job *j)
{
    struct store_shop *s = &j->shop;
    const char *name, *category, *region;
    enum err e = ep_text(rq, in, "org", 1, STORE_ORG_CODE_MAX, &j->org);
    if (e == ERR_OK)
        e = ep_text(rq, in, "name", 1, STORE_SHOP_NAME_MAX, &name);
    if (e == ERR_OK)
        e = ep_text(rq, in, "category", 1, sizeof s->category - 1, &category);
    if (e == ERR_OK)
        e = ep_text(rq, in, "region", STORE_SHOP_REGION, STORE_SHOP_REGION, &region);
    if (e != ERR_OK)
        return e;
    if (!store_shop_category_ok(category))
        return http_wrong(rq, ERR_BAD_VALUE, "category");
    if (strspn(region, "0123456789") != STORE_SHOP_REGION)
        return http_wrong(rq, ERR_BAD_VALUE, "region");
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->category, sizeof s->category, "%s", category);
    snprintf(s->region, sizeof s->region, "%s", region);
    return ulid_new(rq->at_utc_ms, s->shop);
}

enum err ep_shop_add(struct http_request *rq)
{
    json_t *in;
    struct job j = {.rq = rq};
    enum err e = ep_object(rq, &in);
    if (e != ERR_OK)
        return e;
    e = read_shop(rq, in, &j);
    if (e == ERR_OK)
        e = store_write(rq->service->store, add, &j);
    json_decref(in);
    return e == ERR_OK ? ep_answer(rq, 201, json_pack("{so}", "shop", ep_id(j.shop.shop))) : e;
}
