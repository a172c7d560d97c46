/* SPDX-License-Identifier: Apache-2.0 */
/* GET /healthz: the process answers. */
#include "service/ep/ep.h"

enum err ep_healthz(struct http_request *rq)
{
    return buf_adds(&rq->answer.body, "{\"status\":\"ok\",\"version\":\"" HUIKA_VERSION "\"}");
}
