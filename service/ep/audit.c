/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/audit?after=N&limit=N: who did what, within the administrator's scope. GET /v1/audit/verify: is the whole chain,
 * everybody's, as it was written? */
#include "base/text.h"
#include "service/ep/ep.h"
#include "service/http/service.h"
#include "service/store/store_audit.h"

enum { PAGE_MAX = 500, PAGE = 100 };

static enum err add_row(void *ctx, const struct store_audit *a)
{
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    text_hex(a->hash, KEY_HASH, hash);
    json_t *v = json_pack("{sI sI ss ss ss ss ss}", "n", (json_int_t)a->n, "at_ms", (json_int_t)a->at_utc_ms, "admin",
        a->admin, "act", a->act, "target", a->target, "detail", a->detail, "hash", hash);
    return json_array_append_new(ctx, v) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err ep_audit_list(struct http_request *rq)
{
    int64_t after, limit;
    struct store_tx *tx = NULL;
    enum err e = http_query_int(rq, "after", 0, JSONX_INT_MAX, 0, &after);
    if (e == ERR_OK)
        e = http_query_int(rq, "limit", 1, PAGE_MAX, PAGE, &limit);
    if (e != ERR_OK)
        return e;
    json_t *rows = json_array();
    e = rows ? store_read_begin(rq->service->store, &tx) : ERR_NOMEM;
    if (e == ERR_OK)
        e = store_audit_list(tx, rq->who->org, after, (int)limit, add_row, rows);
    store_read_end(&tx);
    if (e == ERR_OK)
        return ep_answer(rq, 200, json_pack("{so}", "entries", rows));
    json_decref(rows);
    return e;
}

enum err ep_audit_verify(struct http_request *rq)
{
    struct store_tx *tx = NULL;
    struct store_audit_state s = {.entries = 0};
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e == ERR_OK)
        e = store_audit_verify(tx, &s);
    store_read_end(&tx);
    if (e == ERR_CHAIN_BROKEN)
        return ep_answer(rq, 200, json_pack("{sb sI}", "whole", 0, "n", (json_int_t)s.broken));
    if (e != ERR_OK)
        return e;
    text_hex(s.hash, KEY_HASH, hash);
    return ep_answer(rq, 200, json_pack("{sb sI ss}", "whole", 1, "entries", (json_int_t)s.entries, "hash", hash));
}
