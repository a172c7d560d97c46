/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/trust: the trust notice's envelope, as it was signed. */
#include "service/ep/ep.h"
#include "service/http/service.h"

enum err ep_trust(struct http_request *rq)
{
    const struct buf *trust = &rq->service->keys->trust;
    return buf_add(&rq->answer.body, trust->data, trust->len);
}
