/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/notices: the notices that are newer than those the terminal has; held until there is one or the time is over. A
 * kind whose version the terminal does not name is not offered to it (but trust and shop always are). The lease comes
 * last: only to a terminal that holds everything that it names, so that bad news never waits for a signature. What it names as refused is
 * not offered again, so that it can wait for anything else. */
#include "base/log.h"
#include "base/text.h"
#include "proto/notice.h"
#include "service/ep/ep.h"
#include "service/ep/lease.h"
#include "service/ep/seen.h"
#include "service/http/conn.h"
#include "service/store/store_dispute.h"
#include "service/store/store_revoked.h"
#include <string.h>

enum { ANSWERS = 20 }; /* at once */

struct news {
    struct http_request *rq;
    struct store_held held; /* -1: the terminal does not know that kind */
    bool held_is_new;       /* this connection has not said so before */
    const char *refused;    /* ids of envelopes, separated by commas; NULL: none */
    size_t cnt;
    bool lease_due;
};

/* Only where something was refused; else envelopes go out as they are stored. */
static bool was_refused(const struct news *n, const void *envelope, size_t len)
{
    char id[NOTICE_ENVELOPE_ID + 1];
    json_t *v = NULL;
    if (!n->refused || jsonx_parse(envelope, len, &v))
        return false;
    enum err e = notice_envelope_id(v, id);
    json_decref(v);
    return e == ERR_OK && strstr(n->refused, id);
}

static enum err add(struct news *n, const void *envelope, size_t len)
{
    if (was_refused(n, envelope, len))
        return ERR_OK;
    struct buf *out = &n->rq->answer.body;
    enum err e = n->cnt++ ? buf_add_u8(out, ',') : ERR_OK;
    return e == ERR_OK ? buf_add(out, envelope, len) : e;
}

static enum err take(struct news *n, struct buf *envelope)
{
    enum err e = envelope->len ? add(n, envelope->data, envelope->len) : ERR_OK;
    buf_reset(envelope);
    return e;
}

/* Every change of the root and reset of the floor that the terminal missed, in order, then the newest. */
static enum err trust(struct news *n)
{
    const struct service_keys *k = n->rq->service->keys;
    int64_t held = n->held.trust;
    enum err e = ERR_OK;
    for (size_t i = 0; i < k->change_cnt && e == ERR_OK; i++) {
        const struct keys_change *c = &k->change[i];
        if (c->version <= held || c->version >= k->trust_notice.version)
            continue;
        e = add(n, c->text.data, c->text.len);
        held = c->version;
    }
    return e == ERR_OK && k->trust_notice.version > held ? add(n, k->trust.data, k->trust.len) : e;
}

static enum err add_answer(void *ctx, const char *envelope, size_t len)
{
    return add(ctx, envelope, len);
}

/* A service that was restored from a backup: whatever it signs next is older than that, and nobody hears of a delisting. */
static void see_behind(struct news *n, struct store_tx *tx)
{
    struct service *s = n->rq->service;
    uint8_t hash[KEY_HASH];
    int64_t newest = 0;
    if (!n->held_is_new || atomic_load(&s->behind_said))
        return;
    bool behind = n->held.trust > s->keys->trust_notice.version ||
                  (!store_notice_head(tx, n->rq->who->shop, &newest, hash) && n->held.shop > newest);
    if (behind && !atomic_exchange(&s->behind_said, true))
        log_error("terminal %lld holds newer notices than this service ever made: after restoring a backup run "
                  "huika-service recover, or terminals obey nothing that is signed here",
            (long long)n->rq->who->number);
}

/* What a snapshot shows. */
static enum err stored(struct news *n, struct store_tx *tx, struct buf *envelope)
{
    see_behind(n, tx);
    enum err e = store_notice_newer(tx, n->rq->who->shop, n->held.shop, envelope);
    e = e == ERR_OK || e == ERR_NOT_FOUND ? take(n, envelope) : e;
    if (e == ERR_OK && n->held.revoked >= 0)
        e = store_revoked_newer(tx, n->held.revoked, envelope);
    if (e == ERR_OK)
        e = take(n, envelope);
    if (e == ERR_OK && n->held.answer >= 0)
        e = store_answer_newer(tx, n->rq->who->number, n->held.answer, ANSWERS, add_answer, n);
    if (e == ERR_OK && n->held.lease >= 0 && !n->cnt)
        e = lease_due(n->rq, tx, &n->held, &n->lease_due);
    return e;
}

static enum err collect(struct news *n)
{
    struct store_tx *tx = NULL;
    struct buf envelope;
    buf_init(&envelope, NOTICE_MAX);
    enum err e = buf_adds(&n->rq->answer.body, "{\"notices\":[");
    if (e == ERR_OK)
        e = trust(n);
    if (e == ERR_OK)
        e = store_read_begin(n->rq->service->store, &tx);
    if (e == ERR_OK)
        e = stored(n, tx, &envelope);
    store_read_end(&tx);
    if (e == ERR_OK && n->lease_due && n->rq->on_worker) {
        e = lease_issue(n->rq, &n->held, &envelope);
        if (e == ERR_OK)
            e = take(n, &envelope);
    }
    buf_release(&envelope);
    return e == ERR_OK ? buf_adds(&n->rq->answer.body, "]}") : e;
}

static enum err version(struct http_request *rq, const char *key, int64_t absent, int64_t *out)
{
    return http_query_int(rq, key, 0, JSONX_INT_MAX, absent, out);
}

static enum err read_query(struct http_request *rq, struct store_held *h, int64_t *wait_s)
{
    enum err e = version(rq, "trust", 0, &h->trust);
    if (e == ERR_OK)
        e = version(rq, "shop", 0, &h->shop);
    if (e == ERR_OK)
        e = version(rq, "revoked", -1, &h->revoked);
    if (e == ERR_OK)
        e = version(rq, "lease", -1, &h->lease);
    if (e == ERR_OK)
        e = version(rq, "answer", -1, &h->answer);
    return e == ERR_OK ? http_query_int(rq, "wait", 0, POLL_WAIT_MAX_MS / 1000, 0, wait_s) : e;
}

/* What it holds is written down when it differs from what this connection said before. True: it did. */
static bool note_held(struct http_request *rq, const struct store_held *held)
{
    struct store_held h = *held;
    h.revoked = h.revoked < 0 ? 0 : h.revoked;
    h.lease = h.lease < 0 ? 0 : h.lease;
    h.answer = h.answer < 0 ? 0 : h.answer;
    if (rq->conn->held_known && !memcmp(&rq->conn->held, &h, sizeof h))
        return false;
    rq->conn->held = h;
    rq->conn->held_known = true;
    seen_held(rq->service->seen, rq->who->id, &h);
    return true;
}

static enum err read_refused(struct http_request *rq, const char **out)
{
    const char *s = http_query(rq, "refused");
    size_t n = s ? strlen(s) : 0;
    if (s && (n % (NOTICE_ENVELOPE_ID + 1) != NOTICE_ENVELOPE_ID || n > NOTICE_REFUSED_MAX * (NOTICE_ENVELOPE_ID + 1) ||
                 strspn(s, "0123456789abcdef,") != n))
        return http_wrong(rq, ERR_BAD_VALUE, "refused");
    *out = s;
    return ERR_OK;
}

/* Said once for each connection and list: the operator wants to know, and the terminal asks again and again. */
static void note_refused(struct http_request *rq, const char *refused)
{
    if (refused && strcmp(refused, rq->conn->refused) &&
        !text_copy(rq->conn->refused, sizeof rq->conn->refused, refused))
        log_warn("terminal %lld refuses what it was offered: %s", (long long)rq->who->number, refused);
}

enum err ep_notices(struct http_request *rq)
{
    struct news n = {.rq = rq};
    int64_t wait_s = 0;
    enum err e = read_query(rq, &n.held, &wait_s);
    if (e == ERR_OK)
        e = read_refused(rq, &n.refused);
    if (e != ERR_OK)
        return e;
    n.held_is_new = note_held(rq, &n.held);
    note_refused(rq, n.refused);
    rq->wait_mark = poll_mark(rq->service->poll); /* before looking */
    e = collect(&n);
    if (e != ERR_OK)
        return e;
    if (n.lease_due && !rq->on_worker)
        rq->to_worker = true; /* signing it writes */
    else if (!n.cnt)
        rq->wait_ms = wait_s * 1000;
    return ERR_OK;
}
