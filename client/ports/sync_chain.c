/* SPDX-License-Identifier: Apache-2.0 */
/* Is this journal the one that the service countersigned? The last countersigned head is kept in a file of its own, so that a journal
 * that was deleted, replaced by an older one or copied elsewhere meanwhile is found out at the next start, without the service. Once
 * found, it stays so until the service has given the terminal a new epoch. */
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

/* Records of an epoch that ended while the terminal was cut off; not of a fork, which the service keeps apart. */
void sync_chain_past(struct sync *s)
{
    if (journal_past(s->c.journal, s->keep.forked_epoch, &s->past_epoch, &s->past_sent))
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

static void who_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    json_t *root = NULL;
    int64_t epoch = 0;
    s->who.id = 0;
    enum err e = a->err ? a->err : jsonx_parse(a->body, a->len, &root);
    if (!e)
        e = jsonx_int(root, "epoch", 1, INT32_MAX, &epoch);
    json_decref(root);
    if (e)
        sync_failed(s, &s->who, 0);
    else
        sync_good(s, &s->who, WHO_MS);
    if (!e && epoch > (int64_t)s->notices.epoch) {
        log_info("the service has given this terminal epoch %lld", (long long)epoch);
        s->c.resumed(s->c.ctx, (uint32_t)epoch);
    }
}

void sync_ask_who(struct sync *s)
{
    struct link_request r = {.method = "GET", .path = "/v1/terminal", .done = who_done, .ctx = s};
    r.deadline_mono_ms = sync_mono(s) + WHO_ANSWER_MS;
    if (link_request(s->c.link, &r, &s->who.id))
        sync_failed(s, &s->who, 0);
}
