/* SPDX-License-Identifier: Apache-2.0 */
/* The cashier's page: its files, and how it gets in. `huika page` asks for a code on the Unix socket, the browser shows it in the
 * address's fragment, which is sent nowhere, and the page's script exchanges it for a cookie. */
#include "client/counter/page.h"
#include "client/counter/parts.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* Scripts, styles and requests from here only, nothing inline, no frame, and no way to make elements out of text. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "   \
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const struct page_file *page_find(const char *url)
{
    for (size_t i = 0; i < page_file_cnt; i++)
        if (!strcmp(page_files[i].path, url))
            return &page_files[i];
    return NULL;
}

/* RFC 9110, 12.5.3: without the header any coding will do. Every browser names gzip. */
static bool takes_gzip(const struct request *r)
{
    const char *h = route_header(r, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    return !h || strstr(h, "gzip") || strstr(h, "*");
}

enum MHD_Result page_get(struct request *r, const struct page_file *f)
{
    const char *held = route_header(r, MHD_HTTP_HEADER_IF_NONE_MATCH);
    bool same = held && strstr(held, f->tag);
    if (!takes_gzip(r))
        return reply_problem(r, ERR_UNSUPPORTED_MEDIA);
    struct MHD_Response *resp =
        MHD_create_response_from_buffer(same ? 0 : f->len, (void *)(uintptr_t)f->gzip, MHD_RESPMEM_PERSISTENT);
    if (!resp)
        return MHD_NO;
    static const char *const fixed[][2] = {{MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache"},
        {"X-Content-Type-Options", "nosniff"}, {"Content-Security-Policy", PAGE_POLICY},
        {"Referrer-Policy", "no-referrer"}, {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"}, {MHD_HTTP_HEADER_VARY, "Accept-Encoding"}};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        MHD_add_response_header(resp, fixed[i][0], fixed[i][1]);
    MHD_add_response_header(resp, MHD_HTTP_HEADER_ETAG, f->tag);
    if (!same) {
        MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, f->type);
        MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    }
    r->answered = true;
    enum MHD_Result ok = MHD_queue_response(r->conn, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, resp);
    MHD_destroy_response(resp);
    return ok;
}

/* POST /v1/page, on the Unix socket only. */
enum MHD_Result page_code(struct request *r)
{
    struct counter *c = r->counter;
    char code[SESSION_CODE_LEN + 1], url[128];
    if (!c->tcp_door.daemon)
        return reply_problem(r, ERR_PAGE_OFF);
    enum err e = session_code(c->sessions, counter_now(c), code);
    if (e)
        return reply_problem(r, e);
    snprintf(url, sizeof url, "http://%s/#%s", c->bound, code);
    json_t *v = json_pack("{s:s, s:i}", "url", url, "valid_s", SESSION_CODE_MS / 1000);
    OPENSSL_cleanse(code, sizeof code);
    OPENSSL_cleanse(url, sizeof url);
    return reply_json(r, MHD_HTTP_CREATED, v);
}

/* Names the port: cookies of one host are shared among its ports, and there may be two terminals on a machine. */
static void cookie_name(const struct counter *c, char out[static 32])
{
    snprintf(out, 32, "huika_%u", c->port);
}

bool page_signed_in(struct request *r)
{
    const struct counter *c = r->counter;
    char name[32];
    cookie_name(c, name);
    const char *id = MHD_lookup_connection_value(r->conn, MHD_COOKIE_KIND, name);
    if (!id || !session_valid(c->sessions, id, c->config.ops->utc_ms(c->config.ops->ctx)))
        return false;
    key_sha256(id, strlen(id), r->pass);
    r->by_session = true;
    return true;
}

static enum MHD_Result with_cookie(struct request *r, json_t *v, const char *id, int64_t age_s)
{
    char name[32], cookie[160];
    cookie_name(r->counter, name);
    snprintf(
        cookie, sizeof cookie, "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict", name, id, (long long)age_s);
    enum MHD_Result ok = reply_json_header(r, MHD_HTTP_OK, v, MHD_HTTP_HEADER_SET_COOKIE, cookie);
    OPENSSL_cleanse(cookie, sizeof cookie);
    return ok;
}

/* POST /v1/session {"code"} */
enum MHD_Result page_enter(struct request *r)
{
    struct counter *c = r->counter;
    const char *code = NULL;
    char id[SESSION_ID_LEN + 1];
    enum err e = r->json ? jsonx_str(r->json, "code", 1, 64, &code) : ERR_BAD_JSON;
    if (!e)
        e = session_begin(c->sessions, code, counter_now(c), c->config.ops->utc_ms(c->config.ops->ctx), id);
    if (e)
        return reply_problem(r, e);
    enum MHD_Result ok = with_cookie(r, json_pack("{s:b}", "entered", 1), id, SESSION_LONGEST_MS / 1000);
    OPENSSL_cleanse(id, sizeof id);
    return ok;
}

/* DELETE /v1/session: this browser's. */
enum MHD_Result page_leave(struct request *r)
{
    char name[32];
    cookie_name(r->counter, name);
    const char *id = MHD_lookup_connection_value(r->conn, MHD_COOKIE_KIND, name);
    if (id)
        session_end(r->counter->sessions, id);
    events_hang_up(r->counter); /* its stream with it; the others come again */
    return with_cookie(r, json_pack("{s:b}", "left", 1), "", 0);
}

/* DELETE /v1/sessions, on the Unix socket only: every browser's, and codes that were not used yet. */
enum MHD_Result page_leave_all(struct request *r)
{
    size_t n = session_end_all(r->counter->sessions);
    events_hang_up(r->counter);
    return reply_json(r, MHD_HTTP_OK, json_pack("{s:I}", "ended", (json_int_t)n));
}

/* POST /v1/token, on the Unix socket only. */
enum MHD_Result page_token(struct request *r)
{
    struct counter *c = r->counter;
    const struct counter_ops *ops = c->config.ops;
    char token[COUNTER_TOKEN_MAX + 1] = "";
    enum err e = ops->token(ops->ctx, token);
    if (e)
        return reply_problem(r, e);
    key_sha256(token, strlen(token), c->token_hash);
    json_t *v = json_pack("{s:s}", "token", token);
    OPENSSL_cleanse(token, sizeof token);
    return reply_json(r, MHD_HTTP_OK, v);
}
