/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/terminals/{terminal}/branches: what is kept of a terminal's journal: the chain of each epoch, and what contradicted it.
 * GET /v1/terminals/{terminal}/records?epoch=N&branch=N&after=N&limit=N: the records of one of them. Bodies hold no identifiers but a
 * card's last four; blobs are left out. */
#include "base/text.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/store/store_branch.h"
#include <stdio.h>

enum { PAGE_MAX = 500, PAGE = 100, PAGE_BYTES = 4 * 1024 * 1024 };

static enum err find(struct store_tx *tx, const struct http_request *rq, struct store_terminal *t)
{
    uint8_t id[STORE_ID];
    enum err e = ep_param_id(rq, 0, id);
    if (e == ERR_OK)
        e = store_terminal_get(tx, id, t);
    return e == ERR_OK ? scope_check(tx, rq, t->org) : e;
}

static json_t *ms_or_null(int64_t ms)
{
    return ms ? json_integer(ms) : json_null();
}

static enum err add_branch(void *ctx, const struct store_branch *b)
{
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    text_hex(b->hash, KEY_HASH, hash);
    json_t *v = json_pack("{sI sI sI sI s{sI ss} sI so so so}", "epoch", (json_int_t)b->epoch, "branch",
        (json_int_t)b->number, "parent", (json_int_t)b->parent, "base", (json_int_t)b->base, "head", "seq",
        (json_int_t)b->seq, "hash", hash, "unsound", (json_int_t)b->unsound, "first_ms", ms_or_null(b->first_utc_ms),
        "last_ms", ms_or_null(b->last_utc_ms), "ended_ms", ms_or_null(b->ended_utc_ms));
    return json_array_append_new(ctx, v) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err ep_terminal_branches(struct http_request *rq)
{
    struct store_tx *tx = NULL;
    struct store_terminal t;
    json_t *list = json_array();
    enum err e = list ? store_read_begin(rq->service->store, &tx) : ERR_NOMEM;
    if (e == ERR_OK)
        e = find(tx, rq, &t);
    if (e == ERR_OK)
        e = store_branch_list(tx, &t, add_branch, list);
    store_read_end(&tx);
    if (e == ERR_OK)
        return ep_answer(rq, 200, json_pack("{so}", "branches", list));
    json_decref(list);
    return e;
}

struct page {
    json_t *list;
    int64_t cnt, limit;
    size_t bytes;
    uint64_t last;
    bool more;
};

static json_t *row(const struct store_branch_record *r)
{
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    const char *outcome = body_outcome_name(r->outcome);
    text_hex(r->hash, KEY_HASH, hash);
    json_t *v = json_pack("{sI ss ss ss# sb sb sI}", "seq", (json_int_t)r->seq, "kind", record_kind_name(r->kind),
        "hash", hash, "body", r->body, r->body_len, "blob", (int)r->has_blob, "sound", (int)!r->unsound, "received_ms",
        (json_int_t)r->received_utc_ms);
    if (v && outcome)
        json_object_set_new(v, "outcome", json_string(outcome));
    if (v && r->code)
        json_object_set_new(v, "code", json_string(err_code(r->code)));
    return v;
}

/* One beyond the page: there is a next one. */
static enum err add_record(void *ctx, const struct store_branch_record *r)
{
    struct page *p = ctx;
    p->more = p->more || p->cnt == p->limit || p->bytes + r->body_len > PAGE_BYTES;
    if (p->more)
        return ERR_OK;
    p->cnt++;
    p->bytes += r->body_len;
    p->last = r->seq;
    return json_array_append_new(p->list, row(r)) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err read_query(struct http_request *rq, struct store_branch_page *p)
{
    int64_t epoch = 0, after = 0;
    enum err e = http_query_int(rq, "epoch", 1, INT32_MAX, 1, &epoch);
    if (e == ERR_OK)
        e = http_query_int(rq, "branch", 0, JSONX_INT_MAX, 0, &p->branch);
    if (e == ERR_OK)
        e = http_query_int(rq, "after", 0, JSONX_INT_MAX, 0, &after);
    if (e == ERR_OK)
        e = http_query_int(rq, "limit", 1, PAGE_MAX, PAGE, &p->limit);
    p->epoch = (uint32_t)epoch;
    p->after = (uint64_t)after;
    return e;
}

enum err ep_terminal_records(struct http_request *rq)
{
    struct store_tx *tx = NULL;
    struct store_terminal t;
    struct store_branch_page want = {0};
    char next[24];
    enum err e = read_query(rq, &want);
    struct page p = {.list = json_array(), .limit = want.limit};
    if (e == ERR_OK)
        e = p.list ? store_read_begin(rq->service->store, &tx) : ERR_NOMEM;
    if (e == ERR_OK)
        e = find(tx, rq, &t);
    if (e == ERR_OK) {
        want.terminal = t.number;
        want.limit++;
        e = store_branch_records(tx, &want, add_record, &p);
    }
    store_read_end(&tx);
    snprintf(next, sizeof next, "%llu", (unsigned long long)p.last);
    if (e == ERR_OK)
        return ep_answer(
            rq, 200, json_pack("{so so}", "records", p.list, "next", p.more ? json_string(next) : json_null()));
    json_decref(p.list);
    return e;
}
