/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_evidence.h"
#include "service/store/db.h"

enum err store_evidence_notices(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], store_evidence_notice_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum err e = db_query(
        tx, "SELECT version, envelope FROM notice WHERE shop = ? ORDER BY version", DB_ARGS(db_id(shop)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows)))
        e = fn(ctx, db_col_int(rows, 0), (const char *)sqlite3_column_text(rows, 1),
            (size_t)sqlite3_column_bytes(rows, 1));
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_evidence_records(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], store_evidence_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    char code[48];
    enum err e = db_query(tx,
        "SELECT r.terminal, r.epoch, r.seq, r.kind, r.hash, r.body, r.code, r.at_ms, s.member"
        " FROM terminal t JOIN record r ON r.terminal = t.number"
        " LEFT JOIN sale s ON r.kind = 2 AND s.terminal = r.terminal AND s.epoch = r.epoch AND s.seq = r.seq AND "
        "s.shop = t.shop"
        " WHERE t.shop = ?1 AND (r.kind IN (3, 4, 5, 6) OR (r.kind = 2 AND (r.code IS NOT NULL OR s.id IN"
        " (SELECT d.sale FROM dispute d WHERE d.shop = ?1))))"
        " ORDER BY r.at_ms DESC, r.terminal, r.epoch, r.seq DESC LIMIT ?2",
        DB_ARGS(db_id(shop), db_int(STORE_EVIDENCE_MAX)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        struct store_evidence r = {.terminal = db_col_int(rows, 0),
            .epoch = (uint32_t)db_col_int(rows, 1),
            .seq = (uint64_t)db_col_int(rows, 2),
            .kind = (enum record_kind)db_col_int(rows, 3),
            .body = (const char *)sqlite3_column_text(rows, 5),
            .body_len = (size_t)sqlite3_column_bytes(rows, 5),
            .received_utc_ms = db_col_int(rows, 7),
            .has_member = sqlite3_column_type(rows, 8) != SQLITE_NULL};
        db_col_blob(rows, 4, r.hash, KEY_HASH);
        db_col_text(rows, 6, code, sizeof code);
        r.code = code[0] ? err_from_code(code) : ERR_OK;
        db_col_blob(rows, 8, r.member, STORE_MEMBER_ID);
        e = fn(ctx, &r);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
