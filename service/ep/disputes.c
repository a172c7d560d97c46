/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/disputes?state=&shop=&objected=1&after=&limit=: those addressed to the administrator's org and below. */
#include "service/ep/disputes.h"
#include "proto/ref.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <string.h>

enum { PAGE = 100 };

enum err disputes_find(const struct http_request *rq, struct store_tx *tx, struct store_dispute *out)
{
    struct ref ref;
    if (ref_parse(rq->param[0], strlen(rq->param[0]), &ref))
        return ERR_NOT_FOUND;
    enum err e = store_dispute_get(tx, ref.number, ref.epoch, ref.seq, out);
    return e ? e : scope_check(tx, rq, out->org);
}

enum err disputes_see(const struct http_request *rq, struct store_tx *tx, struct store_dispute *out)
{
    struct ref ref;
    struct store_shop shop;
    if (ref_parse(rq->param[0], strlen(rq->param[0]), &ref))
        return ERR_NOT_FOUND;
    enum err e = store_dispute_get(tx, ref.number, ref.epoch, ref.seq, out);
    if (!e && !scope_check(tx, rq, out->org))
        return ERR_OK;
    if (!e)
        e = store_shop_get(tx, out->shop, &shop);
    return e ? e : scope_check(tx, rq, shop.org);
}

json_t *disputes_row(const struct store_dispute *d, int64_t at_utc_ms)
{
    const struct ref ref = {d->terminal, d->epoch, d->seq};
    char text[REF_LEN_MAX + 1] = "";
    bool open = d->state == STORE_DISPUTE_OPEN || d->state == STORE_DISPUTE_ESCALATED;
    ref_format(&ref, text);
    json_t *v = json_pack("{ss ss ss ss so ss ss ss ss sI sI sI sb si sI}", "ref", text, "kind", d->kind, "reporter",
        store_dispute_reporter_name(d->reporter), "channel", store_dispute_channel_name(d->channel), "shop",
        ep_id(d->shop), "shop_name", d->shop_name, "org", d->org_code, "org_name", d->org_name, "state",
        store_dispute_state_name(d->state), "at_ms", (json_int_t)d->at_utc_ms, "received_ms",
        (json_int_t)d->received_utc_ms, "due_ms", (json_int_t)d->due_utc_ms, "overdue",
        open && at_utc_ms > d->due_utc_ms, "escalations", (int)d->escalations, "objections", (json_int_t)d->objections);
    if (v && d->has_sale)
        json_object_set_new(v, "sale_id", ep_id(d->sale));
    if (v && d->refusal_seq)
        json_object_set_new(v, "refusal_seq", json_integer((json_int_t)d->refusal_seq));
    if (v && d->second_utc_ms)
        json_object_set_new(v, "second_ms", json_integer((json_int_t)d->second_utc_ms));
    if (v && d->objections)
        json_object_set_new(v, "objected_ms", json_integer((json_int_t)d->objected_utc_ms));
    if (v && d->erased_utc_ms)
        json_object_set_new(v, "erased_ms", json_integer((json_int_t)d->erased_utc_ms));
    if (v && d->code)
        json_object_set_new(v, "code", json_string(err_code(d->code)));
    return v;
}

struct page {
    const struct http_request *rq;
    json_t *rows;
    char last[ULID_LEN + 1];
    int cnt;
};

static enum err add(void *ctx, const struct store_dispute *d)
{
    struct page *p = ctx;
    ulid_encode(d->dispute, p->last);
    p->cnt++;
    return json_array_append_new(p->rows, disputes_row(d, p->rq->at_utc_ms)) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err read_id(struct http_request *rq, const char *key, uint8_t id[static STORE_ID], const uint8_t **out)
{
    const char *text = http_query(rq, key);
    *out = NULL;
    if (!text)
        return ERR_OK;
    *out = id;
    return ulid_decode(text, strlen(text), id) ? http_wrong(rq, ERR_BAD_VALUE, key) : ERR_OK;
}

static enum err read_query(struct http_request *rq, struct store_dispute_query *q, uint8_t ids[2][STORE_ID])
{
    const char *state = http_query(rq, "state");
    int64_t limit;
    enum err e = http_query_int(rq, "limit", 1, STORE_DISPUTE_PAGE_MAX, PAGE, &limit);
    if (!e)
        e = read_id(rq, "after", ids[0], &q->after);
    if (!e)
        e = read_id(rq, "shop", ids[1], &q->shop);
    if (!e && state && !(q->state = store_dispute_state_from_name(state)))
        e = http_wrong(rq, ERR_BAD_VALUE, "state");
    const char *objected = http_query(rq, "objected");
    if (!e && objected && strcmp(objected, "1") != 0)
        e = http_wrong(rq, ERR_BAD_VALUE, "objected");
    q->objected = objected != NULL;
    q->scope = rq->who->org;
    q->limit = e ? 0 : (int)limit;
    return e;
}

static enum err narrow(struct http_request *rq, struct store_tx *tx, struct store_dispute_query *q)
{
    const char *code = http_query(rq, "org");
    struct store_org org;
    enum err e = code ? scope_org(tx, rq, code, &org) : ERR_OK;
    if (code && !e)
        q->scope = org.org;
    return e;
}

enum err ep_dispute_list(struct http_request *rq)
{
    struct store_dispute_query q = {.scope = 0};
    struct page p = {.rq = rq};
    struct store_tx *tx = NULL;
    uint8_t ids[2][STORE_ID];
    enum err e = read_query(rq, &q, ids);
    if (e)
        return e;
    p.rows = json_array();
    e = p.rows ? store_read_begin(rq->service->store, &tx) : ERR_NOMEM;
    if (!e)
        e = narrow(rq, tx, &q);
    if (!e)
        e = store_dispute_list(tx, &q, add, &p);
    store_read_end(&tx);
    if (e) {
        json_decref(p.rows);
        return e;
    }
    json_t *next = p.cnt == q.limit ? json_string(p.last) : json_null();
    return ep_answer(rq, 200, json_pack("{so so}", "disputes", p.rows, "next", next));
}
