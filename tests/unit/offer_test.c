/* SPDX-License-Identifier: Apache-2.0 */
/* Offers against proto/vectors, which tests/unit/test_offer_vectors.py checks with an arithmetic of its own. */
#include "proto/offer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

static json_t *load(const char *path)
{
    json_error_t why;
    json_t *v = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!v)
        fail_msg("%s: %s", path, why.text);
    return v;
}

static int64_t num(const json_t *v, const char *key, int64_t absent)
{
    return jsonx_has(v, key) ? json_integer_value(json_object_get(v, key)) : absent;
}

static struct offer offers[OFFER_PER_SHOP];
static struct offer_line lines[OFFER_LINES + 1];

static size_t read_offers(const json_t *list)
{
    json_t *o;
    size_t i;
    json_array_foreach (list, i, o)
        assert_int_equal(offer_parse(o, &offers[i], NULL), ERR_OK);
    return json_array_size(list);
}

static struct offer_purchase read_purchase(const json_t *v)
{
    struct offer_purchase p = {.total_fen = num(v, "total_fen", 0), .at_utc_ms = num(v, "at_ms", 0)};
    json_t *list = json_object_get(v, "lines"), *l;
    size_t i;
    p.own_price_fen = num(v, "own_price_fen", p.total_fen);
    p.line_cnt = json_array_size(list);
    p.lines = list ? lines : NULL;
    json_array_foreach (list, i, l) {
        memset(&lines[i], 0, sizeof lines[i]);
        strncpy(lines[i].category, json_string_value(json_object_get(l, "category")), OFFER_CATEGORY_MAX);
        lines[i].amount_fen = num(l, "amount_fen", 0);
    }
    return p;
}

static uint32_t read_usable(const json_t *v)
{
    json_t *list = json_object_get(v, "usable"), *n;
    uint32_t bits = list ? 0 : UINT32_MAX;
    size_t i;
    json_array_foreach (list, i, n)
        bits |= UINT32_C(1) << json_integer_value(n);
    return bits;
}

static void check_quote(const json_t *want, const struct offer_quote *q)
{
    json_t *shares = json_object_get(want, "lines"), *s;
    size_t i;
    assert_int_equal(q->discount_fen, num(want, "discount_fen", -1));
    assert_int_equal(q->pay_fen, num(want, "pay_fen", -1));
    assert_int_equal(q->own_price, json_is_true(json_object_get(want, "own_price")));
    if (!q->own_price)
        assert_int_equal(q->offer, num(want, "offer", -1));
    assert_int_equal(q->line_cnt, json_array_size(shares));
    json_array_foreach (shares, i, s)
        assert_int_equal(q->line_discount_fen[i], json_integer_value(s));
}

static void valid_vectors(void **state)
{
    json_t *all = load("proto/vectors/valid/offer.json"), *v;
    size_t i;
    (void)state;
    assert_true(json_array_size(all) > 50);
    json_array_foreach (all, i, v) {
        struct offer_purchase p = read_purchase(json_object_get(v, "purchase"));
        const json_t *want = json_object_get(v, "expect");
        const char *none = json_string_value(json_object_get(want, "none"));
        size_t cnt = read_offers(json_object_get(v, "offers"));
        struct offer_quote q;
        print_message("    %s\n", json_string_value(json_object_get(v, "name")));
        memset(&q, 0x5a, sizeof q);
        enum err e = offer_best(offers, cnt, read_usable(v), &p, &q);
        assert_string_equal(err_code(e), none ? none : "ok");
        if (none)
            assert_int_equal(q.discount_fen, 0x5a5a5a5a5a5a5a5a);
        else
            check_quote(want, &q);
    }
    json_decref(all);
}

static void invalid_vectors(void **state)
{
    json_t *all = load("proto/vectors/invalid/offer.json"), *v;
    size_t i;
    (void)state;
    assert_true(json_array_size(all) > 40);
    json_array_foreach (all, i, v) {
        const json_t *terms = json_object_get(v, "terms");
        struct offer o, before;
        char why[OFFER_WHY] = "untouched";
        print_message("    %s\n", json_string_value(json_object_get(v, "name")));
        memset(&o, 0x5a, sizeof o);
        before = o;
        assert_int_equal(offer_parse(terms, &o, why), ERR_BAD_VALUE);
        assert_string_equal(why, json_string_value(json_object_get(v, "why")));
        assert_int_equal(offer_parse(terms, &o, NULL), ERR_BAD_VALUE);
        assert_memory_equal(&o, &before, sizeof o);
    }
    json_decref(all);
}

/* Every member comes back from the struct as it went in. */
static void written_as_read(void **state)
{
    static const char full[] =
        "{\"id\":\"01JH0000000000000000000000\",\"title\":\"八八折\",\"kind\":\"percent\",\"rate_bp\":1200,"
        "\"cap_fen\":5000,\"min_fen\":100,\"from\":\"2026-01-01\",\"to\":\"2026-12-31\",\"weekdays\":[1,2,7],"
        "\"hours\":[\"10:00-14:00\",\"22:30-02:00\",\"23:00-24:00\"],\"include\":[\"dining\",\"早餐\"],"
        "\"exclude\":[\"tobacco\"],\"per_card_day\":2,\"round\":\"jiao\"}";
    static const char over[] = "{\"title\":\"满减\",\"kind\":\"off_over\",\"off_fen\":1500,\"over_fen\":10000,"
                               "\"repeat\":true,\"round\":\"yuan\"}";
    static const char *const terms[] = {full, over, "{\"title\":\"票\",\"kind\":\"fixed\",\"price_fen\":2500}"};
    (void)state;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        json_t *v = json_loads(terms[i], 0, NULL), *back;
        struct offer o;
        assert_int_equal(offer_parse(v, &o, NULL), ERR_OK);
        back = offer_to_json(&o);
        assert_true(json_equal(v, back));
        json_decref(v);
        json_decref(back);
    }
}

static void neutral_members_of_another_kind_pass(void **state)
{
    json_t *v =
        json_loads("{\"title\":\"a\\u0007b\",\"kind\":\"percent\",\"rate_bp\":1,\"off_fen\":0,\"over_fen\":null,"
                   "\"repeat\":false,\"cap_fen\":0,\"hours\":[],\"include\":[],\"from\":null,\"round\":null}",
            0, NULL);
    struct offer o;
    (void)state;
    assert_int_equal(offer_parse(v, &o, NULL), ERR_OK);
    assert_string_equal(o.title, "a b"); /* what could disturb a printer is gone */
    assert_int_equal(o.round, OFFER_ROUND_FEN);
    assert_int_equal(o.weekdays, 0x7f);
    assert_int_equal(o.from_day, INT32_MIN);
    assert_int_equal(o.to_day, INT32_MAX);
    json_decref(v);
}

/* The name of an unknown member is the peer's text: it is cut at a character and cleaned. */
static void a_long_unknown_name_is_cut(void **state)
{
    json_t *v = json_loads("{\"title\":\"a\",\"kind\":\"percent\",\"rate_bp\":1}", 0, NULL);
    char why[OFFER_WHY], name[94] = "\n";
    struct offer o;
    (void)state;
    for (size_t i = 1; i < 91; i += 3)
        memcpy(name + i, "惠", 4);
    json_object_set_new(v, name, json_true());
    assert_int_equal(offer_parse(v, &o, why), ERR_BAD_VALUE);
    assert_int_equal(strlen(why), 1 + 20 * 3);
    assert_memory_equal(why, " 惠惠", 7);
    json_decref(v);
}

static void too_many_lines(void **state)
{
    struct offer o = {
        .kind = OFFER_FIXED, .price_fen = 1, .from_day = INT32_MIN, .to_day = INT32_MAX, .weekdays = 0x7f};
    struct offer_purchase p = {OFFER_LINES, OFFER_LINES, lines, OFFER_LINES, 0};
    struct offer_quote q;
    (void)state;
    memset(lines, 0, sizeof lines);
    for (size_t i = 0; i < OFFER_LINES; i++)
        lines[i].amount_fen = 1;
    assert_int_equal(offer_quote(&o, &p, &q), ERR_OK);
    assert_int_equal(q.discount_fen, OFFER_LINES - 1);
    p.line_cnt++;
    assert_int_equal(offer_quote(&o, &p, &q), ERR_BAD_AMOUNT);
}

/* offer_quote answers for one offer alone: neither the own price nor uses matter. */
static void quote_of_one(void **state)
{
    struct offer o = {
        .kind = OFFER_PERCENT, .rate_bp = 1000, .from_day = INT32_MIN, .to_day = INT32_MAX, .weekdays = 0x7f};
    struct offer_purchase p = {1000, 1, NULL, 0, 0};
    struct offer_quote q;
    (void)state;
    assert_int_equal(offer_quote(&o, &p, &q), ERR_OK);
    assert_int_equal(q.pay_fen, 900);
    assert_false(q.own_price);
    o.min_fen = 1001;
    assert_int_equal(offer_quote(&o, &p, &q), ERR_NO_OFFER);
    /* A struct that nobody filled gives nothing. */
    memset(&o, 0, sizeof o);
    assert_int_equal(offer_quote(&o, &p, &q), ERR_NO_OFFER);
}

static void only_as_many_as_a_shop_may_have(void **state)
{
    static struct offer many[OFFER_PER_SHOP + 1];
    struct offer_purchase p = {1000, 1000, NULL, 0, 0};
    struct offer_quote q;
    (void)state;
    for (size_t i = 0; i <= OFFER_PER_SHOP; i++)
        many[i] = (struct offer){.kind = OFFER_PERCENT,
            .rate_bp = (int32_t)i + 1,
            .from_day = INT32_MIN,
            .to_day = INT32_MAX,
            .weekdays = 0x7f};
    assert_int_equal(offer_best(many, OFFER_PER_SHOP + 1, UINT32_MAX, &p, &q), ERR_OK);
    assert_int_equal(q.offer, 30); /* 0.31 % and 0.32 % of ten yuan are four fen each: the earlier */
    many[OFFER_PER_SHOP - 1].rate_bp = 9000;
    many[OFFER_PER_SHOP].rate_bp = 10000;
    assert_int_equal(offer_best(many, OFFER_PER_SHOP + 1, UINT32_MAX, &p, &q), ERR_OK);
    assert_int_equal(q.offer, OFFER_PER_SHOP - 1);
    assert_int_equal(offer_best(many, OFFER_PER_SHOP, UINT32_MAX >> 1, &p, &q), ERR_OK);
    assert_int_equal(q.offer, 30);
}

static void discount_back_adds_up(void **state)
{
    int64_t back = 0;
    (void)state;
    assert_int_equal(offer_discount_back(1000, 3000, 1000, 0), 333);
    for (int64_t returned = 1000; returned <= 3000; returned += 1000)
        back += offer_discount_back(1000, 3000, returned, back);
    assert_int_equal(back, 1000);
    assert_int_equal(offer_discount_back(OFFER_FEN_MAX, OFFER_FEN_MAX, OFFER_FEN_MAX, 0), OFFER_FEN_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(valid_vectors), cmocka_unit_test(invalid_vectors),
        cmocka_unit_test(written_as_read), cmocka_unit_test(neutral_members_of_another_kind_pass),
        cmocka_unit_test(a_long_unknown_name_is_cut), cmocka_unit_test(too_many_lines), cmocka_unit_test(quote_of_one),
        cmocka_unit_test(only_as_many_as_a_shop_may_have), cmocka_unit_test(discount_back_adds_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
