/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_erase.h"
#include "service/store/db.h"
#include <stdlib.h>

/* The record that names the dispute is its own, or a sale's, whose blob has a term of its own. */
static enum err erase_texts(struct store_tx *tx, const uint8_t *dispute, int64_t at_utc_ms)
{
    tx->store->erased = true;
    enum err e = db_run_one(tx, "UPDATE dispute SET text = NULL, second_text = NULL, erased_ms = ?2 WHERE id = ?1",
        DB_ARGS(db_id(dispute), db_int(at_utc_ms)));
    if (!e)
        e = db_run(tx, "UPDATE dispute_word SET text = '' WHERE dispute = ?1 AND act = ?2",
            DB_ARGS(db_id(dispute), db_int(STORE_WORD_NOTE)));
    return e ? e
             : db_run(tx,
                   "UPDATE record SET blob = NULL, salt = NULL WHERE kind = 6 AND (terminal, epoch, seq) IN"
                   " (SELECT terminal, epoch, seq FROM dispute WHERE id = ?1)",
                   DB_ARGS(db_id(dispute)));
}

enum err store_erase_dispute(struct store_tx *tx, const uint8_t dispute[static STORE_ID], int64_t at_utc_ms)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT state FROM dispute WHERE id = ?", DB_ARGS(db_id(dispute)), &row);
    if (e)
        return e;
    bool closed = db_col_int(row, 0) == STORE_DISPUTE_CLOSED;
    db_done(row);
    return closed ? erase_texts(tx, dispute, at_utc_ms) : ERR_DISPUTE_OPEN;
}

static enum err past_disputes(struct store_tx *tx, int64_t before, int64_t at_utc_ms, int max, int64_t *cnt)
{
    sqlite3_stmt *rows;
    uint8_t(*id)[STORE_ID] = malloc((size_t)max * sizeof *id);
    int n = 0;
    if (!id)
        return ERR_NOMEM;
    enum err e = db_query(tx,
        "SELECT id FROM dispute WHERE state = 4 AND erased_ms < closed_ms AND closed_ms < ? ORDER BY closed_ms LIMIT ?",
        DB_ARGS(db_int(before), db_int(max)), &rows);
    if (!e) {
        while (!(e = db_next(rows)))
            db_col_blob(rows, 0, id[n++], STORE_ID);
        db_done(rows);
        e = e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    for (int i = 0; i < n && !e; i++)
        e = erase_texts(tx, id[i], at_utc_ms);
    free(id);
    *cnt = n;
    return e;
}

enum err store_erase_past(
    struct store_tx *tx, int64_t before_utc_ms, int64_t at_utc_ms, int max, struct store_erased *out)
{
    sqlite3_stmt *row;
    *out = (struct store_erased){0};
    enum err e = past_disputes(tx, before_utc_ms, at_utc_ms, max, &out->disputes);
    if (!e)
        e = db_run(tx,
            "UPDATE record SET blob = NULL, salt = NULL WHERE rowid IN (SELECT r.rowid FROM record r"
            " WHERE r.blob IS NOT NULL AND r.at_ms < ?1 AND NOT (r.kind = 6 AND EXISTS (SELECT 1 FROM dispute d"
            " WHERE d.terminal = r.terminal AND d.epoch = r.epoch AND d.seq = r.seq"
            " AND (d.state <> 4 OR d.closed_ms >= ?1)))"
            " AND NOT (r.kind = 2 AND (r.terminal, r.epoch, r.seq) IN (SELECT s.terminal, s.epoch, s.seq FROM dispute d"
            " JOIN sale s ON s.id = d.sale WHERE d.state <> 4 OR d.closed_ms >= ?1)) ORDER BY r.at_ms LIMIT ?2)",
            DB_ARGS(db_int(before_utc_ms), db_int(max)));
    if (!e)
        e = db_find(tx, "SELECT changes()", DB_NO_ARGS, &row);
    if (e)
        return e;
    out->blobs = db_col_int(row, 0);
    db_done(row);
    e = db_run(tx, "UPDATE branch_record SET blob = NULL, salt = NULL WHERE blob IS NOT NULL AND at_ms < ?",
        DB_ARGS(db_int(before_utc_ms)));
    tx->store->erased |= out->blobs > 0;
    return e;
}
