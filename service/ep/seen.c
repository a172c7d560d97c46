/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/seen.h"
#include "base/log.h"
#include "service/store/store_terminal.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    pthread_mutex_t lock;
    size_t cnt;
    uint8_t (*id)[STORE_ID];
};

struct job {
    size_t cnt;
    const uint8_t (*id)[STORE_ID];
    int64_t now_utc_ms;
};

struct seen *seen_new(void)
{
    struct seen *s = calloc(1, sizeof *s);
    if (s && !(s->id = malloc(SEEN_MAX * sizeof *s->id))) {
        free(s);
        s = NULL;
    }
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
    free(s->id);
    free(s);
    *ps = NULL;
}

void seen_add(struct seen *s, const uint8_t terminal[static STORE_ID])
{
    pthread_mutex_lock(&s->lock);
    if (s->cnt < SEEN_MAX)
        memcpy(s->id[s->cnt++], terminal, STORE_ID);
    pthread_mutex_unlock(&s->lock);
}

static enum err write_seen(struct store_tx *tx, void *ctx)
{
    const struct job *j = ctx;
    for (size_t i = 0; i < j->cnt; i++) {
        enum err e = store_terminal_seen(tx, j->id[i], j->now_utc_ms);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
    }
    return ERR_OK;
}

void seen_flush(struct seen *s, struct store *store, int64_t now_utc_ms)
{
    pthread_mutex_lock(&s->lock);
    size_t cnt = s->cnt;
    uint8_t(*copy)[STORE_ID] = cnt ? malloc(cnt * sizeof *copy) : NULL;
    if (copy) {
        memcpy(copy, s->id, cnt * sizeof *copy);
        s->cnt = 0;
    }
    pthread_mutex_unlock(&s->lock);
    if (!copy)
        return;
    struct job j = {cnt, (const uint8_t(*)[STORE_ID])copy, now_utc_ms};
    enum err e = store_write(store, write_seen, &j);
    if (e != ERR_OK)
        log_error("noting which terminals were heard of failed: %s", err_text(e, ERR_LANG_EN));
    free(copy);
}
