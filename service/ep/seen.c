/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/seen.h"
#include "base/log.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One note: heard of, or (has_held) what it holds. */
struct entry {
    uint8_t id[STORE_ID];
    bool has_held;
    struct store_held held;
};

struct seen {
    pthread_mutex_t lock;
    size_t cnt, cap;
    struct entry *entry;
};

struct job {
    size_t cnt;
    const struct entry *entry;
    int64_t now_utc_ms;
};

struct seen *seen_new(void)
{
    struct seen *s = calloc(1, sizeof *s);
    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

void seen_free(struct seen **ps)
{
    struct seen *s = ps ? *ps : NULL;
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s->entry);
    free(s);
    *ps = NULL;
}

static void note(struct seen *s, const struct entry *e)
{
    pthread_mutex_lock(&s->lock);
    if (s->cnt == s->cap && s->cap < SEEN_MAX) {
        size_t cap = s->cap ? s->cap * 2 : 256;
        struct entry *more = realloc(s->entry, cap * sizeof *more);
        if (more) {
            s->entry = more;
            s->cap = cap;
        }
    }
    if (s->cnt < s->cap)
        s->entry[s->cnt++] = *e;
    pthread_mutex_unlock(&s->lock);
}

void seen_add(struct seen *s, const uint8_t terminal[static STORE_ID])
{
    struct entry e = {.has_held = false};
    memcpy(e.id, terminal, STORE_ID);
    note(s, &e);
}

void seen_held(struct seen *s, const uint8_t terminal[static STORE_ID], const struct store_held *held)
{
    struct entry e = {.has_held = true, .held = *held};
    memcpy(e.id, terminal, STORE_ID);
    note(s, &e);
}

static enum err write_seen(struct store_tx *tx, void *ctx)
{
    const struct job *j = ctx;
    for (size_t i = 0; i < j->cnt; i++) {
        const struct entry *n = &j->entry[i];
        enum err e =
            n->has_held ? store_terminal_held(tx, n->id, &n->held) : store_terminal_seen(tx, n->id, j->now_utc_ms);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
    }
    return ERR_OK;
}

void seen_flush(struct seen *s, struct store *store, int64_t now_utc_ms)
{
    pthread_mutex_lock(&s->lock);
    struct job j = {s->cnt, s->entry, now_utc_ms};
    struct entry *taken = s->cnt ? s->entry : NULL;
    if (taken) {
        s->entry = NULL;
        s->cnt = s->cap = 0;
    }
    pthread_mutex_unlock(&s->lock);
    if (!taken)
        return;
    enum err e = store_write(store, write_seen, &j);
    if (e != ERR_OK)
        log_error("noting which terminals were heard of failed: %s", err_text(e, ERR_LANG_EN));
    free(taken);
}
