/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/reserve, DELETE /v1/reserve/{checkout}: a use of a limited offer is held while a checkout is under way. */
#include "service/ep/cardlook.h"
#include "service/ep/ep.h"
#include "service/http/service.h"
#include "service/store/store_limit.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct hold {
    struct http_request *rq;
    struct store_reserve r;
    uint8_t shop[STORE_ID];
};

static enum err reserve(struct store_tx *tx, void *ctx)
{
    struct hold *h = ctx;
    struct offer *offer = NULL;
    bool current;
    enum err e = (offer = malloc(sizeof *offer)) ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK)
        e = store_offer_get(tx, h->shop, h->r.offer, offer, &current);
    if (e == ERR_OK && (!current || offer->per_card_day < 1))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK) {
        h->r.per_card_day = offer->per_card_day;
        e = store_limit_reserve(tx, &h->r);
    }
    free(offer);
    return e;
}

static enum err find(struct http_request *rq, struct body_card *card, struct store_member *m, enum err *reason)
{
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e != ERR_OK)
        return e;
    e = cardlook_find(rq, tx, card, m, reason);
    store_read_end(&tx);
    return e;
}

static enum err decide(struct http_request *rq, struct body_reserve *ask, struct body_reserved *out)
{
    struct store_member m;
    out->reserved = false;
    out->reason = cardlook_shop(rq);
    if (out->reason != ERR_OK)
        return ERR_OK;
    enum err e = find(rq, &ask->card, &m, &out->reason);
    if (e != ERR_OK || out->reason != ERR_OK)
        return e;
    struct hold h = {.rq = rq, .r.at_utc_ms = rq->at_utc_ms};
    memcpy(h.shop, rq->who->shop, STORE_ID);
    memcpy(h.r.terminal, rq->who->id, STORE_ID);
    memcpy(h.r.member, m.id, STORE_MEMBER_ID);
    if (ulid_decode(ask->checkout_id, ULID_LEN, h.r.checkout) != ERR_OK ||
        ulid_decode(ask->offer_id, ULID_LEN, h.r.offer) != ERR_OK)
        return ERR_BAD_VALUE;
    e = store_write(rq->service->store, reserve, &h);
    if (e != ERR_OK)
        return e;
    out->reserved = h.r.reserved;
    out->expires_utc_ms = h.r.expires_utc_ms;
    out->reason = h.r.reserved ? ERR_OK : ERR_LIMIT_REACHED;
    return ERR_OK;
}

enum err ep_reserve(struct http_request *rq)
{
    struct body_reserve ask;
    struct body_reserved out = {0};
    enum err e = body_reserve_decode(buf_str(&rq->body), rq->body.len, &ask);
    if (e != ERR_OK)
        return e;
    e = decide(rq, &ask, &out);
    OPENSSL_cleanse(&ask, sizeof ask);
    return e == ERR_OK ? body_reserved_encode(&out, &rq->answer.body) : e;
}

struct release {
    uint8_t terminal[STORE_ID], checkout[STORE_ID];
};

static enum err release(struct store_tx *tx, void *ctx)
{
    const struct release *r = ctx;
    return store_limit_release(tx, r->terminal, r->checkout);
}

enum err ep_reserve_release(struct http_request *rq)
{
    struct release r;
    memcpy(r.terminal, rq->who->id, STORE_ID);
    enum err e = ep_param_id(rq, 0, r.checkout);
    if (e == ERR_OK)
        e = store_write(rq->service->store, release, &r);
    if (e == ERR_OK)
        rq->answer.status = 204;
    return e;
}
