/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal holds of epochs that are over, and beside its records. */
#include "client/ports/journal_db.h"
#include <string.h>

static enum err number(sqlite3 *db, const char *text, uint32_t epoch, int64_t *out)
{
    char sql[160];
    sqlite3_snprintf(sizeof sql, sql, text, (unsigned long)epoch);
    *out = 0;
    enum err e = journal_db_int(db, sql, out);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Epochs are few: each is a supervised act. */
enum err journal_past(struct journal *j, uint32_t but, uint32_t *epoch, uint64_t *sent)
{
    for (uint32_t i = 1; i < j->head.epoch; i++) {
        int64_t end = 0, seen = 0;
        enum err e = number(j->db, "SELECT max(id) & 0xffffffffff FROM records WHERE id >> 40 = %lu", i, &end);
        if (!e)
            e = number(j->db, "SELECT seq FROM heads WHERE epoch = %lu", i, &seen);
        if (e)
            return e;
        if (i == but || end <= seen)
            continue;
        *epoch = i;
        *sent = (uint64_t)seen;
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
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
