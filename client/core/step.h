/* SPDX-License-Identifier: Apache-2.0 */
/* The transitions that the events of checkout.c have in common, and the life of a reservation. Used by checkout.c only.
 * Each adds to *acts what must be done. Pure. */
#ifndef HUIKA_STEP_H
#define HUIKA_STEP_H
#include "client/core/checkout.h"

/* Enters a state: rev rises, the state's deadline runs from env->now_mono_ms. */
void step_to(struct checkout *c, const struct checkout_env *env, enum checkout_state s);
/* Ends in REFUSED or FAILED: the card is wiped, its reservation given back. */
void step_refuse(struct checkout *c, const struct checkout_env *env, enum err reason, unsigned *acts);
void step_fail(struct checkout *c, const struct checkout_env *env, enum err cause, unsigned *acts);
/* No answer came, for that reason: PROVISIONAL if the offline rule allows this card; REFUSED with what it says; FAILED with `cause` where
 * there is no lease at all, or somebody did answer. */
void step_offline(struct checkout *c, const struct checkout_env *env, enum err cause, unsigned *acts);
/* What the rule says of the card in hand, and does nothing. */
enum err step_offline_allows(const struct checkout *c, const struct checkout_env *env);
/* Asks the rule once more, now that the cashier confirms. False: it is no longer as it was quoted, *acts says what to do. */
bool step_offline_still(struct checkout *c, const struct checkout_env *env, unsigned *acts);
/* Forgets the card so far and ignores answers about it; what is bought stays. */
void step_start_over(struct checkout *c, unsigned *acts);
/* A member's card: on to the quote, or to AMOUNT. */
void step_proceed(struct checkout *c, const struct checkout_env *env, unsigned *acts);
/* A member's card and an amount: QUOTED, or VERIFYING while it is reserved, or REFUSED. */
void step_quote(struct checkout *c, const struct checkout_env *env, unsigned *acts);

/* Asks to reserve hold_offer. */
void step_ask_reserve(struct checkout *c, unsigned *acts);
/* The reservation, if any, is no longer wanted: given back now, or when it is known. */
void step_drop_hold(struct checkout *c, unsigned *acts);
/* The answer for one that was dropped has come: gives it back, then asks for the one wanted now. */
void step_give_back(struct checkout *c, unsigned *acts);
void step_wipe(struct checkout *c);
#endif
