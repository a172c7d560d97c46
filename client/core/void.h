/* SPDX-License-Identifier: Apache-2.0 */
/* What a void or return of a sale gives back. Pure: the sale and what was taken back of it so far come in. */
#ifndef HUIKA_VOID_H
#define HUIKA_VOID_H
#include "proto/body.h"

struct void_sale {
    int64_t total_fen, discount_fen;
    int64_t returned_fen; /* so far, of the total before discount */
};

/* Sets kind, amounts and sums of *out and leaves the rest. ALL takes back all that is left, whatever amount_fen says.
 * ERR_RETURN_OVER: nothing is left, or less than amount_fen; ERR_BAD_AMOUNT: not above 0; ERR_BAD_VALUE: no kind. */
enum err void_compute(const struct void_sale *s, enum body_void_kind kind, int64_t amount_fen, struct body_void *out);
#endif
