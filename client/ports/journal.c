/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/journal.h"
#include "base/log.h"
#include "base/tm.h"
#include "client/ports/journal_db.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The WAL is copied back after about so many frames and then used again from its start, which costs less than letting it grow
 * (docs/decisions): long enough that the copying does not show, small enough for a shop's disk. */
enum { WAL_FRAMES = 1000, WAL_BYTES = 4 * 1024 * 1024 };

/* What the newest record should be, from the one before it: a chain that goes on from a damaged end would be worth nothing. */
static enum err check_newest(
    sqlite3_stmt *s, const struct journal_record *newest, struct record_head *before, struct record_head *out)
{
    struct journal_record r;
    struct buf body;
    uint8_t hash[KEY_HASH];
    enum record_kind kind = newest->kind;
    uint64_t seq = newest->seq;
    memcpy(hash, newest->hash, KEY_HASH);
    buf_init(&body, RECORD_BODY_MAX); /* the next step takes the row away */
    enum err e = buf_add(&body, newest->body, newest->body_len);
    if (!e && sqlite3_step(s) == SQLITE_ROW && !(e = journal_db_record(s, &r))) {
        before->seq = r.seq;
        memcpy(before->hash, r.hash, KEY_HASH);
    }
    if (!e)
        e = record_extend(before, kind, body.data, body.len, out);
    if (!e && (out->seq != seq || memcmp(out->hash, hash, KEY_HASH) != 0))
        e = ERR_CHAIN_BROKEN;
    buf_release(&body);
    return e;
}

/* Reads the end of head->epoch's chain from the file. */
static enum err read_head(struct journal *j, struct record_head *head)
{
    struct journal_record r;
    struct record_head before = {.epoch = head->epoch}, next = before;
    sqlite3_stmt *s;
    memcpy(before.terminal, head->terminal, ULID_SIZE);
    next = before;
    int rc = sqlite3_prepare_v2(
        j->db, "SELECT " JOURNAL_COLUMNS " FROM records WHERE id >= ?1 ORDER BY id DESC LIMIT 2", -1, &s, NULL);
    if (rc != SQLITE_OK)
        return journal_db_err(j->db, rc);
    sqlite3_bind_int64(s, 1, journal_db_id(head->epoch, 0));
    rc = sqlite3_step(s);
    enum err e = rc == SQLITE_ROW ? journal_db_record(s, &r) : journal_db_err(j->db, rc);
    if (!e && rc == SQLITE_ROW)
        e = r.epoch == head->epoch ? check_newest(s, &r, &before, &next) : ERR_BAD_VALUE;
    sqlite3_finalize(s);
    if (!e)
        *head = next;
    return e;
}

static enum err read_rest(struct journal *j)
{
    char text[80];
    int64_t sent = 0, day = JOURNAL_NO_DAY;
    sqlite3_snprintf(sizeof text, text, "SELECT seq FROM heads WHERE epoch = %lu", (unsigned long)j->head.epoch);
    enum err e = journal_db_int(j->db, text, &sent);
    if (e && e != ERR_NOT_FOUND)
        return e;
    e = journal_db_int(j->db, "SELECT day FROM days ORDER BY id DESC LIMIT 1", &day);
    if (e && e != ERR_NOT_FOUND)
        return e;
    j->sent = sent > 0 ? (uint64_t)sent : 0;
    j->day = (int32_t)day;
    return ERR_OK;
}

static enum err check_owner(struct journal *j)
{
    sqlite3_stmt *s;
    int rc =
        sqlite3_prepare_v2(j->db, "INSERT INTO owner(id, terminal) VALUES(1, ?1) ON CONFLICT DO NOTHING", -1, &s, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_blob(s, 1, j->head.terminal, ULID_SIZE, SQLITE_STATIC);
        sqlite3_step(s);
        rc = sqlite3_finalize(s);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(j->db, "SELECT terminal = ?1 FROM owner", -1, &s, NULL);
    if (rc != SQLITE_OK)
        return journal_db_err(j->db, rc);
    sqlite3_bind_blob(s, 1, j->head.terminal, ULID_SIZE, SQLITE_STATIC);
    rc = sqlite3_step(s);
    enum err e = rc == SQLITE_ROW && sqlite3_column_int(s, 0) == 1 ? ERR_OK : ERR_BAD_VALUE;
    sqlite3_finalize(s);
    return e;
}

static void copy_back(struct journal *j)
{
    int rc = sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* Not an append's failure: the records are durable in the WAL, which goes on growing until this works. */
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        log_warn("journal: copying back failed: %s", err_code(journal_db_err(j->db, rc)));
    j->frames = 0;
}

/* Writes the WAL once to its full length, so that appends overwrite and need no new blocks. Nothing depends on it. */
static void grow_wal(struct journal *j, const char *path)
{
    struct stat st;
    char *wal = sqlite3_mprintf("%s-wal", path);
    bool long_enough = wal && stat(wal, &st) == 0 && st.st_size >= WAL_BYTES;
    sqlite3_free(wal);
    if (long_enough)
        return;
    if (journal_db_exec(j->db, "CREATE TABLE pad(x); INSERT INTO pad VALUES(zeroblob(2048000))") ||
        journal_db_exec(j->db, "DROP TABLE pad"))
        log_warn("journal: could not prepare its log file; appends will be slower");
    copy_back(j);
}

enum err journal_open(const char *path, const uint8_t terminal[static ULID_SIZE], uint32_t epoch, struct journal **out)
{
    if (epoch == 0 || epoch > JOURNAL_EPOCH_MAX)
        return ERR_BAD_VALUE;
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return ERR_NOMEM;
    memcpy(j->head.terminal, terminal, ULID_SIZE);
    j->head.epoch = epoch;
    enum err e = journal_db_open(path, true, &j->db);
    if (!e)
        e = check_owner(j);
    if (!e)
        e = read_head(j, &j->head);
    if (!e)
        e = read_rest(j);
    if (!e)
        grow_wal(j, path);
    if (e)
        journal_close(&j);
    else
        *out = j;
    return e;
}

void journal_close(struct journal **j)
{
    if (!*j)
        return;
    for (size_t i = 0; i < JOURNAL_STMTS; i++)
        sqlite3_finalize((*j)->stmt[i]);
    sqlite3_close((*j)->db);
    free(*j);
    *j = NULL;
}

static int run(struct journal *j, enum journal_stmt which)
{
    sqlite3_stmt *s;
    if (journal_db_stmt(j, which, &s))
        return SQLITE_NOMEM;
    errno = 0;
    int rc = sqlite3_step(s);
    sqlite3_reset(s);
    return rc;
}

static void undo(struct journal *j)
{
    if (!sqlite3_get_autocommit(j->db) && run(j, JOURNAL_ROLLBACK) != SQLITE_DONE)
        j->stale = true;
}

static void bind_blob(sqlite3_stmt *s, int at, const void *p, size_t n)
{
    if (p)
        sqlite3_bind_blob64(s, at, p, n, SQLITE_STATIC);
    else
        sqlite3_bind_null(s, at);
}

static enum err insert_id(struct journal *j, char kind, const char *id, int64_t record)
{
    uint8_t key[JOURNAL_ID_MAX];
    sqlite3_stmt *s;
    if (!id)
        return ERR_OK;
    size_t n = journal_db_key(kind, id, key);
    if (n == 0)
        return ERR_BAD_VALUE;
    enum err e = journal_db_stmt(j, JOURNAL_INSERT_ID, &s);
    if (e)
        return e;
    bind_blob(s, 1, key, n);
    sqlite3_bind_int64(s, 2, record);
    int rc = sqlite3_step(s);
    e = journal_db_err(j->db, rc);
    sqlite3_reset(s);
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
    int rc = sqlite3_step(s);
    e = rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID ? ERR_BUSY : journal_db_err(j->db, rc);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    if (!e)
        e = insert_id(j, 's', in->sale_id, id);
    if (!e)
        e = insert_id(j, 'c', in->checkout_id, id);
    if (!e)
        e = insert_id(j, 'k', in->key, id);
    if (!e && tm_day(in->at_utc_ms) != *day) {
        *day = tm_day(in->at_utc_ms);
        e = insert_day(j, id, *day);
    }
    return e;
}

/* Inside the transaction: from here to its end nobody else appends. */
static enum err read_again(struct journal *j)
{
    struct record_head end = {.epoch = j->head.epoch};
    memcpy(end.terminal, j->head.terminal, ULID_SIZE);
    enum err e = read_head(j, &end);
    if (!e)
        e = read_rest(j);
    if (e)
        return e;
    j->head = end;
    j->stale = false;
    return ERR_OK;
}

static enum err append_once(struct journal *j, const struct journal_entry *entry, size_t n)
{
    enum err e = journal_db_err(j->db, run(j, JOURNAL_BEGIN));
    if (e)
        return e;
    if (j->stale)
        e = read_again(j);
    struct record_head head = j->head;
    int32_t day = j->day;
    for (size_t i = 0; !e && i < n; i++)
        e = insert(j, &entry[i], &head, &day);
    if (!e)
        e = journal_db_err(j->db, run(j, JOURNAL_COMMIT));
    if (e) {
        undo(j);
        return e;
    }
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
        copy_back(j);
    return ERR_OK;
}

const struct record_head *journal_head(const struct journal *j)
{
    return &j->head;
}

uint64_t journal_sent_seq(const struct journal *j)
{
    return j->sent;
}

int64_t journal_unsent_cnt(const struct journal *j)
{
    return (int64_t)(j->head.seq - j->sent);
}
