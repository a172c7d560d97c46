/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/link.h"
#include "base/jsonx.h"
#include "client/ports/link_slot.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { PROBE_MS = 5000, PING_GAP_MS = 500, SKEW_MS = 300000 };

static int64_t mono(const struct link *l)
{
    return l->tls.clock->mono_ms(l->tls.clock->ctx);
}

static int64_t utc(const struct link *l)
{
    return l->tls.clock->utc_ms(l->tls.clock->ctx);
}

static size_t under_way(const struct link *l)
{
    size_t n = 0;
    for (size_t i = 0; i < LINK_SLOTS; i++)
        n += l->slot[i].id != 0;
    return n;
}

static enum err start(struct link *l, struct link_slot *s, const struct link_request *r)
{
    int running;
    enum err e = link_slot_prepare(l, s, r);
    if (!e && curl_multi_add_handle(l->multi, s->easy))
        e = ERR_NOMEM;
    if (e) {
        link_slot_clear(s);
        return e;
    }
    if (++l->next_id == 0)
        l->next_id = 1;
    s->id = l->next_id;
    s->waits = r->waits;
    s->done = r->done;
    s->ctx = r->ctx;
    /* On its way before the loop sleeps again; an outcome is only told by link_dispatch, which a fast answer must not wait for:
     * there is nothing left to poll. */
    curl_multi_perform(l->multi, &running);
    link_stall_look(l, mono(l));
    l->unread = l->unread || (size_t)running < under_way(l);
    return ERR_OK;
}

enum err link_request(struct link *l, const struct link_request *r, uint64_t *id)
{
    if (r->len > LINK_BODY_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < LINK_REQUESTS; i++) {
        struct link_slot *s = &l->slot[i];
        if (s->id)
            continue;
        enum err e = start(l, s, r);
        if (!e && id)
            *id = s->id;
        return e;
    }
    return ERR_BUSY;
}

void link_cancel(struct link *l, uint64_t id)
{
    for (size_t i = 0; id && i < LINK_REQUESTS; i++)
        if (l->slot[i].id == id) {
            curl_multi_remove_handle(l->multi, l->slot[i].easy);
            link_slot_clear(&l->slot[i]);
        }
}

static void set_status(struct link *l, enum err e, bool answered)
{
    bool was = l->status.online;
    enum err before = l->status.error;
    int64_t now = mono(l);
    l->status.online = answered;
    l->status.error = answered ? ERR_OK : e;
    if (!answered)
        l->lost_mono_ms = now;
    if (answered) {
        l->status.contact_mono_ms = now;
        l->status.contact_utc_ms = utc(l);
        l->clock_wrong = false;
        backoff_reset(&l->backoff);
    }
    if (was != answered || before != l->status.error) {
        if (was != answered || !l->status.since_mono_ms)
            l->status.since_mono_ms = now;
        if (l->changed)
            l->changed(l->changed_ctx);
    }
}

static void probe_done(void *ctx, const struct link_answer *a)
{
    struct link *l = ctx;
    struct curl_header *h;
    l->probing = false;
    if (a->status == 0 || curl_easy_header(l->slot[LINK_PROBE].easy, "Date", 0, CURLH_HEADER, -1, &h))
        return;
    int64_t server = (int64_t)curl_getdate(h->value, NULL) * 1000, off = server - utc(l);
    /* The chain and the name were good, only our date is outside: if the server's own is inside, ours is the wrong one. */
    if (server < l->tls.peer_from_ms || server > l->tls.peer_until_ms || (off < SKEW_MS && off > -SKEW_MS))
        return;
    l->clock_wrong = true;
    if (l->status.error == ERR_TLS_EXPIRED || l->status.error == ERR_TLS_NOT_YET)
        set_status(l, ERR_CLOCK_SKEW, false);
}

/* Expired, or is it our clock? What is known to have passed answers at once; else the server is asked for its date. */
static enum err judge_date(struct link *l, enum err e)
{
    if (l->clock_wrong || utc(l) < l->known_past_utc_ms)
        return ERR_CLOCK_SKEW;
    if (!l->probing) {
        struct link_request r = {.method = "GET", .path = "/healthz", .done = probe_done, .ctx = l};
        r.deadline_mono_ms = mono(l) + PROBE_MS;
        l->probing = start(l, &l->slot[LINK_PROBE], &r) == ERR_OK;
    }
    return e;
}

/* RFC 9457. Codes we do not know could be anything: they are the peer's fault, not ours. */
static enum err problem(const struct link_answer *a)
{
    json_t *root = NULL;
    const char *code = NULL;
    enum err e = ERR_NET_PROTOCOL;
    if (strcasecmp(a->type, "application/problem+json") != 0 || jsonx_parse(a->body, a->len, &root))
        return e;
    if (jsonx_str(root, "code", 1, 64, &code) == ERR_OK)
        e = err_from_code(code);
    if (e == ERR_OK || (e == ERR_INTERNAL && strcmp(code, "internal") != 0))
        e = ERR_NET_PROTOCOL;
    json_decref(root);
    return e;
}

/* e: what kept it from answering. */
static void finish(struct link *l, struct link_slot *s, enum err e)
{
    char type[128] = "";
    const char *t = NULL;
    long status = 0;
    struct link_answer a = {.err = e, .type = type};
    if (!a.err) {
        curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(s->easy, CURLINFO_CONTENT_TYPE, &t);
        if (t)
            snprintf(type, sizeof type, "%.*s", (int)strcspn(t, "; "), t);
        a.status = (int)status;
        a.body = buf_str(&s->answer);
        a.len = s->answer.len;
        if (status < 200 || status > 299)
            a.err = problem(&a);
        link_slot_watch(l, s->easy);
    }
    curl_multi_remove_handle(l->multi, s->easy);
    if (!s->probe && (a.err == ERR_TLS_EXPIRED || a.err == ERR_TLS_NOT_YET))
        a.err = judge_date(l, a.err);
    if (!s->probe)
        set_status(l, a.err, a.status != 0);
    uint64_t id = s->id;
    if (s->done)
        s->done(s->ctx, &a);
    if (s->id == id)
        link_slot_clear(s);
}

static void ping_done(void *ctx, const struct link_answer *a)
{
    struct link *l = ctx;
    l->next_ping_ms = mono(l) + (a->status ? PING_GAP_MS : backoff_next(&l->backoff));
}

/* One idle connection beside those that long polls hold; a request under way will leave its own. */
static bool wants_ping(const struct link *l)
{
    size_t waiting = 0;
    if (!l->warm || l->probing)
        return false;
    for (size_t i = 0; i <= LINK_PING; i++) {
        if (l->slot[i].id && !l->slot[i].waits)
            return false;
        waiting += l->slot[i].id != 0;
    }
    return !l->status.online || link_slot_alive(l) <= waiting;
}

static void ping(struct link *l)
{
    struct link_request r = {.method = "GET", .path = "/healthz", .done = ping_done, .ctx = l};
    if (wants_ping(l) && mono(l) >= l->next_ping_ms && start(l, &l->slot[LINK_PING], &r))
        l->next_ping_ms = mono(l) + backoff_next(&l->backoff);
}

void link_dispatch(struct link *l)
{
    int running, left;
    l->unread = false;
    curl_multi_perform(l->multi, &running);
    for (CURLMsg *m; (m = curl_multi_info_read(l->multi, &left));) {
        struct link_slot *s = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &s);
        if (m->msg == CURLMSG_DONE && s)
            finish(l, s, link_tls_err(&l->tls, s->easy, m->data.result, s->text));
    }
    link_stall_look(l, mono(l));
    for (size_t i = 0; i < LINK_SLOTS; i++)
        if (link_stall_is(&l->slot[i], mono(l)))
            finish(l, &l->slot[i], ERR_NET_TIMEOUT);
    link_slot_see_lost(l);
    ping(l);
}

int link_timeout_ms(const struct link *l)
{
    int stall = link_stall_ms(l, mono(l));
    if (l->unread)
        return 0;
    if (!wants_ping(l))
        return stall;
    int64_t left = l->next_ping_ms - mono(l);
    int ping_in = left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
    return stall >= 0 && stall < ping_in ? stall : ping_in;
}

void link_keep_warm(struct link *l)
{
    l->warm = true;
    ping(l);
}

enum err link_new(const struct link_config *c, struct link **out)
{
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_NOMEM;
    l->epoll = -1;
    enum err e = link_tls_init(&l->tls, c);
    if (!e && (strncmp(c->url, "https://", 8) != 0 || !c->url[8] || strpbrk(c->url + 8, "/?#@ \r\n")))
        e = ERR_BAD_VALUE;
    if (!e && curl_global_init(CURL_GLOBAL_SSL))
        e = ERR_NOMEM;
    l->answer_max = c->answer_max ? c->answer_max : 1024 * 1024;
    l->known_past_utc_ms = c->known_past_utc_ms > CLOCK_EARLIEST_UTC_MS ? c->known_past_utc_ms : CLOCK_EARLIEST_UTC_MS;
    if (l->tls.cert_from_ms > l->known_past_utc_ms)
        l->known_past_utc_ms = l->tls.cert_from_ms;
    l->backoff = (struct backoff){.first_ms = 500, .max_ms = 30000};
    if (!e && (l->answer_max > LINK_ANSWER_MAX || !(l->url = strdup(c->url)) || !(l->multi = curl_multi_init())))
        e = l->answer_max > LINK_ANSWER_MAX ? ERR_BAD_VALUE : ERR_NOMEM;
    if (!e && (l->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
        e = ERR_IO;
    if (!e && (curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, 4L) ||
                  curl_multi_setopt(l->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) ||
                  !(l->bare = curl_slist_append(NULL, "Expect:"))))
        e = ERR_NOMEM;
    if (e)
        link_free(&l);
    else
        *out = l;
    return e;
}

void link_free(struct link **lp)
{
    struct link *l = *lp;
    if (!l)
        return;
    for (size_t i = 0; i < LINK_SLOTS; i++)
        link_slot_release(&l->slot[i]);
    curl_multi_cleanup(l->multi);
    for (size_t i = 0; i < LINK_TYPES; i++)
        curl_slist_free_all(l->type[i].headers);
    curl_slist_free_all(l->bare);
    if (l->epoll >= 0)
        close(l->epoll);
    link_tls_release(&l->tls);
    free(l->url);
    free(l);
    *lp = NULL;
}

CURLM *link_multi(struct link *l)
{
    return l->multi;
}

int link_fd(const struct link *l)
{
    return l->epoll;
}

const struct link_status *link_status(const struct link *l)
{
    return &l->status;
}

void link_on_change(struct link *l, void (*changed)(void *ctx), void *ctx)
{
    l->changed = changed;
    l->changed_ctx = ctx;
}

enum err link_use_cert(struct link *l, const char *cert_path, const char *key_path)
{
    return link_tls_renew(&l->tls, cert_path, key_path);
}

int64_t link_cert_until_ms(const struct link *l)
{
    return l->tls.cert_until_ms;
}

int64_t link_cert_from_ms(const struct link *l)
{
    return l->tls.cert_from_ms;
}

struct call {
    bool done;
    enum err err, added;
    int status;
    struct buf *body;
};

static void call_done(void *ctx, const struct link_answer *a)
{
    struct call *c = ctx;
    c->done = true;
    c->err = a->err;
    c->status = a->status;
    if (c->body && a->status)
        c->added = buf_add(c->body, a->body, a->len);
}

enum err link_call(struct link *l, const struct link_request *r, int *status, struct buf *body)
{
    struct call c = {.body = body};
    struct link_request mine = *r;
    mine.done = call_done;
    mine.ctx = &c;
    enum err e = link_request(l, &mine, NULL);
    while (!e && (!c.done || l->probing)) {
        struct curl_waitfd fd = {.fd = l->epoll, .events = CURL_WAIT_POLLIN};
        int n, ms = link_timeout_ms(l);
        curl_multi_poll(l->multi, &fd, 1, ms < 0 ? 1000 : ms, &n);
        link_dispatch(l);
    }
    if (e)
        return e;
    if ((c.err == ERR_TLS_EXPIRED || c.err == ERR_TLS_NOT_YET) && l->clock_wrong)
        c.err = ERR_CLOCK_SKEW;
    if (status)
        *status = c.status;
    return c.err ? c.err : c.added;
}
