/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, closing, and the pool of snapshots. */
#include "service/store/store.h"
#include "base/file.h"
#include "service/store/db.h"
#include "service/store/store_writer.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum err store_create(const char *path)
{
    sqlite3 *db = NULL;
    /* The mode is set before anything is written; SQLite gives its own files beside it the same. */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return file_err(errno);
    close(fd);
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN;", NULL, NULL, NULL);
    enum err e = db_err(rc);
    if (!e)
        e = db_schema_make(db);
    if (!e)
        e = db_err(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    rc = sqlite3_close(db);
    return e ? e : db_err(rc);
}

static enum err take_lock(const char *path, int *fd)
{
    char name[PATH_MAX];
    if (access(path, F_OK))
        return file_err(errno);
    if ((size_t)snprintf(name, sizeof name, "%s.lock", path) >= sizeof name)
        return ERR_TOO_LARGE;
    enum err e = file_lock(name, fd);
    return e == ERR_BUSY ? ERR_SERVICE_RUNNING : e;
}

static void release(struct store *s)
{
    for (struct store_tx *tx = s->idle, *next; tx; tx = next) {
        next = tx->next;
        db_close(&tx);
    }
    /* The last connection folds the log into the database. */
    db_close(&s->writer);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_mutex_destroy(&s->idle_lock);
    pthread_mutex_destroy(&s->queue_lock);
    pthread_cond_destroy(&s->queued);
    free(s->path);
    free(s);
}

enum err store_open(const char *path, struct store **out)
{
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->lock_fd = -1;
    s->last = &s->first;
    pthread_mutex_init(&s->idle_lock, NULL);
    pthread_mutex_init(&s->queue_lock, NULL);
    pthread_cond_init(&s->queued, NULL);
    s->path = strdup(path);
    enum err e = s->path ? take_lock(path, &s->lock_fd) : ERR_NOMEM;
    if (!e)
        e = db_open(path, true, &s->writer);
    if (!e)
        e = db_schema_check(s->writer->db);
    if (!e) {
        s->writer->store = s;
        e = store_writer_start(s);
    }
    if (e)
        release(s);
    else
        *out = s;
    return e;
}

void store_close(struct store **s)
{
    if (!s || !*s)
        return;
    store_writer_stop(*s);
    release(*s);
    *s = NULL;
}

uint64_t store_commit_number(const struct store *s)
{
    return atomic_load_explicit(&s->commits, memory_order_acquire);
}

static void end_snapshot(struct store_tx *tx)
{
    if (tx->open)
        db_run(tx, "COMMIT", DB_NO_ARGS);
    tx->open = false;
}

void store_retire_snapshots(struct store *s)
{
    uint64_t now = store_commit_number(s);
    pthread_mutex_lock(&s->idle_lock);
    for (struct store_tx *tx = s->idle; tx; tx = tx->next)
        if (tx->seen != now)
            end_snapshot(tx);
    pthread_mutex_unlock(&s->idle_lock);
}

static struct store_tx *take_idle(struct store *s)
{
    pthread_mutex_lock(&s->idle_lock);
    struct store_tx *tx = s->idle;
    if (tx)
        s->idle = tx->next;
    pthread_mutex_unlock(&s->idle_lock);
    return tx;
}

static void give_idle(struct store *s, struct store_tx *tx)
{
    pthread_mutex_lock(&s->idle_lock);
    tx->next = s->idle;
    s->idle = tx;
    pthread_mutex_unlock(&s->idle_lock);
}

enum err store_read_begin(struct store *s, struct store_tx **out)
{
    struct store_tx *tx = take_idle(s);
    enum err e = tx ? ERR_OK : db_open(s->path, false, &tx);
    if (e)
        return e;
    tx->store = s;
    /* Read before the snapshot is taken: the snapshot may be newer than this number says, never older. */
    uint64_t now = store_commit_number(s);
    if (tx->open && tx->seen != now)
        end_snapshot(tx);
    if (!tx->open) {
        e = db_run(tx, "BEGIN", DB_NO_ARGS);
        if (e) {
            db_close(&tx);
            return e;
        }
        tx->open = true;
        tx->seen = now;
    }
    *out = tx;
    return ERR_OK;
}

void store_read_end(struct store_tx **tx)
{
    struct store_tx *t = *tx;
    *tx = NULL;
    if (!t)
        return;
    /* An I/O error ends a transaction by itself. */
    if (sqlite3_get_autocommit(t->db))
        t->open = false;
    give_idle(t->store, t);
}

enum err store_mark_get(struct store_tx *tx, const char *name, char out[static STORE_MARK_MAX])
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT value FROM mark WHERE name = ?", DB_ARGS(db_text(name)), &row);
    if (e)
        return e;
    db_col_text(row, 0, out, STORE_MARK_MAX);
    db_done(row);
    return ERR_OK;
}

enum err store_mark_set(struct store_tx *tx, const char *name, const char *value)
{
    return db_run(tx, "INSERT INTO mark(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = ?2",
        DB_ARGS(db_text(name), db_text(value)));
}
