/* SPDX-License-Identifier: Apache-2.0 */
/* Orgs and their scopes, shops, standing, offers, notices. */
#include "store_fixture.h"

static struct store_tx *begin(struct fixture *f)
{
    struct store_tx *tx;
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    return tx;
}

static bool covers(struct fixture *f, int64_t scope, int64_t org)
{
    struct store_tx *tx = begin(f);
    bool yes = !org;
    assert_int_equal(store_org_covers(tx, scope, org, &yes), ERR_OK);
    store_read_end(&tx);
    return yes;
}

static void test_a_scope_is_the_org_and_what_is_below(void **state)
{
    struct fixture *f = *state;
    const int64_t org[] = {f->province, f->city_a, f->city_b, f->district};
    static const bool want[4][4] = {{1, 1, 1, 1}, {0, 1, 0, 1}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(covers(f, org[i], org[k]), want[i][k]);
    assert_false(covers(f, f->province, 999));
    assert_false(covers(f, 0, f->province));
    assert_false(covers(f, 0, f->city_a));
    assert_false(covers(f, -1, f->city_a));
}

static enum err collect_code(void *ctx, const struct store_org *o)
{
    struct buf *list = ctx;
    assert_int_equal(buf_printf(list, "%s%s%s ", o->code, o->parent_code[0] ? "<" : "", o->parent_code), ERR_OK);
    return ERR_OK;
}

static void test_lists_hold_the_scope_parents_first(void **state)
{
    struct fixture *f = *state;
    struct buf all, city;
    buf_init(&all, 256);
    buf_init(&city, 256);
    struct store_tx *tx = begin(f);
    assert_int_equal(store_org_list(tx, f->province, collect_code, &all), ERR_OK);
    assert_int_equal(store_org_list(tx, f->city_a, collect_code, &city), ERR_OK);
    store_read_end(&tx);
    assert_string_equal(buf_str(&all), "410000 410100<410000 410200<410000 410102<410100 ");
    assert_string_equal(buf_str(&city), "410100<410000 410102<410100 ");
    buf_release(&all);
    buf_release(&city);
}

struct org_case {
    const char *code, *name;
    int64_t parent, org;
};

static enum err run_org(struct store_tx *tx, void *ctx)
{
    struct org_case *c = ctx;
    return store_org_add(tx, c->code, c->name, c->parent, &c->org);
}

static void test_orgs_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    const struct {
        struct org_case c;
        enum err want;
    } cases[] = {{{"410100", "again", f->province, 0}, ERR_EXISTS}, {{"420000", "a second root", 0, 0}, ERR_EXISTS},
        {{"410999", "nowhere", 999, 0}, ERR_NOT_FOUND}, {{"410103", "fourth level", f->district, 0}, ERR_BAD_VALUE},
        {{"", "x", f->province, 0}, ERR_BAD_VALUE}, {{"4101 3", "x", f->province, 0}, ERR_BAD_VALUE},
        {{"41010300000000000", "x", f->province, 0}, ERR_BAD_VALUE}, {{"410103", "", f->province, 0}, ERR_BAD_VALUE},
        {{"410103", "\xff", f->province, 0}, ERR_BAD_VALUE}, {{"H-01", "industry", f->province, 0}, ERR_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct org_case c = cases[i].c;
        assert_int_equal(store_write(f->s, run_org, &c), cases[i].want);
    }
}

struct shop_act {
    struct store_shop s;
    enum standing standing;
    const char *reason;
    bool changed;
    const struct offer *offers;
    size_t cnt;
    int64_t at;
};

static enum err run_add(struct store_tx *tx, void *ctx)
{
    return store_shop_add(tx, &((struct shop_act *)ctx)->s, FIXTURE_NOW);
}

static enum err run_standing(struct store_tx *tx, void *ctx)
{
    struct shop_act *a = ctx;
    return store_shop_set_standing(tx, a->s.shop, a->standing, a->reason, a->at, &a->changed);
}

static enum err run_offers(struct store_tx *tx, void *ctx)
{
    struct shop_act *a = ctx;
    return store_offer_replace(tx, a->s.shop, a->offers, a->cnt);
}

static struct store_shop get(struct fixture *f, const uint8_t *shop)
{
    struct store_shop s;
    struct store_tx *tx = begin(f);
    assert_int_equal(store_shop_get(tx, shop, &s), ERR_OK);
    store_read_end(&tx);
    return s;
}

static void test_shops_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    struct shop_act good = {
        .s = {.shop = {1}, .org = f->city_a, .name = "样例", .category = "travel", .region = "410102"}};
    struct shop_act a = good;
    a.s.org = 999;
    assert_int_equal(store_write(f->s, run_add, &a), ERR_NOT_FOUND);
    a = good;
    memcpy(a.s.category, "casino", sizeof "casino");
    assert_int_equal(store_write(f->s, run_add, &a), ERR_BAD_VALUE);
    a = good;
    memcpy(a.s.region, "4101o2", sizeof "4101o2");
    assert_int_equal(store_write(f->s, run_add, &a), ERR_BAD_VALUE);
    a = good;
    a.s.name[0] = 0;
    assert_int_equal(store_write(f->s, run_add, &a), ERR_BAD_VALUE);
    assert_int_equal(store_write(f->s, run_add, &good), ERR_OK);
    assert_int_equal(store_write(f->s, run_add, &good), ERR_EXISTS);
    struct store_shop s = get(f, good.s.shop);
    assert_int_equal(s.standing, STANDING_LISTED);
    assert_int_equal(s.version, 1);
    assert_string_equal(s.org_code, "410100");
}

static void test_standing_raises_the_version_once(void **state)
{
    struct fixture *f = *state;
    struct shop_act a = {.standing = STANDING_DELISTED, .reason = "不履约", .at = FIXTURE_NOW + 5};
    memcpy(a.s.shop, f->shop_a, STORE_ID);
    assert_int_equal(store_write(f->s, run_standing, &a), ERR_OK);
    assert_true(a.changed);
    a.at += 5;
    assert_int_equal(store_write(f->s, run_standing, &a), ERR_OK);
    assert_false(a.changed);
    struct store_shop s = get(f, f->shop_a);
    assert_int_equal(s.standing, STANDING_DELISTED);
    assert_int_equal(s.version, 2);
    assert_int_equal(s.since_utc_ms, FIXTURE_NOW + 5);
    assert_string_equal(s.reason, "不履约");
    a.reason = "another word for it"; /* a new notice, but since when stays */
    assert_int_equal(store_write(f->s, run_standing, &a), ERR_OK);
    s = get(f, f->shop_a);
    assert_int_equal(s.version, 3);
    assert_int_equal(s.since_utc_ms, FIXTURE_NOW + 5);
    a.standing = STANDING_UNKNOWN;
    assert_int_equal(store_write(f->s, run_standing, &a), ERR_BAD_VALUE);
    a.standing = STANDING_LISTED;
    a.s.shop[0] ^= 0xff;
    assert_int_equal(store_write(f->s, run_standing, &a), ERR_NOT_FOUND);
    assert_int_equal(get(f, f->shop_b).version, 1);
}

static void make_offer(struct offer *o, const char *text)
{
    json_t *v;
    assert_int_equal(jsonx_parse(text, strlen(text), &v), ERR_OK);
    assert_int_equal(offer_parse(v, o, NULL), ERR_OK);
    json_decref(v);
}

static void test_offers_are_replaced_as_a_list(void **state)
{
    struct fixture *f = *state;
    static struct offer o[3], got[OFFER_PER_SHOP];
    struct store_offer_limit limit[OFFER_PER_SHOP];
    uint8_t id[STORE_ID];
    size_t cnt;
    bool current;
    make_offer(&o[0], "{\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FA0\",\"title\":\"八八折\",\"kind\":\"percent\",\"rate_bp\":"
                      "1200,\"per_card_day\":2}");
    make_offer(&o[1], "{\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FA1\",\"title\":\"满减\",\"kind\":\"off_over\",\"off_fen\":"
                      "1500,\"over_fen\":10000}");
    make_offer(&o[2], "{\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FA2\",\"title\":\"一口价\",\"kind\":\"fixed\",\"price_fen\":"
                      "2500,\"per_card_day\":1}");
    struct shop_act a = {.offers = o, .cnt = 3}, b = {.offers = o, .cnt = 1};
    memcpy(a.s.shop, f->shop_a, STORE_ID);
    memcpy(b.s.shop, f->shop_b, STORE_ID);
    assert_int_equal(store_write(f->s, run_offers, &a), ERR_OK);
    assert_int_equal(store_write(f->s, run_offers, &b), ERR_EXISTS); /* the id is another shop's */
    assert_int_equal(get(f, f->shop_b).version, 1);
    struct store_tx *tx = begin(f);
    assert_int_equal(store_offer_list(tx, f->shop_a, got, &cnt), ERR_OK);
    assert_int_equal(cnt, 3);
    assert_string_equal(got[1].title, "满减");
    assert_int_equal(got[1].over_fen, 10000);
    assert_int_equal(store_offer_limits(tx, f->shop_a, limit, &cnt), ERR_OK);
    assert_int_equal(cnt, 2);
    assert_int_equal(limit[0].per_card_day, 2);
    assert_int_equal(limit[1].per_card_day, 1);
    store_read_end(&tx);
    a.offers = &o[2];
    a.cnt = 1;
    assert_int_equal(store_write(f->s, run_offers, &a), ERR_OK);
    assert_int_equal(get(f, f->shop_a).version, 3);
    assert_int_equal(ulid_decode(o[0].id, OFFER_ID_LEN, id), ERR_OK);
    tx = begin(f);
    assert_int_equal(store_offer_list(tx, f->shop_a, got, &cnt), ERR_OK);
    assert_int_equal(cnt, 1);
    assert_string_equal(got[0].id, o[2].id);
    assert_int_equal(store_offer_limits(tx, f->shop_a, limit, &cnt), ERR_OK);
    assert_int_equal(cnt, 1);
    assert_int_equal(store_offer_get(tx, f->shop_a, id, got, &current), ERR_OK);
    assert_false(current);
    assert_int_equal(store_offer_get(tx, f->shop_b, id, got, &current), ERR_NOT_FOUND);
    store_read_end(&tx);
}

static enum err run_notices(struct store_tx *tx, void *ctx)
{
    struct fixture *f = ctx;
    static const uint8_t hash[KEY_HASH] = {1};
    for (int64_t v = 1; v <= 3; v++) {
        char text[32];
        snprintf(text, sizeof text, "{\"version\":%d}", (int)v);
        assert_int_equal(store_notice_put(tx, f->shop_a, v, text, strlen(text), hash), ERR_OK);
    }
    return store_notice_put(tx, f->shop_a, 2, "x", 1, hash) == ERR_EXISTS ? ERR_OK : ERR_INTERNAL;
}

static void test_the_newest_notice_is_given(void **state)
{
    struct fixture *f = *state;
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(store_write(f->s, run_notices, f), ERR_OK);
    struct store_tx *tx = begin(f);
    assert_int_equal(store_notice_newer(tx, f->shop_a, 0, &b), ERR_OK);
    assert_string_equal(buf_str(&b), "{\"version\":3}");
    assert_int_equal(store_notice_newer(tx, f->shop_a, 3, &b), ERR_NOT_FOUND);
    assert_int_equal(store_notice_newer(tx, f->shop_b, 0, &b), ERR_NOT_FOUND);
    buf_reset(&b);
    assert_int_equal(store_notice_get(tx, f->shop_a, 1, &b), ERR_OK);
    assert_string_equal(buf_str(&b), "{\"version\":1}");
    store_read_end(&tx);
    buf_release(&b);
}

static enum err count_shop(void *ctx, const struct store_shop *s)
{
    (void)s;
    ++*(int *)ctx;
    return ERR_OK;
}

static void test_shop_lists_keep_to_the_scope(void **state)
{
    struct fixture *f = *state;
    int all = 0, a = 0, below = 0, after = 0;
    struct store_tx *tx = begin(f);
    assert_int_equal(store_shop_list(tx, f->province, NULL, 100, count_shop, &all), ERR_OK);
    assert_int_equal(store_shop_list(tx, f->city_a, NULL, 100, count_shop, &a), ERR_OK);
    assert_int_equal(store_shop_list(tx, f->district, NULL, 100, count_shop, &below), ERR_OK);
    assert_int_equal(store_shop_list(tx, f->province, f->shop_a, 100, count_shop, &after), ERR_OK);
    store_read_end(&tx);
    assert_int_equal(all, 2);
    assert_int_equal(a, 1);
    assert_int_equal(below, 0);
    assert_int_equal(after, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
    const struct CMUnitTest tests[] = {
        CASE(test_a_scope_is_the_org_and_what_is_below),
        CASE(test_lists_hold_the_scope_parents_first),
        CASE(test_orgs_that_cannot_be),
        CASE(test_shops_that_cannot_be),
        CASE(test_standing_raises_the_version_once),
        CASE(test_offers_are_replaced_as_a_list),
        CASE(test_the_newest_notice_is_given),
        CASE(test_shop_lists_keep_to_the_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
