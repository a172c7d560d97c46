/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/cardlook.h"
#include "base/tm.h"
#include "service/ep/hmacs.h"
#include "service/ep/misses.h"
#include "service/http/service.h"
#include <openssl/crypto.h>

static enum err judge(const struct store_member *m, int64_t at_utc_ms)
{
    switch (m->status) {
    case MEMBER_ACTIVE:
        return tm_day(at_utc_ms) <= m->expiry_day ? ERR_OK : ERR_CARD_EXPIRED;
    case MEMBER_FROZEN:
        return ERR_CARD_FROZEN;
    case MEMBER_LOST:
        return ERR_CARD_LOST;
    case MEMBER_LEFT:
        return ERR_CARD_LEFT;
    case MEMBER_REPLACED:
        return ERR_CARD_REPLACED;
    case MEMBER_UNKNOWN:
        break;
    }
    return ERR_CARD_UNKNOWN;
}

static enum err outcome(const struct http_request *rq, enum err found, const struct store_member *m, enum err *reason)
{
    if (found == ERR_NOT_FOUND)
        *reason = ERR_CARD_UNKNOWN;
    else if (found == ERR_OK)
        *reason = judge(m, rq->at_utc_ms);
    return found == ERR_NOT_FOUND ? ERR_OK : found;
}

static enum err by_number(
    struct http_request *rq, struct store_tx *tx, struct body_card *card, struct store_member *m, enum err *reason)
{
    struct service *s = rq->service;
    uint8_t hmac[32];
    if (!misses_take(s->misses, rq->who->id, tm_mono_ms())) {
        OPENSSL_cleanse(card->number, sizeof card->number);
        *reason = ERR_NUMBERS_LOCKED;
        return ERR_OK;
    }
    enum err e = hmacs_number(s->hmacs, card->number, hmac);
    OPENSSL_cleanse(card->number, sizeof card->number);
    if (e == ERR_OK)
        e = outcome(rq, store_member_by_number(tx, hmac, m), m, reason);
    if (e != ERR_OK || *reason == ERR_OK)
        misses_forgive(s->misses, rq->who->id);
    else
        *reason = ERR_NOT_CONFIRMED;
    return e;
}

enum err cardlook_find(
    struct http_request *rq, struct store_tx *tx, struct body_card *card, struct store_member *m, enum err *reason)
{
    if (card->by == BODY_BY_NUMBER)
        return by_number(rq, tx, card, m, reason);
    return outcome(rq, store_member_by_token(tx, card->token, m), m, reason);
}

enum err cardlook_shop(const struct http_request *rq)
{
    switch (rq->who->standing) {
    case STANDING_LISTED:
        return ERR_OK;
    case STANDING_SUSPENDED:
        return ERR_SHOP_SUSPENDED;
    case STANDING_DELISTED:
    case STANDING_UNKNOWN:
        break;
    }
    return ERR_SHOP_DELISTED;
}
