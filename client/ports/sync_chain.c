/* SPDX-License-Identifier: Apache-2.0 */
/* Is this journal the one that the service countersigned? The last countersigned head is kept in a file of its own, so that a journal
 * that was deleted, replaced by an older one or copied elsewhere meanwhile is found out at the next start, without the service. Once
 * found, it stays so until the service has given the terminal a new epoch. */
#include "base/jsonw.h"
#include "base/log.h"
#include "client/ports/sync_parts.h"
#include <string.h>

enum { HEAD_MAX = 1024, WHO_MS = 60000, WHO_ANSWER_MS = 15000 };

enum err sync_chain_keep_head(struct sync *s, const struct body_results *r)
{
    struct buf b;
    if (!r->head_seq)
        return ERR_OK;
    buf_init(&b, HEAD_MAX);
    struct jsonw w = jsonw_begin(&b);
    jsonw_int(&w, "epoch", r->epoch);
    jsonw_int(&w, "seq", (int64_t)r->head_seq);
    jsonw_hex(&w, "hash", r->head_hash, KEY_HASH);
    jsonw_int(&w, "at_ms", r->at_utc_ms);
    jsonw_base64(&w, "sig", r->head_sig, KEY_SIG);
    jsonw_str(&w, "keyid", r->keyid);
    enum err e = jsonw_end(&w);
    if (!e)
        e = state_write(s->c.state, STATE_HEAD, b.data, b.len);
    buf_release(&b);
    return e;
}

struct kept_head {
    int64_t epoch, seq;
    uint8_t hash[KEY_HASH];
};

static enum err read_head(const struct sync *s, struct kept_head *out)
{
    json_t *root = NULL;
    struct buf b;
    buf_init(&b, HEAD_MAX);
    enum err e = state_read(s->c.state, STATE_HEAD, &b);
    if (!e)
        e = jsonx_parse(buf_str(&b), b.len, &root);
    if (!e)
        e = jsonx_int(root, "epoch", 1, UINT32_MAX, &out->epoch);
    if (!e)
        e = jsonx_int(root, "seq", 1, JSONX_INT_MAX, &out->seq);
    if (!e)
        e = jsonx_hex(root, "hash", out->hash, KEY_HASH);
    json_decref(root);
    buf_release(&b);
    return e;
}

static enum err take_hash(void *ctx, const struct journal_record *r)
{
    memcpy(ctx, r->hash, KEY_HASH);
    return ERR_OK;
}

static bool extends(const struct sync *s, const struct kept_head *h)
{
    uint8_t hash[KEY_HASH] = {0};
    const struct record_head *head = journal_head(s->c.journal);
    if (h->epoch < (int64_t)head->epoch)
        return true; /* an epoch that is over: journal_verify looks at it */
    if (h->epoch > (int64_t)head->epoch || (uint64_t)h->seq > head->seq)
        return false;
    enum err e = journal_after(s->c.journal, (uint64_t)h->seq - 1, 1, 1, take_hash, hash);
    return !e && memcmp(hash, h->hash, KEY_HASH) == 0;
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

enum err sync_chain_check(struct sync *s)
{
    struct kept_head h;
    enum err e = read_head(s, &h);
    if (e == ERR_NOMEM)
        return e;
    if (e && e != ERR_NOT_FOUND)
        log_warn("%s is not as it was written: %s", STATE_HEAD, err_code(e));
    bool forked = s->keep.forked_epoch == journal_head(s->c.journal)->epoch;
    if (!forked && (e || extends(s, &h)))
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
