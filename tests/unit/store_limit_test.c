/* SPDX-License-Identifier: Apache-2.0 */
/* Uses per card and day: held, replaced, given back, run out, taken; and counters that race for the last one. */
#include "base/tm.h"
#include "store_fixture.h"
#include <pthread.h>

enum { THREADS = 8, PER_THREAD = 25, LIMIT = 3 };

struct step {
    struct store_reserve r;
    int64_t sold_ms;
    bool over;
    int32_t left;
};

static struct step step_of(const struct fixture *f, uint8_t checkout, int32_t limit)
{
    struct step s = {.r = {.per_card_day = limit, .at_utc_ms = FIXTURE_NOW}};
    s.r.checkout[0] = checkout;
    s.r.offer[0] = 1;
    s.r.member[0] = 9;
    memcpy(s.r.terminal, f->terminal_a, STORE_ID);
    return s;
}

static enum err run_reserve(struct store_tx *tx, void *ctx)
{
    return store_limit_reserve(tx, &((struct step *)ctx)->r);
}

static enum err run_release(struct store_tx *tx, void *ctx)
{
    const struct step *s = ctx;
    return store_limit_release(tx, s->r.terminal, s->r.checkout);
}

static enum err run_consume(struct store_tx *tx, void *ctx)
{
    struct step *s = ctx;
    return store_limit_consume(tx, &s->r, s->sold_ms ? s->sold_ms : s->r.at_utc_ms, &s->over);
}

static enum err run_purge(struct store_tx *tx, void *ctx)
{
    return store_limit_purge(tx, ((const struct step *)ctx)->r.at_utc_ms, 100);
}

static bool reserve(struct fixture *f, struct step *s)
{
    assert_int_equal(store_write(f->s, run_reserve, s), ERR_OK);
    return s->r.reserved;
}

static int32_t left(struct fixture *f, const struct step *s)
{
    struct store_tx *tx;
    int32_t n = -1;
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_limit_left(tx, s->r.member, s->r.offer, s->r.per_card_day, s->r.at_utc_ms, &n), ERR_OK);
    store_read_end(&tx);
    return n;
}

static void test_the_same_checkout_again_holds_once(void **state)
{
    struct fixture *f = *state;
    struct step a = step_of(f, 1, 2);
    assert_true(reserve(f, &a));
    assert_int_equal(a.r.expires_utc_ms, FIXTURE_NOW + 15 * 60 * 1000);
    int64_t expires = a.r.expires_utc_ms;
    a.r.at_utc_ms += 60000;
    assert_true(reserve(f, &a));
    assert_int_equal(a.r.expires_utc_ms, expires);
    assert_int_equal(left(f, &a), 1);
}

static void test_none_left_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct step a = step_of(f, 1, 1), b = step_of(f, 2, 1);
    assert_true(reserve(f, &a));
    b.r.offer[0] = 2;
    assert_true(reserve(f, &b));
    b.r.offer[0] = 1; /* wants the offer that is used up: keeps what it has */
    assert_false(reserve(f, &b));
    assert_int_equal(left(f, &b), 0);
    b.r.offer[0] = 2;
    assert_int_equal(left(f, &b), 0);
}

static void test_another_offer_or_member_replaces(void **state)
{
    struct fixture *f = *state;
    struct step a = step_of(f, 1, 1);
    assert_true(reserve(f, &a));
    a.r.offer[0] = 2;
    assert_true(reserve(f, &a));
    a.r.offer[0] = 1;
    assert_int_equal(left(f, &a), 1);
    a.r.offer[0] = 2;
    a.r.member[0] = 10;
    assert_true(reserve(f, &a));
    a.r.member[0] = 9;
    assert_int_equal(left(f, &a), 1);
}

static void test_a_hold_runs_out_after_fifteen_minutes(void **state)
{
    struct fixture *f = *state;
    struct step a = step_of(f, 1, 1), b = step_of(f, 2, 1);
    assert_true(reserve(f, &a));
    b.r.at_utc_ms = FIXTURE_NOW + STORE_LIMIT_HOLD_MS - 1;
    assert_false(reserve(f, &b));
    b.r.at_utc_ms++;
    assert_int_equal(left(f, &b), 1);
    assert_true(reserve(f, &b));
    /* The first one sells late: the sale stands, and is over the limit. */
    a.r.at_utc_ms = b.r.at_utc_ms + 1;
    assert_int_equal(store_write(f->s, run_consume, &a), ERR_OK);
    assert_true(a.over);
}

static void test_a_late_sale_is_not_over_if_nobody_took_its_use(void **state)
{
    struct fixture *f = *state;
    struct step a = step_of(f, 1, 1);
    assert_true(reserve(f, &a));
    a.sold_ms = a.r.at_utc_ms;
    a.r.at_utc_ms += TM_DAY_MS;
    assert_int_equal(store_write(f->s, run_consume, &a), ERR_OK);
    assert_false(a.over);
    a.r.at_utc_ms = FIXTURE_NOW;
    assert_int_equal(left(f, &a), 0);
}

static void test_release_gives_back_only_what_is_held(void **state)
{
    struct fixture *f = *state;
    struct step a = step_of(f, 1, 1), foreign = step_of(f, 1, 1);
    memcpy(foreign.r.terminal, f->terminal_b, STORE_ID);
    assert_true(reserve(f, &a));
    assert_int_equal(store_write(f->s, run_release, &foreign), ERR_OK);
    assert_int_equal(left(f, &a), 0);
    assert_int_equal(store_write(f->s, run_reserve, &foreign), ERR_EXISTS);
    assert_int_equal(store_write(f->s, run_release, &a), ERR_OK);
    assert_int_equal(store_write(f->s, run_release, &a), ERR_OK);
    assert_int_equal(left(f, &a), 1);
    assert_true(reserve(f, &a));
    assert_int_equal(store_write(f->s, run_consume, &a), ERR_OK);
    assert_false(a.over);
    assert_int_equal(store_write(f->s, run_release, &a), ERR_OK);
    assert_int_equal(left(f, &a), 0);
    assert_true(reserve(f, &a)); /* the same answer as before the sale */
    a.r.offer[0] = 2;
    assert_int_equal(store_write(f->s, run_reserve, &a), ERR_WRONG_STATE);
}

static void test_a_new_day_in_shanghai_has_new_uses(void **state)
{
    struct fixture *f = *state;
    struct step a = step_of(f, 1, 1), b = step_of(f, 2, 1);
    a.r.at_utc_ms = tm_day_start_ms(tm_day(FIXTURE_NOW) + 1) - 1;
    b.r.at_utc_ms = a.r.at_utc_ms;
    assert_true(reserve(f, &a));
    assert_false(reserve(f, &b));
    b.r.at_utc_ms++;
    assert_true(reserve(f, &b));
}

static void test_purging_drops_old_days_only(void **state)
{
    struct fixture *f = *state;
    struct step a = step_of(f, 1, 1), old = step_of(f, 2, 1);
    old.r.at_utc_ms -= 5 * TM_DAY_MS;
    assert_true(reserve(f, &a));
    assert_int_equal(store_write(f->s, run_consume, &old), ERR_OK);
    assert_int_equal(store_write(f->s, run_purge, &a), ERR_OK);
    assert_int_equal(left(f, &a), 0);
    assert_int_equal(left(f, &old), 1);
}

struct racer {
    struct fixture *f;
    int n, got;
};

static void *race(void *ctx)
{
    struct racer *r = ctx;
    for (int i = 0; i < PER_THREAD; i++) {
        struct step s = step_of(r->f, (uint8_t)(1 + r->n), LIMIT);
        s.r.checkout[1] = (uint8_t)i;
        if (store_write(r->f->s, run_reserve, &s))
            abort();
        r->got += s.r.reserved;
    }
    return NULL;
}

static void test_racing_counters_share_the_limit(void **state)
{
    struct fixture *f = *state;
    pthread_t thread[THREADS];
    struct racer r[THREADS];
    int got = 0;
    for (int i = 0; i < THREADS; i++) {
        r[i] = (struct racer){f, i, 0};
        assert_int_equal(pthread_create(&thread[i], NULL, race, &r[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        got += r[i].got;
    }
    assert_int_equal(got, LIMIT);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
    const struct CMUnitTest tests[] = {
        CASE(test_the_same_checkout_again_holds_once),
        CASE(test_none_left_changes_nothing),
        CASE(test_another_offer_or_member_replaces),
        CASE(test_a_hold_runs_out_after_fifteen_minutes),
        CASE(test_a_late_sale_is_not_over_if_nobody_took_its_use),
        CASE(test_release_gives_back_only_what_is_held),
        CASE(test_a_new_day_in_shanghai_has_new_uses),
        CASE(test_purging_drops_old_days_only),
        CASE(test_racing_counters_share_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
