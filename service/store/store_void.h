/* SPDX-License-Identifier: Apache-2.0 */
/* Sales taken back, whole (void) or in part (return): never more than was sold, whichever counters ask at once.
 *
 * A terminal asks first (store_void_grant) and then records what it did (store_void_take). A grant holds its amount for
 * STORE_VOID_HOLD_MS; one whose record does not come lapses. Offline the selling terminal records without a grant. */
#ifndef HUIKA_STORE_VOID_H
#define HUIKA_STORE_VOID_H
#include "proto/body.h"
#include "service/store/store_terminal.h"

#define STORE_VOID_HOLD_MS INT64_C(900000)

struct store_grant {
    uint8_t id[STORE_ID], sale[STORE_ID], shop[STORE_ID]; /* shop: the asking terminal's */
    enum body_void_kind kind;
    int64_t amount_fen; /* of the undiscounted total; ALL: all that is left */
    int64_t at_utc_ms, return_days;
    /* out */
    bool granted;
    enum err reason; /* not granted: ERR_SALE_UNKNOWN (also another shop's), ERR_RETURN_LATE, ERR_RETURN_OVER */
    int64_t returned_fen, back_fen;            /* cumulative with this one; of the discount, what this one gives back */
    int64_t total_fen, discount_fen, terminal; /* of the sale; terminal: number of the one that sold */
};
/* The same id with the same question: the same answer. ERR_IDEMPOTENCY_REUSE: with another one. */
enum err store_void_grant(struct store_tx *tx, struct store_grant *g);

/* A void record as the terminal wrote it. */
struct store_void {
    uint8_t id[STORE_ID], sale[STORE_ID];
    enum body_void_kind kind;
    int64_t at_utc_ms, amount_fen, back_fen, returned_fen;
    bool granted;
    uint8_t slip[KEY_HASH];
};
/* out (seq set, BODY_COUNTED) becomes BODY_HELD, ERR_EXISTS for an id recorded before, or BODY_CONTESTED with
 * ERR_SALE_UNKNOWN, ERR_RETURN_OVER (beyond the original, or more of the discount than there is left), ERR_RETURN_LATE,
 * ERR_OFFLINE_ELSEWHERE (another terminal's sale, without a grant). What is over the original never enters the sums. A
 * void of the whole, on the sale's own day, gives back the use of a limited offer, once. */
enum err store_void_take(struct store_tx *tx, const struct store_terminal *t, const struct store_void *v,
    int64_t return_days, struct body_result *out);
#endif
