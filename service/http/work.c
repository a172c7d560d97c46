/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/work.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct work {
    pthread_mutex_t lock;
    pthread_cond_t some;
    struct work_item *first, **last;
    size_t queued, queue_max, threads;
    bool ending;
    void (*run)(void *ctx, struct work_item *item);
    void *ctx;
    pthread_t thread[];
};

static struct work_item *take(struct work *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->ending)
        pthread_cond_wait(&w->some, &w->lock);
    struct work_item *item = w->first;
    if (item) {
        w->first = item->next;
        if (!w->first)
            w->last = &w->first;
        w->queued--;
    }
    pthread_mutex_unlock(&w->lock);
    return item;
}

static void *loop(void *arg)
{
    struct work *w = arg;
    for (struct work_item *item; (item = take(w));)
        w->run(w->ctx, item);
    return NULL;
}

enum err work_new(
    struct work **out, size_t threads, size_t queue_max, void (*run)(void *ctx, struct work_item *item), void *ctx)
{
    struct work *w = calloc(1, sizeof *w + threads * sizeof(pthread_t));
    if (!w)
        return ERR_NOMEM;
    *w = (struct work){.queue_max = queue_max, .run = run, .ctx = ctx};
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->some, NULL);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (w->threads < threads && pthread_create(&w->thread[w->threads], NULL, loop, w) == 0)
        w->threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (w->threads < threads) {
        work_free(&w);
        return ERR_NOMEM;
    }
    *out = w;
    return ERR_OK;
}

enum err work_put(struct work *w, struct work_item *item, void (*hold)(void *arg), void *arg)
{
    pthread_mutex_lock(&w->lock);
    enum err e = w->ending ? ERR_STOPPING : w->queued >= w->queue_max ? ERR_TOO_MANY : ERR_OK;
    if (e == ERR_OK) {
        hold(arg);
        item->next = NULL;
        *w->last = item;
        w->last = &item->next;
        w->queued++;
        pthread_cond_signal(&w->some);
    }
    pthread_mutex_unlock(&w->lock);
    return e;
}

void work_free(struct work **pw)
{
    struct work *w = pw ? *pw : NULL;
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->some);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->threads; i++)
        pthread_join(w->thread[i], NULL);
    pthread_cond_destroy(&w->some);
    pthread_mutex_destroy(&w->lock);
    free(w);
    *pw = NULL;
}
