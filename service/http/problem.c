/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/problem.h"
#include "base/jsonx.h"
#include "base/text.h"
#include <microhttpd.h>
#include <string.h>

unsigned problem_status(enum err code)
{
    int status = err_http(code);
    return status >= 400 ? (unsigned)status : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

enum err problem_encode(const struct problem *p, struct buf *out)
{
    const char *en = err_text(p->code, ERR_LANG_EN), *zh = err_text(p->code, ERR_LANG_ZH);
    bool named = p->detail[0] && text_is_utf8(p->detail, strlen(p->detail));
    unsigned status = problem_status(p->code);
    json_t *v = json_pack("{ss ss si ss ss s{ss ss} sb}", "type", "about:blank", "title",
        MHD_get_reason_phrase_for(status), "status", (int)status, "code", err_code(p->code), "detail",
        named ? p->detail : en, "text", "zh", zh, "en", en, "retry", (int)err_retry(p->code));
    enum err e = v ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK && p->expected && json_object_set_new(v, "expected", json_integer((json_int_t)p->expected)) != 0)
        e = ERR_NOMEM;
    if (e == ERR_OK)
        e = jsonx_write(v, out);
    json_decref(v);
    return e;
}
