/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/parts.h"
#include <string.h>

void reply_headers(struct MHD_Response *resp, const char *type)
{
    static const char *const fixed[][2] = {{MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}, {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"}};
    MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        MHD_add_response_header(resp, fixed[i][0], fixed[i][1]);
}

static enum MHD_Result answer_with(struct request *r, unsigned status, const char *type, const char *text, size_t len)
{
    struct MHD_Response *resp = MHD_create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    if (!resp)
        return MHD_NO;
    reply_headers(resp, type);
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(resp, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"huika\"");
    r->answered = true;
    enum MHD_Result ok = MHD_queue_response(r->conn, status, resp);
    MHD_destroy_response(resp);
    return ok;
}

static enum MHD_Result send_json(struct request *r, unsigned status, const char *type, json_t *v)
{
    struct buf b;
    buf_init(&b, 4 * 1024 * 1024);
    enum err e = v ? jsonx_write(v, &b) : ERR_NOMEM;
    json_decref(v);
    enum MHD_Result ok = e ? answer_with(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "text/plain", "", 0)
                           : answer_with(r, status, type, buf_str(&b), b.len);
    buf_wipe(&b);
    return ok;
}

enum MHD_Result reply_json(struct request *r, unsigned status, json_t *taken)
{
    return send_json(r, status, "application/json", taken);
}

enum MHD_Result reply_text(struct request *r, const char *text)
{
    return answer_with(r, MHD_HTTP_OK, "text/plain; charset=utf-8", text, strlen(text));
}

/* RFC 9457. */
enum MHD_Result reply_problem_detail(struct request *r, enum err e, const char *detail)
{
    unsigned status = (unsigned)err_http(e);
    if (status < 400)
        status = MHD_HTTP_CONFLICT;
    const char *title = MHD_get_reason_phrase_for(status);
    json_t *v =
        json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:b}", "type", "about:blank", "title", title ? title : "Error",
            "status", (int)status, "code", err_code(e), "detail", detail, "text", view_text(e), "retry", err_retry(e));
    return send_json(r, status, "application/problem+json", v);
}

enum MHD_Result reply_problem(struct request *r, enum err e)
{
    return reply_problem_detail(r, e, err_text(e, ERR_LANG_EN));
}
