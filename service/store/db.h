/* SPDX-License-Identifier: Apache-2.0 */
/* What the topics of the store build on: one connection, its prepared statements, typed parameters. Private to
 * service/store. The engine is SQLite; statements keep to what PostgreSQL has too where that costs nothing.
 *
 *     e = db_run(tx, "UPDATE org SET name = ? WHERE id = ?", DB_ARGS(db_text(name), db_int(org)));
 *
 *     e = db_find(tx, SQL, DB_ARGS(db_id(shop)), &row);      one row, or ERR_NOT_FOUND
 *     if (!e) { n = db_col_int(row, 0); db_done(row); }
 *
 *     e = db_query(tx, SQL, DB_ARGS(...), &rows);            many
 *     while (!e && !(e = db_next(rows))) ...                 ends with ERR_NOT_FOUND
 *     db_done(rows);
 *
 * SQL texts are string literals: a statement is prepared once per connection and found again by the literal's address. */
#ifndef HUIKA_SERVICE_DB_H
#define HUIKA_SERVICE_DB_H
#include "service/store/store.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

enum { DB_STATEMENTS = 256, DB_BUSY_MS = 5000 };

/* A connection, and the transaction open on it. */
struct store_tx {
    struct store *store;
    sqlite3 *db;
    struct store_tx *next; /* in the pool of idle snapshots */
    uint64_t seen;         /* commit number that its snapshot is not older than */
    bool writer, open;
    struct {
        const char *sql;
        sqlite3_stmt *st;
    } cached[DB_STATEMENTS];
};

struct store {
    _Atomic uint64_t commits;
    int lock_fd;
    char *path;
    pthread_mutex_t idle_lock;
    struct store_tx *idle; /* snapshots nobody uses */

    struct store_tx *writer; /* the writer thread's alone */
    pthread_t thread;
    pthread_mutex_t queue_lock;
    pthread_cond_t queued;
    struct store_job *first, **last;
    bool stop;
    int wal_pages; /* after the last commit */
    bool erased;   /* the writer's: something was erased, and old pages of the log still hold it */
};

/* Opens a connection with our settings. ERR_NOT_FOUND, ERR_IO, ERR_NOMEM, ERR_BAD_VALUE (not our database). */
enum err db_open(const char *path, bool writer, struct store_tx **out);
void db_close(struct store_tx **tx);
/* SQLite's result code (extended) in our words: unique constraint ERR_EXISTS, foreign key ERR_NOT_FOUND, other
 * constraint ERR_BAD_VALUE. */
enum err db_err(int rc);

/* The schema into an empty database; and whether a database has it: one of an older version is brought up to date
 * first, in one transaction. ERR_BAD_VALUE: not our database; ERR_DB_NEWER: made by a newer version of this program. */
enum err db_schema_make(sqlite3 *db);
enum err db_schema_check(sqlite3 *db);
/* What version 2 has beyond version 1, NULL-terminated (db_schema_2.c). A database made anew runs the same statements. */
extern const char *const db_schema_2[];
extern const char db_schema_dispute[];  /* its disputes */
extern const char *const db_schema_3[]; /* the same of version 3 */

/* Gives a connection the aggregate tally(a, b, c, d, e, f, g): the sums of its seven arguments over a group, as DB_TALLY int64 in this
 * machine's order in one blob. What overflows is an error. PostgreSQL would be asked for seven sum(). */
enum { DB_TALLY = 7 };
int db_tally(sqlite3 *db);

struct db_arg {
    enum { DB_NULL, DB_INT, DB_TEXT, DB_BLOB } type;
    int64_t i;
    const void *p; /* borrowed until the statement is done */
    size_t len;
};
static inline struct db_arg db_int(int64_t v)
{
    return (struct db_arg){DB_INT, v, NULL, 0};
}
static inline struct db_arg db_text_n(const char *s, size_t len)
{
    return (struct db_arg){s ? DB_TEXT : DB_NULL, 0, s, len};
}
static inline struct db_arg db_text(const char *s)
{
    return db_text_n(s, s ? strlen(s) : 0);
}
/* NULL gives SQL's NULL. */
static inline struct db_arg db_blob(const void *p, size_t len)
{
    return (struct db_arg){p ? DB_BLOB : DB_NULL, 0, p, len};
}
static inline struct db_arg db_id(const uint8_t id[static STORE_ID])
{
    return (struct db_arg){DB_BLOB, 0, id, STORE_ID};
}
#define DB_ARGS(...)                                                                                                   \
    (const struct db_arg[]){__VA_ARGS__}, sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg)
#define DB_NO_ARGS NULL, 0

/* Runs a statement that gives no rows. ERR_INTERNAL if it writes and tx is a snapshot. */
enum err db_run(struct store_tx *tx, const char *sql, const struct db_arg *arg, size_t cnt);
/* The same, and ERR_NOT_FOUND if it changed no row. */
enum err db_run_one(struct store_tx *tx, const char *sql, const struct db_arg *arg, size_t cnt);
enum err db_query(struct store_tx *tx, const char *sql, const struct db_arg *arg, size_t cnt, sqlite3_stmt **rows);
enum err db_next(sqlite3_stmt *rows);
enum err db_find(struct store_tx *tx, const char *sql, const struct db_arg *arg, size_t cnt, sqlite3_stmt **row);
void db_done(sqlite3_stmt *rows); /* accepts NULL */

int64_t db_col_int(sqlite3_stmt *row, int col);
/* Copies, closed by 0, cut if need be; "" for NULL. */
void db_col_text(sqlite3_stmt *row, int col, char *out, size_t size);
/* Exactly n bytes; zeros if the column holds anything else. */
void db_col_blob(sqlite3_stmt *row, int col, uint8_t *out, size_t n);
#endif
