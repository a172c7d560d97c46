/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/poll.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096, SLOTS = 128, SLOT_MS = 500 }; /* the wheel turns in 64 s, more than any wait */

struct poll {
    pthread_mutex_t lock;
    void (*resume)(void *ctx, struct poll_waiter *w);
    void *ctx;
    uint64_t mark;
    int64_t turned_ms; /* slots up to here are done */
    bool stopping;
    struct poll_waiter *bucket[BUCKETS], *slot[SLOTS];
};

struct poll *poll_new(void (*resume)(void *ctx, struct poll_waiter *w), void *ctx)
{
    struct poll *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    if (pthread_mutex_init(&p->lock, NULL) != 0) {
        free(p);
        return NULL;
    }
    p->resume = resume;
    p->ctx = ctx;
    return p;
}

void poll_free(struct poll **p)
{
    if (!p || !*p)
        return;
    pthread_mutex_destroy(&(*p)->lock);
    free(*p);
    *p = NULL;
}

uint64_t poll_mark(struct poll *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t mark = p->mark;
    pthread_mutex_unlock(&p->lock);
    return mark;
}

static struct poll_waiter **bucket_of(struct poll *p, const char *shop)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *shop; shop++)
        h = (h ^ (uint8_t)*shop) * 16777619u;
    return &p->bucket[h % BUCKETS];
}

static struct poll_waiter **slot_of(struct poll *p, int64_t until_mono_ms)
{
    return &p->slot[(until_mono_ms / SLOT_MS) % SLOTS];
}

static void put(struct poll *p, struct poll_waiter *w)
{
    struct poll_waiter **b = bucket_of(p, w->shop), **s = slot_of(p, w->until_mono_ms);
    w->next_shop = *b;
    w->link_shop = b;
    if (*b)
        (*b)->link_shop = &w->next_shop;
    *b = w;
    w->next_slot = *s;
    w->link_slot = s;
    if (*s)
        (*s)->link_slot = &w->next_slot;
    *s = w;
    w->waiting = true;
}

static void end(struct poll *p, struct poll_waiter *w)
{
    *w->link_shop = w->next_shop;
    if (w->next_shop)
        w->next_shop->link_shop = w->link_shop;
    *w->link_slot = w->next_slot;
    if (w->next_slot)
        w->next_slot->link_slot = w->link_slot;
    w->waiting = false;
    p->resume(p->ctx, w);
}

bool poll_add(struct poll *p, struct poll_waiter *w, uint64_t mark, void (*hold)(void *arg), void *arg)
{
    pthread_mutex_lock(&p->lock);
    bool ok = !p->stopping && p->mark == mark;
    if (ok) {
        for (struct poll_waiter *o = *bucket_of(p, w->shop), *next; o; o = next) {
            next = o->next_shop;
            if (!strcmp(o->terminal, w->terminal))
                end(p, o);
        }
        hold(arg);
        put(p, w);
    }
    pthread_mutex_unlock(&p->lock);
    return ok;
}

void poll_wake(struct poll *p, const char *shop)
{
    pthread_mutex_lock(&p->lock);
    p->mark++;
    struct poll_waiter **first = shop ? bucket_of(p, shop) : p->bucket;
    for (struct poll_waiter **b = first; b < first + (shop ? 1 : BUCKETS); b++)
        for (struct poll_waiter *w = *b, *next; w; w = next) {
            next = w->next_shop;
            if (!shop || !strcmp(w->shop, shop))
                end(p, w);
        }
    pthread_mutex_unlock(&p->lock);
}

void poll_tick(struct poll *p, int64_t now_mono_ms)
{
    pthread_mutex_lock(&p->lock);
    int64_t from = p->turned_ms;
    if (now_mono_ms - from > (int64_t)SLOTS * SLOT_MS)
        from = now_mono_ms - (int64_t)SLOTS * SLOT_MS;
    for (int64_t at = from; at / SLOT_MS <= now_mono_ms / SLOT_MS; at += SLOT_MS)
        for (struct poll_waiter *w = *slot_of(p, at), *next; w; w = next) {
            next = w->next_slot;
            if (w->until_mono_ms <= now_mono_ms)
                end(p, w);
        }
    p->turned_ms = now_mono_ms;
    pthread_mutex_unlock(&p->lock);
}

void poll_stop(struct poll *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_mutex_unlock(&p->lock);
    poll_wake(p, NULL);
}
