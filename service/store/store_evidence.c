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

#define COLUMNS                                                                                                        \
    "SELECT r.terminal, t.id, r.epoch, r.seq, r.kind, r.hash, coalesce((SELECT p.hash FROM record p"                   \
    " WHERE p.terminal = r.terminal AND p.epoch = r.epoch AND p.seq = r.seq - 1), zeroblob(32)), r.body, r.code,"      \
    " r.at_ms, r.sig, r.blob IS NULL AND r.body LIKE '%\"blob\":%'"

static enum err walk(sqlite3_stmt *rows, store_evidence_fn *fn, void *ctx)
{
    char code[48];
    enum err e = ERR_OK;
    while (!e && !(e = db_next(rows))) {
        struct store_evidence r = {.terminal = db_col_int(rows, 0),
            .epoch = (uint32_t)db_col_int(rows, 2),
            .seq = (uint64_t)db_col_int(rows, 3),
            .kind = (enum record_kind)db_col_int(rows, 4),
            .body = (const char *)sqlite3_column_text(rows, 7),
            .body_len = (size_t)sqlite3_column_bytes(rows, 7),
            .received_utc_ms = db_col_int(rows, 9),
            .has_sig = sqlite3_column_bytes(rows, 10) == KEY_SIG,
            .erased = db_col_int(rows, 11) != 0};
        db_col_blob(rows, 1, r.terminal_id, STORE_ID);
        db_col_blob(rows, 5, r.hash, KEY_HASH);
        db_col_blob(rows, 6, r.previous, KEY_HASH);
        db_col_text(rows, 8, code, sizeof code);
        r.code = code[0] ? err_from_code(code) : ERR_OK;
        db_col_blob(rows, 10, r.sig, KEY_SIG);
        e = fn(ctx, &r);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_evidence_records(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], store_evidence_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum err e = db_query(tx,
        "WITH newest AS (SELECT r.rowid AS place FROM terminal t JOIN record r ON r.terminal = t.number"
        " WHERE t.shop = ?1 AND (r.kind IN (3, 4, 5, 6) OR (r.kind = 2 AND (r.code IS NOT NULL OR"
        " (r.terminal, r.epoch, r.seq) IN (SELECT s.terminal, s.epoch, s.seq FROM dispute d JOIN sale s ON s.id = "
        "d.sale"
        " WHERE d.shop = ?1)))) ORDER BY r.at_ms DESC, r.rowid DESC LIMIT ?2) " COLUMNS
        " FROM newest n JOIN record r ON r.rowid = n.place JOIN terminal t ON t.number = r.terminal"
        " ORDER BY r.terminal, r.epoch, r.seq",
        DB_ARGS(db_id(shop), db_int(STORE_EVIDENCE_MAX)), &rows);
    return e ? e : walk(rows, fn, ctx);
}

enum err store_evidence_after(struct store_tx *tx, int64_t terminal, uint32_t epoch, uint64_t seq, uint64_t to, int max,
    store_evidence_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum err e = db_query(tx,
        COLUMNS " FROM record r JOIN terminal t ON t.number = r.terminal WHERE r.terminal = ?1 AND r.epoch = ?2"
                " AND r.seq > ?3 AND (?4 = 0 OR r.seq < ?4) ORDER BY r.seq LIMIT ?5",
        DB_ARGS(db_int(terminal), db_int(epoch), db_int((int64_t)seq), db_int((int64_t)to), db_int(max)), &rows);
    return e ? e : walk(rows, fn, ctx);
}

enum err store_evidence_member(struct store_tx *tx, const uint8_t sale[static STORE_ID],
    const uint8_t shop[static STORE_ID], uint8_t member[static STORE_MEMBER_ID])
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT member FROM sale WHERE id = ? AND shop = ? AND member IS NOT NULL",
        DB_ARGS(db_id(sale), db_id(shop)), &row);
    if (e)
        return e;
    db_col_blob(row, 0, member, STORE_MEMBER_ID);
    db_done(row);
    return ERR_OK;
}
