/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/poll.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct wait {
    struct poll_waiter w;
    int held, resumed;
};

static void resume(void *ctx, struct poll_waiter *w)
{
    ((struct wait *)(void *)w)->resumed++;
    ++*(int *)ctx;
}

static void hold(void *arg)
{
    struct wait *w = arg;
    assert_int_equal(w->resumed, 0);
    w->held++;
}

static struct wait waiter(const char *shop, const char *terminal, int64_t until)
{
    struct wait w = {.w.until_mono_ms = until};
    snprintf(w.w.shop, sizeof w.w.shop, "%s", shop);
    snprintf(w.w.terminal, sizeof w.w.terminal, "%s", terminal);
    return w;
}

static bool add(struct poll *p, struct wait *w)
{
    return poll_add(p, &w->w, poll_mark(p), hold, w);
}

static void a_shop_wakes_its_own_terminals_only(void **state)
{
    int all = 0;
    struct poll *p = poll_new(resume, &all);
    struct wait a = waiter("S1", "A", 1000), b = waiter("S1", "B", 1000), c = waiter("S2", "C", 1000);
    (void)state;
    assert_true(add(p, &a) && add(p, &b) && add(p, &c));
    poll_wake(p, "S1");
    assert_int_equal(a.resumed + b.resumed, 2);
    assert_int_equal(c.resumed, 0);
    poll_wake(p, "S1");
    poll_wake(p, NULL);
    assert_int_equal(c.resumed, 1);
    assert_int_equal(all, 3);
    poll_free(&p);
    assert_null(p);
}

static void news_between_looking_and_waiting_is_not_missed(void **state)
{
    int all = 0;
    struct poll *p = poll_new(resume, &all);
    struct wait a = waiter("S1", "A", 1000);
    (void)state;
    uint64_t mark = poll_mark(p);
    poll_wake(p, "S1");
    assert_false(poll_add(p, &a.w, mark, hold, &a));
    assert_int_equal(a.held, 0);
    assert_true(add(p, &a));
    poll_stop(p);
    assert_int_equal(a.resumed, 1);
    poll_free(&p);
}

static void a_wait_ends_in_its_time_whatever_the_clock_did_before(void **state)
{
    (void)state;
    for (int64_t start = 1; start < INT64_C(1) << 40; start = start * 37 + 250) {
        int all = 0;
        struct poll *p = poll_new(resume, &all);
        struct wait w[200];
        for (int i = 0; i < 200; i++) {
            char name[8];
            snprintf(name, sizeof name, "T%d", i);
            w[i] = waiter("S", name, start + 250 * i);
        }
        poll_tick(p, start - 1);
        for (int i = 0; i < 200; i++)
            assert_true(add(p, &w[i]));
        for (int64_t now = start; now <= start + 50000; now += 125) {
            poll_tick(p, now);
            assert_int_equal(all, (now - start) / 250 + 1 < 200 ? (now - start) / 250 + 1 : 200);
        }
        poll_free(&p);
    }
}

static void a_terminal_waits_once(void **state)
{
    int all = 0;
    struct poll *p = poll_new(resume, &all);
    struct wait first = waiter("S1", "A", 1000), second = first, other = waiter("S1", "B", 1000);
    (void)state;
    assert_true(add(p, &first) && add(p, &other) && add(p, &second));
    assert_int_equal(first.resumed, 1);
    assert_int_equal(second.resumed + other.resumed, 0);
    poll_wake(p, "S1");
    assert_int_equal(first.resumed + second.resumed + other.resumed, 3);
    poll_free(&p);
}

static void nobody_waits_after_the_stop(void **state)
{
    int all = 0;
    struct poll *p = poll_new(resume, &all);
    struct wait a = waiter("S1", "A", 1000);
    (void)state;
    poll_stop(p);
    assert_false(add(p, &a));
    poll_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shop_wakes_its_own_terminals_only),
        cmocka_unit_test(news_between_looking_and_waiting_is_not_missed),
        cmocka_unit_test(a_wait_ends_in_its_time_whatever_the_clock_did_before),
        cmocka_unit_test(a_terminal_waits_once),
        cmocka_unit_test(nobody_waits_after_the_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
