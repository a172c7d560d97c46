/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/cards/print, /v1/cards/reissue: the QR for a card's back. Printing repeats the same; a reissue makes a new token
 * and the old one answers card_replaced from then on. */
#include "base/tm.h"
#include "service/ep/cardtext.h"
#include "service/ep/ep.h"
#include "service/ep/number.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <stdio.h>
#include <string.h>

struct job {
    struct http_request *rq;
    uint8_t hmac[32];
    bool reissue;
    struct store_member card;
    char text[CARD_QR_TEXT_MAX + 1];
};

static enum err find(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    char last4[5];
    enum err e = scope_member(tx, j->rq, j->hmac, &j->card);
    if (e == ERR_OK && j->reissue) {
        struct store_member old = j->card;
        int64_t now = j->rq->at_utc_ms;
        e = store_member_reissue(tx, old.token, store_member_expiry(now), now, &j->card);
    }
    if (e == ERR_OK)
        e = cardtext(tx, j->rq->service->keys, &j->card, j->text);
    if (e != ERR_OK)
        return e;
    snprintf(last4, sizeof last4, "%04u", (unsigned)j->card.last4 % 10000);
    const struct scope_act act = {j->reissue ? "card reissue" : "card print", last4, NULL};
    return scope_log(tx, j->rq, j->card.org, &act);
}

static enum err answer(struct http_request *rq, const struct store_member *card, const char *text)
{
    char last4[5], day[TM_DAY_LEN + 1];
    snprintf(last4, sizeof last4, "%04u", (unsigned)card->last4 % 10000);
    tm_day_format(card->expiry_day, day);
    return ep_answer(rq, 200,
        json_pack(
            "{ss ss ss ss}", "qr_text", text, "card_last4", last4, "name_masked", card->name_masked, "expiry", day));
}

static enum err card(struct http_request *rq, bool reissue)
{
    json_t *in;
    struct job j = {.rq = rq, .reissue = reissue};
    enum err e = ep_object(rq, &in);
    if (e != ERR_OK)
        return e;
    e = number_take(rq, in, j.hmac);
    json_decref(in);
    if (e == ERR_OK)
        e = store_write(rq->service->store, find, &j);
    return e == ERR_OK ? answer(rq, &j.card, j.text) : e;
}

enum err ep_card_print(struct http_request *rq)
{
    return card(rq, false);
}

enum err ep_card_reissue(struct http_request *rq)
{
    return card(rq, true);
}
