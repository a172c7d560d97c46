/* SPDX-License-Identifier: Apache-2.0 */
/* Records up, countersigned heads back. */
#include "base/log.h"
#include "client/ports/sync_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_BYTES = 256 * 1024, /* of bodies and blobs: escaped as JSON, at most doubled, they stay below BODY_MAX */
    UPLOAD_MS = 30000,
    FORK_MS = 600000,
    SKEW_MS = 120000
};

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
    if (s->past_epoch)
        return s->past_sent;
    return s->from_seq && s->from_seq - 1 < sent ? s->from_seq - 1 : sent;
}

static enum err make_batch(struct sync *s, struct buf *out)
{
    struct record_head head = *journal_head(s->c.journal);
    if (s->past_epoch)
        head.epoch = s->past_epoch;
    s->batch_after = begin_after(s);
    buf_reset(&s->body);
    s->batch = (struct body_batch){.epoch = head.epoch};
    enum err e = journal_after_in(s->c.journal, head.epoch, s->batch_after, BODY_BATCH, BATCH_BYTES, add_record, s);
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
    if (!e)
        e = sync_chain_keep_head(s, &s->results);
    if (e)
        return e;
    for (size_t i = 0; i < s->results.result_cnt; i++)
        if (s->results.result[i].outcome == BODY_HELD || s->results.result[i].outcome == BODY_CONTESTED)
            log_warn("record %llu was stored but %s: %s", (unsigned long long)s->results.result[i].seq,
                s->results.result[i].outcome == BODY_HELD ? "not counted" : "is contested",
                err_code(s->results.result[i].code));
    s->status.skew_ms = s->results.at_utc_ms - sync_utc(s);
    if (s->status.skew_ms > SKEW_MS) /* a lease will say what time it is */
        s->fresh_lease = true;
    if (s->past_epoch) {
        sync_chain_past(s);
        return ERR_OK;
    }
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

/* A fork stays one, though the network may be gone, too. */
static void say_failed(struct sync *s, enum err e)
{
    sync_say(s, &s->status.upload_error, sync_chain_is_forked(s) ? ERR_CHAIN_FORK : e, "records are not going up");
}

static void upload_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    uint32_t past = s->past_epoch;
    s->up.id = 0;
    enum err e = a->err ? a->err : take_results(s, a);
    bool further = s->past_epoch != past || begin_after(s) > s->batch_after;
    if (!e && !further)
        e = ERR_NET_PROTOCOL; /* a service that takes records and does not get further must not make us spin */
    if (e == ERR_CHAIN_GAP && !past)
        read_expected(s, a);
    if (e == ERR_CHAIN_FORK && past) { /* kept apart by the service: there is no more to be done about it */
        log_warn("the end of epoch %lu is not what the service has of it", (unsigned long)past);
        s->past_epoch = 0;
        e = ERR_OK;
    }
    if (e == ERR_CHAIN_FORK)
        sync_chain_forked(s);
    if (e) {
        sync_failed(s, &s->up, e == ERR_CHAIN_FORK ? FORK_MS : 0);
        say_failed(s, e);
        return;
    }
    sync_good(s, &s->up, 0);
    bool told = s->status.upload_error != ERR_OK;
    sync_say(s, &s->status.upload_error, ERR_OK, "");
    if (!told)
        sync_changed(s);
}

bool sync_has_unsent(const struct sync *s)
{
    return s->past_epoch || s->from_seq || journal_unsent_cnt(s->c.journal) > 0;
}

void sync_upload(struct sync *s)
{
    struct buf text;
    buf_init(&text, BODY_MAX);
    enum err e = make_batch(s, &text);
    struct link_request r = {.method = "POST", .path = "/v1/records", .body = text.data, .len = text.len};
    r.deadline_mono_ms = sync_mono(s) + UPLOAD_MS;
    r.done = upload_done;
    r.ctx = s;
    if (!e)
        e = link_request(s->c.link, &r, &s->up.id);
    if (e) {
        sync_failed(s, &s->up, 0);
        say_failed(s, e);
    }
    buf_wipe(&text);
    buf_wipe(&s->body);
}
