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

struct answer {
    unsigned status;
    const char *type, *text;
    size_t len;
    const char *name, *value; /* one more header; NULL: none */
};

static enum MHD_Result answer_with(struct request *r, const struct answer *a)
{
    struct MHD_Response *resp =
        MHD_create_response_from_buffer(a->len, (void *)(uintptr_t)a->text, MHD_RESPMEM_MUST_COPY);
    if (!resp)
        return MHD_NO;
    reply_headers(resp, a->type);
    if (a->name)
        MHD_add_response_header(resp, a->name, a->value);
    if (a->status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(resp, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"huika\"");
    r->answered = true;
    enum MHD_Result ok = MHD_queue_response(r->conn, a->status, resp);
    MHD_destroy_response(resp);
    return ok;
}

static enum MHD_Result send_json(struct request *r, struct answer *a, json_t *v)
{
    struct buf b;
    buf_init(&b, 4 * 1024 * 1024);
    enum err e = v ? jsonx_write(v, &b) : ERR_NOMEM;
    if (e) {
        *a = (struct answer){.status = MHD_HTTP_INTERNAL_SERVER_ERROR, .type = "text/plain", .text = ""};
    } else {
        a->text = buf_str(&b);
        a->len = b.len;
    }
    json_decref(v);
    enum MHD_Result ok = answer_with(r, a);
    buf_wipe(&b);
    return ok;
}

enum MHD_Result reply_json(struct request *r, unsigned status, json_t *taken)
{
    return send_json(r, &(struct answer){.status = status, .type = "application/json"}, taken);
}

enum MHD_Result reply_json_header(
    struct request *r, unsigned status, json_t *taken, const char *name, const char *value)
{
    struct answer a = {.status = status, .type = "application/json", .name = name, .value = value};
    return send_json(r, &a, taken);
}

enum MHD_Result reply_bytes(struct request *r, const char *type, const void *p, size_t len)
{
    return answer_with(r, &(struct answer){.status = MHD_HTTP_OK, .type = type, .text = p, .len = len});
}

enum MHD_Result reply_text(struct request *r, const char *text)
{
    return reply_bytes(r, "text/plain; charset=utf-8", text, strlen(text));
}

/* RFC 9457. With a header of its own, or name NULL. */
static enum MHD_Result problem(struct request *r, enum err e, const char *detail, const char *name, const char *value)
{
    unsigned status = (unsigned)err_http(e);
    if (status < 400)
        status = MHD_HTTP_CONFLICT;
    const char *title = MHD_get_reason_phrase_for(status);
    json_t *v =
        json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:b}", "type", "about:blank", "title", title ? title : "Error",
            "status", (int)status, "code", err_code(e), "detail", detail, "text", view_text(e), "retry", err_retry(e));
    struct answer a = {.status = status, .type = "application/problem+json", .name = name, .value = value};
    return send_json(r, &a, v);
}

enum MHD_Result reply_problem_detail(struct request *r, enum err e, const char *detail)
{
    return problem(r, e, detail, NULL, NULL);
}

enum MHD_Result reply_method(struct request *r, const char *allow)
{
    return problem(r, ERR_METHOD, err_text(ERR_METHOD, ERR_LANG_EN), MHD_HTTP_HEADER_ALLOW, allow);
}

enum MHD_Result reply_problem(struct request *r, enum err e)
{
    return reply_problem_detail(r, e, err_text(e, ERR_LANG_EN));
}
