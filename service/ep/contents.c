/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/contents.h"
#include "base/tm.h"
#include "proto/seal.h"
#include "service/ep/dispute_record.h"
#include "service/ep/hmacs.h"
#include "service/http/service.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err reason_of(enum member_status s)
{
    static const enum err reason[] = {[MEMBER_UNKNOWN] = ERR_CARD_UNKNOWN,
        [MEMBER_ACTIVE] = ERR_OK,
        [MEMBER_FROZEN] = ERR_CARD_FROZEN,
        [MEMBER_LOST] = ERR_CARD_LOST,
        [MEMBER_LEFT] = ERR_CARD_LEFT,
        [MEMBER_REPLACED] = ERR_CARD_REPLACED};
    return (unsigned)s <= MEMBER_REPLACED ? reason[s] : ERR_CARD_UNKNOWN;
}

/* What the card was when it was sold to. By number every negative is one, as in a verdict. */
static enum err judge_then(struct store_tx *tx, const struct store_member *m, struct store_sale *out)
{
    enum member_status then;
    bool by_number = out->by == BODY_BY_NUMBER;
    enum err e = store_member_status_at(tx, m, by_number, out->at_utc_ms, &then);
    if (e != ERR_OK)
        return e;
    out->card = reason_of(then);
    /* of a replaced card no expiry is kept; the terminal saw it */
    if (out->card == ERR_OK && m->status != MEMBER_REPLACED && tm_day(out->at_utc_ms) > m->expiry_day)
        out->card = ERR_CARD_EXPIRED;
    if (out->card != ERR_OK && by_number)
        out->card = ERR_NOT_CONFIRMED;
    return ERR_OK;
}

static enum err by_number(struct http_request *rq, struct store_tx *tx, const struct body_blob *blob,
    const uint8_t sale[static STORE_ID], struct store_member *m)
{
    struct service *s = rq->service;
    char number[CARD_NUMBER_MAX + 1];
    uint8_t hmac[32];
    enum err e = ERR_UNKNOWN_KEY;
    /* sealed to the present certificate, or to one before a rotation */
    for (size_t i = 0; i < s->keys->sealing_cnt && e != ERR_OK; i++)
        e = seal_open(blob->sealed, blob->sealed_len, &s->keys->sealing[i].cert, s->keys->sealing[i].key, rq->who->id,
            sale, number);
    if (e != ERR_OK)
        return e;
    e = hmacs_number(s->hmacs, number, hmac);
    OPENSSL_cleanse(number, sizeof number);
    return e == ERR_OK ? store_member_by_number(tx, hmac, m) : e;
}

/* The member whom a sale's blob names, and what the card was worth then; all zero if it was never issued. */
static enum err member_of(
    struct http_request *rq, struct store_tx *tx, const struct body_blob *blob, struct store_sale *out)
{
    struct store_member m;
    enum err e =
        blob->by == BODY_BY_QR ? store_member_by_token(tx, blob->token, &m) : by_number(rq, tx, blob, out->sale, &m);
    if (e == ERR_NOT_FOUND) {
        out->card = blob->by == BODY_BY_QR ? ERR_CARD_UNKNOWN : ERR_NOT_CONFIRMED;
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    memcpy(out->member, m.id, STORE_MEMBER_ID);
    return judge_then(tx, &m, out);
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
        e = member_of(rq, tx, blob, out);
    OPENSSL_cleanse(blob, sizeof *blob);
    free(blob);
    return e;
}

/* The offer must be, or have been, this shop's. */
static enum err read_offer(struct http_request *rq, struct store_tx *tx, const char *id, struct store_sale *out)
{
    bool current;
    struct offer *offer = malloc(sizeof *offer);
    enum err e = offer ? ulid_decode(id, ULID_LEN, out->offer) : ERR_NOMEM;
    if (e == ERR_OK)
        e = store_offer_get(tx, rq->who->shop, out->offer, offer, &current);
    if (e == ERR_OK)
        out->per_card_day = offer->per_card_day;
    free(offer);
    return e == ERR_NOT_FOUND ? ERR_NO_OFFER : e;
}

static enum err take_sale(
    struct http_request *rq, struct store_tx *tx, const struct body_record *r, struct store_sale *out)
{
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
        e = read_offer(rq, tx, sale.offer_id, out);
    if (e == ERR_OK)
        e = read_blob(rq, tx, r, &sale, out);
    body_sale_release(&sale);
    return e;
}

static enum err take_void(const struct body_record *r, struct store_void *out)
{
    uint8_t hash[KEY_HASH];
    struct body_void v;
    enum err e = body_void_decode(r->body, r->body_len, &v);
    if (e == ERR_OK && r->blob) {
        record_blob_hash(r->salt, r->blob, r->blob_len, hash);
        e = CRYPTO_memcmp(hash, v.blob, KEY_HASH) == 0 ? ERR_OK : ERR_CHAIN_BROKEN;
    }
    if (e != ERR_OK)
        return e;
    *out = (struct store_void){.kind = v.kind,
        .at_utc_ms = v.at_utc_ms,
        .amount_fen = v.amount_fen,
        .back_fen = v.discount_back_fen,
        .returned_fen = v.returned_fen,
        .granted = v.granted};
    memcpy(out->slip, v.slip, KEY_HASH);
    e = ulid_decode(v.void_id, ULID_LEN, out->id);
    return e == ERR_OK ? ulid_decode(v.sale_id, ULID_LEN, out->sale) : e;
}

enum err contents_read(struct http_request *rq, struct store_tx *tx, const struct body_record *r, union contents *c,
    struct store_record *to)
{
    struct body_started started;
    struct body_clock_step step;
    enum err e;
    switch (r->kind) {
    case RECORD_SALE:
        e = take_sale(rq, tx, r, &c->sale);
        to->sale = e == ERR_OK ? &c->sale : NULL;
        return e;
    case RECORD_REFUSAL:
        e = body_refusal_decode(r->body, r->body_len, &c->refusal);
        to->refusal = e == ERR_OK ? &c->refusal : NULL;
        return e;
    case RECORD_NOTICE_APPLIED:
        e = body_notice_applied_decode(r->body, r->body_len, &c->applied);
        to->applied = e == ERR_OK ? &c->applied : NULL;
        return e;
    case RECORD_STARTED:
        return body_started_decode(r->body, r->body_len, &started);
    case RECORD_CLOCK_STEP:
        return body_clock_step_decode(r->body, r->body_len, &step);
    case RECORD_DISPUTE:
        e = dispute_record_read(rq->service, r, rq->at_utc_ms, &c->dispute.d, &c->dispute.text);
        to->dispute = e == ERR_OK ? &c->dispute.d : NULL;
        to->dispute_text = e == ERR_OK ? c->dispute.text : NULL;
        return e;
    case RECORD_VOID:
        e = take_void(r, &c->taken_back);
        to->taken_back = e == ERR_OK ? &c->taken_back : NULL;
        return e;
    }
    return ERR_BAD_VALUE;
}

void contents_release(union contents *c, const struct store_record *to)
{
    if (to->dispute)
        free(c->dispute.text);
}
