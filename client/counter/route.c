/* SPDX-License-Identifier: Apache-2.0 */
/* From a request line to the function of its resource. */
#include "client/counter/parts.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of a body that is refused so much is read before the connection ends: a client that is still sending would not hear why. */
enum { SOCKET_ONLY = 1, TCP_ONLY = 2, FIRST_RUN = 4, SANDBOX = 8, DRAIN_MAX = 1048576 };

static const struct route {
    const char *method, *path; /* {id} is one segment of 26 characters */
    route_fn *fn;
    unsigned flags;
} routes[] = {
    {"GET", "/v1/status", status_get, 0},
    {"GET", "/v1/errors", status_errors, FIRST_RUN},
    {"GET", "/v1/events", events_listen, 0},
    {"POST", "/v1/scans", scans_post, SOCKET_ONLY | FIRST_RUN},
    {"POST", "/v1/checkouts", checkouts_post, 0},
    {"GET", "/v1/checkouts/current", checkouts_current, 0},
    {"GET", "/v1/checkouts/{id}", checkouts_get, 0},
    {"POST", "/v1/checkouts/{id}/card", checkouts_card, 0},
    {"POST", "/v1/checkouts/{id}/amount", checkouts_amount, 0},
    {"POST", "/v1/checkouts/{id}/confirm", checkouts_confirm, 0},
    {"POST", "/v1/checkouts/{id}/cancel", checkouts_cancel, 0},
    {"GET", "/v1/sales", sales_list, 0},
    {"GET", "/v1/sales/{id}", sales_get, 0},
    {"GET", "/v1/sales/{id}/voids", voids_list, 0},
    {"POST", "/v1/sales/{id}/void", voids_void, 0},
    {"POST", "/v1/sales/{id}/return", voids_return, 0},
    {"GET", "/v1/day", voids_day, 0},
    {"POST", "/v1/day/close", voids_day_close, 0},
    {"GET", "/v1/disputes", disputes_list_get, 0},
    {"POST", "/v1/disputes", disputes_post, 0},
    {"GET", "/v1/disputes/{ref}", disputes_get_one, 0},
    {"GET", "/v1/sales/{id}/receipt", sales_receipt, 0},
    {"GET", "/v1/sales/{id}/receipt.png", sales_picture, 0},
    {"POST", "/v1/sales/{id}/print", sales_print, 0},
    {"POST", "/v1/pages/{id}/print", voids_print_again, 0},
    {"POST", "/v1/printer/test", sales_print_test, 0},
    {"POST", "/v1/page", page_code, SOCKET_ONLY | FIRST_RUN},
    {"POST", "/v1/session", page_enter, TCP_ONLY | FIRST_RUN},
    {"DELETE", "/v1/session", page_leave, TCP_ONLY | FIRST_RUN},
    {"DELETE", "/v1/sessions", page_leave_all, SOCKET_ONLY | FIRST_RUN},
    {"POST", "/v1/token", page_token, SOCKET_ONLY | FIRST_RUN},
    {"GET", "/v1/sandbox", sandbox_get, SANDBOX},
    {"GET", "/v1/enrolment", enrolment_get, FIRST_RUN},
    {"POST", "/v1/enrolment", enrolment_post, FIRST_RUN},
};

/* A dispute's reference: the last segment. */
static bool takes_ref(const char *pattern, const char *url, char ref[static REF_LEN_MAX + 1])
{
    const char *at = strstr(pattern, "{ref}");
    size_t head = at ? (size_t)(at - pattern) : 0;
    if (!at || strncmp(pattern, url, head) != 0 || strlen(url + head) > REF_LEN_MAX || strchr(url + head, '/'))
        return false;
    memcpy(ref, url + head, strlen(url + head) + 1);
    return true;
}

static bool matches(const char *pattern, const char *url, char id[static ULID_LEN + 1])
{
    const char *at = strstr(pattern, "{id}");
    if (!at)
        return !strcmp(pattern, url);
    size_t head = (size_t)(at - pattern);
    if (strncmp(pattern, url, head) || strcspn(url + head, "/") != ULID_LEN || strcmp(at + 4, url + head + ULID_LEN))
        return false;
    memcpy(id, url + head, ULID_LEN);
    id[ULID_LEN] = 0;
    return true;
}

/* In a sandbox a test card may be scanned from anywhere. */
static bool offered(const struct request *r, const struct route *to)
{
    bool sandbox = r->counter->config.ops->sandbox;
    if (to->flags & SANDBOX)
        return sandbox;
    if (sandbox && to->fn == scans_post)
        return true;
    return !(to->flags & (r->door->tcp ? SOCKET_ONLY : TCP_ONLY));
}

static enum MHD_Result dispatch(struct request *r, const char *url)
{
    const struct page_file *file = r->door->tcp ? page_find(url) : NULL;
    bool first = r->counter->config.ops->enrol;
    char allow[32];
    snprintf(allow, sizeof allow, "%s", file ? "GET, HEAD" : "");
    if (file && (!strcmp(r->method, "GET") || !strcmp(r->method, "HEAD")))
        return page_get(r, file);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *to = &routes[i];
        if ((!matches(to->path, url, r->id) && !takes_ref(to->path, url, r->ref)) || !offered(r, to))
            continue;
        size_t n = strlen(allow);
        snprintf(allow + n, sizeof allow - n, "%s%s", n ? ", " : "", to->method);
        if (!strcmp(to->method, r->method))
            return first && !(to->flags & FIRST_RUN) ? reply_problem(r, ERR_STATE_MISSING) : to->fn(r);
    }
    return *allow ? reply_method(r, allow) : reply_problem(r, ERR_NOT_FOUND);
}

const char *route_header(const struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, name);
}

const char *route_query(const struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->conn, MHD_GET_ARGUMENT_KIND, name);
}

enum err route_query_int(const struct request *r, const char *name, int64_t max, int64_t absent, int64_t *out)
{
    const char *s = route_query(r, name);
    if (!s) {
        *out = absent;
        return ERR_OK;
    }
    size_t n = strlen(s);
    if (!n || n > 15 || strspn(s, "0123456789") != n)
        return ERR_BAD_VALUE;
    int64_t v = strtoll(s, NULL, 10);
    if (v > max)
        return ERR_BAD_VALUE;
    *out = v;
    return ERR_OK;
}

static bool is_json(const char *type)
{
    static const char want[] = "application/json";
    size_t n = sizeof want - 1;
    return type && !strncasecmp(type, want, n) && (!type[n] || type[n] == ';' || type[n] == ' ');
}

/* The body's length as it was declared; INT64_MAX: beyond all bounds, -1: not declared. */
static int64_t declared(const struct request *r)
{
    const char *len = route_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return !len ? -1 : strlen(len) > 8 ? INT64_MAX : strtol(len, NULL, 10);
}

/* What can be said before the body is read. */
static enum err first_look(struct request *r)
{
    enum err e = gate_check(r);
    if (e)
        return e;
    const char *type = route_header(r, MHD_HTTP_HEADER_CONTENT_TYPE);
    bool empty = declared(r) < 0 ? !route_header(r, MHD_HTTP_HEADER_TRANSFER_ENCODING) : !declared(r);
    if (!strcmp(r->method, "POST") && !is_json(type) && !(empty && !type))
        return ERR_UNSUPPORTED_MEDIA;
    return declared(r) > COUNTER_BODY_MAX ? ERR_TOO_LARGE : ERR_OK;
}

/* A refused request's body is read and dropped, so that the connection stays; not where it is longer than that is worth, nor
 * where the caller has asked first. */
static bool not_worth_reading(const struct request *r)
{
    return declared(r) > DRAIN_MAX || (declared(r) > 0 && route_header(r, MHD_HTTP_HEADER_EXPECT));
}

static enum MHD_Result begin(
    struct door *d, struct MHD_Connection *conn, const char *method, const char *url, void **con_cls)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return MHD_NO;
    *r = (struct request){.door = d, .counter = d->counter, .conn = conn, .method = method, .url = url};
    buf_init(&r->body, COUNTER_BODY_MAX);
    *con_cls = r;
    r->trouble = first_look(r);
    return r->trouble && not_worth_reading(r) ? reply_problem(r, r->trouble) : MHD_YES;
}

static enum MHD_Result complete(struct request *r, const char *url)
{
    if (r->held && r->again) {
        r->held = r->again = false;
        return dispatch(r, url);
    }
    if (r->held)
        return wait_over(r);
    if (r->trouble)
        return reply_problem(r, r->trouble);
    if (r->body.len) {
        enum err e = jsonx_parse(buf_str(&r->body), r->body.len, &r->json);
        if (!e && !json_is_object(r->json))
            e = ERR_BAD_JSON;
        if (e)
            return reply_problem(r, e);
    }
    return dispatch(r, url);
}

enum MHD_Result route_handle(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **con_cls)
{
    struct request *r = *con_cls;
    (void)version;
    if (!r)
        return begin(cls, conn, method, url, con_cls);
    if (*upload_len) {
        if (!r->trouble)
            r->trouble = buf_add(&r->body, upload, *upload_len);
        if (r->trouble)
            r->dropped += *upload_len;
        *upload_len = 0;
        return r->dropped > DRAIN_MAX ? MHD_NO : MHD_YES;
    }
    return r->answered ? MHD_YES : complete(r, url);
}

void route_done(void *cls, struct MHD_Connection *conn, void **con_cls, enum MHD_RequestTerminationCode code)
{
    struct request *r = *con_cls;
    (void)cls;
    (void)conn;
    (void)code;
    if (!r)
        return;
    wait_forget(r);
    json_decref(r->json);
    buf_wipe(&r->body);
    free(r);
    *con_cls = NULL;
}
