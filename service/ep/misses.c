/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/misses.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

/* The last `limit` misses of one terminal, a ring. */
struct entry {
    struct entry *next;
    uint8_t terminal[STORE_ID];
    size_t at; /* the oldest, next to be overwritten */
    int64_t ms[];
};

struct misses {
    pthread_mutex_t lock;
    size_t limit;
    struct entry *bucket[BUCKETS];
};

struct misses *misses_new(size_t limit)
{
    struct misses *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    pthread_mutex_init(&m->lock, NULL);
    m->limit = limit;
    return m;
}

void misses_free(struct misses **pm)
{
    struct misses *m = pm ? *pm : NULL;
    if (!m)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *e = m->bucket[i], *next; e; e = next) {
            next = e->next;
            free(e);
        }
    pthread_mutex_destroy(&m->lock);
    free(m);
    *pm = NULL;
}

/* The last bytes of a ULID are random. */
static struct entry **place(struct misses *m, const uint8_t terminal[static STORE_ID])
{
    struct entry **e = &m->bucket[(terminal[STORE_ID - 1] | terminal[STORE_ID - 2] << 8) % BUCKETS];
    while (*e && memcmp((*e)->terminal, terminal, STORE_ID) != 0)
        e = &(*e)->next;
    return e;
}

bool misses_take(struct misses *m, const uint8_t terminal[static STORE_ID], int64_t mono_ms)
{
    if (!m->limit)
        return false;
    pthread_mutex_lock(&m->lock);
    struct entry **e = place(m, terminal);
    if (!*e) {
        *e = calloc(1, sizeof **e + m->limit * sizeof(int64_t));
        if (*e)
            memcpy((*e)->terminal, terminal, STORE_ID);
    }
    bool locked = !*e || ((*e)->ms[(*e)->at] && mono_ms - (*e)->ms[(*e)->at] < MISSES_HOUR_MS);
    if (!locked) {
        (*e)->ms[(*e)->at] = mono_ms;
        (*e)->at = ((*e)->at + 1) % m->limit;
    }
    pthread_mutex_unlock(&m->lock);
    return !locked;
}

void misses_forgive(struct misses *m, const uint8_t terminal[static STORE_ID])
{
    if (!m->limit)
        return;
    pthread_mutex_lock(&m->lock);
    struct entry *e = *place(m, terminal);
    if (e) { /* the newest one: of several at about the same time it does not matter whose */
        e->at = (e->at + m->limit - 1) % m->limit;
        e->ms[e->at] = 0;
    }
    pthread_mutex_unlock(&m->lock);
}
