/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_shop.h"
#include "base/text.h"
#include "service/store/db.h"

static const char *const categories[] = {"travel", "dining", "transport", "health", "leisure", "supermarket"};

bool store_shop_category_ok(const char *category)
{
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (!strcmp(category, categories[i]))
            return true;
    return false;
}

static bool text_ok(const char *s, size_t min, size_t max)
{
    size_t n = strlen(s);
    return n >= min && n <= max && text_is_utf8(s, n);
}

/* The shop's history gets what it is now. */
static enum err note_standing(struct store_tx *tx, const uint8_t *shop, int64_t at_utc_ms)
{
    return db_run(tx,
        "INSERT INTO standing(shop, version, from_ms, standing) SELECT id, version, ?, standing FROM shop WHERE id = ?",
        DB_ARGS(db_int(at_utc_ms), db_id(shop)));
}

enum err store_shop_standing_at(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t at_utc_ms, enum standing *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT standing FROM standing WHERE shop = ? AND from_ms <= ? ORDER BY from_ms DESC, version DESC LIMIT 1",
        DB_ARGS(db_id(shop), db_int(at_utc_ms)), &row);
    if (!e) {
        *out = (enum standing)db_col_int(row, 0);
        db_done(row);
    }
    return e;
}

enum err store_shop_add(struct store_tx *tx, const struct store_shop *s, int64_t at_utc_ms)
{
    if (!text_ok(s->name, 1, STORE_SHOP_NAME_MAX) || !store_shop_category_ok(s->category) ||
        strlen(s->region) != STORE_SHOP_REGION || strspn(s->region, "0123456789") != STORE_SHOP_REGION)
        return ERR_BAD_VALUE;
    enum err e = db_run(tx,
        "INSERT INTO shop(id, org, name, category, region, standing, reason, since_ms, version, created_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, '', ?7, 1, ?7)",
        DB_ARGS(db_id(s->shop), db_int(s->org), db_text(s->name), db_text(s->category), db_text(s->region),
            db_int(STANDING_LISTED), db_int(at_utc_ms)));
    return e ? e : note_standing(tx, s->shop, at_utc_ms);
}

#define COLUMNS "s.id, s.org, o.code, o.name, s.name, s.category, s.region, s.standing, s.reason, s.since_ms, s.version"

static void read_row(sqlite3_stmt *row, struct store_shop *s)
{
    db_col_blob(row, 0, s->shop, sizeof s->shop);
    s->org = db_col_int(row, 1);
    db_col_text(row, 2, s->org_code, sizeof s->org_code);
    db_col_text(row, 3, s->org_name, sizeof s->org_name);
    db_col_text(row, 4, s->name, sizeof s->name);
    db_col_text(row, 5, s->category, sizeof s->category);
    db_col_text(row, 6, s->region, sizeof s->region);
    s->standing = (enum standing)db_col_int(row, 7);
    db_col_text(row, 8, s->reason, sizeof s->reason);
    s->since_utc_ms = db_col_int(row, 9);
    s->version = db_col_int(row, 10);
}

enum err store_shop_get(struct store_tx *tx, const uint8_t shop[static STORE_ID], struct store_shop *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(
        tx, "SELECT " COLUMNS " FROM shop s JOIN org o ON o.id = s.org WHERE s.id = ?", DB_ARGS(db_id(shop)), &row);
    if (e)
        return e;
    read_row(row, out);
    db_done(row);
    return ERR_OK;
}

enum err store_shop_list(
    struct store_tx *tx, int64_t scope, const uint8_t *after, int limit, store_shop_fn *fn, void *ctx)
{
    static const uint8_t first[STORE_ID];
    sqlite3_stmt *rows;
    struct store_shop s;
    enum err e = db_query(tx,
        "SELECT " COLUMNS " FROM shop s JOIN org o ON o.id = s.org LEFT JOIN org b ON b.id = o.parent"
        " WHERE s.id > ?2 AND ?1 IN (o.id, coalesce(o.parent, 0), coalesce(b.parent, 0)) ORDER BY s.id LIMIT ?3",
        DB_ARGS(db_int(scope), db_id(after ? after : first), db_int(limit)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        read_row(rows, &s);
        e = fn(ctx, &s);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_shop_set_standing(struct store_tx *tx, const uint8_t shop[static STORE_ID], enum standing standing,
    const char *reason, int64_t at_utc_ms, bool *changed)
{
    struct store_shop s;
    if (standing < STANDING_LISTED || standing > STANDING_DELISTED || !text_ok(reason, 0, STORE_SHOP_REASON_MAX))
        return ERR_BAD_VALUE;
    enum err e = store_shop_get(tx, shop, &s);
    if (e)
        return e;
    bool differs = s.standing != standing || strcmp(s.reason, reason) != 0;
    if (differs)
        e = db_run_one(tx,
            "UPDATE shop SET since_ms = CASE standing WHEN ?1 THEN since_ms ELSE ?3 END, standing = ?1, reason = ?2,"
            " version = version + 1 WHERE id = ?4",
            DB_ARGS(db_int(standing), db_text(reason), db_int(at_utc_ms), db_id(shop)));
    if (!e && differs)
        e = note_standing(tx, shop, at_utc_ms);
    if (!e)
        *changed = differs;
    return e;
}

static enum err ids_behind(struct store_tx *tx, struct store_shop_raise *r, uint8_t (*id)[STORE_ID])
{
    static const uint8_t first[STORE_ID];
    sqlite3_stmt *rows;
    enum err e = db_query(tx, "SELECT id FROM shop WHERE id > ? ORDER BY id LIMIT ?",
        DB_ARGS(db_id(r->after ? r->after : first), db_int(r->limit)), &rows);
    if (e)
        return e;
    for (r->cnt = 0; r->cnt < r->limit && !(e = db_next(rows)); r->cnt++)
        db_col_blob(rows, 0, id[r->cnt], STORE_ID);
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_shop_raise(struct store_tx *tx, struct store_shop_raise *r, store_raise_fn *fn, void *ctx)
{
    uint8_t id[STORE_RAISE_MAX][STORE_ID];
    if (r->limit < 1 || r->limit > STORE_RAISE_MAX)
        return ERR_BAD_VALUE;
    enum err e = ids_behind(tx, r, id);
    for (int i = 0; i < r->cnt && !e; i++) {
        e = db_run_one(tx,
            "UPDATE shop SET version = max(version, CASE WHEN ?2 THEN coalesce((SELECT max(t.held_shop)"
            " FROM terminal t WHERE t.shop = shop.id AND t.held_shop < 4503599627370496), 0) ELSE 0 END) + ?1"
            " WHERE id = ?3",
            DB_ARGS(db_int(r->by), db_int(r->recover), db_id(id[i])));
        if (!e)
            e = fn(tx, ctx, id[i]);
        memcpy(r->last, id[i], STORE_ID);
    }
    return e;
}

enum err store_notice_put(struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t version,
    const char *envelope, size_t len, const uint8_t hash[static KEY_HASH])
{
    return db_run(tx, "INSERT INTO notice(shop, version, envelope, hash) VALUES(?, ?, ?, ?)",
        DB_ARGS(db_id(shop), db_int(version), db_text_n(envelope, len), db_blob(hash, KEY_HASH)));
}

/* Notices of before version 2 of the schema have no hash beside them. */
static enum err hash_of(sqlite3_stmt *row, uint8_t hash[static KEY_HASH])
{
    struct notice n;
    const char *text = (const char *)sqlite3_column_text(row, 1);
    enum err e = text ? notice_open(text, (size_t)sqlite3_column_bytes(row, 1), &n) : ERR_NOMEM;
    if (e)
        return e;
    memcpy(hash, n.hash, KEY_HASH);
    notice_release(&n);
    return ERR_OK;
}

enum err store_notice_head(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t *version, uint8_t hash[static KEY_HASH])
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT version, CASE WHEN hash IS NULL THEN envelope END, hash FROM notice WHERE shop = ?"
        " ORDER BY version DESC LIMIT 1",
        DB_ARGS(db_id(shop)), &row);
    if (e)
        return e;
    *version = db_col_int(row, 0);
    if (sqlite3_column_type(row, 2) == SQLITE_NULL)
        e = hash_of(row, hash);
    else
        db_col_blob(row, 2, hash, KEY_HASH);
    db_done(row);
    return e;
}

static enum err find_notice(struct store_tx *tx, const char *sql, const uint8_t *shop, int64_t version, struct buf *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, sql, DB_ARGS(db_id(shop), db_int(version)), &row);
    if (e)
        return e;
    const void *text = sqlite3_column_text(row, 0);
    e = text ? buf_add(out, text, (size_t)sqlite3_column_bytes(row, 0)) : ERR_NOMEM;
    db_done(row);
    return e;
}

enum err store_notice_newer(struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t than, struct buf *out)
{
    return find_notice(tx, "SELECT envelope FROM notice WHERE shop = ? AND version > ? ORDER BY version DESC LIMIT 1",
        shop, than, out);
}

enum err store_notice_get(struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t version, struct buf *out)
{
    return find_notice(tx, "SELECT envelope FROM notice WHERE shop = ? AND version = ?", shop, version, out);
}
