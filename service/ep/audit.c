/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/audit?after=N&limit=N: who did what, within the administrator's scope. */
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
