/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_revoked.h"
#include "service/store/db.h"

enum err store_revoked_newest(struct store_tx *tx, struct store_revoked *out)
{
    sqlite3_stmt *row;
    enum err e =
        db_find(tx, "SELECT version, made_ms, cnt, hash FROM revoked ORDER BY version DESC LIMIT 1", DB_NO_ARGS, &row);
    if (e == ERR_NOT_FOUND) {
        *out = (struct store_revoked){.version = 0};
        return ERR_OK;
    }
    if (e)
        return e;
    *out = (struct store_revoked){
        .version = db_col_int(row, 0), .made_utc_ms = db_col_int(row, 1), .count = db_col_int(row, 2)};
    db_col_blob(row, 3, out->hash, sizeof out->hash);
    db_done(row);
    return ERR_OK;
}

enum err store_revoked_newer(struct store_tx *tx, int64_t than, struct buf *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT envelope FROM revoked WHERE version > ? ORDER BY version DESC LIMIT 1",
        DB_ARGS(db_int(than)), &row);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    const void *text = sqlite3_column_text(row, 0);
    e = text ? buf_add(out, text, (size_t)sqlite3_column_bytes(row, 0)) : ERR_NOMEM;
    db_done(row);
    return e;
}

static enum err set_mark(struct store_tx *tx, const char *name, int64_t value)
{
    return db_run_one(tx, "UPDATE mark SET value = ? WHERE name = ?", DB_ARGS(db_int(value), db_text(name)));
}

enum err store_revoked_put(
    struct store_tx *tx, const struct store_revoked *r, int64_t changes, const char *envelope, size_t len)
{
    enum err e = db_run(tx, "INSERT INTO revoked(version, made_ms, cnt, hash, envelope) VALUES(?, ?, ?, ?, ?)",
        DB_ARGS(db_int(r->version), db_int(r->made_utc_ms), db_int(r->count), db_blob(r->hash, KEY_HASH),
            db_text_n(envelope, len)));
    return e ? e : set_mark(tx, "revoked_made", changes);
}

static enum err get_mark(struct store_tx *tx, const char *name, int64_t *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT value FROM mark WHERE name = ?", DB_ARGS(db_text(name)), &row);
    if (e)
        return e;
    *out = db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}

enum err store_revoked_changes(struct store_tx *tx, int64_t *now, int64_t *made)
{
    enum err e = get_mark(tx, "revoked_changes", now);
    return e ? e : get_mark(tx, "revoked_made", made);
}

enum err store_revoked_touch(struct store_tx *tx)
{
    return db_run_one(tx, "UPDATE mark SET value = value + 1 WHERE name = 'revoked_changes'", DB_NO_ARGS);
}

static enum err each(sqlite3_stmt *rows, store_revoked_fn *fn, void *ctx)
{
    uint8_t token[CARD_TOKEN];
    enum err e = ERR_OK;
    while (!e && !(e = db_next(rows))) {
        db_col_blob(rows, 0, token, sizeof token);
        e = fn(ctx, token);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_revoked_tokens(struct store_tx *tx, store_revoked_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum err e = db_query(tx, "SELECT token FROM card WHERE status <> 1", DB_NO_ARGS, &rows);
    if (!e)
        e = each(rows, fn, ctx);
    if (!e)
        e = db_query(tx, "SELECT token FROM card_old", DB_NO_ARGS, &rows);
    return e ? e : each(rows, fn, ctx);
}
