/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/records: a terminal's journal, batch by batch. The signature, the bodies and the blobs are read here, on a worker
 * thread; chain, repetition and counting are the store's, in one write. */
#include "proto/seal.h"
#include "service/ep/dispute_record.h"
#include "service/ep/ep.h"
#include "service/ep/hmacs.h"
#include "service/http/service.h"
#include "service/sign/notices.h"
#include "service/store/store_record.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one record's body says; which member is used depends on its kind. */
union content {
    struct store_sale sale;
    struct body_refusal refusal;
    struct body_notice_applied applied;
    struct {
        struct store_dispute d;
        char *text;
    } dispute;
};

struct work_area {
    struct body_batch in;
    struct store_record record[BODY_BATCH];
    union content content[BODY_BATCH];
    struct store_batch out;
    struct body_results results;
    struct offer offer;
};

/* The member whom a sale's blob names; all zero if it cannot be told (erased, or never issued). */
static enum err member_of(struct http_request *rq, struct store_tx *tx, const struct body_blob *blob,
    const uint8_t sale[static STORE_ID], uint8_t id[static STORE_MEMBER_ID])
{
    struct service *s = rq->service;
    struct store_member m;
    enum err e;
    if (blob->by == BODY_BY_QR) {
        e = store_member_by_token(tx, blob->token, &m);
    } else {
        char number[CARD_NUMBER_MAX + 1];
        uint8_t hmac[32];
        e = seal_open(
            blob->sealed, blob->sealed_len, &s->keys->sealing_cert, s->keys->sealing, rq->who->id, sale, number);
        if (e != ERR_OK)
            return e;
        e = hmacs_number(s->hmacs, number, hmac);
        OPENSSL_cleanse(number, sizeof number);
        if (e == ERR_OK)
            e = store_member_by_number(tx, hmac, &m);
    }
    if (e == ERR_OK)
        memcpy(id, m.id, STORE_MEMBER_ID);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err read_blob(struct http_request *rq, struct store_tx *tx, const struct body_record *r,
    const struct body_sale *sale, struct store_sale *out)
{
    uint8_t hash[KEY_HASH];
    struct body_blob *blob;
    if (!r->blob)
        return ERR_OK; /* erased after its term: the sale stands */
    record_blob_hash(r->salt, r->blob, r->blob_len, hash);
    if (CRYPTO_memcmp(hash, sale->blob, KEY_HASH) != 0)
        return ERR_CHAIN_BROKEN;
    blob = malloc(sizeof *blob);
    if (!blob)
        return ERR_NOMEM;
    enum err e = body_blob_decode(r->blob, r->blob_len, blob);
    if (e == ERR_OK && blob->by != sale->by)
        e = ERR_BAD_VALUE;
    if (e == ERR_OK)
        e = member_of(rq, tx, blob, out->sale, out->member);
    OPENSSL_cleanse(blob, sizeof *blob);
    free(blob);
    return e;
}

/* The offer must be, or have been, this shop's. */
static enum err read_offer(
    struct http_request *rq, struct store_tx *tx, const char *id, struct offer *offer, struct store_sale *out)
{
    bool current;
    enum err e = ulid_decode(id, ULID_LEN, out->offer);
    if (e == ERR_OK)
        e = store_offer_get(tx, rq->who->shop, out->offer, offer, &current);
    if (e == ERR_OK)
        out->per_card_day = offer->per_card_day;
    return e == ERR_NOT_FOUND ? ERR_NO_OFFER : e;
}

static enum err take_sale(struct http_request *rq, struct store_tx *tx, struct work_area *w, size_t i)
{
    const struct body_record *r = &w->in.record[i];
    struct store_sale *out = &w->content[i].sale;
    struct body_sale sale;
    enum err e = body_sale_decode(r->body, r->body_len, &sale);
    if (e != ERR_OK)
        return e;
    *out = (struct store_sale){.at_utc_ms = sale.at_utc_ms,
        .total_fen = sale.total_fen,
        .discount_fen = sale.discount_fen,
        .pay_fen = sale.pay_fen,
        .own_price = sale.own_price,
        .by = sale.by,
        .input = sale.input,
        .verdict = sale.verdict,
        .lease = sale.lease,
        .has_slip = sale.has_slip};
    memcpy(out->slip, sale.slip, KEY_HASH);
    snprintf(out->offer_title, sizeof out->offer_title, "%s", sale.offer_title);
    snprintf(out->card_last4, sizeof out->card_last4, "%s", sale.card_last4);
    e = ulid_decode(sale.sale_id, ULID_LEN, out->sale);
    if (e == ERR_OK)
        e = ulid_decode(sale.checkout_id, ULID_LEN, out->checkout);
    if (e == ERR_OK && !sale.own_price)
        e = read_offer(rq, tx, sale.offer_id, &w->offer, out);
    if (e == ERR_OK)
        e = read_blob(rq, tx, r, &sale, out);
    body_sale_release(&sale);
    if (e == ERR_OK)
        w->record[i].sale = out;
    return e;
}

static enum err take_content(struct http_request *rq, struct store_tx *tx, struct work_area *w, size_t i)
{
    const struct body_record *r = &w->in.record[i];
    union content *c = &w->content[i];
    struct body_clock_step step;
    struct body_started started;
    enum err e;
    switch (r->kind) {
    case RECORD_SALE:
        return take_sale(rq, tx, w, i);
    case RECORD_REFUSAL:
        e = body_refusal_decode(r->body, r->body_len, &c->refusal);
        w->record[i].refusal = e == ERR_OK ? &c->refusal : NULL;
        return e;
    case RECORD_NOTICE_APPLIED:
        e = body_notice_applied_decode(r->body, r->body_len, &c->applied);
        w->record[i].applied = e == ERR_OK ? &c->applied : NULL;
        return e;
    case RECORD_STARTED:
        return body_started_decode(r->body, r->body_len, &started);
    case RECORD_CLOCK_STEP:
        return body_clock_step_decode(r->body, r->body_len, &step);
    case RECORD_DISPUTE:
        e = dispute_record_read(rq->service, r, rq->at_utc_ms, &c->dispute.d, &c->dispute.text);
        w->record[i].dispute = e == ERR_OK ? &c->dispute.d : NULL;
        w->record[i].dispute_text = e == ERR_OK ? c->dispute.text : NULL;
        return e;
    case RECORD_VOID:
        break;
    }
    return ERR_BAD_VALUE;
}

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
        to->held = take_content(rq, tx, w, i);
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
    snprintf(r->keyid, sizeof r->keyid, "%s", k->lease_id);
    enum err e = notices_countersign(k, &w->out.head, r->at_utc_ms, r->head_sig);
    return e == ERR_OK ? body_results_encode(r, &rq->answer.body) : e;
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
    enum err e = store_write(rq->service->store, append, w);
    if (e == ERR_CHAIN_GAP)
        rq->problem.expected = w->out.expected;
    return e;
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
            if (w->record[i].dispute)
                free(w->content[i].dispute.text);
        body_batch_release(&w->in);
    }
    free(w);
    return e;
}
