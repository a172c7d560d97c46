/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_lease.h"
#include "service/store/db.h"

static enum err drop_old(struct store_tx *tx, int64_t number, const struct store_lease *l)
{
    return db_run(tx, "DELETE FROM lease WHERE terminal = ? AND version < ? AND issued_ms < ? AND stop_ms < ?",
        DB_ARGS(db_int(number), db_int(l->version), db_int(l->issued_utc_ms - STORE_LEASE_KEEP_MS),
            db_int(l->stop_utc_ms)));
}

enum err store_lease_put(struct store_tx *tx, const uint8_t terminal[static STORE_ID], const struct store_lease *l)
{
    struct store_terminal t;
    enum err e = store_terminal_get(tx, terminal, &t);
    if (e)
        return e;
    if (t.lease.version >= l->version || t.epoch != l->epoch || t.forked_utc_ms)
        return ERR_BUSY;
    e = db_run_one(tx,
        "UPDATE terminal SET lease_version = ?, lease_epoch = ?, lease_issued_ms = ?, lease_stop_ms = ?,"
        " lease_trust = ?, lease_shop = ?, lease_revoked = ? WHERE id = ?",
        DB_ARGS(db_int(l->version), db_int(l->epoch), db_int(l->issued_utc_ms), db_int(l->stop_utc_ms),
            db_int(l->trust), db_int(l->shop), db_int(l->revoked), db_id(terminal)));
    if (!e)
        e = db_run(tx,
            "INSERT INTO lease(terminal, version, epoch, issued_ms, stop_ms, sales, amount_fen, per_card_day,"
            " keyed_sales, keyed_amount_fen) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            DB_ARGS(db_int(t.number), db_int(l->version), db_int(l->epoch), db_int(l->issued_utc_ms),
                db_int(l->stop_utc_ms), db_int(l->sales), db_int(l->amount_fen), db_int(l->per_card_day),
                db_int(l->keyed_sales), db_int(l->keyed_amount_fen)));
    return e ? e : drop_old(tx, t.number, l);
}

enum err store_lease_get(struct store_tx *tx, int64_t terminal, int64_t version, struct store_lease *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT epoch, issued_ms, stop_ms, sales, amount_fen, per_card_day, keyed_sales, keyed_amount_fen FROM lease"
        " WHERE terminal = ? AND version = ?",
        DB_ARGS(db_int(terminal), db_int(version)), &row);
    if (e)
        return e;
    *out = (struct store_lease){.version = version,
        .epoch = (uint32_t)db_col_int(row, 0),
        .issued_utc_ms = db_col_int(row, 1),
        .stop_utc_ms = db_col_int(row, 2),
        .sales = db_col_int(row, 3),
        .amount_fen = db_col_int(row, 4),
        .per_card_day = db_col_int(row, 5),
        .keyed_sales = db_col_int(row, 6),
        .keyed_amount_fen = db_col_int(row, 7)};
    db_done(row);
    return ERR_OK;
}

enum err store_lease_raise(struct store_tx *tx, int64_t by)
{
    return db_run(tx,
        "UPDATE terminal SET lease_version = max(lease_version, CASE WHEN held_lease < 4503599627370496 THEN held_lease"
        " ELSE 0 END) + ?",
        DB_ARGS(db_int(by)));
}
