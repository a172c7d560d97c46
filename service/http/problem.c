/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/problem.h"
#include "base/jsonx.h"
#include <microhttpd.h>

unsigned problem_status(enum err code)
{
    int status = err_http(code);
    return status >= 400 ? (unsigned)status : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

enum err problem_encode(const struct problem *p, struct buf *out)
{
    const char *en = err_text(p->code, ERR_LANG_EN), *detail = p->detail[0] ? p->detail : en;
    unsigned status = problem_status(p->code);
    json_t *v = json_pack("{ss ss si ss ss s{ss ss} sb}", "type", "about:blank", "title",
        MHD_get_reason_phrase_for(status), "status", (int)status, "code", err_code(p->code), "detail", detail, "text",
        "zh", err_text(p->code, ERR_LANG_ZH), "en", en, "retry", (int)err_retry(p->code));
    if (!v) /* a detail that is not UTF-8: leave it out */
        v = json_pack("{ss ss si ss sb}", "type", "about:blank", "title", MHD_get_reason_phrase_for(status), "status",
            (int)status, "code", err_code(p->code), "retry", (int)err_retry(p->code));
    if (v && p->expected && json_object_set_new(v, "expected", json_integer((json_int_t)p->expected)) != 0) {
        json_decref(v);
        v = NULL;
    }
    enum err e = v ? jsonx_write(v, out) : ERR_NOMEM;
    json_decref(v);
    return e;
}
