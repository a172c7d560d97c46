/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_writer.h"
#include "service/store/db.h"
#include <errno.h>
#include <semaphore.h>
#include <signal.h>

/* GROUP_MAX bounds how long the first of a group waits for the last; a log of CHECKPOINT_PAGES (8 MiB) is folded back. */
enum { GROUP_MAX = 512, CHECKPOINT_PAGES = 2048 };

static int note_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((struct store *)ctx)->wal_pages = pages;
    return SQLITE_OK;
}

/* At most GROUP_MAX jobs, in order of arrival; waits for one. NULL: stopping, and nothing is left. */
static struct store_job *take_group(struct store *s)
{
    pthread_mutex_lock(&s->queue_lock);
    while (!s->first && !s->stop)
        pthread_cond_wait(&s->queued, &s->queue_lock);
    struct store_job *group = s->first, *end = group;
    for (int n = 1; end && end->next && n < GROUP_MAX; n++)
        end = end->next;
    if (end) {
        s->first = end->next;
        end->next = NULL;
    }
    if (!s->first)
        s->last = &s->first;
    pthread_mutex_unlock(&s->queue_lock);
    return group;
}

static enum err run_job(struct store_tx *tx, struct store_job *j)
{
    enum err e = db_run(tx, "SAVEPOINT job", DB_NO_ARGS);
    if (e)
        return e;
    e = j->fn(tx, j->ctx);
    if (e && !sqlite3_get_autocommit(tx->db))
        db_run(tx, "ROLLBACK TO job", DB_NO_ARGS);
    if (!sqlite3_get_autocommit(tx->db)) {
        enum err e2 = db_run(tx, "RELEASE job", DB_NO_ARGS);
        e = e ? e : e2;
    }
    return e;
}

/* What the whole group gets: ERR_OK, then each job has its own result; or why nothing was committed. */
static enum err run_group(struct store_tx *tx, struct store_job *group)
{
    enum err e = db_run(tx, "BEGIN IMMEDIATE", DB_NO_ARGS);
    if (e)
        return e;
    for (struct store_job *j = group; j; j = j->next) {
        j->result = run_job(tx, j);
        /* A full disk or an I/O error may undo the whole transaction at once. */
        if (sqlite3_get_autocommit(tx->db))
            return j->result ? j->result : ERR_IO;
    }
    e = db_run(tx, "COMMIT", DB_NO_ARGS);
    if (e && !sqlite3_get_autocommit(tx->db))
        db_run(tx, "ROLLBACK", DB_NO_ARGS);
    return e;
}

static void tell(struct store_job *group, enum err whole)
{
    for (struct store_job *j = group, *next; j; j = next) {
        next = j->next; /* done may free the job */
        j->done(j->ctx, whole ? whole : j->result);
    }
}

/* Whoever reads an old snapshot now is not waited for: the next commit tries again. */
static void empty_log(struct store *s)
{
    sqlite3 *db = s->writer->db;
    sqlite3_busy_timeout(db, 0);
    if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK) {
        s->erased = false;
        s->wal_pages = 0;
    }
    sqlite3_busy_timeout(db, DB_BUSY_MS);
}

static void *writer_main(void *ctx)
{
    struct store *s = ctx;
    struct store_job *group;
    while ((group = take_group(s))) {
        enum err whole = run_group(s->writer, group);
        if (!whole)
            atomic_fetch_add_explicit(&s->commits, 1, memory_order_acq_rel);
        tell(group, whole);
        store_retire_snapshots(s);
        if (s->erased)
            empty_log(s);
        else if (s->wal_pages > CHECKPOINT_PAGES &&
                 sqlite3_wal_checkpoint_v2(s->writer->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) == SQLITE_OK)
            s->wal_pages = 0;
    }
    return NULL;
}

enum err store_writer_start(struct store *s)
{
    sigset_t all, old;
    sqlite3_wal_hook(s->writer->db, note_wal, s);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&s->thread, NULL, writer_main, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc ? ERR_NOMEM : ERR_OK;
}

void store_writer_stop(struct store *s)
{
    pthread_mutex_lock(&s->queue_lock);
    s->stop = true;
    pthread_cond_signal(&s->queued);
    pthread_mutex_unlock(&s->queue_lock);
    pthread_join(s->thread, NULL);
}

void store_submit(struct store *s, struct store_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&s->queue_lock);
    bool stopped = s->stop;
    if (!stopped) {
        *s->last = job;
        s->last = &job->next;
        pthread_cond_signal(&s->queued);
    }
    pthread_mutex_unlock(&s->queue_lock);
    if (stopped)
        job->done(job->ctx, ERR_STOPPING);
}

struct waiter {
    store_fn *fn;
    void *ctx;
    enum err result;
    sem_t done;
};

static enum err waiter_run(struct store_tx *tx, void *ctx)
{
    struct waiter *w = ctx;
    return w->fn(tx, w->ctx);
}

static void waiter_done(void *ctx, enum err e)
{
    struct waiter *w = ctx;
    w->result = e;
    sem_post(&w->done);
}

enum err store_write(struct store *s, store_fn *fn, void *ctx)
{
    struct waiter w = {.fn = fn, .ctx = ctx, .result = ERR_INTERNAL};
    struct store_job job = {.fn = waiter_run, .ctx = &w, .done = waiter_done};
    if (pthread_equal(pthread_self(), s->thread) || sem_init(&w.done, 0, 0))
        return ERR_INTERNAL;
    store_submit(s, &job);
    while (sem_wait(&w.done) && errno == EINTR)
        ;
    sem_destroy(&w.done);
    return w.result;
}
