/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal holds of epochs that are over, and beside its records. */
#include "client/ports/journal_db.h"
#include <string.h>

/* 0 if there is no such row. */
static enum err number(sqlite3 *db, const char *text, int64_t first, int64_t last, int64_t *out)
{
    char sql[160];
    sqlite3_snprintf(sizeof sql, sql, text, (long long)first, (long long)last);
    *out = 0;
    enum err e = journal_db_int(db, sql, out);
    if (*out < 0)
        *out = 0;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err marks(struct journal *j, uint32_t epoch, int64_t *sent, int64_t *kept)
{
    enum err e = number(j->db, "SELECT seq FROM heads WHERE epoch = %lld", epoch, 0, sent);
    return e ? e : number(j->db, "SELECT seq FROM kept WHERE epoch = %lld", epoch, 0, kept);
}

enum err journal_known(struct journal *j, uint32_t epoch, uint64_t *seq, uint64_t *end)
{
    int64_t sent = 0, kept = 0, last = 0;
    enum err e = marks(j, epoch, &sent, &kept);
    if (!e)
        e = number(j->db, "SELECT max(id) & 0xffffffffff FROM records WHERE id > %lld AND id <= %lld",
            journal_db_id(epoch, 0), journal_db_id(epoch, JOURNAL_SEQ_MAX), &last);
    if (e)
        return e;
    *seq = (uint64_t)(kept > sent ? kept : sent);
    if (end)
        *end = (uint64_t)last;
    return ERR_OK;
}

/* Epochs are few: each is a supervised act. */
static enum err walk(struct journal *j, uint32_t beyond, uint32_t *first, int64_t *cnt)
{
    *cnt = 0;
    *first = 0;
    for (uint32_t i = beyond + 1; i < j->head.epoch; i++) {
        uint64_t known, end;
        enum err e = journal_known(j, i, &known, &end);
        if (e)
            return e;
        if (end <= known)
            continue;
        *cnt += (int64_t)(end - known);
        if (!*first)
            *first = i;
    }
    return ERR_OK;
}

enum err journal_past(struct journal *j, uint32_t beyond, uint32_t *epoch)
{
    int64_t cnt;
    uint32_t first;
    enum err e = walk(j, beyond, &first, &cnt);
    if (!e && !first)
        e = ERR_NOT_FOUND;
    if (!e)
        *epoch = first;
    return e;
}

enum err journal_past_load(struct journal *j)
{
    int64_t sent = 0, kept = 0;
    uint32_t first;
    enum err e = marks(j, j->head.epoch, &sent, &kept);
    if (e)
        return e;
    j->sent = (uint64_t)sent;
    j->kept = (uint64_t)kept;
    return walk(j, 0, &first, &j->past_cnt);
}

enum err journal_kept(struct journal *j, uint32_t epoch, uint64_t seq)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_SET_KEPT, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, epoch);
    sqlite3_bind_int64(s, 2, (int64_t)seq);
    e = journal_db_err(j->db, sqlite3_step(s));
    sqlite3_reset(s);
    if (!e && epoch == j->head.epoch && seq > j->kept)
        j->kept = seq;
    return !e && epoch < j->head.epoch ? journal_past_load(j) : e;
}

int64_t journal_floor_ms(struct journal *j)
{
    int64_t floor = 0;
    if (journal_db_int(
            j->db, "SELECT floor_ms FROM records WHERE floor_ms IS NOT NULL ORDER BY id DESC LIMIT 1", &floor))
        return 0;
    return floor;
}

enum err journal_hash_at(const char *path, uint32_t epoch, uint64_t seq, uint8_t out[static KEY_HASH])
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    enum err e = journal_db_open(path, false, &db);
    if (e)
        return e;
    e = journal_db_err(db, sqlite3_prepare_v2(db, "SELECT hash FROM records WHERE id = ?1", -1, &s, NULL));
    if (!e) {
        sqlite3_bind_int64(s, 1, journal_db_id(epoch, seq));
        int rc = sqlite3_step(s);
        e = rc == SQLITE_ROW ? ERR_OK : rc == SQLITE_DONE ? ERR_NOT_FOUND : journal_db_err(db, rc);
    }
    if (!e && sqlite3_column_bytes(s, 0) != KEY_HASH)
        e = ERR_BAD_VALUE;
    if (!e)
        memcpy(out, sqlite3_column_blob(s, 0), KEY_HASH);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return e;
}
