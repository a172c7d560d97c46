/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/records: a terminal's journal, batch by batch. The signature, the bodies and the blobs are read here, on a worker
 * thread; chain, repetition and counting are the store's, in one write. */
#include "base/log.h"
#include "service/ep/contents.h"
#include "service/ep/dispute_record.h"
#include "service/ep/ep.h"
#include "service/http/service.h"
#include "service/sign/notices.h"
#include "service/store/store_audit.h"
#include "service/store/store_branch.h"
#include "service/store/store_record.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work_area {
    struct body_batch in;
    struct store_record record[BODY_BATCH];
    union contents contents[BODY_BATCH];
    struct store_batch out;
    struct body_results results;
};

/* A body that cannot be read is stored and held; what keeps us from finding out fails the batch, to be sent again. */
static enum err take_records(struct http_request *rq, struct work_area *w)
{
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < w->in.record_cnt && e == ERR_OK; i++) {
        const struct body_record *r = &w->in.record[i];
        struct store_record *to = &w->record[i];
        *to = (struct store_record){.seq = r->seq,
            .kind = r->kind,
            .body = r->body,
            .body_len = r->body_len,
            .blob = r->blob,
            .blob_len = r->blob_len};
        memcpy(to->salt, r->salt, sizeof to->salt);
        to->held = contents_read(rq, tx, r, &w->contents[i], to);
        if (to->held != ERR_OK && err_class(to->held) == ERR_CLASS_SYSTEM)
            e = to->held;
    }
    store_read_end(&tx);
    return e;
}

static enum err check_head(struct http_request *rq, const struct body_batch *in)
{
    struct record_head head = {.epoch = in->epoch, .seq = in->head_seq};
    EVP_PKEY *device;
    memcpy(head.terminal, rq->who->id, sizeof head.terminal);
    memcpy(head.hash, in->head_hash, sizeof head.hash);
    enum err e = http_peer_key(rq, &device);
    return e == ERR_OK ? record_head_verify(&head, device, in->head_sig) : e;
}

static enum err append(struct store_tx *tx, void *ctx)
{
    struct work_area *w = ctx;
    return store_record_append(tx, &w->out);
}

static enum err answer(struct http_request *rq, struct work_area *w)
{
    const struct service_keys *k = rq->service->keys;
    struct body_results *r = &w->results;
    r->result_cnt = w->in.record_cnt;
    memcpy(r->result, w->out.result, sizeof r->result);
    r->epoch = w->out.head.epoch;
    r->head_seq = w->out.head.seq;
    memcpy(r->head_hash, w->out.head.hash, sizeof r->head_hash);
    r->at_utc_ms = rq->at_utc_ms;
    struct notices_countersigned c;
    enum err e = notices_countersign(k, &w->out.head, r->at_utc_ms, &c);
    if (e != ERR_OK)
        return e;
    memcpy(r->keyid, c.keyid, sizeof r->keyid);
    memcpy(r->head_sig, c.sig, sizeof r->head_sig);
    return body_results_encode(r, &rq->answer.body);
}

struct forked {
    struct http_request *rq;
    const struct store_batch *batch;
    uint32_t epoch; /* that it says is forked */
    bool gap, fresh;
    struct store_kept kept;
};

static enum err log_fork(struct store_tx *tx, const struct forked *f, const char *detail)
{
    char id[ULID_LEN + 1];
    ulid_encode(f->rq->who->id, id);
    const struct store_audit a = {.at_utc_ms = f->rq->at_utc_ms,
        .org = f->rq->who->org,
        .admin = "service",
        .act = "terminal fork",
        .target = id,
        .detail = detail};
    return store_audit_add(tx, &a);
}

static enum err put_branch(struct store_tx *tx, void *ctx)
{
    struct forked *f = ctx;
    char detail[96];
    enum err e = store_branch_take(tx, f->batch, f->gap, &f->kept);
    if (e != ERR_OK || !f->kept.branch)
        return e;
    snprintf(detail, sizeof detail, "epoch %u, up to record %llu: branch %lld", (unsigned)f->batch->epoch,
        (unsigned long long)f->batch->head_seq, (long long)f->kept.branch);
    return log_fork(tx, f, detail);
}

/* Both branches are evidence: what is stored stays, what contradicts it is kept beside it, and the terminal is asked for the rest. */
static enum err keep_branch(struct http_request *rq, const struct work_area *w, enum err why)
{
    struct forked f = {.rq = rq, .batch = &w->out, .gap = why == ERR_CHAIN_GAP};
    enum err e = store_write(rq->service->store, put_branch, &f);
    if (e != ERR_OK || !f.kept.extends)
        return e != ERR_OK ? e : why;
    if (f.kept.branch)
        log_warn("a terminal sent records that contradict its journal here; it gets no licence until it is resumed");
    rq->problem.expected = f.kept.expected;
    return ERR_CHAIN_FORK;
}

static enum err put_flag(struct store_tx *tx, void *ctx)
{
    struct forked *f = ctx;
    char detail[96];
    enum err e = store_branch_flag(tx, f->rq->who->id, f->rq->at_utc_ms, f->epoch, &f->fresh);
    if (e != ERR_OK || !f->fresh)
        return e;
    snprintf(detail, sizeof detail, "its journal ends with record %llu of epoch %u, which is not the one we have",
        (unsigned long long)f->batch->head_seq, (unsigned)f->batch->epoch);
    return log_fork(tx, f, detail);
}

/* It found out by itself, from the head that it was told. */
static enum err flag(struct http_request *rq, const struct work_area *w)
{
    struct forked f = {.rq = rq, .batch = &w->out, .epoch = w->in.fork};
    enum err e = store_write(rq->service->store, put_flag, &f);
    if (e == ERR_OK && f.fresh)
        log_warn("a terminal says that its journal is not the one we have; it gets no licence until it is resumed");
    return e;
}

static enum err store(struct http_request *rq, struct work_area *w)
{
    w->out.epoch = w->in.epoch;
    w->out.record = w->record;
    w->out.record_cnt = w->in.record_cnt;
    w->out.head_seq = w->in.head_seq;
    w->out.at_utc_ms = rq->at_utc_ms;
    w->out.due_utc_ms = dispute_due_ms(rq->service, rq->at_utc_ms);
    memcpy(w->out.terminal, rq->who->id, STORE_ID);
    memcpy(w->out.head_hash, w->in.head_hash, KEY_HASH);
    w->out.head_sig = w->in.head_sig;
    w->out.return_days = rq->service->settings.policy.return_days;
    enum err e = store_write(rq->service->store, append, w);
    if (e == ERR_CHAIN_GAP)
        rq->problem.expected = w->out.expected;
    if (e == ERR_OK && w->in.fork)
        e = flag(rq, w);
    return e == ERR_CHAIN_FORK || e == ERR_CHAIN_GAP ? keep_branch(rq, w, e) : e;
}

enum err ep_records(struct http_request *rq)
{
    struct work_area *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    enum err e = body_batch_decode(buf_str(&rq->body), rq->body.len, &w->in);
    if (e == ERR_OK) {
        e = check_head(rq, &w->in);
        if (e == ERR_OK)
            e = take_records(rq, w);
        if (e == ERR_OK)
            e = store(rq, w);
        if (e == ERR_OK)
            e = answer(rq, w);
        for (size_t i = 0; i < w->in.record_cnt; i++)
            contents_release(&w->contents[i], &w->record[i]);
        body_batch_release(&w->in);
    }
    free(w);
    return e;
}
