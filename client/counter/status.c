/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/parts.h"

enum MHD_Result status_get(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    return reply_json(r, MHD_HTTP_OK, ops->status(ops->ctx));
}
