/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/verify: is this card's holder a member? One indexed look-up, no write, on the listener's own thread. */
#include "service/ep/cardlook.h"
#include "service/ep/ep.h"
#include "service/http/conn.h"
#include "service/store/store_limit.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* The shop's limited offers, kept with the connection while nothing is committed. */
static enum err limits(struct http_request *rq, struct store_tx *tx, uint64_t commit)
{
    struct conn *c = rq->conn;
    if (c->offers.known && c->offers.commit == commit)
        return ERR_OK;
    if (!c->offers.limit)
        c->offers.limit = malloc(OFFER_PER_SHOP * sizeof *c->offers.limit);
    if (!c->offers.limit)
        return ERR_NOMEM;
    size_t cnt;
    enum err e = store_offer_limits(tx, rq->who->shop, c->offers.limit, &cnt);
    c->offers.known = e == ERR_OK;
    if (e != ERR_OK)
        return e;
    c->offers.cnt = cnt;
    c->offers.commit = commit;
    return ERR_OK;
}

static enum err uses(
    struct http_request *rq, struct store_tx *tx, uint64_t commit, const struct store_member *m, struct body_verdict *v)
{
    enum err e = limits(rq, tx, commit);
    v->use_cnt = 0;
    for (size_t i = 0; e == ERR_OK && i < rq->conn->offers.cnt; i++) {
        const struct store_offer_limit *l = &rq->conn->offers.limit[i];
        struct body_use *u = &v->uses[v->use_cnt++];
        ulid_encode(l->offer, u->offer_id);
        e = store_limit_left(tx, m->id, l->offer, l->per_card_day, rq->at_utc_ms, &u->left);
    }
    return e;
}

/* By hand: printf would be a tenth of the whole look-up. */
static void describe(const struct store_member *m, enum body_by by, struct body_verdict *v)
{
    unsigned n = (unsigned)m->last4;
    for (size_t i = 4; i > 0; n /= 10)
        v->card_last4[--i] = (char)('0' + n % 10);
    v->card_last4[4] = 0;
    size_t len = by == BODY_BY_QR ? strnlen(m->name_masked, sizeof v->name_masked - 1) : 0;
    memcpy(v->name_masked, m->name_masked, len);
    v->name_masked[len] = 0;
}

static enum err look(struct http_request *rq, struct body_card *card, struct body_verdict *v)
{
    struct store_tx *tx = NULL;
    struct store_member m;
    uint64_t commit = store_commit_number(rq->service->store);
    enum err reason = ERR_INTERNAL, e = store_read_begin(rq->service->store, &tx);
    if (e != ERR_OK)
        return e;
    e = cardlook_find(rq, tx, card, &m, &reason);
    v->verdict = e == ERR_OK && reason == ERR_OK ? VERDICT_MEMBER : VERDICT_REFUSED;
    v->reason = reason;
    if (v->verdict == VERDICT_MEMBER) {
        describe(&m, card->by, v);
        e = uses(rq, tx, commit, &m, v);
    }
    store_read_end(&tx);
    return e;
}

enum err ep_verify(struct http_request *rq)
{
    struct body_verify ask;
    struct body_verdict v;
    enum err e = body_verify_decode(buf_str(&rq->body), rq->body.len, &ask);
    if (e != ERR_OK)
        return e;
    v.verdict = VERDICT_REFUSED;
    v.at_utc_ms = rq->at_utc_ms;
    v.use_cnt = 0;
    v.reason = cardlook_shop(rq);
    if (v.reason == ERR_OK)
        e = look(rq, &ask.card, &v);
    OPENSSL_cleanse(&ask, sizeof ask);
    return e == ERR_OK ? body_verdict_encode(&v, &rq->answer.body) : e;
}
