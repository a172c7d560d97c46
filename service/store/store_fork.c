/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_fork.h"
#include "service/store/db.h"

enum err store_fork_count(struct store_tx *tx, int64_t terminal, int64_t *cnt)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT count(*) FROM fork WHERE terminal = ?", DB_ARGS(db_int(terminal)), &row);
    if (e)
        return e;
    *cnt = db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}

enum err store_fork_put(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], const struct store_fork *f, bool *fresh)
{
    struct store_terminal t;
    int64_t cnt = 0;
    *fresh = false;
    enum err e = store_terminal_get(tx, terminal, &t);
    if (!e)
        e = store_fork_count(tx, t.number, &cnt);
    if (!e && cnt < STORE_FORKS) {
        e = db_run(tx, "INSERT INTO fork(terminal, epoch, hash, seq, at_ms, batch) VALUES(?, ?, ?, ?, ?, ?)",
            DB_ARGS(db_int(t.number), db_int(f->epoch), db_blob(f->hash, KEY_HASH), db_int((int64_t)f->seq),
                db_int(f->at_utc_ms), db_blob(f->batch, f->batch_len)));
        *fresh = !e;
        e = e == ERR_EXISTS ? ERR_OK : e;
    }
    if (e || f->epoch < t.epoch || t.forked_utc_ms)
        return e;
    return db_run_one(
        tx, "UPDATE terminal SET forked_ms = ? WHERE id = ?", DB_ARGS(db_int(f->at_utc_ms), db_id(terminal)));
}

enum err store_terminal_resume(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], int64_t at_utc_ms, uint32_t *epoch)
{
    static const uint8_t no_head[KEY_HASH];
    struct store_terminal t;
    enum err e = store_terminal_get(tx, terminal, &t);
    if (e)
        return e;
    if (t.state != STORE_STATE_ACTIVE && t.state != STORE_STATE_SUSPENDED)
        return ERR_WRONG_STATE;
    e = db_run(tx, "INSERT INTO past(terminal, epoch, seq, head, ended_ms) VALUES(?, ?, ?, ?, ?)",
        DB_ARGS(
            db_int(t.number), db_int(t.epoch), db_int((int64_t)t.seq), db_blob(t.hash, KEY_HASH), db_int(at_utc_ms)));
    if (!e)
        e = db_run_one(tx,
            "UPDATE terminal SET epoch = epoch + 1, seq = 0, head = ?, forked_ms = 0, state = ? WHERE id = ?",
            DB_ARGS(db_blob(no_head, KEY_HASH), db_int(STORE_STATE_ACTIVE), db_id(terminal)));
    if (!e)
        *epoch = t.epoch + 1;
    return e;
}
