/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/sale.h"
#include <stdlib.h>
#include <string.h>

enum err sale_from_checkout(const struct checkout *c, const uint8_t blob[static KEY_HASH], struct body_sale *out)
{
    struct body_sale s = {.at_utc_ms = c->at_utc_ms,
        .total_fen = c->total_fen,
        .discount_fen = c->quote.discount_fen,
        .pay_fen = c->quote.pay_fen,
        .own_price = c->quote.own_price,
        .shop_version = c->shop_version,
        .verdict = c->verdict,
        .lease = c->lease_version,
        .by = c->by,
        .input = c->input,
        .line_cnt = c->line_cnt};
    memcpy(s.sale_id, c->sale_id, sizeof s.sale_id);
    memcpy(s.checkout_id, c->id, sizeof s.checkout_id);
    memcpy(s.offer_id, c->offer_id, sizeof s.offer_id);
    memcpy(s.offer_title, c->offer_title, sizeof s.offer_title);
    memcpy(s.card_last4, c->card_last4, sizeof s.card_last4);
    memcpy(s.cashier, c->cashier, sizeof s.cashier);
    memcpy(s.blob, blob, KEY_HASH);
    if (c->line_cnt) {
        s.lines = calloc(c->line_cnt, sizeof *s.lines);
        if (!s.lines)
            return ERR_NOMEM;
    }
    for (size_t i = 0; i < c->line_cnt; i++) {
        memcpy(s.lines[i].category, c->lines[i].category, sizeof s.lines[i].category);
        s.lines[i].amount_fen = c->lines[i].amount_fen;
        s.lines[i].discount_fen = c->quote.line_discount_fen[i];
    }
    *out = s;
    return ERR_OK;
}

enum err sale_to_checkout(const struct body_sale *s, const struct body_blob *blob, uint64_t seq, struct checkout *c)
{
    struct offer_line *lines = s->line_cnt ? calloc(s->line_cnt, sizeof *lines) : NULL;
    if (s->line_cnt && !lines)
        return ERR_NOMEM;
    *c = (struct checkout){.state = CHECKOUT_APPLIED,
        .rev = 1,
        .by = s->by,
        .input = s->input,
        .verdict = s->verdict,
        .lease_version = s->lease,
        .total_fen = s->total_fen,
        .own_price_fen = s->own_price ? s->pay_fen : s->total_fen,
        .lines = lines,
        .line_cnt = s->line_cnt,
        .shop_version = s->shop_version,
        .at_utc_ms = s->at_utc_ms,
        .seq = seq,
        .deadline_mono_ms = INT64_MAX};
    memcpy(c->id, s->checkout_id, sizeof c->id);
    memcpy(c->sale_id, s->sale_id, sizeof c->sale_id);
    memcpy(c->card_last4, s->card_last4, sizeof c->card_last4);
    memcpy(c->cashier, s->cashier, sizeof c->cashier);
    memcpy(c->offer_id, s->offer_id, sizeof c->offer_id);
    memcpy(c->offer_title, s->offer_title, sizeof c->offer_title);
    if (blob)
        memcpy(c->name_masked, blob->name_masked, sizeof c->name_masked);
    c->quote.discount_fen = s->discount_fen;
    c->quote.pay_fen = s->pay_fen;
    c->quote.own_price = s->own_price;
    c->quote.line_cnt = s->line_cnt;
    for (size_t i = 0; i < s->line_cnt; i++) {
        memcpy(lines[i].category, s->lines[i].category, sizeof lines[i].category);
        lines[i].amount_fen = s->lines[i].amount_fen;
        c->quote.line_discount_fen[i] = s->lines[i].discount_fen;
    }
    return ERR_OK;
}
