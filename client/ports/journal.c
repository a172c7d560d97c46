/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/journal.h"
#include "base/log.h"
#include "base/tm.h"
#include "client/ports/journal_db.h"
#include <stdlib.h>
#include <string.h>

enum { WAL_BYTES = 4 * 1024 * 1024 };

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
    int64_t day = JOURNAL_NO_DAY;
    enum err e = journal_db_int(j->db, "SELECT day FROM days ORDER BY id DESC LIMIT 1", &day);
    if (e && e != ERR_NOT_FOUND)
        return e;
    j->day = (int32_t)day;
    return journal_past_load(j);
}

enum err journal_read_end(struct journal *j)
{
    struct record_head end = {.epoch = j->head.epoch};
    memcpy(end.terminal, j->head.terminal, ULID_SIZE);
    enum err e = read_head(j, &end);
    if (!e)
        e = journal_tail_load(j);
    if (!e)
        e = read_rest(j);
    if (e)
        return e;
    j->head = end;
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

void journal_copy_back(struct journal *j)
{
    int rc = sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* Not an append's failure: the records are durable in the WAL, which goes on growing until this works. */
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        log_warn("journal: copying back failed: %s", err_code(journal_db_err(j->db, rc)));
    j->frames = 0;
}

static enum err write_zeros(sqlite3_file *f)
{
    static const char zeros[65536];
    sqlite3_int64 size = 0;
    int rc = f->pMethods->xFileSize(f, &size);
    while (rc == SQLITE_OK && size < WAL_BYTES) {
        int n = WAL_BYTES - size < (int)sizeof zeros ? (int)(WAL_BYTES - size) : (int)sizeof zeros;
        rc = f->pMethods->xWrite(f, zeros, n, size);
        size += n;
    }
    if (rc == SQLITE_OK)
        rc = f->pMethods->xSync(f, SQLITE_SYNC_NORMAL);
    return rc == SQLITE_OK ? ERR_OK : ERR_IO;
}

/* Writes the WAL once to its full length, so that appends overwrite and need no new blocks: what follows its last frame is not read.
 * Inside a transaction, for nobody else writes to it then. Nothing depends on it. */
static void grow_wal(struct journal *j)
{
    sqlite3_file *wal = NULL;
    enum err e = journal_db_exec(j->db, "BEGIN IMMEDIATE");
    if (!e && (sqlite3_file_control(j->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK || !wal->pMethods))
        e = ERR_IO;
    if (!e)
        e = write_zeros(wal);
    if (e)
        log_warn("journal: could not prepare its log file; appends will be slower");
    if (!sqlite3_get_autocommit(j->db))
        sqlite3_exec(j->db, "COMMIT", NULL, NULL, NULL);
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
        e = journal_read_end(j);
    if (!e)
        grow_wal(j);
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
    journal_tail_settle(*j);
    for (size_t i = 0; i < JOURNAL_STMTS; i++)
        sqlite3_finalize((*j)->stmt[i]);
    sqlite3_close((*j)->db);
    free(*j);
    *j = NULL;
}

const struct record_head *journal_head(const struct journal *j)
{
    return &j->head;
}

uint64_t journal_sent_seq(const struct journal *j)
{
    return j->sent;
}

/* A kept mark beyond the end: the newest records were lost since. */
static int64_t own_unsent(const struct journal *j)
{
    uint64_t known = j->kept > j->sent ? j->kept : j->sent;
    return known < j->head.seq ? (int64_t)(j->head.seq - known) : 0;
}

int64_t journal_unsent_cnt(const struct journal *j)
{
    return own_unsent(j) + j->past_cnt;
}

int64_t journal_unsent_here(const struct journal *j)
{
    return own_unsent(j);
}
