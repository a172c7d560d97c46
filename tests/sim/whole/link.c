/* SPDX-License-Identifier: Apache-2.0 */
/* client/ports/link.h without a network: the service is asked when the request is made, and its answer comes later, or never. A
 * poll is held until there is news. While the network is down and nobody has noticed, requests run into their deadlines. */
#include "tests/sim/whole/whole.h"
#include <stdlib.h>
#include <string.h>

enum { NOTICED_MS = 30 };

struct request {
    uint64_t number; /* 0: free */
    bool poll, answered;
    int64_t due_ms, since_ms; /* true time */
    link_done_fn *done;
    void *ctx;
    enum err err;
    int status;
    struct buf body;
    char path[1024];
};

struct link {
    struct box *box;
    struct request request[LINK_REQUESTS];
    uint64_t numbers;
    struct link_status status;
    bool change; /* to be told */
    void (*changed)(void *ctx);
    void *ctx;
};

static void forget(struct request *r)
{
    buf_release(&r->body);
    *r = (struct request){0};
}

struct link *link_fake_new(struct box *b)
{
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->box = b;
    return l;
}

void link_free(struct link **l)
{
    if (!*l)
        return;
    for (size_t i = 0; i < LINK_REQUESTS; i++)
        forget(&(*l)->request[i]);
    (*l)->box->poll = 0;
    free(*l);
    *l = NULL;
}

static void set_status(struct link *l, enum err e)
{
    struct box *b = l->box;
    bool online = !e;
    l->change |= online != l->status.online || e != l->status.error;
    l->status.online = online;
    l->status.error = e;
    if (online)
        l->status.contact_utc_ms = b->clock.utc_ms(b);
}

/* The network came or went; whether that is noticed at once is chance. */
void box_link(struct box *b, bool up)
{
    struct link *l = b->till.link;
    b->online = up;
    if (!b->on)
        return;
    bool noticed = up || pick(b->w, 2);
    for (size_t i = 0; !up && i < LINK_REQUESTS; i++) {
        struct request *r = &l->request[i];
        if (!r->number || (r->answered && !r->err))
            continue;
        r->err = noticed ? ERR_NET_CUT : ERR_NET_TIMEOUT;
        r->due_ms = b->w->now + (noticed ? NOTICED_MS : r->poll ? 65000 : 8000);
        r->answered = true;
        if (r->poll)
            b->poll = 0;
    }
    if (noticed)
        set_status(l, up ? ERR_OK : ERR_NET_CUT);
}

static void service(struct link *l, struct request *r, const struct link_request *q)
{
    const struct asked a = {q->method, q->path, q->body, q->len, r->number};
    r->status = service_answer(l->box, &a, &r->body, &r->err);
}

static void decide(struct link *l, struct request *r, const struct link_request *q)
{
    struct whole *w = l->box->w;
    uint32_t luck = w->quiet ? 19 : pick(w, 20);
    bool heard = l->box->online && luck > 1;
    int64_t left = q->deadline_mono_ms - l->box->clock.mono_ms(l->box);
    int64_t takes = w->quiet ? 1 : pick(w, 8) ? between(w, 20, 400) : between(w, 400, 7000);
    if (heard)
        service(l, r, q);
    r->answered = true;
    if (!l->box->online && !l->status.online) {
        r->err = ERR_NET_REFUSED;
        r->due_ms = w->now + NOTICED_MS;
    } else if (!heard || luck <= 3 || takes >= left) {
        r->err = ERR_NET_TIMEOUT;
        r->due_ms = w->now + left;
    } else {
        r->due_ms = w->now + takes;
    }
}

enum err link_request(struct link *l, const struct link_request *r, uint64_t *id)
{
    struct request *to = l->request;
    while (to < l->request + LINK_REQUESTS && to->number)
        to++;
    if (to == l->request + LINK_REQUESTS)
        return ERR_BUSY;
    *to =
        (struct request){.number = ++l->numbers, .poll = r->waits, .done = r->done, .ctx = r->ctx, .due_ms = INT64_MAX};
    to->since_ms = l->box->w->now;
    buf_init(&to->body, LINK_ANSWER_MAX);
    strncpy(to->path, r->path, sizeof to->path - 1);
    if (id)
        *id = to->number;
    if (l->box->dying)
        return ERR_OK; /* nothing leaves it any more */
    if (r->waits && l->box->online) {
        l->box->poll = to->number;
        l->box->poll_at = l->box->w->now + 20;
        world_at(l->box->w, l->box->poll_at, EV_POLL, l->box->n)->arg = to->number;
    } else {
        decide(l, to, r);
    }
    return ERR_OK;
}

static struct request *find(struct link *l, uint64_t number)
{
    for (size_t i = 0; number && i < LINK_REQUESTS; i++)
        if (l->request[i].number == number)
            return &l->request[i];
    return NULL;
}

void link_cancel(struct link *l, uint64_t id)
{
    struct request *r = find(l, id);
    if (r && r->poll)
        l->box->poll = 0;
    if (r)
        forget(r);
}

/* One that leaves something out, which was refused, is short, so that it is asked for again. Others may be held for ever: an answer
 * without news changes nothing. */
static int64_t ends_soon(const struct request *r)
{
    const char *wait = strstr(r->path, "wait=");
    bool is_short = strstr(r->path, "refused=") || !strstr(r->path, "lease=");
    return is_short && wait ? r->since_ms + atoll(wait + 5) * 1000 : INT64_MAX;
}

void link_fake_poll(struct box *b)
{
    struct request *r = find(b->till.link, b->poll);
    int64_t next_ms = INT64_MAX;
    if (!r || r->answered || b->w->now < b->poll_at)
        return;
    int64_t ends_ms = ends_soon(r);
    bool news = notices_answer_poll(b, r->path, &r->body, &next_ms);
    if (!news && b->w->now >= ends_ms)
        news = !buf_adds(&r->body, "{\"notices\":[]}");
    next_ms = ends_ms < next_ms ? ends_ms : next_ms;
    if (news) {
        r->answered = true;
        r->status = 200;
        r->due_ms = b->w->now;
        b->poll = 0;
    } else if (next_ms < INT64_MAX) {
        b->poll_at = next_ms;
        world_at(b->w, next_ms, EV_POLL, b->n)->arg = r->number;
    }
}

int64_t link_fake_due_ms(const struct link *l)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < LINK_REQUESTS; i++)
        if (l->request[i].number && l->request[i].answered && l->request[i].due_ms < least)
            least = l->request[i].due_ms;
    return least;
}

/* What the oracle must know of a verdict that arrives. */
static void see_verdict(struct link *l, const struct request *r)
{
    struct body_verdict v;
    struct whole *w = l->box->w;
    if (r->err || strcmp(r->path, "/v1/verify") || body_verdict_decode(buf_str(&r->body), r->body.len, &v))
        return;
    for (size_t i = w->visit_cnt; i-- > 0 && i + 8 > w->visit_cnt;)
        if (w->visit[i].asked == r->number)
            w->visit[i].told_no = v.verdict == VERDICT_REFUSED;
}

static bool dispatch_one(struct link *l)
{
    struct request *r = NULL;
    for (size_t i = 0; i < LINK_REQUESTS; i++) {
        struct request *c = &l->request[i];
        if (c->number && c->answered && c->due_ms <= l->box->w->now && (!r || c->number < r->number))
            r = c;
    }
    if (!r)
        return false;
    struct request was = *r;
    *r = (struct request){0};
    bool net = was.err && offline_cause(was.err) && !was.status;
    see_verdict(l, &was);
    set_status(l, net ? was.err : ERR_OK);
    const struct link_answer a = {.err = was.err,
        .status = was.status,
        .type = "",
        .body = net ? "" : buf_str(&was.body),
        .len = net ? 0 : was.body.len};
    was.done(was.ctx, &a);
    buf_release(&was.body);
    return true;
}

void link_dispatch(struct link *l)
{
    while (!l->box->dying && dispatch_one(l))
        ;
    if (l->change && l->changed && !l->box->dying) {
        l->change = false;
        l->changed(l->ctx);
    }
}

const struct link_status *link_status(const struct link *l)
{
    return &l->status;
}

void link_on_change(struct link *l, void (*changed)(void *ctx), void *ctx)
{
    l->changed = changed;
    l->ctx = ctx;
}

/* Its certificate never ends: renewal is tested elsewhere. */
int64_t link_cert_until_ms(const struct link *l)
{
    (void)l;
    return 0;
}

int64_t link_cert_from_ms(const struct link *l)
{
    (void)l;
    return 0;
}

enum err link_use_cert(struct link *l, const char *cert_path, const char *key_path)
{
    (void)l, (void)cert_path, (void)key_path;
    return ERR_INTERNAL;
}
