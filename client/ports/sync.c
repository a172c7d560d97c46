/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/sync.h"
#include "base/log.h"
#include "client/ports/backoff.h"
#include "client/ports/notices.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_BYTES = 256 * 1024, /* of bodies and blobs: escaped as JSON, at most doubled, they stay below BODY_MAX */
    UPLOAD_MS = 30000,
    POLL_S = 50,
    POLL_SLACK_MS = 15000,
    POLL_GAP_MS = 1000,
    FORK_MS = 600000
};

/* One of the two conversations: a request under way, or the time of the next. */
struct lane {
    uint64_t id;     /* 0: none under way */
    int64_t next_ms; /* not before then */
    bool failed;     /* next_ms is back-off, which a link that comes back ends */
    struct backoff backoff;
};

struct sync {
    struct sync_config c;
    struct notices notices;
    struct sync_status status;
    struct lane up, down;
    uint64_t batch_after; /* the batch under way begins after this seq */
    uint64_t from_seq;    /* the service wants records from here on, though they are countersigned; 0: from there */
    int64_t poll_start_ms;
    bool started, was_online;
    struct body_batch batch; /* too big for the stack */
    struct body_results results;
    struct buf body;
};

static int64_t mono(const struct sync *s)
{
    return s->c.clock->mono_ms(s->c.clock->ctx);
}

static void say(struct sync *s, enum err *where, enum err e, const char *what)
{
    if (*where == e)
        return;
    *where = e;
    if (e)
        log_warn("%s: %s", what, err_code(e));
    if (s->c.changed)
        s->c.changed(s->c.ctx);
}

static void lane_failed(struct sync *s, struct lane *l, int64_t at_least_ms)
{
    int64_t wait = backoff_next(&l->backoff);
    l->failed = true;
    l->next_ms = mono(s) + (wait > at_least_ms ? wait : at_least_ms);
}

static void lane_good(struct sync *s, struct lane *l, int64_t gap_ms)
{
    backoff_reset(&l->backoff);
    l->failed = false;
    l->next_ms = mono(s) + gap_ms;
}

/* Copies what one record lends for the length of the callback into s->body, whose maximum bounds a batch. */
static enum err add_record(void *ctx, const struct journal_record *r)
{
    struct sync *s = ctx;
    struct body_record *b = &s->batch.record[s->batch.record_cnt];
    *b = (struct body_record){.seq = r->seq, .kind = r->kind, .body_len = r->body_len, .blob_len = r->blob_len};
    memcpy(b->salt, r->salt, RECORD_SALT);
    enum err e = buf_add(&s->body, r->body, r->body_len);
    if (!e && r->blob)
        e = buf_add(&s->body, r->blob, r->blob_len);
    b->blob = r->blob ? "" : NULL;
    if (e)
        return e;
    s->batch.record_cnt++;
    s->batch.head_seq = r->seq;
    memcpy(s->batch.head_hash, r->hash, KEY_HASH);
    return ERR_OK;
}

static void place_texts(struct sync *s)
{
    const char *at = buf_str(&s->body);
    for (size_t i = 0; i < s->batch.record_cnt; i++) {
        struct body_record *b = &s->batch.record[i];
        b->body = at;
        at += b->body_len;
        if (b->blob)
            b->blob = at;
        at += b->blob_len;
    }
}

static uint64_t begin_after(const struct sync *s)
{
    uint64_t sent = journal_sent_seq(s->c.journal);
    return s->from_seq && s->from_seq - 1 < sent ? s->from_seq - 1 : sent;
}

static enum err make_batch(struct sync *s, struct buf *out)
{
    struct record_head head = *journal_head(s->c.journal);
    s->batch_after = begin_after(s);
    buf_reset(&s->body);
    s->batch = (struct body_batch){.epoch = head.epoch};
    enum err e = journal_after(s->c.journal, s->batch_after, BODY_BATCH, BATCH_BYTES, add_record, s);
    if (!e && s->batch.record_cnt == 0)
        e = ERR_NOT_FOUND;
    place_texts(s);
    head.seq = s->batch.head_seq;
    memcpy(head.hash, s->batch.head_hash, KEY_HASH);
    if (!e)
        e = record_head_sign(&head, s->c.device, s->batch.head_sig);
    return e ? e : body_batch_encode(&s->batch, out);
}

static enum err check_countersign(struct sync *s)
{
    const struct body_results *r = &s->results;
    struct record_head h = {.epoch = r->epoch, .seq = r->head_seq};
    memcpy(h.terminal, s->c.state->info.terminal, ULID_SIZE);
    memcpy(h.hash, r->head_hash, KEY_HASH);
    for (size_t i = 0; i < s->notices.trust.key_cnt; i++) {
        const struct notice_key *k = &s->notices.trust.keys[i];
        if ((k->kinds & NOTICE_BIT_HEAD) && strcmp(k->id, r->keyid) == 0)
            return record_countersign_verify(&h, r->at_utc_ms, k->key, r->head_sig);
    }
    return ERR_UNKNOWN_KEY;
}

static enum err take_results(struct sync *s, const struct link_answer *a)
{
    enum err e = body_results_decode(a->body, a->len, &s->results);
    if (!e)
        e = check_countersign(s);
    if (!e)
        e = journal_countersigned(s->c.journal, &s->results);
    if (e)
        return e;
    for (size_t i = 0; i < s->results.result_cnt; i++)
        if (s->results.result[i].outcome == BODY_HELD || s->results.result[i].outcome == BODY_CONTESTED)
            log_warn("record %llu was stored but %s: %s", (unsigned long long)s->results.result[i].seq,
                s->results.result[i].outcome == BODY_HELD ? "not counted" : "is contested",
                err_code(s->results.result[i].code));
    s->status.skew_ms = s->results.at_utc_ms - s->c.clock->utc_ms(s->c.clock->ctx);
    s->from_seq = s->results.head_seq < journal_sent_seq(s->c.journal) ? s->results.head_seq + 1 : 0;
    return ERR_OK;
}

/* The service lacks records that it once countersigned (restored from a backup): it says from where on. */
static void read_expected(struct sync *s, const struct link_answer *a)
{
    json_t *root = NULL;
    int64_t expected = 0;
    if (jsonx_parse(a->body, a->len, &root))
        return;
    if (jsonx_int(root, "expected", 1, JSONX_INT_MAX, &expected) == ERR_OK &&
        (uint64_t)expected <= journal_head(s->c.journal)->seq)
        s->from_seq = (uint64_t)expected;
    json_decref(root);
}

static void upload_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    s->up.id = 0;
    enum err e = a->err ? a->err : take_results(s, a);
    if (!e && begin_after(s) <= s->batch_after)
        e = ERR_NET_PROTOCOL; /* a service that takes records and does not get further must not make us spin */
    if (e == ERR_CHAIN_GAP)
        read_expected(s, a);
    if (e) {
        lane_failed(s, &s->up, e == ERR_CHAIN_FORK ? FORK_MS : 0);
        say(s, &s->status.upload_error, e, "records are not going up");
        return;
    }
    lane_good(s, &s->up, 0);
    bool told = s->status.upload_error != ERR_OK;
    say(s, &s->status.upload_error, ERR_OK, "");
    if (!told && s->c.changed)
        s->c.changed(s->c.ctx);
}

static bool has_unsent(const struct sync *s)
{
    return s->from_seq || journal_unsent_cnt(s->c.journal) > 0;
}

static void upload(struct sync *s)
{
    struct buf text;
    buf_init(&text, BODY_MAX);
    enum err e = make_batch(s, &text);
    struct link_request r = {.method = "POST", .path = "/v1/records", .body = text.data, .len = text.len};
    r.deadline_mono_ms = mono(s) + UPLOAD_MS;
    r.done = upload_done;
    r.ctx = s;
    if (!e)
        e = link_request(s->c.link, &r, &s->up.id);
    if (e) {
        lane_failed(s, &s->up, 0);
        say(s, &s->status.upload_error, e, "records are not going up");
    }
    buf_wipe(&text);
    buf_wipe(&s->body);
}

static enum err take_notices(struct sync *s, const struct link_answer *a)
{
    json_t *root = NULL, *list = NULL;
    enum err e = jsonx_parse(a->body, a->len, &root), bad = ERR_OK;
    if (!e)
        e = jsonx_arr(root, "notices", 16, &list);
    /* The trust notice first: it may bring the key that signed the others. One that is refused does not stop the rest. */
    for (int pass = 0; !e && pass < 2; pass++)
        for (size_t i = 0; i < json_array_size(list); i++) {
            struct notice n = {0};
            const char *type = NULL;
            json_t *envelope = json_array_get(list, i);
            enum err got = jsonx_str(envelope, "payloadType", 1, 128, &type);
            bool trust = !got && strstr(type, ".trust.") != NULL;
            if (!got && trust != (pass == 0))
                continue;
            if (!got)
                got = notices_take(&s->notices, s->c.state, envelope, &n);
            if (got == ERR_EXISTS)
                continue;
            if (got) {
                bad = got;
                continue;
            }
            s->c.notice(s->c.ctx, &n);
            notice_release(&n);
        }
    json_decref(root);
    return e ? e : bad;
}

static void poll_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    s->down.id = 0;
    enum err e = a->err ? a->err : take_notices(s, a);
    if (!a->err)
        s->status.notice_utc_ms = s->c.clock->utc_ms(s->c.clock->ctx);
    if (e)
        lane_failed(s, &s->down, 0);
    else /* a service that does not hold the answer must not make us spin */
        lane_good(s, &s->down, mono(s) - s->poll_start_ms < POLL_GAP_MS ? POLL_GAP_MS / 4 : 0);
    say(s, &s->status.notice_error, e, "notices are not coming");
}

static void poll(struct sync *s)
{
    char path[128];
    snprintf(path, sizeof path, "/v1/notices?trust=%lld&shop=%lld&wait=%d", (long long)s->notices.trust.version,
        (long long)(s->notices.has_shop ? s->notices.shop.version : 0), POLL_S);
    struct link_request r = {.method = "GET", .path = path, .waits = true, .done = poll_done, .ctx = s};
    s->poll_start_ms = mono(s);
    r.deadline_mono_ms = s->poll_start_ms + POLL_S * 1000 + POLL_SLACK_MS;
    enum err e = link_request(s->c.link, &r, &s->down.id);
    if (e)
        lane_failed(s, &s->down, 0);
    /* The answer may be a minute away: while the service is there, an earlier failure to reach it is over now. */
    else if (link_status(s->c.link)->online && err_retry(s->status.notice_error))
        say(s, &s->status.notice_error, ERR_OK, "");
}

enum err sync_new(const struct sync_config *c, struct sync **out)
{
    struct sync *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->c = *c;
    s->up.backoff = s->down.backoff = (struct backoff){.first_ms = 1000, .max_ms = 60000};
    buf_init(&s->body, BODY_MAX);
    notices_init(&s->notices, c->state->info.shop_id);
    enum err e = notices_load(&s->notices, c->state);
    if (e)
        sync_free(&s);
    else
        *out = s;
    return e;
}

void sync_free(struct sync **s)
{
    if (!*s)
        return;
    if ((*s)->up.id)
        link_cancel((*s)->c.link, (*s)->up.id);
    if ((*s)->down.id)
        link_cancel((*s)->c.link, (*s)->down.id);
    notices_release(&(*s)->notices);
    buf_wipe(&(*s)->body);
    free(*s);
    *s = NULL;
}

void sync_start(struct sync *s)
{
    s->started = true;
    sync_tick(s);
}

void sync_kick(struct sync *s)
{
    if (!s->up.failed)
        s->up.next_ms = mono(s);
}

static int wait_ms(const struct lane *l, int64_t now)
{
    int64_t left = l->next_ms - now;
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

int sync_timeout_ms(const struct sync *s)
{
    int64_t now = mono(s);
    if (!s->started)
        return -1;
    if (link_status(s->c.link)->online != s->was_online)
        return 0;
    int up = s->up.id || !has_unsent(s) ? -1 : wait_ms(&s->up, now);
    int down = s->down.id ? -1 : wait_ms(&s->down, now);
    return up < 0 ? down : down < 0 ? up : up < down ? up : down;
}

void sync_tick(struct sync *s)
{
    bool online = link_status(s->c.link)->online;
    int64_t now = mono(s);
    if (!s->started)
        return;
    /* Back again: no reason to sit out a wait that was made for a dead network. A fork stays one. */
    if (online && !s->was_online) {
        if (s->up.failed && s->status.upload_error != ERR_CHAIN_FORK)
            s->up.next_ms = now;
        if (s->down.failed)
            s->down.next_ms = now;
    }
    s->was_online = online;
    if (!s->up.id && has_unsent(s) && now >= s->up.next_ms)
        upload(s);
    if (!s->down.id && now >= s->down.next_ms)
        poll(s);
}

const struct notice_trust *sync_trust(const struct sync *s)
{
    return &s->notices.trust;
}

const struct notice_shop *sync_shop(const struct sync *s)
{
    return s->notices.has_shop ? &s->notices.shop : NULL;
}

bool sync_shop_hash(const struct sync *s, uint8_t out[static KEY_HASH])
{
    if (s->notices.has_shop)
        memcpy(out, s->notices.shop_hash, KEY_HASH);
    return s->notices.has_shop;
}

const struct sync_status *sync_status(const struct sync *s)
{
    return &s->status;
}
