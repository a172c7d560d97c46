/* SPDX-License-Identifier: Apache-2.0 */
/* A million random purchases against what must hold for every one, and against a second arithmetic that shares no
 * thought with the first: it searches for what is paid instead of computing what is off. HUIKA_SEED repeats a run,
 * HUIKA_CASES sets the number of cases. */
#include "base/tm.h"
#include "proto/offer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

__extension__ typedef __int128 wide;

enum { SHOP_OFFERS = 4, CASE_LINES = 6, PURCHASES = 8 };

static uint64_t seed, rng;
static long cases = 1000000;

/* --- making cases ---------------------------------------------------------------------------------------------------
 */

static uint64_t next(void) /* splitmix64 */
{
    uint64_t z = (rng += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int64_t between(int64_t low, int64_t high)
{
    return low + (int64_t)(next() % (uint64_t)(high - low + 1));
}

static bool one_in(int n)
{
    return between(1, n) == 1;
}

/* Small amounts, round amounts and huge ones, all often. */
static int64_t amount(void)
{
    switch (between(0, 5)) {
    case 0:
        return between(1, 20);
    case 1:
        return between(1, 400) * 100;
    case 2:
        return between(OFFER_FEN_MAX / 10, OFFER_FEN_MAX);
    default:
        return between(1, 40000);
    }
}

static const char *const categories[] = {"", "dining", "tobacco", "票"};
static const int32_t monday = 20514; /* 2026-03-02 */

static void random_when(struct offer *o)
{
    o->from_day = one_in(4) ? monday + (int32_t)between(-1, 7) : INT32_MIN;
    o->to_day = one_in(4) ? monday + (int32_t)between(0, 8) : INT32_MAX;
    o->weekdays = one_in(4) ? (uint8_t)between(1, 0x7f) : 0x7f;
    for (o->hours_cnt = 0; o->hours_cnt < 2 && one_in(3); o->hours_cnt++) {
        o->hours[o->hours_cnt].from_min = (int16_t)(between(0, 23) * 60);
        o->hours[o->hours_cnt].to_min = (int16_t)(between(0, 24) * 60);
    }
}

static size_t random_categories(char (*list)[OFFER_CATEGORY_MAX + 1])
{
    size_t cnt = one_in(3) ? (size_t)between(1, 2) : 0;
    for (size_t i = 0; i < cnt; i++)
        strncpy(list[i], categories[between(0, 3)], OFFER_CATEGORY_MAX);
    return cnt;
}

static void random_offer(struct offer *o)
{
    static const enum offer_round rounds[] = {OFFER_ROUND_FEN, OFFER_ROUND_FEN, OFFER_ROUND_JIAO, OFFER_ROUND_YUAN};
    o->kind = (enum offer_kind)between(OFFER_PERCENT, OFFER_FIXED);
    o->rate_bp = (int32_t)(one_in(8) ? 10000 : between(1, 10000));
    o->over_fen = amount();
    o->off_fen = between(1, o->over_fen);
    o->repeat = one_in(2);
    o->price_fen = amount();
    o->cap_fen = one_in(3) ? amount() : 0;
    o->min_fen = one_in(4) ? amount() : 0;
    o->round = rounds[between(0, 3)];
    o->per_card_day = one_in(3) ? (int32_t)between(1, 3) : 0;
    o->include_cnt = random_categories(o->include);
    o->exclude_cnt = random_categories(o->exclude);
    random_when(o);
}

static struct offer_line lines[CASE_LINES];

static struct offer_purchase random_purchase(void)
{
    struct offer_purchase p = {.lines = lines, .line_cnt = one_in(3) ? 0 : (size_t)between(1, CASE_LINES)};
    for (size_t i = 0; i < p.line_cnt; i++) {
        strncpy(lines[i].category, categories[between(0, 3)], OFFER_CATEGORY_MAX);
        lines[i].amount_fen = one_in(8) ? 0 : amount() / CASE_LINES;
        p.total_fen += lines[i].amount_fen;
    }
    if (!p.total_fen) {
        p.line_cnt = 0;
        p.total_fen = amount();
    }
    p.own_price_fen = one_in(3) ? between(1, p.total_fen) : p.total_fen;
    p.at_utc_ms = tm_day_start_ms(monday) + (one_in(4) ? between(0, 7 * 24) * 3600000 : between(0, 7 * TM_DAY_MS));
    return p;
}

/* --- the second arithmetic ------------------------------------------------------------------------------------------
 */

static bool listed(char (*list)[OFFER_CATEGORY_MAX + 1], size_t cnt, const char *category)
{
    while (cnt--)
        if (!strcmp(list[cnt], category))
            return true;
    return false;
}

static bool good_counts(struct offer *o, const char *category)
{
    if (listed(o->exclude, o->exclude_cnt, category))
        return false;
    return o->include_cnt == 0 || listed(o->include, o->include_cnt, category);
}

static wide goods(struct offer *o, const struct offer_purchase *p)
{
    wide sum = 0;
    for (size_t i = 0; i < p->line_cnt; i++)
        sum += good_counts(o, lines[i].category) ? lines[i].amount_fen : 0;
    return p->line_cnt ? sum : good_counts(o, "") ? p->total_fen : 0;
}

/* Milliseconds since the Monday, against each window laid out on that line for each day of it. */
static bool open_at(struct offer *o, int64_t at_utc_ms)
{
    int64_t ms = at_utc_ms - (INT64_C(86400000) * monday - INT64_C(28800000));
    for (int d = -1; d < 9; d++) {
        if (monday + d < o->from_day || monday + d > o->to_day || !(o->weekdays >> (d + 7) % 7 & 1))
            continue;
        for (size_t w = 0; w < (o->hours_cnt ? o->hours_cnt : 1); w++) {
            int64_t from = o->hours_cnt ? o->hours[w].from_min : 0, to = o->hours_cnt ? o->hours[w].to_min : 1440;
            if (to <= from)
                to += 1440;
            if (ms >= (d * 1440 + from) * 60000 && ms < (d * 1440 + to) * 60000)
                return true;
        }
    }
    return false;
}

/* May `pay` be asked for goods of `sum` under these terms alone? */
static bool within_terms(const struct offer *o, wide sum, wide pay)
{
    if (o->kind == OFFER_PERCENT)
        return pay * 10000 <= sum * (10000 - o->rate_bp);
    if (o->kind == OFFER_FIXED)
        return pay <= sum && pay <= o->price_fen;
    return pay <= sum - (o->repeat ? sum / o->over_fen : sum >= o->over_fen) * (wide)o->off_fen;
}

/* The discount, found by halving what may be asked. */
static int64_t searched(struct offer *o, const struct offer_purchase *p)
{
    wide sum = goods(o, p), low = 0, high = sum, rest = p->total_fen - sum, least, pay;
    if (sum == 0 || sum < o->min_fen || !open_at(o, p->at_utc_ms))
        return 0;
    while (low < high) {
        wide mid = (low + high + 1) / 2;
        if (within_terms(o, sum, mid))
            low = mid;
        else
            high = mid - 1;
    }
    if (low == sum)
        return 0;
    least = o->cap_fen && o->cap_fen < sum ? p->total_fen - o->cap_fen : rest;
    pay = (rest + low) / (wide)o->round * (wide)o->round;
    return (int64_t)(p->total_fen - (pay > least ? pay : least));
}

/* Each share on its own: its floor, and one more if few enough remainders stand before it. */
static int64_t share_of(int64_t whole, const int64_t *weight, size_t cnt, size_t at)
{
    wide sum = 0, left = whole;
    size_t before = 0;
    for (size_t i = 0; i < cnt; i++)
        sum += weight[i];
    for (size_t i = 0; i < cnt; i++) {
        wide rest = (wide)whole * weight[i] % sum, mine = (wide)whole * weight[at] % sum;
        left -= (wide)whole * weight[i] / sum;
        before += rest > mine || (rest == mine && i < at);
    }
    return (int64_t)((wide)whole * weight[at] / sum + ((wide)before < left));
}

/* --- what must hold -------------------------------------------------------------------------------------------------
 */

static void check_lines(const struct offer_quote *q, struct offer *o, const struct offer_purchase *p)
{
    int64_t weight[CASE_LINES], sum = 0;
    assert_int_equal(q->line_cnt, p->line_cnt);
    for (size_t i = 0; i < p->line_cnt; i++)
        weight[i] = q->own_price || good_counts(o, lines[i].category) ? lines[i].amount_fen : 0;
    for (size_t i = 0; i < p->line_cnt; i++) {
        assert_true(q->line_discount_fen[i] >= 0);
        assert_true(q->line_discount_fen[i] <= weight[i]);
        assert_int_equal(q->line_discount_fen[i], share_of(q->discount_fen, weight, p->line_cnt, i));
        sum += q->line_discount_fen[i];
    }
    assert_int_equal(sum, p->line_cnt ? q->discount_fen : 0);
}

static void check_one(struct offer *o, const struct offer_purchase *p)
{
    struct offer_quote q;
    wide sum = goods(o, p);
    int64_t want = searched(o, p);
    enum err e = offer_quote(o, p, &q);
    assert_int_equal(e, want ? ERR_OK : ERR_NO_OFFER);
    if (e)
        return;
    assert_int_equal(q.discount_fen, want);
    assert_true(q.discount_fen > 0 && q.discount_fen <= p->total_fen);
    assert_int_equal(q.discount_fen + q.pay_fen, p->total_fen);
    assert_true(!o->cap_fen || q.discount_fen <= o->cap_fen);
    assert_true(sum >= o->min_fen && q.discount_fen <= sum);
    bool stopped = q.discount_fen == sum || q.discount_fen == o->cap_fen;
    assert_true(stopped || q.pay_fen % (int64_t)o->round == 0);
    /* Rounding is never against the member: no more is asked than the exact terms do. */
    assert_true(stopped || within_terms(o, sum, sum - q.discount_fen));
    check_lines(&q, o, p);
}

static void check_best(struct offer *offers, uint32_t usable, const struct offer_purchase *p)
{
    struct offer_quote q;
    int64_t most = 0, any = 0, own = p->total_fen - p->own_price_fen;
    for (size_t i = 0; i < SHOP_OFFERS; i++) {
        int64_t d = searched(&offers[i], p);
        any = d > any ? d : any;
        if (usable >> i & 1 && d > most)
            most = d;
    }
    enum err e = offer_best(offers, SHOP_OFFERS, usable, p, &q);
    assert_int_equal(e, most || own ? ERR_OK : any ? ERR_LIMIT_REACHED : ERR_NO_OFFER);
    if (e)
        return;
    assert_int_equal(q.own_price, own > most);
    assert_int_equal(q.discount_fen, own > most ? own : most);
    assert_int_equal(q.discount_fen + q.pay_fen, p->total_fen);
    assert_true(q.pay_fen >= 0 && q.pay_fen <= p->own_price_fen);
    if (!q.own_price) {
        assert_true(q.offer < SHOP_OFFERS && usable >> q.offer & 1);
        for (size_t i = 0; i < SHOP_OFFERS; i++)
            if (usable >> i & 1 && searched(&offers[i], p) == most && !offers[i].per_card_day)
                assert_true(!offers[q.offer].per_card_day && q.offer <= i);
    }
    check_lines(&q, &offers[q.own_price ? 0 : q.offer], p);
}

/* Buying more of what counts: never a smaller discount (whole yuan and jiao aside), and with a percentage that asks for
 * no minimum never a smaller bill. */
static void check_monotone(struct offer *o, struct offer_purchase p)
{
    struct offer_quote less = {0}, more = {0};
    struct offer_line was = lines[0];
    int64_t step = one_in(2) ? between(1, 20) : amount();
    if (p.total_fen + step > OFFER_FEN_MAX || !good_counts(o, p.line_cnt ? lines[0].category : ""))
        return;
    less.pay_fen = p.total_fen;
    offer_quote(o, &p, &less);
    p.total_fen += step;
    lines[0].amount_fen += step;
    more.pay_fen = p.total_fen;
    offer_quote(o, &p, &more);
    lines[0] = was;
    if (o->round == OFFER_ROUND_FEN)
        assert_true(more.discount_fen >= less.discount_fen);
    if (o->kind == OFFER_PERCENT && !o->min_fen)
        assert_true(more.pay_fen >= less.pay_fen);
}

static void random_purchases(void **state)
{
    static struct offer offers[SHOP_OFFERS];
    long applied = 0;
    (void)state;
    for (long n = 0; n < cases; n++) {
        if (n % PURCHASES == 0)
            for (size_t i = 0; i < SHOP_OFFERS; i++)
                random_offer(&offers[i]);
        struct offer_purchase p = random_purchase();
        struct offer *o = &offers[n % SHOP_OFFERS];
        check_one(o, &p);
        check_best(offers, (uint32_t)next(), &p);
        check_monotone(o, p);
        applied += searched(o, &p) > 0;
    }
    /* Cases in which nothing applies prove little. */
    assert_true(applied > cases / 5);
}

static void random_splits(void **state)
{
    (void)state;
    for (long n = 0; n < cases / 4; n++) {
        int64_t weight[40], share[40], sum = 0, shared = 0;
        size_t cnt = (size_t)between(1, one_in(4) ? 40 : 5);
        for (size_t i = 0; i < cnt; i++)
            sum += weight[i] = one_in(5) ? 0 : one_in(3) ? between(1, 3) : between(1, OFFER_FEN_MAX / 40);
        int64_t whole = one_in(10) ? sum : between(0, sum);
        offer_allocate(whole, weight, share, cnt);
        for (size_t i = 0; i < cnt; i++) {
            assert_true(share[i] >= 0 && share[i] <= weight[i]);
            shared += share[i];
            assert_int_equal(share[i], sum ? share_of(whole, weight, cnt, i) : 0);
        }
        assert_int_equal(shared, whole);
    }
}

/* Any order of partial returns gives back the whole discount with the last one, and never a negative amount. */
static void random_returns(void **state)
{
    (void)state;
    for (long n = 0; n < cases / 4; n++) {
        int64_t total = amount(), discount = between(0, total), returned = 0, back = 0;
        while (returned < total) {
            returned = one_in(3) ? total : between(returned + 1, total);
            int64_t now = offer_discount_back(discount, total, returned, back);
            assert_true(now >= 0);
            back += now;
            assert_true((wide)back * total <= (wide)discount * returned);
            assert_true((wide)(back + 1) * total > (wide)discount * returned);
        }
        assert_int_equal(back, discount);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_purchases), cmocka_unit_test(random_splits), cmocka_unit_test(random_returns)};
    const char *s = getenv("HUIKA_SEED"), *c = getenv("HUIKA_CASES");
    seed = s ? strtoull(s, NULL, 10) : (uint64_t)tm_wall_utc_ms();
    cases = c ? strtol(c, NULL, 10) : cases;
    rng = seed;
    print_message("HUIKA_SEED=%llu, %ld cases\n", (unsigned long long)seed, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
