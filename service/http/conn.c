/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/conn.h"
#include "base/tm.h"
#include "service/http/head.h"
#include "service/http/reply.h"
#include "service/http/routes.h"
#include <openssl/crypto.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP = 4096 }; /* buffers up to this size stay with the connection */

static struct conn *conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static struct conn *open_conn(struct service *s, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct conn *c = calloc(1, sizeof *c);
    if (!c || !info) {
        free(c);
        return NULL;
    }
    c->mhd = mhd;
    c->service = s;
    c->rq.service = s;
    c->rq.conn = c;
    c->rq.who = &c->peer.who;
    buf_init(&c->rq.body, HTTP_ANSWER_MAX);
    buf_init(&c->rq.answer.body, HTTP_ANSWER_MAX);
    watch_add(&s->watch, &c->watched, info->connect_fd, tm_mono_ms());
    atomic_fetch_add(&s->open, 1);
    return c;
}

static void close_conn(struct conn *c)
{
    watch_remove(&c->service->watch, &c->watched);
    gate_peer_release(&c->peer);
    buf_wipe(&c->rq.body);
    buf_release(&c->rq.answer.body);
    free(c->offers.limit);
    atomic_fetch_sub(&c->service->open, 1);
    free(c);
}

void conn_notify(void *cls, struct MHD_Connection *mhd, void **socket_context, enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *socket_context = open_conn(cls, mhd);
    else if (*socket_context)
        close_conn(*socket_context);
}

void *conn_begin(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    struct conn *c = conn_of(mhd);
    (void)cls;
    if (!c)
        return NULL;
    struct http_request *rq = &c->rq;
    c->phase = CONN_NEW;
    c->refusal = c->result = ERR_OK;
    c->allow = NULL;
    c->escaped = memchr(uri, '%', strcspn(uri, "?")) != NULL;
    c->begun_mono_ms = tm_mono_ms();
    rq->route = NULL;
    rq->answer.status = 0;
    rq->answer.type = rq->answer.encoding = rq->answer.challenge = NULL;
    rq->problem = (struct problem){0};
    rq->on_worker = rq->to_worker = rq->woken = false;
    rq->wait_ms = 0;
    atomic_fetch_add(&c->service->busy, 1);
    watch_state(&c->watched, WATCH_READING, c->begun_mono_ms);
    return c;
}

static void hold(void *arg)
{
    struct conn *c = arg;
    MHD_suspend_connection(c->mhd);
}

static enum err hand_over(struct conn *c)
{
    c->phase = CONN_AWAY;
    enum err e = work_put(c->service->work, &c->item, hold, c);
    if (e != ERR_OK)
        c->phase = CONN_ANSWERED;
    return e;
}

/* True if the request is held now. False: there may be news, look again. */
static bool wait_for_news(struct conn *c)
{
    struct http_request *rq = &c->rq;
    c->phase = CONN_WAITING;
    c->waiter.until_mono_ms = tm_mono_ms() + rq->wait_ms;
    ulid_encode(rq->who->shop, c->waiter.shop);
    ulid_encode(rq->who->id, c->waiter.terminal);
    return poll_add(c->service->poll, &c->waiter, rq->wait_mark, hold, c);
}

/* True: *e is the outcome, answer now. False: the request is away, on a worker or held. */
static bool run(struct conn *c, enum err *e)
{
    struct http_request *rq = &c->rq;
    for (;;) {
        if (rq->route->flags & ROUTE_WRITES || rq->to_worker) {
            *e = hand_over(c);
            return *e != ERR_OK;
        }
        rq->wait_ms = 0;
        buf_reset(&rq->answer.body);
        *e = rq->route->run(rq);
        if (rq->to_worker)
            continue;
        if (*e != ERR_OK || !rq->wait_ms || rq->woken)
            return true;
        if (wait_for_news(c))
            return false;
        rq->woken = atomic_load(&c->service->stopping);
    }
}

/* The body may have taken its time: what the gate found is asked for again, if anything was committed since. */
static enum MHD_Result whole(struct conn *c)
{
    watch_state(&c->watched, WATCH_HELD, tm_mono_ms());
    c->rq.at_utc_ms = tm_wall_utc_ms();
    enum err e = head_admit(c);
    if (e == ERR_OK && !run(c, &e))
        return MHD_YES;
    c->phase = CONN_ANSWERED;
    return reply_send(c, e);
}

static enum MHD_Result headers(struct conn *c, const char *method, const char *url)
{
    struct head h;
    enum err e = head_judge(c, method, url, &h);
    if (e == ERR_OK) {
        c->phase = CONN_BODY;
        return MHD_YES;
    }
    c->phase = CONN_REFUSED;
    c->refusal = e;
    if (h.unbounded || h.length > HEAD_DISCARD || (h.expect && h.length))
        return reply_send(c, e);
    return MHD_YES;
}

enum MHD_Result conn_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **con_cls)
{
    struct conn *c = *con_cls;
    (void)cls, (void)mhd, (void)version;
    if (!c)
        return MHD_NO;
    switch (c->phase) {
    case CONN_NEW:
        return headers(c, method, url);
    case CONN_BODY:
        if (!*size)
            return whole(c);
        if (c->rq.body.len + *size > c->rq.route->body_max || buf_add(&c->rq.body, data, *size) != ERR_OK)
            return MHD_NO;
        *size = 0;
        return MHD_YES;
    case CONN_REFUSED:
        if (!*size)
            return reply_send(c, c->refusal);
        *size = 0;
        return MHD_YES;
    case CONN_WAITING:
        c->rq.woken = true;
        return whole(c);
    case CONN_AWAY: /* back from the worker */
        c->phase = CONN_ANSWERED;
        return reply_send(c, c->result);
    case CONN_ANSWERED:
        break;
    }
    return MHD_NO;
}

void conn_end(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode why)
{
    struct conn *c = *con_cls;
    (void)cls, (void)mhd, (void)why;
    if (!c)
        return;
    struct http_request *rq = &c->rq;
    if (rq->body.cap > KEEP)
        buf_wipe(&rq->body);
    else if (rq->body.len)
        OPENSSL_cleanse(rq->body.data, rq->body.len);
    buf_reset(&rq->body);
    if (rq->answer.body.cap > KEEP)
        buf_release(&rq->answer.body);
    buf_reset(&rq->answer.body);
    atomic_fetch_sub(&c->service->busy, 1);
    watch_state(&c->watched, WATCH_IDLE, tm_mono_ms());
    *con_cls = NULL;
}

void conn_work(void *ctx, struct work_item *item)
{
    struct conn *c = (struct conn *)(void *)((char *)item - offsetof(struct conn, item));
    (void)ctx;
    c->rq.on_worker = true;
    buf_reset(&c->rq.answer.body);
    c->result = c->rq.route->run(&c->rq);
    MHD_resume_connection(c->mhd);
}

void conn_resume(void *ctx, struct poll_waiter *w)
{
    struct conn *c = (struct conn *)(void *)((char *)w - offsetof(struct conn, waiter));
    (void)ctx;
    MHD_resume_connection(c->mhd);
}
