/* SPDX-License-Identifier: Apache-2.0 */
/* Putting records on disk. One record is one row, and mostly one page of the WAL. */
#include "base/tm.h"
#include "client/ports/journal_db.h"
#include <string.h>

/* The WAL is copied back after about so many frames and then used again from its start, which costs less than letting it grow: long
 * enough that the copying does not show, small enough for a shop's disk. */
enum { WAL_FRAMES = 1000 };

static void undo(struct journal *j)
{
    if (!sqlite3_get_autocommit(j->db) && journal_db_run(j, JOURNAL_ROLLBACK) != SQLITE_DONE)
        j->stale = true;
}

static void bind_blob(sqlite3_stmt *s, int at, const void *p, size_t n)
{
    if (p)
        sqlite3_bind_blob64(s, at, p, n, SQLITE_STATIC);
    else
        sqlite3_bind_null(s, at);
}

/* As the row keeps it: the key of table ids without its letter. */
static void bind_id(sqlite3_stmt *s, int at, char kind, const char *id)
{
    uint8_t key[JOURNAL_ID_MAX];
    size_t n = id ? journal_db_key(kind, id, key) : 0;
    if (n)
        sqlite3_bind_blob64(s, at, key, n - 1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(s, at);
}

/* Taken by no record before this one, which has them from now on. */
static enum err take_ids(struct journal *j, const struct journal_entry *in, int64_t record)
{
    enum err e = journal_tail_add(j, 's', in->sale_id, record);
    if (!e)
        e = journal_tail_add(j, 'c', in->checkout_id, record);
    if (!e)
        e = journal_tail_add(j, 'k', in->key, record);
    if (!e)
        j->tail.record_cnt++;
    return e;
}

static enum err insert_day(struct journal *j, int64_t record, int32_t day)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_INSERT_DAY, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, record);
    sqlite3_bind_int64(s, 2, day);
    e = journal_db_err(j->db, sqlite3_step(s));
    sqlite3_reset(s);
    return e;
}

/* ERR_BUSY: another process took this seq. */
static enum err insert(struct journal *j, const struct journal_entry *in, struct record_head *head, int32_t *day)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_INSERT, &s);
    if (!e && (head->seq >= JOURNAL_SEQ_MAX || in->blob_len > RECORD_BLOB_MAX))
        e = ERR_TOO_LARGE;
    if (!e && in->blob && !in->salt)
        e = ERR_BAD_VALUE;
    if (!e)
        e = record_extend(head, in->kind, in->body, in->body_len, head);
    if (e)
        return e;
    int64_t id = journal_db_id(head->epoch, head->seq);
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int(s, 2, (int)in->kind);
    sqlite3_bind_int64(s, 3, in->at_utc_ms);
    bind_blob(s, 4, head->hash, KEY_HASH);
    sqlite3_bind_text64(s, 5, in->body, in->body_len, SQLITE_STATIC, SQLITE_UTF8);
    bind_blob(s, 6, in->blob, in->blob_len);
    bind_blob(s, 7, in->blob ? in->salt : NULL, RECORD_SALT);
    bind_blob(s, 8, in->request, KEY_HASH);
    bind_id(s, 9, 's', in->sale_id);
    bind_id(s, 10, 'c', in->checkout_id);
    bind_id(s, 11, 'k', in->key);
    if (in->floor_utc_ms)
        sqlite3_bind_int64(s, 12, in->floor_utc_ms);
    int rc = sqlite3_step(s);
    e = rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID ? ERR_BUSY : journal_db_err(j->db, rc);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    if (!e)
        e = take_ids(j, in, id);
    if (!e && tm_day(in->at_utc_ms) != *day) {
        *day = tm_day(in->at_utc_ms);
        e = insert_day(j, id, *day);
    }
    return e;
}

/* Until the transaction ends nobody else appends. */
static enum err catch_up(struct journal *j)
{
    enum err e = journal_read_end(j);
    if (!e)
        j->stale = false;
    return e;
}

static enum err append_once(struct journal *j, const struct journal_entry *entry, size_t n)
{
    enum err e = journal_db_err(j->db, journal_db_run(j, JOURNAL_BEGIN));
    if (e)
        return e;
    if (j->stale)
        e = catch_up(j);
    struct record_head head = j->head;
    int32_t day = j->day;
    size_t ids = j->tail.cnt;
    int64_t records = j->tail.record_cnt;
    bool full = records + (int64_t)n > JOURNAL_LAG;
    if (!e && full)
        e = journal_tail_index(j);
    for (size_t i = 0; !e && i < n; i++)
        e = insert(j, &entry[i], &head, &day);
    if (!e)
        e = journal_db_err(j->db, journal_db_run(j, JOURNAL_COMMIT));
    if (e) {
        undo(j);
        j->tail.cnt = ids;
        j->tail.record_cnt = records;
        return e;
    }
    if (full)
        journal_tail_drop(&j->tail, ids, records);
    j->head = head;
    j->day = day;
    return ERR_OK;
}

static int count_frames(void *ctx, sqlite3 *db, const char *name, int frames)
{
    (void)db;
    (void)name;
    ((struct journal *)ctx)->frames = frames;
    return SQLITE_OK;
}

enum err journal_append(struct journal *j, const struct journal_entry *entry, size_t n, struct record_head *head)
{
    if (n > JOURNAL_TOGETHER_MAX)
        return ERR_TOO_LARGE;
    sqlite3_wal_hook(j->db, count_frames, j);
    enum err e = append_once(j, entry, n);
    if (e == ERR_BUSY) {
        j->stale = true;
        e = append_once(j, entry, n);
    }
    if (e)
        return e == ERR_BUSY ? ERR_IO : e;
    if (head)
        *head = j->head;
    if (j->frames >= WAL_FRAMES)
        journal_copy_back(j);
    return ERR_OK;
}
