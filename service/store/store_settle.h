/* SPDX-License-Identifier: Apache-2.0 */
/* Was a sale that the terminal made without us right? Private to service/store. */
#ifndef HUIKA_STORE_SETTLE_H
#define HUIKA_STORE_SETTLE_H
#include "service/store/store_record.h"

/* How long before a sale its shop may have been listed, for a verdict of ours to be good: a checkout lives ten minutes. */
#define STORE_SETTLE_GRACE_MS INT64_C(600000)

/* Call it after the sale is in its table. *code = ERR_OK: confirmed; else why it is contested, the first of
 *   ERR_LEASE_UNKNOWN   provisional, under a lease that this terminal was never given in this epoch
 *   ERR_CLOCK_BEHIND    dated before that lease was signed
 *   ERR_OFFLINE_LATE    at stop_at or later
 *   ERR_SHOP_SUSPENDED, ERR_SHOP_DELISTED   the shop was not listed then (with our verdict: nor ten minutes before)
 *   ERR_CARD_..., ERR_NOT_CONFIRMED         the card was not good then (provisional only; s->card)
 *   ERR_OFFLINE_OVER    beyond the lease's sales, amount (before the discount), or sales per card and day; numbers alone
 *                       have their own sales and amount, and count with the others, too */
enum err store_settle(struct store_tx *tx, const struct store_terminal *t, const struct store_sale *s, enum err *code);
#endif
