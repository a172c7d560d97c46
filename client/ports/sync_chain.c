/* SPDX-License-Identifier: Apache-2.0 */
/* Is this journal the one that the service countersigned? The last countersigned head is kept in a file of its own, so that a journal
 * that was deleted, replaced by an older one or copied elsewhere meanwhile is found out at the next start, without the service. Once
 * found, it stays so until the service has given the terminal a new epoch, or has countersigned this very journal to its end. */
#include "base/log.h"
#include "client/ports/headfile.h"
#include "client/ports/sync_parts.h"
#include <string.h>

enum { WHO_MS = 15000, WHO_ANSWER_MS = 15000 };

enum err sync_chain_keep_head(struct sync *s, const struct body_results *r)
{
    bool ours = r->head_seq && r->epoch == s->notices.epoch;
    return ours ? headfile_save(s->c.state, r) : ERR_OK;
}

static enum err take_hash(void *ctx, const struct journal_record *r)
{
    memcpy(ctx, r->hash, KEY_HASH);
    return ERR_OK;
}

static bool extends(const struct sync *s, const struct headfile *h)
{
    uint8_t hash[KEY_HASH] = {0};
    const struct record_head *head = journal_head(s->c.journal);
    if (h->epoch < head->epoch)
        return true; /* an epoch that is over */
    if (h->epoch > head->epoch || h->seq > head->seq)
        return false;
    enum err e = journal_after(s->c.journal, h->seq - 1, 1, 1, take_hash, hash);
    return !e && memcmp(hash, h->hash, KEY_HASH) == 0;
}

bool sync_chain_is_forked(const struct sync *s)
{
    return s->keep.forked_epoch && s->keep.forked_epoch == journal_head(s->c.journal)->epoch;
}

void sync_chain_forked(struct sync *s)
{
    uint32_t epoch = journal_head(s->c.journal)->epoch;
    if (s->c.offline)
        s->c.offline->forked = true;
    if (s->keep.forked_epoch == epoch)
        return;
    log_error("this journal is a copy or was rolled back: nothing is sold offline until the terminal is resumed");
    s->keep.forked_epoch = epoch;
    enum err e = sync_keep(s);
    if (e)
        log_warn("%s not written: %s", KEEP_INI, err_code(e));
}

/* This very journal, to its end, is the service's: no fork any more. So it is where the service was restored from a backup that did not
 * know this epoch, refused it, and was told by a resume to begin it. */
void sync_chain_countersigned(struct sync *s)
{
    const struct record_head *head = journal_head(s->c.journal);
    if (!sync_chain_is_forked(s) || s->results.epoch != head->epoch || s->results.head_seq != head->seq)
        return;
    log_info("the service has countersigned this journal to its end: it is no fork");
    s->keep.forked_epoch = 0;
    if (s->c.offline)
        s->c.offline->forked = false;
    enum err e = sync_keep(s);
    if (e)
        log_warn("%s not written: %s", KEEP_INI, err_code(e));
}

/* Records of an epoch that ended before they were sent. */
void sync_chain_past(struct sync *s)
{
    if (journal_past(s->c.journal, s->past_stuck, &s->past_epoch))
        s->past_epoch = 0;
}

enum err sync_chain_check(struct sync *s)
{
    struct headfile h;
    enum err e = headfile_load(s->c.state, &s->notices.trust, &h);
    if (e == ERR_NOMEM)
        return e;
    if (e && e != ERR_NOT_FOUND)
        log_warn("%s is not as it was written: %s", STATE_HEAD, err_code(e));
    sync_chain_past(s);
    if (!sync_chain_is_forked(s) && (e || extends(s, &h)))
        return ERR_OK;
    sync_chain_forked(s);
    s->status.upload_error = ERR_CHAIN_FORK;
    return ERR_OK;
}

/* What the service has of this epoch must be in this journal. */
static bool is_ours(const struct sync *s, const struct body_results *r)
{
    struct headfile at = {.epoch = r->epoch, .seq = r->head_seq};
    memcpy(at.hash, r->head_hash, KEY_HASH);
    return r->head_seq == 0 || extends(s, &at);
}

/* A new epoch that has records already was begun by a terminal with this one's name and a later state: this one was put back to before, or
 * is a copy. An older epoch: the service itself was put back, and finds that out from what is sent. The same epoch and less of it than was countersigned:
 * the service was put back, and an idle shop would not find out for hours. */
static void judge(struct sync *s, const struct body_results *r)
{
    uint32_t own = s->notices.epoch;
    bool forked = r->epoch > own ? r->head_seq > 0 : r->epoch == own && !is_ours(s, r);
    if (forked) {
        s->fork_of = r->epoch == s->told_epoch ? 0 : r->epoch;
        sync_chain_forked(s);
        sync_say(s, &s->status.upload_error, ERR_CHAIN_FORK, "records are not going up");
        if (s->fork_of)
            sync_good(s, &s->who, 0);
    } else if (r->epoch > own) {
        log_info("the service has given this terminal epoch %lu", (unsigned long)r->epoch);
        s->c.resumed(s->c.ctx, r->epoch);
    } else if (r->epoch == own && r->head_seq < journal_sent_seq(s->c.journal)) {
        log_warn("the service lacks the records after %llu; they are sent again", (unsigned long long)r->head_seq);
        s->again.epoch = own;
        s->again.seq = r->head_seq + 1;
        sync_kick(s);
    }
}

static void who_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    s->who.id = 0;
    enum err e = a->err ? a->err : body_results_decode(a->body, a->len, &s->results);
    if (!e)
        e = sync_check_countersign(s, &s->results);
    if (e) {
        sync_failed(s, &s->who, 0);
        if (!sync_chain_is_forked(s))
            sync_say(s, &s->status.upload_error, e, "records are not going up");
        return;
    }
    sync_good(s, &s->who, WHO_MS);
    bool first = !s->met;
    s->met = true;
    s->back = false;
    s->told_epoch = s->fork_of ? s->fork_of : s->told_epoch;
    s->fork_of = 0;
    if (first && s->status.upload_error != ERR_CHAIN_FORK)
        sync_say(s, &s->status.upload_error, ERR_OK, "");
    judge(s, &s->results);
}

static enum err where_we_stand(struct sync *s, struct buf *out)
{
    const struct record_head *head = journal_head(s->c.journal);
    s->batch = (struct body_batch){.epoch = head->epoch, .head_seq = head->seq, .fork = s->fork_of};
    memcpy(s->batch.head_hash, head->hash, KEY_HASH);
    enum err e = record_head_sign(head, s->c.device, s->batch.head_sig);
    return e ? e : body_batch_encode(&s->batch, out);
}

void sync_ask_who(struct sync *s)
{
    struct buf text;
    buf_init(&text, 1024);
    enum err e = where_we_stand(s, &text);
    struct link_request r = {.method = "POST", .path = "/v1/records", .body = text.data, .len = text.len};
    r.deadline_mono_ms = sync_mono(s) + WHO_ANSWER_MS;
    r.done = who_done;
    r.ctx = s;
    if (!e)
        e = link_request(s->c.link, &r, &s->who.id);
    if (e)
        sync_failed(s, &s->who, 0);
    buf_release(&text);
}
