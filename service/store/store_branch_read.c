/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at what is kept of a terminal's journal, and the epoch after it. */
#include "service/store/db.h"
#include "service/store/store_branch.h"

enum err store_branch_list(struct store_tx *tx, const struct store_terminal *t, store_branch_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum err e = db_query(tx,
        "SELECT 0 AS number, epoch AS of, 0, 0, seq, head, 0, 0, 0, ended_ms FROM past WHERE terminal = ?1 UNION ALL"
        " SELECT 0, epoch, 0, 0, seq, head, 0, 0, 0, 0 FROM terminal WHERE number = ?1 UNION ALL"
        " SELECT b.id, b.epoch, b.parent, b.base, b.seq, b.head,"
        " (SELECT count(*) FROM branch_record r WHERE r.branch = b.id AND NOT r.sound), b.first_ms, b.last_ms, 0"
        " FROM branch b WHERE b.terminal = ?1 ORDER BY of, number",
        DB_ARGS(db_int(t->number)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        struct store_branch b = {.number = db_col_int(rows, 0),
            .epoch = (uint32_t)db_col_int(rows, 1),
            .parent = db_col_int(rows, 2),
            .base = (uint64_t)db_col_int(rows, 3),
            .seq = (uint64_t)db_col_int(rows, 4),
            .unsound = db_col_int(rows, 6),
            .first_utc_ms = db_col_int(rows, 7),
            .last_utc_ms = db_col_int(rows, 8),
            .ended_utc_ms = db_col_int(rows, 9)};
        db_col_blob(rows, 5, b.hash, KEY_HASH);
        e = fn(ctx, &b);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static const char of_chain[] = "SELECT seq, kind, hash, body, 1, blob IS NOT NULL, outcome, code, at_ms FROM record"
                               " WHERE terminal = ?1 AND epoch = ?2 AND ?3 = 0 AND seq > ?4 ORDER BY seq LIMIT ?5";
static const char of_branch[] =
    "SELECT r.seq, r.kind, r.hash, r.body, r.sound, r.blob IS NOT NULL, 0, NULL, r.at_ms FROM branch b JOIN"
    " branch_record r ON r.branch = b.id WHERE b.terminal = ?1 AND b.epoch = ?2 AND b.id = ?3 AND r.seq > ?4"
    " ORDER BY r.seq LIMIT ?5";

enum err store_branch_records(
    struct store_tx *tx, const struct store_branch_page *p, store_branch_record_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    char code[48];
    enum err e = db_query(tx, p->branch ? of_branch : of_chain,
        DB_ARGS(db_int(p->terminal), db_int(p->epoch), db_int(p->branch), db_int((int64_t)p->after), db_int(p->limit)),
        &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        struct store_branch_record r = {.seq = (uint64_t)db_col_int(rows, 0),
            .kind = (enum record_kind)db_col_int(rows, 1),
            .body = (const char *)sqlite3_column_text(rows, 3),
            .unsound = !db_col_int(rows, 4),
            .has_blob = db_col_int(rows, 5) != 0,
            .outcome = (enum body_outcome)db_col_int(rows, 6),
            .received_utc_ms = db_col_int(rows, 8)};
        db_col_blob(rows, 2, r.hash, KEY_HASH);
        db_col_text(rows, 7, code, sizeof code);
        r.code = code[0] ? err_from_code(code) : ERR_OK;
        r.body_len = (size_t)sqlite3_column_bytes(rows, 3);
        e = r.body ? fn(ctx, &r) : ERR_NOMEM;
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* One that was restored from a backup may be behind: the terminal was in a later epoch already. */
static enum err newest_epoch(struct store_tx *tx, const struct store_terminal *t, uint32_t *epoch)
{
    sqlite3_stmt *row;
    enum err e =
        db_find(tx, "SELECT coalesce(max(epoch), 0) FROM branch WHERE terminal = ?", DB_ARGS(db_int(t->number)), &row);
    if (e)
        return e;
    *epoch = (uint32_t)db_col_int(row, 0);
    db_done(row);
    if (*epoch < t->epoch)
        *epoch = t->epoch;
    return ERR_OK;
}

enum err store_terminal_resume(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], int64_t at_utc_ms, uint32_t *epoch)
{
    static const uint8_t no_head[KEY_HASH];
    struct store_terminal t;
    uint32_t newest = 0;
    enum err e = store_terminal_get(tx, terminal, &t);
    if (e)
        return e;
    if (t.state != STORE_STATE_ACTIVE && t.state != STORE_STATE_SUSPENDED)
        return ERR_WRONG_STATE;
    e = newest_epoch(tx, &t, &newest);
    if (!e && newest >= INT32_MAX)
        e = ERR_TOO_LARGE;
    if (!e)
        e = db_run(tx, "INSERT INTO past(terminal, epoch, seq, head, ended_ms) VALUES(?, ?, ?, ?, ?)",
            DB_ARGS(db_int(t.number), db_int(t.epoch), db_int((int64_t)t.seq), db_blob(t.hash, KEY_HASH),
                db_int(at_utc_ms)));
    if (!e)
        e = db_run_one(tx, "UPDATE terminal SET epoch = ?, seq = 0, head = ?, forked_ms = 0, state = ? WHERE id = ?",
            DB_ARGS(db_int(newest + 1), db_blob(no_head, KEY_HASH), db_int(STORE_STATE_ACTIVE), db_id(terminal)));
    if (!e)
        *epoch = newest + 1;
    return e;
}
