/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/offer.h"
#include "base/tm.h"
#include <string.h>

enum { BP = 10000 };

static bool has(const char (*list)[OFFER_CATEGORY_MAX + 1], size_t cnt, const char *category)
{
    for (size_t i = 0; i < cnt; i++)
        if (!strcmp(list[i], category))
            return true;
    return false;
}

static bool counts(const struct offer *o, const char *category)
{
    return (!o->include_cnt || has(o->include, o->include_cnt, category)) && !has(o->exclude, o->exclude_cnt, category);
}

static bool with_lines(const struct offer_purchase *p)
{
    return p->lines && p->line_cnt;
}

static int64_t counting_fen(const struct offer *o, const struct offer_purchase *p)
{
    int64_t sum = 0;
    if (!with_lines(p))
        return counts(o, "") ? p->total_fen : 0;
    for (size_t i = 0; i < p->line_cnt; i++)
        if (counts(o, p->lines[i].category))
            sum += p->lines[i].amount_fen;
    return sum;
}

static bool on_day(const struct offer *o, int32_t day)
{
    return day >= o->from_day && day <= o->to_day && o->weekdays & 1u << (tm_weekday(day) - 1);
}

static bool in_force(const struct offer *o, int64_t at_utc_ms)
{
    int32_t day = tm_day(at_utc_ms);
    int minute = tm_minute(at_utc_ms);
    if (!o->hours_cnt)
        return on_day(o, day);
    for (size_t i = 0; i < o->hours_cnt; i++) {
        int from = o->hours[i].from_min, to = o->hours[i].to_min;
        bool over_midnight = to <= from;
        if (minute >= from && (over_midnight || minute < to) && on_day(o, day))
            return true;
        /* After midnight the window is still that of the day before: its weekday and its dates decide. */
        if (over_midnight && minute < to && on_day(o, day - 1))
            return true;
    }
    return false;
}

/* What the terms give on `sum` fen of goods that count, before cap and rounding. */
static int64_t granted(const struct offer *o, int64_t sum)
{
    switch (o->kind) {
    case OFFER_PERCENT:
        return (sum * o->rate_bp + BP - 1) / BP;
    case OFFER_OFF_OVER:
        return sum < o->over_fen ? 0 : o->off_fen * (o->repeat ? sum / o->over_fen : 1);
    case OFFER_FIXED:
        return sum > o->price_fen ? sum - o->price_fen : 0;
    case OFFER_NONE:
        break;
    }
    return 0;
}

/* The discount on this purchase; 0: does not apply. */
static int64_t discount_of(const struct offer *o, const struct offer_purchase *p)
{
    int64_t sum = counting_fen(o, p), most = o->cap_fen && o->cap_fen < sum ? o->cap_fen : sum, d;
    if (!sum || sum < o->min_fen || !in_force(o, p->at_utc_ms))
        return 0;
    d = granted(o, sum);
    if (!d)
        return 0;
    d = d < most ? d : most;
    if (o->round)
        d += (p->total_fen - d) % (int64_t)o->round;
    return d < most ? d : most;
}

static enum err check(const struct offer_purchase *p)
{
    int64_t sum = 0;
    if (p->total_fen < 1 || p->total_fen > OFFER_FEN_MAX || p->own_price_fen < 1 || p->own_price_fen > p->total_fen)
        return ERR_BAD_AMOUNT;
    if (!with_lines(p))
        return ERR_OK;
    if (p->line_cnt > OFFER_LINES)
        return ERR_BAD_AMOUNT;
    for (size_t i = 0; i < p->line_cnt; i++) {
        if (p->lines[i].amount_fen < 0 || p->lines[i].amount_fen > OFFER_FEN_MAX)
            return ERR_BAD_AMOUNT;
        sum += p->lines[i].amount_fen;
    }
    return sum == p->total_fen ? ERR_OK : ERR_BAD_AMOUNT;
}

/* o == NULL: the shop's own price, which spreads over all lines. */
static void fill(struct offer_quote *q, const struct offer *o, const struct offer_purchase *p, int64_t discount)
{
    int64_t weight[OFFER_LINES];
    q->offer = 0;
    q->own_price = !o;
    q->discount_fen = discount;
    q->pay_fen = p->total_fen - discount;
    q->line_cnt = with_lines(p) ? p->line_cnt : 0;
    for (size_t i = 0; i < q->line_cnt; i++)
        weight[i] = !o || counts(o, p->lines[i].category) ? p->lines[i].amount_fen : 0;
    offer_allocate(discount, weight, q->line_discount_fen, q->line_cnt);
}

enum err offer_quote(const struct offer *o, const struct offer_purchase *p, struct offer_quote *q)
{
    enum err e = check(p);
    int64_t d = e ? 0 : discount_of(o, p);
    if (e || !d)
        return e ? e : ERR_NO_OFFER;
    fill(q, o, p, d);
    return ERR_OK;
}

enum err offer_best(
    const struct offer *offers, size_t cnt, uint32_t usable, const struct offer_purchase *p, struct offer_quote *q)
{
    const struct offer *best = NULL;
    int64_t most = 0;
    bool used_up = false;
    enum err e = check(p);
    if (e)
        return e;
    for (size_t i = 0; i < cnt && i < OFFER_PER_SHOP; i++) {
        int64_t d = discount_of(&offers[i], p);
        if (!(usable & UINT32_C(1) << i)) {
            used_up = used_up || d;
        } else if (d > most || (d && d == most && best->per_card_day && !offers[i].per_card_day)) {
            most = d;
            best = &offers[i];
        }
    }
    if (p->total_fen - p->own_price_fen > most) {
        fill(q, NULL, p, p->total_fen - p->own_price_fen);
        return ERR_OK;
    }
    if (!best)
        return used_up ? ERR_LIMIT_REACHED : ERR_NO_OFFER;
    fill(q, best, p, most);
    q->offer = (size_t)(best - offers);
    return ERR_OK;
}

void offer_allocate(int64_t whole, const int64_t *weight, int64_t *share, size_t cnt)
{
    int64_t sum = 0, left = whole;
    for (size_t i = 0; i < cnt; i++)
        sum += weight[i];
    for (size_t i = 0; i < cnt; i++) {
        share[i] = sum ? whole * weight[i] / sum : 0;
        left -= share[i];
    }
    /* Fewer fen are left than lines with a remainder, so each such line gets one at most and stays within its weight. A
     * line that has had its fen is told by its share being above the floor. */
    for (; sum && left > 0; left--) {
        size_t to = cnt;
        int64_t largest = 0;
        for (size_t i = 0; i < cnt; i++) {
            int64_t rest = whole * weight[i] - share[i] * sum;
            if (rest > largest) {
                largest = rest;
                to = i;
            }
        }
        if (to == cnt)
            return;
        share[to]++;
    }
}

int64_t offer_discount_back(
    int64_t discount_fen, int64_t total_fen, int64_t cumulative_returned_fen, int64_t already_back_fen)
{
    return discount_fen * cumulative_returned_fen / total_fen - already_back_fen;
}
