/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/void.h"

enum err void_compute(const struct void_sale *s, enum body_void_kind kind, int64_t amount_fen, struct body_void *out)
{
    int64_t left = s->total_fen - s->returned_fen, amount = kind == BODY_VOID_ALL ? left : amount_fen;
    if (kind != BODY_VOID_ALL && kind != BODY_VOID_RETURN)
        return ERR_BAD_VALUE;
    if (kind == BODY_VOID_RETURN && amount < 1)
        return ERR_BAD_AMOUNT;
    if (left < 1 || amount > left)
        return ERR_RETURN_OVER;
    int64_t before = offer_discount_back(s->discount_fen, s->total_fen, s->returned_fen, 0);
    out->discount_back_fen = offer_discount_back(s->discount_fen, s->total_fen, s->returned_fen + amount, before);
    out->kind = kind;
    out->amount_fen = amount;
    out->refund_fen = amount - out->discount_back_fen;
    out->returned_fen = s->returned_fen + amount;
    out->total_fen = s->total_fen;
    out->discount_fen = s->discount_fen;
    return ERR_OK;
}
