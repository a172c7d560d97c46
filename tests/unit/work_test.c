/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/work.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

struct job {
    struct work_item item;
    atomic_int held, ran;
};

struct shared {
    pthread_mutex_t gate; /* held: jobs wait here */
    atomic_int running, ran;
};

static void run(void *ctx, struct work_item *item)
{
    struct shared *s = ctx;
    struct job *j = (struct job *)(void *)item;
    atomic_fetch_add(&s->running, 1);
    pthread_mutex_lock(&s->gate);
    pthread_mutex_unlock(&s->gate);
    if (atomic_load(&j->held) != 1)
        abort();
    atomic_fetch_add(&j->ran, 1);
    atomic_fetch_add(&s->ran, 1);
}

static void hold(void *arg)
{
    atomic_fetch_add(&((struct job *)arg)->held, 1);
}

static void everything_put_runs_once_before_the_end(void **state)
{
    enum { JOBS = 1000 };
    struct shared s = {.gate = PTHREAD_MUTEX_INITIALIZER};
    struct job *j = calloc(JOBS, sizeof *j);
    struct work *w = NULL;
    (void)state;
    assert_int_equal(work_new(&w, 4, JOBS, run, &s), ERR_OK);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(work_put(w, &j[i].item, hold, &j[i]), ERR_OK);
    work_free(&w);
    assert_null(w);
    assert_int_equal(s.ran, JOBS);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(j[i].ran, 1);
    free(j);
}

static void a_full_queue_refuses_and_holds_nothing(void **state)
{
    struct shared s = {.gate = PTHREAD_MUTEX_INITIALIZER};
    struct job j[4] = {{{0}, 0, 0}};
    struct work *w = NULL;
    (void)state;
    pthread_mutex_lock(&s.gate);
    assert_int_equal(work_new(&w, 1, 2, run, &s), ERR_OK);
    assert_int_equal(work_put(w, &j[0].item, hold, &j[0]), ERR_OK);
    while (!atomic_load(&s.running)) /* the thread has taken the first; two may wait */
        ;
    assert_int_equal(work_put(w, &j[1].item, hold, &j[1]), ERR_OK);
    assert_int_equal(work_put(w, &j[2].item, hold, &j[2]), ERR_OK);
    assert_int_equal(work_put(w, &j[3].item, hold, &j[3]), ERR_TOO_MANY);
    pthread_mutex_unlock(&s.gate);
    work_free(&w);
    assert_int_equal(s.ran, 3);
    assert_int_equal(j[3].held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_put_runs_once_before_the_end),
        cmocka_unit_test(a_full_queue_refuses_and_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
