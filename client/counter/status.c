/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/parts.h"
#include <string.h>

enum MHD_Result status_get(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    return reply_json(r, MHD_HTTP_OK, ops->status(ops->ctx));
}

/* GET /v1/errors: every code that an answer may carry, so that it can be shown in words. */
enum MHD_Result status_errors(struct request *r)
{
    json_t *all = json_object();
    for (int i = 1; i == 1 || strcmp(err_code((enum err) - i), err_code(ERR_INTERNAL)) != 0; i++) {
        enum err e = (enum err) - i;
        json_t *row = view_text(e);
        json_object_set_new(row, "retry", json_boolean(err_retry(e)));
        json_object_set_new(all, err_code(e), row);
    }
    return reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "errors", all));
}

enum MHD_Result enrolment_get(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    return reply_json(r, MHD_HTTP_OK, ops->enrolment ? ops->enrolment(ops->ctx) : json_pack("{s:s}", "state", "done"));
}

enum MHD_Result enrolment_post(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const char *code = NULL;
    enum err e = !ops->enrol ? ERR_STATE_EXISTS : r->json ? jsonx_str(r->json, "code", 1, 1024, &code) : ERR_BAD_JSON;
    if (!e)
        e = ops->enrol(ops->ctx, code);
    return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_ACCEPTED, ops->enrolment(ops->ctx));
}

enum MHD_Result sandbox_get(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    return reply_json(r, MHD_HTTP_OK, ops->sandbox(ops->ctx));
}
