/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the journal only: the file's layout and SQLite's errors in our words. */
#ifndef HUIKA_JOURNAL_DB_H
#define HUIKA_JOURNAL_DB_H
#include "client/ports/journal.h"
#include <sqlite3.h>

#define JOURNAL_NO_DAY INT32_MIN

/* records.id = epoch << 40 | seq: the chain's order is the table's, and an append touches one page of it.
 * days: the first record of each run of one Shanghai day, so that a day's sales need no index that every append would write. */
enum { JOURNAL_SEQ_BITS = 40, JOURNAL_EPOCH_MAX = (1 << 22) - 1, JOURNAL_ID_MAX = JOURNAL_KEY_MAX + 1 };
#define JOURNAL_SEQ_MAX ((UINT64_C(1) << JOURNAL_SEQ_BITS) - 1)

enum journal_stmt {
    JOURNAL_BEGIN,
    JOURNAL_COMMIT,
    JOURNAL_ROLLBACK,
    JOURNAL_INSERT,
    JOURNAL_INSERT_ID,
    JOURNAL_INSERT_DAY,
    JOURNAL_BY_ID,
    JOURNAL_BY_DAY,
    JOURNAL_AFTER,
    JOURNAL_SET_OUTCOME,
    JOURNAL_SET_HEAD,
    JOURNAL_ERASE,
    JOURNAL_STMTS
};

struct journal {
    sqlite3 *db;
    sqlite3_stmt *stmt[JOURNAL_STMTS]; /* prepared at first use, kept */
    struct record_head head;
    uint64_t sent;
    int32_t day; /* Shanghai day of the newest record; JOURNAL_NO_DAY: none */
    int frames;  /* in the WAL since it was last copied back */
    bool stale;  /* a rollback failed: read the head again before anything else */
};

int64_t journal_db_id(uint32_t epoch, uint64_t seq);
uint32_t journal_db_epoch(int64_t id);
uint64_t journal_db_seq(int64_t id);
/* The key of table ids: a ULID's 16 bytes or the text, then a letter that says which. Times in ULIDs keep a sale's two ids side by
 * side, on the tree's newest page. Returns the length; 0 if `id` is no ULID where one is wanted. */
size_t journal_db_key(char kind, const char *id, uint8_t out[static JOURNAL_ID_MAX]);

/* SQLite's result as ours, with the system's reason where there is one. SQLITE_OK, ROW and DONE are ERR_OK. */
enum err journal_db_err(sqlite3 *db, int rc);
enum err journal_db_exec(sqlite3 *db, const char *text);
/* One number of one row. */
enum err journal_db_int(sqlite3 *db, const char *text, int64_t *out);
/* Opens; writing: makes the file (0600) and its tables if absent. Checks that it is a journal. */
enum err journal_db_open(const char *path, bool writing, sqlite3 **out);
enum err journal_db_stmt(struct journal *j, enum journal_stmt which, sqlite3_stmt **out);
/* A row of JOURNAL_COLUMNS as a record; borrowed from the statement. */
#define JOURNAL_COLUMNS "id, kind, at_ms, hash, body, blob, salt, request, outcome, code"
enum err journal_db_record(sqlite3_stmt *s, struct journal_record *r);
#endif
