/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/terminal: who the service thinks the terminal is. */
#include "base/text.h"
#include "service/ep/ep.h"
#include "service/http/service.h"

enum err ep_terminal(struct http_request *rq)
{
    struct store_tx *tx = NULL;
    struct store_terminal t;
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e != ERR_OK)
        return e;
    e = store_terminal_get(tx, rq->who->id, &t);
    store_read_end(&tx);
    if (e != ERR_OK)
        return e;
    text_hex(t.hash, KEY_HASH, hash);
    return ep_answer(rq, 200,
        json_pack("{so sI si so ss s{sI ss}}", "terminal_id", ep_id(t.terminal), "number", (json_int_t)t.number,
            "epoch", (int)t.epoch, "shop_id", ep_id(t.shop), "state", store_terminal_state(&t), "head", "seq",
            (json_int_t)t.seq, "hash", hash));
}
