/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/notices?trust=N&shop=N&wait=S: the notices that are newer than those the terminal has; held until there is one
 * or the time is over. */
#include "service/ep/ep.h"
#include "service/http/service.h"

static enum err add(struct buf *out, const void *envelope, size_t len, size_t *cnt)
{
    enum err e = (*cnt)++ ? buf_add_u8(out, ',') : ERR_OK;
    return e == ERR_OK ? buf_add(out, envelope, len) : e;
}

static enum err shop_notice(struct http_request *rq, int64_t than, struct buf *envelope)
{
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e != ERR_OK)
        return e;
    e = store_notice_newer(tx, rq->who->shop, than, envelope);
    store_read_end(&tx);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err collect(struct http_request *rq, int64_t trust, int64_t shop, size_t *cnt)
{
    const struct service_keys *k = rq->service->keys;
    struct buf *out = &rq->answer.body, envelope;
    buf_init(&envelope, NOTICE_MAX);
    enum err e = buf_adds(out, "{\"notices\":[");
    if (e == ERR_OK && k->trust_notice.version > trust)
        e = add(out, k->trust.data, k->trust.len, cnt);
    if (e == ERR_OK)
        e = shop_notice(rq, shop, &envelope);
    if (e == ERR_OK && envelope.len)
        e = add(out, envelope.data, envelope.len, cnt);
    buf_release(&envelope);
    return e == ERR_OK ? buf_adds(out, "]}") : e;
}

enum err ep_notices(struct http_request *rq)
{
    int64_t trust, shop, wait_s;
    size_t cnt = 0;
    enum err e = http_query_int(rq, "trust", 0, JSONX_INT_MAX, 0, &trust);
    if (e == ERR_OK)
        e = http_query_int(rq, "shop", 0, JSONX_INT_MAX, 0, &shop);
    if (e == ERR_OK)
        e = http_query_int(rq, "wait", 0, POLL_WAIT_MAX_MS / 1000, 0, &wait_s);
    rq->wait_mark = poll_mark(rq->service->poll); /* before looking */
    if (e == ERR_OK)
        e = collect(rq, trust, shop, &cnt);
    if (e == ERR_OK && !cnt)
        rq->wait_ms = wait_s * 1000;
    return e;
}
