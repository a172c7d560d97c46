/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/terminals?shop=ID: those of one shop, or all in scope. */
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <string.h>

static enum err add_row(void *ctx, const struct store_terminal *t)
{
    json_t *v = json_pack("{so sI so ss ss sI sI sI si sI sI}", "terminal_id", ep_id(t->terminal), "number",
        (json_int_t)t->number, "shop", ep_id(t->shop), "shop_name", t->shop_name, "state", store_terminal_state(t),
        "enrolled_ms", (json_int_t)t->enrolled_utc_ms, "last_seen_ms", (json_int_t)t->last_seen_utc_ms, "not_after_ms",
        (json_int_t)t->not_after_utc_ms, "epoch", (int)t->epoch, "seq", (json_int_t)t->seq, "forks",
        (json_int_t)t->forks);
    return json_array_append_new(ctx, v) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err list(struct http_request *rq, struct store_tx *tx, const uint8_t *shop, json_t *rows)
{
    struct store_shop found;
    enum err e = shop ? scope_shop(tx, rq, shop, &found) : ERR_OK;
    return e == ERR_OK ? store_terminal_list(tx, rq->who->org, shop, add_row, rows) : e;
}

enum err ep_terminal_list(struct http_request *rq)
{
    const char *text = http_query(rq, "shop");
    uint8_t shop[STORE_ID];
    struct store_tx *tx = NULL;
    if (text && ulid_decode(text, strlen(text), shop) != ERR_OK)
        return ERR_NOT_FOUND;
    json_t *rows = json_array();
    enum err e = rows ? store_read_begin(rq->service->store, &tx) : ERR_NOMEM;
    if (e == ERR_OK)
        e = list(rq, tx, text ? shop : NULL, rows);
    store_read_end(&tx);
    if (e == ERR_OK)
        return ep_answer(rq, 200, json_pack("{so}", "terminals", rows));
    json_decref(rows);
    return e;
}
