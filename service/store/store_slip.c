/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_slip.h"
#include "proto/body.h"
#include "service/store/db.h"

enum err store_slip_get(struct store_tx *tx, int64_t terminal, uint32_t epoch, uint64_t seq, struct store_slip *out)
{
    sqlite3_stmt *row;
    char code[48];
    enum err e = db_find(tx,
        "SELECT kind, hash, body, outcome, code, at_ms FROM record WHERE terminal = ? AND epoch = ? AND seq = ?",
        DB_ARGS(db_int(terminal), db_int(epoch), db_int((int64_t)seq)), &row);
    if (e)
        return e;
    e = buf_add(&out->body, sqlite3_column_text(row, 2), (size_t)sqlite3_column_bytes(row, 2));
    if (!e) {
        out->kind = (enum record_kind)db_col_int(row, 0);
        db_col_blob(row, 1, out->hash, KEY_HASH);
        out->counted = db_col_int(row, 3) != BODY_HELD;
        db_col_text(row, 4, code, sizeof code);
        out->code = code[0] ? err_from_code(code) : ERR_OK;
        out->received_utc_ms = db_col_int(row, 5);
    }
    db_done(row);
    return e;
}

enum err store_cert_each(struct store_tx *tx, const uint8_t holder[static STORE_ID], store_cert_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum err e =
        db_query(tx, "SELECT der FROM cert WHERE holder = ? ORDER BY not_after_ms DESC", DB_ARGS(db_id(holder)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows)))
        e = fn(ctx, sqlite3_column_blob(rows, 0), (size_t)sqlite3_column_bytes(rows, 0));
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_sale_returned(
    struct store_tx *tx, const uint8_t sale[static STORE_ID], int64_t *returned_fen, int64_t *back_fen)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT returned_fen, back_fen FROM sale WHERE id = ?", DB_ARGS(db_id(sale)), &row);
    if (e)
        return e;
    *returned_fen = db_col_int(row, 0);
    *back_fen = db_col_int(row, 1);
    db_done(row);
    return ERR_OK;
}

enum err store_sale_record(struct store_tx *tx, const uint8_t sale[static STORE_ID],
    const uint8_t shop[static STORE_ID], struct store_slip *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(
        tx, "SELECT terminal, epoch, seq FROM sale WHERE id = ? AND shop = ?", DB_ARGS(db_id(sale), db_id(shop)), &row);
    if (e)
        return e;
    int64_t terminal = db_col_int(row, 0), epoch = db_col_int(row, 1), seq = db_col_int(row, 2);
    db_done(row);
    return store_slip_get(tx, terminal, (uint32_t)epoch, (uint64_t)seq, out);
}
