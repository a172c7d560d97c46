/* SPDX-License-Identifier: Apache-2.0 */
/* Uses of limited offers, per card and Shanghai day (DESIGN section 6 "Limits"). A card is its member (store_member.h's
 * id), so that a reissued card has no second chance. A use is held by a reservation for 15 minutes, or taken by a sale.
 */
#ifndef HUIKA_STORE_LIMIT_H
#define HUIKA_STORE_LIMIT_H
#include "service/store/store_member.h"

#define STORE_LIMIT_HOLD_MS INT64_C(900000)

/* Uses of `offer` left to that member on that day, never below 0; holds that ran out before at_utc_ms do not count. */
enum err store_limit_left(struct store_tx *tx, const uint8_t member[static STORE_MEMBER_ID],
    const uint8_t offer[static STORE_ID], int32_t per_card_day, int64_t at_utc_ms, int32_t *left);

struct store_reserve {
    uint8_t checkout[STORE_ID], offer[STORE_ID], terminal[STORE_ID];
    uint8_t member[STORE_MEMBER_ID];
    int32_t per_card_day; /* 1 and up, from the offer's terms */
    int64_t at_utc_ms;
    /* out */
    bool reserved;
    int64_t expires_utc_ms; /* if reserved */
};
/* Same checkout, offer and member again: the same answer. Another offer or member for the checkout replaces the
 * reservation, if there is a use left; else (reserved false) nothing changes. A checkout that another terminal began:
 * ERR_EXISTS. A checkout whose sale is stored keeps its use: reserved is true for the same offer, ERR_WRONG_STATE for
 * another. */
enum err store_limit_reserve(struct store_tx *tx, struct store_reserve *r);
/* Gives back what that terminal's checkout holds; ERR_OK also if it holds nothing, or its sale is stored already. */
enum err store_limit_release(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], const uint8_t checkout[static STORE_ID]);

/* A sale takes its use: the checkout's hold becomes permanent, also if it ran out; without one a use of the day of
 * sold_utc_ms is taken. *over: there were none left (the sale stands all the same). */
enum err store_limit_consume(struct store_tx *tx, const struct store_reserve *r, int64_t sold_utc_ms, bool *over);
/* Gives back the use that a sale took; ERR_OK also if it took none. */
enum err store_limit_give_back(struct store_tx *tx, const uint8_t checkout[static STORE_ID]);
/* Drops holds that ran out and uses of days long past; at most `max` rows. */
enum err store_limit_purge(struct store_tx *tx, int64_t at_utc_ms, int max);
#endif
