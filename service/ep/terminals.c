/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/terminals?shop=ID&after=N&limit=N: those of one shop, or all in scope, page by page in the order of their numbers. */
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <stdio.h>
#include <string.h>

enum { PAGE_MAX = 500, PAGE = 100 };

struct page {
    json_t *list;
    int64_t limit, cnt, last;
    bool more;
};

static json_t *row(const struct store_terminal *t)
{
    return json_pack("{so sI so ss ss sI sI sI si sI sI}", "terminal_id", ep_id(t->terminal), "number",
        (json_int_t)t->number, "shop", ep_id(t->shop), "shop_name", t->shop_name, "state", store_terminal_state(t),
        "enrolled_ms", (json_int_t)t->enrolled_utc_ms, "last_seen_ms", (json_int_t)t->last_seen_utc_ms, "not_after_ms",
        (json_int_t)t->not_after_utc_ms, "epoch", (int)t->epoch, "seq", (json_int_t)t->seq, "forks",
        (json_int_t)t->forks);
}

static enum err add_row(void *ctx, const struct store_terminal *t)
{
    struct page *p = ctx;
    if (p->cnt == p->limit) { /* one beyond the page: there is a next one */
        p->more = true;
        return ERR_OK;
    }
    p->cnt++;
    p->last = t->number;
    return json_array_append_new(p->list, row(t)) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err list(struct http_request *rq, const uint8_t *shop, int64_t after, struct page *p)
{
    const struct store_terminal_page want = {
        .scope = rq->who->org, .shop = shop, .after = after, .limit = p->limit + 1};
    struct store_tx *tx = NULL;
    struct store_shop found;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e == ERR_OK && shop)
        e = scope_shop(tx, rq, shop, &found);
    if (e == ERR_OK)
        e = store_terminal_list(tx, &want, add_row, p);
    store_read_end(&tx);
    return e;
}

static json_t *next_of(const struct page *p)
{
    char next[24];
    snprintf(next, sizeof next, "%lld", (long long)p->last);
    return p->more ? json_string(next) : json_null();
}

enum err ep_terminal_list(struct http_request *rq)
{
    const char *text = http_query(rq, "shop");
    uint8_t shop[STORE_ID];
    struct page p = {0};
    int64_t after;
    if (text && ulid_decode(text, strlen(text), shop) != ERR_OK)
        return ERR_NOT_FOUND;
    enum err e = http_query_int(rq, "limit", 1, PAGE_MAX, PAGE, &p.limit);
    if (e == ERR_OK)
        e = http_query_int(rq, "after", 0, JSONX_INT_MAX, 0, &after);
    if (e != ERR_OK)
        return e;
    p.list = json_array();
    e = p.list ? list(rq, text ? shop : NULL, after, &p) : ERR_NOMEM;
    if (e == ERR_OK)
        return ep_answer(rq, 200, json_pack("{so so}", "terminals", p.list, "next", next_of(&p)));
    json_decref(p.list);
    return e;
}
