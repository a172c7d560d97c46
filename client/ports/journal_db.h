/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the journal only: the file's layout and SQLite's errors in our words. */
#ifndef HUIKA_JOURNAL_DB_H
#define HUIKA_JOURNAL_DB_H
#include "client/ports/journal.h"
#include <sqlite3.h>

#define JOURNAL_NO_DAY INT32_MIN

/* records.id = epoch << 40 | seq: the chain's order is the table's, and an append touches one page of it.
 * days: the first record of each run of one Shanghai day, so that a day's sales need no index that every append would write.
 * ids: finds a record by its ids, for all records up to owner.indexed. It lags (journal_tail.c), for a table in the order of ids costs an
 * append as much as the record itself. */
enum {
    JOURNAL_SEQ_BITS = 40,
    JOURNAL_EPOCH_MAX = (1 << 22) - 1,
    JOURNAL_ID_MAX = JOURNAL_KEY_MAX + 1,
    JOURNAL_IDS = 3
};
#define JOURNAL_SEQ_MAX ((UINT64_C(1) << JOURNAL_SEQ_BITS) - 1)

enum journal_stmt {
    JOURNAL_BEGIN,
    JOURNAL_COMMIT,
    JOURNAL_ROLLBACK,
    JOURNAL_INSERT,
    JOURNAL_INSERT_ID,
    JOURNAL_FIND_ID,
    JOURNAL_SET_INDEXED,
    JOURNAL_INSERT_DAY,
    JOURNAL_BY_ID,
    JOURNAL_TAIL,
    JOURNAL_BY_DAY,
    JOURNAL_AFTER,
    JOURNAL_SET_OUTCOME,
    JOURNAL_SET_HEAD,
    JOURNAL_SET_KEPT,
    JOURNAL_ERASE,
    JOURNAL_ERASE_ONE,
    JOURNAL_DISPUTES_KEPT,
    JOURNAL_STMTS
};

/* So many records may lie beyond owner.indexed before the next append writes their ids. */
enum { JOURNAL_LAG = 64, JOURNAL_TAIL_MAX = JOURNAL_IDS * (JOURNAL_LAG + JOURNAL_TOGETHER_MAX) };

/* The ids of the records beyond owner.indexed, oldest first. */
struct journal_tail {
    int64_t record_cnt; /* with those that have no ids */
    size_t cnt;
    uint32_t print[JOURNAL_TAIL_MAX]; /* of each key: looked through first */
    struct journal_tail_id {
        int64_t record;
        size_t len;
        uint8_t key[JOURNAL_ID_MAX];
    } id[JOURNAL_TAIL_MAX];
};

struct journal {
    sqlite3 *db;
    sqlite3_stmt *stmt[JOURNAL_STMTS]; /* prepared at first use, kept */
    struct record_head head;
    uint64_t sent, kept; /* of this epoch: countersigned; kept apart by the service */
    int64_t past_cnt;    /* records of epochs before it that the service does not have */
    int32_t day;         /* Shanghai day of the newest record; JOURNAL_NO_DAY: none */
    int frames;          /* in the WAL since it was last copied back */
    bool stale; /* another process appended, or a rollback failed: read head and tail again before anything else */
    struct journal_tail tail;
};

int64_t journal_db_id(uint32_t epoch, uint64_t seq);
uint32_t journal_db_epoch(int64_t id);
uint64_t journal_db_seq(int64_t id);
/* The key of table ids: a ULID's 16 bytes or the text, then a letter that says which: 's'ale, 'c'heckout, 'k'ey. Times in ULIDs keep a
 * sale's two ids side by side, on the tree's newest page. Returns the length; 0 if `id` is no ULID where one is wanted. */
size_t journal_db_key(char kind, const char *id, uint8_t out[static JOURNAL_ID_MAX]);
/* The same from the columns sale, checkout, idem (0, 1, 2) of a record, which begin at column `from`; 0: it has none, or none that could
 * be one. */
size_t journal_db_column_key(sqlite3_stmt *s, int from, int which, uint8_t out[static JOURNAL_ID_MAX]);

/* SQLite's result as ours, with the system's reason where there is one. SQLITE_OK, ROW and DONE are ERR_OK. */
enum err journal_db_err(sqlite3 *db, int rc);
enum err journal_db_exec(sqlite3 *db, const char *text);
/* One number of one row. */
enum err journal_db_int(sqlite3 *db, const char *text, int64_t *out);
/* Opens; writing: makes the file (0600) and its tables if absent. Checks that it is a journal. */
enum err journal_db_open(const char *path, bool writing, sqlite3 **out);
enum err journal_db_stmt(struct journal *j, enum journal_stmt which, sqlite3_stmt **out);
/* One step of a statement without rows. errno is the system's reason if it failed. */
int journal_db_run(struct journal *j, enum journal_stmt which);
/* A row of JOURNAL_COLUMNS as a record; borrowed from the statement. */
#define JOURNAL_COLUMNS "id, kind, at_ms, hash, body, blob, salt, request, outcome, code"
enum { JOURNAL_COLUMN_CNT = 10 };
enum err journal_db_record(sqlite3_stmt *s, struct journal_record *r);

/* journal.c: head, day and tail of j->head.epoch from the file. *j is as before on error. */
enum err journal_read_end(struct journal *j);
/* journal_past.c: what the service has of all epochs, from the file. */
enum err journal_past_load(struct journal *j);
/* Copies the WAL into the database, if nobody is reading an older state. */
void journal_copy_back(struct journal *j);

/* journal_tail.c. Reads the tail; ERR_CHAIN_BROKEN: the index knows of records that are not there. */
enum err journal_tail_load(struct journal *j);
/* Inside a transaction: one id more. ERR_EXISTS: that one is taken; ERR_BAD_VALUE: no id. NULL is no id to add. */
enum err journal_tail_add(struct journal *j, char kind, const char *id, int64_t record);
/* Inside a transaction: writes the whole tail to the table; the tail is only shortened by journal_tail_drop, after the commit. */
enum err journal_tail_index(struct journal *j);
void journal_tail_drop(struct journal_tail *t, size_t ids, int64_t records);
/* Writes what is left, before the file is closed. Nothing is lost if that fails. */
void journal_tail_settle(struct journal *j);
/* The record with this key: tail first, then the table. ERR_NOT_FOUND. */
enum err journal_tail_find(struct journal *j, const uint8_t *key, size_t len, int64_t *record);
#endif
