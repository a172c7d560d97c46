/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/quote.h"
#include <string.h>

enum err quote_purchase_check(const struct checkout_purchase *p)
{
    if (p->total_fen < 1 || p->total_fen > OFFER_FEN_MAX || p->own_price_fen < 1 || p->own_price_fen > p->total_fen)
        return ERR_BAD_AMOUNT;
    if (!p->lines)
        return ERR_OK;
    int64_t sum = 0;
    if (!p->line_cnt || p->line_cnt > OFFER_LINES)
        return ERR_BAD_AMOUNT;
    for (size_t i = 0; i < p->line_cnt; i++) {
        if (p->lines[i].amount_fen < 0 || p->lines[i].amount_fen > OFFER_FEN_MAX)
            return ERR_BAD_AMOUNT;
        sum += p->lines[i].amount_fen;
    }
    return sum == p->total_fen ? ERR_OK : ERR_BAD_AMOUNT;
}

static const struct body_use *find_use(const struct checkout *c, const char *offer_id)
{
    for (size_t i = 0; i < c->use_cnt; i++)
        if (!strcmp(c->uses[i].offer_id, offer_id))
            return &c->uses[i];
    return NULL;
}

/* A limited offer that the service said nothing of is tried: the reservation decides. */
static uint32_t usable_mask(const struct checkout *c, const struct notice_shop *shop)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < shop->offer_cnt && i < OFFER_PER_SHOP; i++) {
        const struct body_use *u = shop->offers[i].per_card_day ? find_use(c, shop->offers[i].id) : NULL;
        if (!u || u->left > 0)
            mask |= UINT32_C(1) << i;
    }
    return mask;
}

enum err quote_choose(struct checkout *c, const struct checkout_env *env, bool *limited)
{
    const struct notice_shop *shop = env->shop;
    const struct offer_purchase p = {c->total_fen, c->own_price_fen, c->lines, c->line_cnt, env->now_utc_ms};
    quote_clear(c);
    size_t cnt = shop->offer_cnt < OFFER_PER_SHOP ? shop->offer_cnt : OFFER_PER_SHOP;
    uint32_t usable = usable_mask(c, shop);
    enum err e = offer_best(shop->offers, cnt, usable, &p, &c->quote);
    if (e == ERR_NO_OFFER && !offer_best(shop->offers, cnt, UINT32_MAX, &p, &c->quote))
        e = ERR_LIMIT_REACHED;
    if (e) {
        quote_clear(c);
        return e;
    }
    c->shop_version = shop->version;
    *limited = false;
    if (c->quote.own_price)
        return ERR_OK;
    const struct offer *o = &shop->offers[c->quote.offer];
    memcpy(c->offer_id, o->id, sizeof c->offer_id);
    memcpy(c->offer_title, o->title, sizeof c->offer_title);
    *limited = o->per_card_day > 0;
    return ERR_OK;
}

void quote_use_up(struct checkout *c, const char *offer_id)
{
    for (size_t i = 0; i < c->use_cnt; i++)
        if (!strcmp(c->uses[i].offer_id, offer_id)) {
            c->uses[i].left = 0;
            return;
        }
    if (c->use_cnt == OFFER_PER_SHOP) /* more limits than a shop has offers: forget the oldest */
        memmove(c->uses, c->uses + 1, --c->use_cnt * sizeof *c->uses);
    struct body_use *u = &c->uses[c->use_cnt++];
    memset(u, 0, sizeof *u);
    memcpy(u->offer_id, offer_id, strnlen(offer_id, ULID_LEN));
}

bool quote_used_up(const struct checkout *c)
{
    const struct body_use *u = c->offer_id[0] ? find_use(c, c->offer_id) : NULL;
    return u && u->left <= 0;
}

void quote_clear(struct checkout *c)
{
    memset(&c->quote, 0, sizeof c->quote);
    c->offer_id[0] = c->offer_title[0] = 0;
    c->shop_version = 0;
}
