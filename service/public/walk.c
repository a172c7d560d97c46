/* SPDX-License-Identifier: Apache-2.0 */
#include "service/public/walk.h"
#include "base/tm.h"
#include "service/public/form.h"
#include "service/public/parts.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
#include "public_style.inc"
    ;

const char *visit_query(const struct visit *v, const char *key)
{
    return MHD_lookup_connection_value(v->mhd, MHD_GET_ARGUMENT_KIND, key);
}

const struct sockaddr *visit_address(const struct visit *v)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(v->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

void visit_begin(struct visit *v, unsigned status, const char *title)
{
    v->status = status;
    html_begin(&v->page, title, v->here_path);
}

static bool take_slip(struct visit *v, const char *url, const char *after)
{
    if (!form_slip_path(url, after, v->slip))
        return false;
    snprintf(v->here_path, sizeof v->here_path, "/S/%s", v->slip);
    return true;
}

static bool is_card(const char *url)
{
    return url[0] == '/' && (url[1] == 'C' || url[1] == 'c') && url[2] == '/';
}

static void get_page(struct visit *v, const char *url)
{
    if (!strcmp(url, "/"))
        page_counts(v);
    else if (is_card(url))
        page_card(v);
    else if (take_slip(v, url, ""))
        slip_page(v);
    else
        page_nothing(v, MHD_HTTP_NOT_FOUND);
}

static void post_page(struct visit *v, const char *url)
{
    bool again = take_slip(v, url, "/voice");
    if (!again && !take_slip(v, url, "/dispute"))
        page_nothing(v, MHD_HTTP_METHOD_NOT_ALLOWED);
    else if (v->too_large)
        page_nothing(v, MHD_HTTP_CONTENT_TOO_LARGE);
    else
        slip_form(v, again);
}

static void make_page(struct visit *v, const char *url, const char *method)
{
    if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
        get_page(v, url);
    else if (!strcmp(method, "POST"))
        post_page(v, url);
    else
        page_nothing(v, MHD_HTTP_METHOD_NOT_ALLOWED);
    if (v->page.err) /* out of memory in mid-page: nothing half-written goes out */
        page_nothing(v, MHD_HTTP_SERVICE_UNAVAILABLE);
}

static void add_headers(struct MHD_Response *r, const char *type, const char *cache)
{
    static const char *const fixed[][2] = {{"X-Content-Type-Options", "nosniff"}, {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
                                    "frame-ancestors 'none'"},
        {"Cross-Origin-Resource-Policy", "same-origin"}, {"Cross-Origin-Opener-Policy", "same-origin"},
        {"X-Robots-Tag", "noindex, nofollow"}, {"Strict-Transport-Security", "max-age=31536000"}};
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        MHD_add_response_header(r, fixed[i][0], fixed[i][1]);
}

static enum MHD_Result deliver(struct visit *v, struct MHD_Response *r, unsigned status)
{
    if (!r)
        return MHD_NO;
    if (v->location[0])
        MHD_add_response_header(r, MHD_HTTP_HEADER_LOCATION, v->location);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result ok = MHD_queue_response(v->mhd, status, r);
    MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result answer(struct visit *v, const char *url, const char *method)
{
    struct MHD_Response *r;
    v->now_utc_ms = tm_wall_utc_ms();
    v->now_mono_ms = tm_mono_ms();
    v->page.zh = form_wants_chinese(
        visit_query(v, "lang"), MHD_lookup_connection_value(v->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
    if (!strcmp(url, "/style.css") && strcmp(method, "POST") != 0) {
        r = MHD_create_response_from_buffer(sizeof style - 1, (void *)(uintptr_t)style, MHD_RESPMEM_PERSISTENT);
        if (r)
            add_headers(r, "text/css; charset=utf-8", "max-age=3600");
        return deliver(v, r, MHD_HTTP_OK);
    }
    make_page(v, url, method);
    r = MHD_create_response_from_buffer(v->out.len, v->out.len ? v->out.data : (void *)"", MHD_RESPMEM_MUST_COPY);
    if (r)
        add_headers(r, "text/html; charset=utf-8", "no-store");
    if (r)
        MHD_add_response_header(r, "Vary", "Accept-Language");
    return deliver(v, r, v->status);
}

static struct visit *new_visit(struct public *p, struct MHD_Connection *mhd)
{
    struct visit *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->public = p;
    v->mhd = mhd;
    v->status = MHD_HTTP_OK;
    buf_init(&v->form, PUBLIC_FORM_MAX);
    buf_init(&v->out, HTML_MAX);
    v->page.out = &v->out;
    return v;
}

static struct watched *watched_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void note(struct MHD_Connection *mhd, enum watch_state state)
{
    struct watched *w = watched_of(mhd);
    if (w)
        watch_state(w, state, tm_mono_ms());
}

enum MHD_Result walk_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **con_cls)
{
    struct visit *v = *con_cls;
    (void)version;
    if (!v) {
        *con_cls = v = new_visit(cls, mhd);
        note(mhd, WATCH_READING);
        return v ? MHD_YES : MHD_NO;
    }
    if (*size) {
        if (v->too_large || buf_add(&v->form, data, *size))
            v->too_large = true;
        *size = 0;
        return MHD_YES;
    }
    note(mhd, WATCH_SENDING);
    return answer(v, url, method);
}

void walk_done(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode why)
{
    struct visit *v = *con_cls;
    (void)cls, (void)why;
    note(mhd, WATCH_IDLE);
    if (!v)
        return;
    buf_wipe(&v->form);
    buf_wipe(&v->out);
    OPENSSL_cleanse(v, sizeof *v);
    free(v);
    *con_cls = NULL;
}

void walk_connection(
    void *cls, struct MHD_Connection *mhd, void **socket_context, enum MHD_ConnectionNotificationCode what)
{
    struct public *p = cls;
    struct watched *w = *socket_context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = w = info ? calloc(1, sizeof *w) : NULL;
        if (!w)
            return;
        atomic_store(&w->guest, true);
        watch_add(&p->watch, w, info->connect_fd, tm_mono_ms());
    } else if (w) {
        watch_remove(&p->watch, w);
        free(w);
    }
}
