/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_org.h"
#include "base/text.h"
#include "service/store/db.h"

#define COLUMNS                                                                                                        \
    "o.id, coalesce(o.parent, 0), o.code, coalesce((SELECT p.code FROM org p WHERE p.id = o.parent), ''), o.name, "    \
    "o.level"

static void read_row(sqlite3_stmt *row, struct store_org *o)
{
    o->org = db_col_int(row, 0);
    o->parent = db_col_int(row, 1);
    db_col_text(row, 2, o->code, sizeof o->code);
    db_col_text(row, 3, o->parent_code, sizeof o->parent_code);
    db_col_text(row, 4, o->name, sizeof o->name);
    o->level = (int)db_col_int(row, 5);
}

static bool code_ok(const char *code)
{
    size_t n = strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
    return n >= 1 && n <= STORE_ORG_CODE_MAX && !code[n];
}

static bool name_ok(const char *name)
{
    size_t n = strlen(name);
    return n >= 1 && n <= STORE_ORG_NAME_MAX && text_is_utf8(name, n);
}

enum err store_org_add(struct store_tx *tx, const char *code, const char *name, int64_t parent, int64_t *org)
{
    struct store_org up = {.level = 0};
    if (!code_ok(code) || !name_ok(name))
        return ERR_BAD_VALUE;
    enum err e = parent ? store_org_get(tx, parent, &up) : ERR_OK;
    if (e)
        return e;
    /* That levels end at STORE_ORG_LEVELS is a constraint of the table. */
    e = db_run(tx, "INSERT INTO org(code, name, parent, level) VALUES(?, ?, nullif(?, 0), ?)",
        DB_ARGS(db_text(code), db_text(name), db_int(parent), db_int(up.level + 1)));
    if (!e)
        *org = sqlite3_last_insert_rowid(tx->db);
    return e;
}

static enum err find(struct store_tx *tx, const char *sql, struct db_arg by, struct store_org *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, sql, &by, 1, &row);
    if (e)
        return e;
    read_row(row, out);
    db_done(row);
    return ERR_OK;
}

enum err store_org_get(struct store_tx *tx, int64_t org, struct store_org *out)
{
    return find(tx, "SELECT " COLUMNS " FROM org o WHERE o.id = ?", db_int(org), out);
}

enum err store_org_top(struct store_tx *tx, struct store_org *out)
{
    return find(tx, "SELECT " COLUMNS " FROM org o WHERE o.level = ?", db_int(1), out);
}

enum err store_org_by_code(struct store_tx *tx, const char *code, struct store_org *out)
{
    return find(tx, "SELECT " COLUMNS " FROM org o WHERE o.code = ?", db_text(code), out);
}

enum err store_org_covers(struct store_tx *tx, int64_t scope, int64_t org, bool *covers)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT ?1 IN (a.id, coalesce(a.parent, 0), coalesce(b.parent, 0)) FROM org a"
        " LEFT JOIN org b ON b.id = a.parent WHERE a.id = ?2",
        DB_ARGS(db_int(scope), db_int(org)), &row);
    if (e == ERR_NOT_FOUND) {
        *covers = false;
        return ERR_OK;
    }
    if (e)
        return e;
    *covers = scope > 0 && db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}

enum err store_org_list(struct store_tx *tx, int64_t scope, store_org_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    struct store_org o;
    enum err e = db_query(tx,
        "SELECT " COLUMNS " FROM org o LEFT JOIN org b ON b.id = o.parent"
        " WHERE ?1 IN (o.id, coalesce(o.parent, 0), coalesce(b.parent, 0)) ORDER BY o.level, o.code",
        DB_ARGS(db_int(scope)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        read_row(rows, &o);
        e = fn(ctx, &o);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
