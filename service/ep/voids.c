/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/voids: a terminal asks before it takes a sale back, whole or in part. Any terminal of the shop may ask; what is
 * granted is held until its record comes, fifteen minutes at most. */
#include "service/ep/ep.h"
#include "service/http/service.h"
#include "service/store/store_void.h"
#include <string.h>

static enum err grant(struct store_tx *tx, void *ctx)
{
    return store_void_grant(tx, ctx);
}

enum err ep_void(struct http_request *rq)
{
    struct body_void_ask ask;
    struct store_grant g = {.at_utc_ms = rq->at_utc_ms, .return_days = rq->service->settings.policy.return_days};
    enum err e = body_void_ask_decode(buf_str(&rq->body), rq->body.len, &ask);
    if (e == ERR_OK)
        e = ulid_decode(ask.void_id, ULID_LEN, g.id);
    if (e == ERR_OK)
        e = ulid_decode(ask.sale_id, ULID_LEN, g.sale);
    if (e != ERR_OK)
        return e;
    memcpy(g.shop, rq->who->shop, STORE_ID);
    g.kind = ask.kind;
    g.amount_fen = ask.amount_fen;
    e = store_write(rq->service->store, grant, &g);
    if (e != ERR_OK)
        return e;
    const struct body_void_answer a = {.granted = g.granted,
        .reason = g.reason,
        .returned_fen = g.returned_fen,
        .discount_back_fen = g.back_fen,
        .refund_fen = g.amount_fen - g.back_fen,
        .total_fen = g.total_fen,
        .discount_fen = g.discount_fen,
        .terminal = g.terminal};
    return body_void_answer_encode(&a, &rq->answer.body);
}
