/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/events: Server-Sent Events (WHATWG HTML, section 9.2). A listener begins with the state of things; each event
 * carries the whole of what it is about, so that a lost one does no harm. One that does not read is hung up on. One that comes back
 * with Last-Event-ID hears what it missed, if that is still kept: ids are "<series>-<number>", and a new series begins with the
 * process and whenever nobody has listened for a while. */
#include "base/text.h"
#include "client/counter/parts.h"
#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEHIND_MAX = 65536, ALIVE_MS = 15000, KEPT_CNT = 64, KEPT_MAX = 49152, KEPT_MS = 60000, SERIES_LEN = 12 };

struct listener {
    struct counter *counter;
    struct events *events;
    struct MHD_Connection *conn;
    struct buf out; /* not taken by libmicrohttpd yet */
    bool suspended, hung_up;
    bool by_session; /* it ends with that session */
    uint8_t pass[KEY_HASH];
    struct listener *next;
};

/* What went out, for who comes back. */
struct kept {
    uint64_t id;
    struct buf text;
};

struct events {
    struct listener *listeners;
    size_t listener_cnt;
    char series[SERIES_LEN + 1];
    uint64_t last_id, forgotten_id; /* up to the latter nothing is kept */
    struct kept kept[KEPT_CNT];     /* a ring: the oldest at first_kept */
    size_t first_kept, kept_cnt, kept_bytes;
    int64_t kept_until_mono_ms; /* while nobody listens */
    int64_t alive_mono_ms;      /* next sign of life: only by sending is a vanished listener noticed */
};

static void forget_first(struct events *e)
{
    struct kept *k = &e->kept[e->first_kept];
    e->forgotten_id = k->id;
    e->kept_bytes -= k->text.len;
    e->first_kept = (e->first_kept + 1) % KEPT_CNT;
    e->kept_cnt--;
    buf_wipe(&k->text); /* masked names, receipts */
}

/* From here on nothing is known of what was before. */
static void new_series(struct events *e)
{
    uint8_t random[SERIES_LEN / 2] = {0};
    while (e->kept_cnt)
        forget_first(e);
    if (RAND_bytes(random, sizeof random) == 1)
        text_hex(random, sizeof random, e->series);
    e->last_id = e->forgotten_id = 0;
}

struct events *events_new(void)
{
    struct events *e = calloc(1, sizeof *e);
    if (e)
        new_series(e);
    return e;
}

static void wake(struct listener *l)
{
    if (!l->suspended)
        return;
    l->suspended = false;
    MHD_resume_connection(l->conn);
}

void events_hang_up(struct counter *c)
{
    for (struct listener *l = c->events->listeners; l; l = l->next) {
        l->hung_up = true;
        wake(l);
    }
}

/* Listeners are freed by libmicrohttpd's last call, which comes when the daemon stops; *e must be freed after that. */
void events_free(struct events **e)
{
    while (*e && (*e)->kept_cnt)
        forget_first(*e);
    free(*e);
    *e = NULL;
}

static void push(struct listener *l, const void *p, size_t n)
{
    if (l->hung_up || buf_add(&l->out, p, n))
        l->hung_up = true;
    wake(l);
}

static ssize_t take(void *cls, uint64_t pos, char *out, size_t max)
{
    struct listener *l = cls;
    (void)pos;
    if (l->hung_up)
        return MHD_CONTENT_READER_END_OF_STREAM;
    size_t n = l->out.len < max ? l->out.len : max;
    if (!n) {
        l->suspended = true;
        MHD_suspend_connection(l->conn);
        return 0;
    }
    memcpy(out, l->out.data, n);
    memmove(l->out.data, l->out.data + n, l->out.len - n);
    l->out.len -= n;
    return (ssize_t)n;
}

static void forget(void *cls)
{
    struct listener *l = cls;
    for (struct listener **at = &l->events->listeners; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            l->events->listener_cnt--;
            l->events->kept_until_mono_ms = counter_now(l->counter) + KEPT_MS;
            break;
        }
    buf_wipe(&l->out);
    free(l);
}

static enum err format(struct events *e, const char *type, json_t *data, struct buf *out)
{
    enum err r = buf_printf(out, "id: %s-%" PRIu64 "\nevent: %s\ndata: ", e->series, ++e->last_id, type);
    if (!r)
        r = data ? jsonx_write(data, out) : ERR_NOMEM;
    return r ? r : buf_adds(out, "\n\n");
}

bool events_wanted(const struct counter *c)
{
    struct events *e = c->events;
    if (e->listeners || counter_now(c) < e->kept_until_mono_ms)
        return true;
    if (e->last_id)
        new_series(e);
    return false;
}

static void keep(struct events *e, const struct buf *text)
{
    if (text->len > KEPT_MAX) {
        while (e->kept_cnt)
            forget_first(e);
        e->forgotten_id = e->last_id;
        return;
    }
    while (e->kept_cnt == KEPT_CNT || e->kept_bytes + text->len > KEPT_MAX)
        forget_first(e);
    struct kept *k = &e->kept[(e->first_kept + e->kept_cnt) % KEPT_CNT];
    k->id = e->last_id;
    buf_init(&k->text, KEPT_MAX);
    if (buf_add(&k->text, text->data, text->len)) {
        e->forgotten_id = e->last_id;
        return;
    }
    e->kept_bytes += text->len;
    e->kept_cnt++;
}

void events_add(struct counter *c, const char *type, json_t *taken)
{
    struct buf text;
    buf_init(&text, BEHIND_MAX);
    if (!format(c->events, type, taken, &text)) {
        keep(c->events, &text);
        for (struct listener *l = c->events->listeners; l; l = l->next)
            push(l, text.data, text.len);
    }
    json_decref(taken);
    buf_wipe(&text);
}

/* The state of things for one who has just come. */
static void greet(struct counter *c, struct listener *l)
{
    const struct counter_ops *ops = c->config.ops;
    const struct checkout *k = NULL;
    json_t *status = ops->status(ops->ctx), *current = NULL;
    if (format(c->events, "status", status, &l->out))
        l->hung_up = true;
    if (!ops->current(ops->ctx, &k)) {
        current = view_checkout(c, k, ERR_LANG_ZH);
        if (format(c->events, "checkout", current, &l->out))
            l->hung_up = true;
    }
    json_decref(status);
    json_decref(current);
}

/* What came after the event that it names; false: that is not known any more. */
static bool resume(struct events *e, const char *last, struct listener *l)
{
    uint64_t id = 0;
    size_t n = strlen(e->series);
    if (!last || strncmp(last, e->series, n) || last[n] != '-' || sscanf(last + n + 1, "%" SCNu64, &id) != 1)
        return false;
    if (id < e->forgotten_id || id > e->last_id)
        return false;
    for (size_t i = 0; i < e->kept_cnt; i++) {
        const struct kept *k = &e->kept[(e->first_kept + i) % KEPT_CNT];
        if (k->id > id && buf_add(&l->out, k->text.data, k->text.len))
            l->hung_up = true;
    }
    return true;
}

/* A listener that has gone is noticed by libmicrohttpd only when something is sent to it; a page that is loaded again and again
 * must not stand in its own way until then. Those who have gone are hung up on. */
static size_t still_there(struct events *e)
{
    size_t n = 0;
    for (struct listener *l = e->listeners; l; l = l->next) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(l->conn, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct pollfd p = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};
        if (poll(&p, 1, 0) > 0 && p.revents) {
            l->hung_up = true;
            wake(l);
        }
        n += !l->hung_up;
    }
    return n;
}

enum MHD_Result events_listen(struct request *r)
{
    struct counter *c = r->counter;
    struct events *e = c->events;
    if (c->closing)
        return reply_problem(r, ERR_STOPPING);
    if (still_there(e) >= COUNTER_LISTENERS)
        return reply_problem(r, ERR_TOO_MANY);
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return MHD_NO;
    l->counter = c;
    l->events = e;
    l->conn = r->conn;
    l->by_session = r->by_session;
    memcpy(l->pass, r->pass, KEY_HASH);
    buf_init(&l->out, BEHIND_MAX);
    if (buf_adds(&l->out, "retry: 1000\n\n"))
        l->hung_up = true;
    if (!events_wanted(c) || !resume(e, route_header(r, "Last-Event-ID"), l))
        greet(c, l);
    struct MHD_Response *resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 2048, take, l, forget);
    if (!resp) {
        buf_release(&l->out);
        free(l);
        return MHD_NO;
    }
    if (!e->listeners)
        e->alive_mono_ms = counter_now(c) + ALIVE_MS;
    l->next = e->listeners;
    e->listeners = l;
    e->listener_cnt++;
    reply_headers(resp, "text/event-stream");
    r->answered = true;
    enum MHD_Result ok = MHD_queue_response(r->conn, MHD_HTTP_OK, resp);
    MHD_destroy_response(resp);
    return ok;
}

void events_tick(struct counter *c)
{
    struct events *e = c->events;
    int64_t now = counter_now(c);
    if (!e->listeners || now < e->alive_mono_ms)
        return;
    e->alive_mono_ms = now + ALIVE_MS;
    for (struct listener *l = e->listeners; l; l = l->next)
        push(l, ":\n\n", 3);
}

/* A stream is one request, let in long ago: whoever was signed out since, or whose session has run out, hears no more. */
void events_part(struct counter *c)
{
    int64_t now = c->config.ops->utc_ms(c->config.ops->ctx);
    for (struct listener *l = c->events->listeners; l; l = l->next)
        if (l->by_session && !l->hung_up && !session_left_ms(c->sessions, l->pass, now)) {
            l->hung_up = true;
            wake(l);
        }
}

int64_t events_due_mono_ms(const struct counter *c)
{
    if (!c->events->listeners)
        return INT64_MAX;
    int64_t due = c->events->alive_mono_ms, utc = c->config.ops->utc_ms(c->config.ops->ctx);
    for (const struct listener *l = c->events->listeners; l; l = l->next) {
        if (!l->by_session || l->hung_up)
            continue;
        int64_t end = counter_now(c) + session_left_ms(c->sessions, l->pass, utc);
        due = end < due ? end : due;
    }
    return due;
}
