/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/head.h"
#include "base/tm.h"
#include "service/ep/seen.h"
#include "service/http/routes.h"
#include <string.h>
#include <strings.h>

struct headers {
    struct head *head;
    const char *type;
    unsigned cnt, lengths, types;
    bool bad;
};

static bool decimal(const char *s, uint64_t *out)
{
    uint64_t v = 0;
    size_t n = strlen(s);
    if (n < 1 || n > 15)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return false;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    *out = v;
    return true;
}

static enum MHD_Result one(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct headers *s = cls;
    (void)kind;
    value = value ? value : "";
    s->cnt++;
    if (!strcasecmp(key, "Content-Length")) {
        s->lengths++;
        s->bad |= !decimal(value, &s->head->length);
    } else if (!strcasecmp(key, "Transfer-Encoding")) {
        s->head->unbounded = true;
    } else if (!strcasecmp(key, "Content-Type")) {
        s->types++;
        s->type = value;
    } else if (!strcasecmp(key, "Expect")) {
        s->head->expect = true;
    }
    return MHD_YES;
}

/* The media type, whatever its parameters (RFC 9110 section 8.3.1). */
static bool type_is(const char *value, const char *want)
{
    size_t n = strlen(want);
    if (!value || strncasecmp(value, want, n) != 0)
        return false;
    value += n;
    value += strspn(value, " \t");
    return !*value || *value == ';';
}

static gnutls_session_t session_of(struct conn *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? info->tls_session : NULL;
}

static enum err bounds(const struct headers *s, const struct route *r)
{
    if (s->cnt > HEAD_HEADERS)
        return ERR_HEADERS_LARGE;
    if (s->bad || s->lengths > 1 || s->types > 1 || (s->head->unbounded && s->lengths))
        return ERR_BAD_VALUE;
    if (s->head->unbounded)
        return ERR_LENGTH_REQUIRED;
    if (s->head->length > r->body_max)
        return ERR_TOO_LARGE;
    if (s->head->length && !type_is(s->type, r->type))
        return ERR_UNSUPPORTED_MEDIA;
    return ERR_OK;
}

enum err head_admit(struct conn *c)
{
    struct service *s = c->service;
    enum err e = gate_admit(s->gate, session_of(c), s->store, &c->peer, c->rq.route->role, tm_wall_utc_ms());
    c->watched.guest = c->peer.verdict != ERR_OK || c->peer.role == STORE_ROLE_NONE;
    if (c->peer.verdict == ERR_OK && c->peer.role != STORE_ROLE_NONE)
        watch_name(&c->watched, c->peer.id);
    if (e == ERR_OK && c->rq.route->role == STORE_ROLE_TERMINAL &&
        (!c->seen_mono_ms || c->begun_mono_ms - c->seen_mono_ms >= SEEN_EVERY_MS)) {
        seen_add(s->seen, c->peer.who.id);
        c->seen_mono_ms = c->begun_mono_ms;
    }
    return e;
}

enum err head_judge(struct conn *c, const char *method, const char *url, struct head *out)
{
    *out = (struct head){0};
    struct headers s = {.head = out};
    struct http_request *rq = &c->rq;
    MHD_get_connection_values(c->mhd, MHD_HEADER_KIND, one, &s);
    if (atomic_load_explicit(&c->service->stopping, memory_order_relaxed))
        return ERR_STOPPING;
    if (c->escaped)
        return ERR_NOT_FOUND;
    enum err e = routes_find(method, url, &rq->route, rq->param, &c->allow);
    if (e != ERR_OK)
        return e;
    e = head_admit(c);
    return e == ERR_OK ? bounds(&s, rq->route) : e;
}
