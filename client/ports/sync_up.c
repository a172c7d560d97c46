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

/* What is of now comes first. */
static uint32_t epoch_to_send(const struct sync *s)
{
    uint32_t own = journal_head(s->c.journal)->epoch;
    bool here = journal_unsent_here(s->c.journal) > 0 || (s->again.seq && s->again.epoch == own);
    return here || !s->past_epoch ? own : s->past_epoch;
}

static enum err begin_after(const struct sync *s, uint32_t epoch, uint64_t *after)
{
    uint64_t known = 0;
    enum err e = journal_known(s->c.journal, epoch, &known, NULL);
    bool again = s->again.seq && s->again.epoch == epoch && s->again.seq - 1 < known;
    if (!e)
        *after = again ? s->again.seq - 1 : known;
    return e;
}

static enum err make_batch(struct sync *s, struct buf *out)
{
    struct record_head head = *journal_head(s->c.journal);
    head.epoch = epoch_to_send(s);
    buf_reset(&s->body);
    s->batch = (struct body_batch){.epoch = head.epoch};
    enum err e = begin_after(s, head.epoch, &s->batch_after);
    if (!e)
        e = journal_after_in(s->c.journal, head.epoch, s->batch_after, BODY_BATCH, BATCH_BYTES, add_record, s);
    if (!e && s->batch.record_cnt == 0)
        e = ERR_NOT_FOUND;
    place_texts(s);
    head.seq = s->batch.head_seq;
    memcpy(head.hash, s->batch.head_hash, KEY_HASH);
    if (!e)
        e = record_head_sign(&head, s->c.device, s->batch.head_sig);
    return e ? e : body_batch_encode(&s->batch, out);
}

enum err sync_check_countersign(const struct sync *s, const struct body_results *r)
{
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
        e = sync_check_countersign(s, &s->results);
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
    return ERR_OK;
}

/* What a refusal names: the next record that the service wants of that epoch. 0: none. */
static uint64_t expected_of(const struct link_answer *a)
{
    json_t *root = NULL;
    int64_t expected = 0;
    if (jsonx_parse(a->body, a->len, &root))
        return 0;
    if (jsonx_int(root, "expected", 1, JSONX_INT_MAX, &expected))
        expected = 0;
    json_decref(root);
    return (uint64_t)expected;
}

/* The service has the batch under way up to before `next`, or wants it from an earlier record on: it lacks what it once had (restored from a
 * backup), or never had what this branch grew from. False: it asks for what makes no sense, or for the same again. */
static bool go_on(struct sync *s, uint64_t next, bool kept)
{
    uint32_t epoch = s->batch.epoch;
    uint64_t known = 0;
    bool again = s->again.seq && s->again.epoch == epoch;
    if (next == 0 || next > s->batch.head_seq + 1 || (next <= s->batch_after && again))
        return false;
    if (kept && next > s->batch_after + 1 && journal_kept(s->c.journal, epoch, next - 1))
        return false;
    if (journal_known(s->c.journal, epoch, &known, NULL))
        return false;
    if (next <= s->batch_after || (again && next <= known)) {
        s->again.epoch = epoch;
        s->again.seq = next;
    } else {
        s->again.seq = 0;
    }
    return true;
}

/* A fork stays one, though the network may be gone, too. */
static void say_failed(struct sync *s, enum err e)
{
    sync_say(s, &s->status.upload_error, sync_chain_is_forked(s) ? ERR_CHAIN_FORK : e, "records are not going up");
}

/* An epoch that is over must not keep back what is of now. False: the batch was of now. */
static bool give_up_past(struct sync *s)
{
    if (s->batch.epoch == journal_head(s->c.journal)->epoch)
        return false;
    log_warn("the service takes no more of epoch %lu", (unsigned long)s->batch.epoch);
    s->past_stuck = s->batch.epoch;
    s->again.seq = 0;
    return true;
}

/* The batch contradicts what the service has, which keeps it apart and says where to go on. */
static bool take_fork(struct sync *s, const struct link_answer *a)
{
    if (s->batch.epoch == journal_head(s->c.journal)->epoch)
        sync_chain_forked(s);
    /* Without a refusal it has these records, but what it has after them is not ours. */
    if (go_on(s, a->err ? expected_of(a) : s->batch.head_seq + 1, true))
        return true;
    return give_up_past(s);
}

static enum err take_answer(struct sync *s, const struct link_answer *a)
{
    uint64_t after = 0;
    enum err e = a->err ? a->err : take_results(s, a);
    if (e == ERR_CHAIN_FORK)
        return take_fork(s, a) ? ERR_OK : e;
    if (e == ERR_CHAIN_GAP && !go_on(s, expected_of(a), false) && give_up_past(s))
        return ERR_OK;
    if (e)
        return e;
    /* Records that it lacked, or knows already: on from the end of what it has. */
    uint64_t next = (s->results.head_seq < s->batch.head_seq ? s->results.head_seq : s->batch.head_seq) + 1;
    if (s->again.seq && s->again.epoch == s->batch.epoch && next > s->batch_after && !go_on(s, next, false))
        return ERR_NET_PROTOCOL;
    e = begin_after(s, s->batch.epoch, &after);
    if (!e && after <= s->batch_after)
        e = ERR_NET_PROTOCOL; /* a service that takes records and does not get further must not make us spin */
    if (!e)
        sync_chain_countersigned(s);
    return e;
}

static void upload_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    s->up.id = 0;
    enum err e = take_answer(s, a);
    sync_chain_past(s);
    if (e) {
        sync_failed(s, &s->up, e == ERR_CHAIN_FORK ? FORK_MS : 0);
        say_failed(s, e);
        return;
    }
    sync_good(s, &s->up, 0);
    bool told = s->status.upload_error != ERR_OK;
    say_failed(s, ERR_OK);
    if (!told)
        sync_changed(s);
}

bool sync_has_unsent(const struct sync *s)
{
    return s->past_epoch || s->again.seq || journal_unsent_here(s->c.journal) > 0;
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
