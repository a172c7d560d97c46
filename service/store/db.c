/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/db.h"
#include <stdlib.h>

enum err db_err(int rc)
{
    switch (rc) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return ERR_OK;
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return ERR_EXISTS;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return ERR_NOT_FOUND;
    default:
        break;
    }
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return ERR_BAD_VALUE;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_FULL:
        return ERR_DISK_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CANTOPEN:
        return ERR_NOT_FOUND;
    case SQLITE_NOTADB:
        return ERR_BAD_VALUE;
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_READONLY:
        return ERR_INTERNAL;
    default:
        return ERR_IO;
    }
}

/* secure_delete: what was erased is overwritten. FULL: a commit is on the disk when it returns. Checkpoints are the writer's own affair (store_writer.c), so that no
 * waiter pays for one. */
static const char writer_settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                      "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;"
                                      "PRAGMA cache_size = -131072; PRAGMA mmap_size = 2147418112;"
                                      "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;";
static const char reader_settings[] = "PRAGMA query_only = ON; PRAGMA cache_size = -4096;"
                                      "PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 2147418112;";

enum err db_open(const char *path, bool writer, struct store_tx **out)
{
    struct store_tx *tx = calloc(1, sizeof *tx);
    if (!tx)
        return ERR_NOMEM;
    tx->writer = writer;
    /* One thread at a time holds a connection, which the pool's lock hands on: SQLite's own mutexes are not needed. */
    int rc = sqlite3_open_v2(path, &tx->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(tx->db, DB_BUSY_MS);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(tx->db, writer ? writer_settings : reader_settings, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = db_tally(tx->db);
    enum err e = db_err(rc);
    if (e)
        db_close(&tx);
    else
        *out = tx;
    return e;
}

void db_close(struct store_tx **tx)
{
    if (!tx || !*tx)
        return;
    for (size_t i = 0; i < DB_STATEMENTS; i++)
        sqlite3_finalize((*tx)->cached[i].st);
    sqlite3_close((*tx)->db);
    free(*tx);
    *tx = NULL;
}

static enum err prepare(struct store_tx *tx, const char *sql, sqlite3_stmt **out)
{
    size_t at = ((uintptr_t)sql >> 3) % DB_STATEMENTS;
    for (size_t tries = 0; tries < DB_STATEMENTS; tries++, at = (at + 1) % DB_STATEMENTS) {
        if (tx->cached[at].sql == sql) {
            *out = tx->cached[at].st;
            return ERR_OK;
        }
        if (tx->cached[at].sql)
            continue;
        enum err e = db_err(sqlite3_prepare_v3(tx->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &tx->cached[at].st, NULL));
        if (e)
            return e;
        if (!tx->writer && !sqlite3_stmt_readonly(tx->cached[at].st)) {
            sqlite3_finalize(tx->cached[at].st);
            tx->cached[at].st = NULL;
            return ERR_INTERNAL;
        }
        tx->cached[at].sql = sql;
        *out = tx->cached[at].st;
        return ERR_OK;
    }
    return ERR_INTERNAL;
}

static int bind(sqlite3_stmt *st, int at, const struct db_arg *a)
{
    switch (a->type) {
    case DB_INT:
        return sqlite3_bind_int64(st, at, a->i);
    case DB_TEXT:
        return sqlite3_bind_text64(st, at, a->p, a->len, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(st, at, a->p, a->len, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(st, at);
    }
}

enum err db_query(struct store_tx *tx, const char *sql, const struct db_arg *arg, size_t cnt, sqlite3_stmt **rows)
{
    sqlite3_stmt *st;
    enum err e = prepare(tx, sql, &st);
    if (e)
        return e;
    /* The same literal inside its own loop would restart the loop. */
    if (sqlite3_stmt_busy(st) || (int)cnt != sqlite3_bind_parameter_count(st))
        return ERR_INTERNAL;
    for (size_t i = 0; i < cnt && !e; i++)
        e = db_err(bind(st, (int)i + 1, &arg[i]));
    if (e)
        db_done(st);
    else
        *rows = st;
    return e;
}

enum err db_next(sqlite3_stmt *rows)
{
    int rc = sqlite3_step(rows);
    return rc == SQLITE_DONE ? ERR_NOT_FOUND : db_err(rc);
}

enum err db_find(struct store_tx *tx, const char *sql, const struct db_arg *arg, size_t cnt, sqlite3_stmt **row)
{
    sqlite3_stmt *st;
    enum err e = db_query(tx, sql, arg, cnt, &st);
    if (e)
        return e;
    e = db_next(st);
    if (e)
        db_done(st);
    else
        *row = st;
    return e;
}

enum err db_run(struct store_tx *tx, const char *sql, const struct db_arg *arg, size_t cnt)
{
    sqlite3_stmt *st;
    enum err e = db_query(tx, sql, arg, cnt, &st);
    if (e)
        return e;
    /* Not db_next: a foreign key that fails is ERR_NOT_FOUND, too. */
    e = db_err(sqlite3_step(st));
    db_done(st);
    return e;
}

enum err db_run_one(struct store_tx *tx, const char *sql, const struct db_arg *arg, size_t cnt)
{
    enum err e = db_run(tx, sql, arg, cnt);
    return e ? e : sqlite3_changes64(tx->db) ? ERR_OK : ERR_NOT_FOUND;
}

void db_done(sqlite3_stmt *rows)
{
    if (!rows)
        return;
    sqlite3_reset(rows);
    sqlite3_clear_bindings(rows);
}

int64_t db_col_int(sqlite3_stmt *row, int col)
{
    return sqlite3_column_int64(row, col);
}

void db_col_text(sqlite3_stmt *row, int col, char *out, size_t size)
{
    const unsigned char *s = sqlite3_column_text(row, col);
    size_t n = (size_t)sqlite3_column_bytes(row, col);
    if (n >= size)
        n = size - 1;
    if (s)
        memcpy(out, s, n);
    out[s ? n : 0] = 0;
}

void db_col_blob(sqlite3_stmt *row, int col, uint8_t *out, size_t n)
{
    const void *p = sqlite3_column_blob(row, col);
    if (p && (size_t)sqlite3_column_bytes(row, col) == n)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
}
