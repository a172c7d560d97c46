/* SPDX-License-Identifier: Apache-2.0 */
/* Forgetting blobs, which the chain only holds the hashes of. */
#include "client/ports/journal_db.h"

/* Runs the statement, and empties the WAL if it changed anything: its old pages still hold the blobs. Somebody reading now makes that
 * wait for the next erasure. */
static enum err run(struct journal *j, sqlite3_stmt *s, int64_t *cnt)
{
    enum err e = journal_db_err(j->db, sqlite3_step(s));
    int64_t changed = e ? 0 : sqlite3_changes64(j->db);
    sqlite3_reset(s);
    if (!e && changed)
        sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (!e && cnt)
        *cnt = changed;
    return e;
}

enum err journal_erase_blobs(struct journal *j, int64_t before_utc_ms, int64_t *cnt)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_ERASE, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, before_utc_ms);
    return run(j, s, cnt);
}

enum err journal_erase_one(struct journal *j, uint32_t epoch, uint64_t seq)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_ERASE_ONE, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, journal_db_id(epoch, seq));
    return run(j, s, NULL);
}

enum err journal_disputes_kept(struct journal *j, int64_t before_utc_ms, journal_each_fn *each, void *ctx)
{
    sqlite3_stmt *s;
    struct journal_record r;
    int rc = SQLITE_DONE;
    enum err e = journal_db_stmt(j, JOURNAL_DISPUTES_KEPT, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, before_utc_ms);
    while (!e && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        e = journal_db_record(s, &r);
        if (!e)
            e = each(ctx, &r);
    }
    if (!e)
        e = journal_db_err(j->db, rc);
    sqlite3_reset(s);
    return e;
}
