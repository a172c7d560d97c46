/* SPDX-License-Identifier: Apache-2.0 */
/* From what names a card on the wire to the member, and why not. Shared by verify and reserve, so that both keep the same
 * silence about numbers. */
#ifndef HUIKA_SERVICE_CARDLOOK_H
#define HUIKA_SERVICE_CARDLOOK_H
#include "proto/body.h"
#include "service/http/http.h"
#include "service/store/store_member.h"

/* ERR_OK with *reason = ERR_OK and *m: a member in good standing; or with *reason: the refusal. By token exact
 * (card_frozen, card_lost, card_left, card_replaced, card_expired, card_unknown); by number not_confirmed for every
 * negative, or numbers_locked. Another return value: it could not be found out. Wipes card->number. */
enum err cardlook_find(
    struct http_request *rq, struct store_tx *tx, struct body_card *card, struct store_member *m, enum err *reason);
/* ERR_OK if the terminal's shop is listed; else shop_suspended or shop_delisted. */
enum err cardlook_shop(const struct http_request *rq);
#endif
