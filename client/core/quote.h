/* SPDX-License-Identifier: Apache-2.0 */
/* The quote of a checkout: which offer, with which of the card's uses left. Used by checkout.c only. Pure. */
#ifndef HUIKA_QUOTE_H
#define HUIKA_QUOTE_H
#include "client/core/checkout.h"

/* Amounts in range, lines that add up: ERR_OK or ERR_BAD_AMOUNT. */
enum err quote_purchase_check(const struct checkout_purchase *p);
/* Fills quote, offer_id, offer_title and shop_version with the best of the offers in env->shop (not NULL) that the card
 * has uses left for; *limited: its uses are counted, so it must be reserved. ERR_LIMIT_REACHED: one would apply, but
 * its uses are up. ERR_NO_OFFER and others of offer_best: no quote. */
enum err quote_choose(struct checkout *c, const struct checkout_env *env, bool *limited);
/* The card has no use of this offer left. */
void quote_use_up(struct checkout *c, const char *offer_id);
/* True if the quote rests on an offer of which the card has no use left. */
bool quote_used_up(const struct checkout *c);
void quote_clear(struct checkout *c);
#endif
