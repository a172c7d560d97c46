/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_audit.h"
#include "base/text.h"
#include "service/store/db.h"

#define TAG "huika-audit-v1"

/* Long enough for the tag, 32 + 16 bytes and four texts of STORE_AUDIT_TEXT_MAX with their lengths. */
enum { ENTRY_MAX = 64 + 4 * (4 + STORE_AUDIT_TEXT_MAX) };

static size_t cut(const char *s)
{
    size_t n = 0;
    while (s[n]) {
        size_t c = text_char_len(s + n);
        if (n + c > STORE_AUDIT_TEXT_MAX)
            break;
        n += c;
    }
    return n;
}

static uint8_t *put_int(uint8_t *at, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, v >>= 8)
        at[i] = (uint8_t)v;
    return at + bytes;
}

static uint8_t *put_text(uint8_t *at, const char *s)
{
    size_t n = cut(s);
    at = put_int(at, n, 4);
    memcpy(at, s, n);
    return at + n;
}

void store_audit_hash(const uint8_t prev[static KEY_HASH], const struct store_audit *a, uint8_t out[static KEY_HASH])
{
    uint8_t entry[ENTRY_MAX], *at = entry;
    memcpy(at, TAG, sizeof TAG);
    at += sizeof TAG;
    memcpy(at, prev, KEY_HASH);
    at += KEY_HASH;
    at = put_int(at, (uint64_t)a->n, 8);
    at = put_int(at, (uint64_t)a->at_utc_ms, 8);
    at = put_text(at, a->admin);
    at = put_text(at, a->act);
    at = put_text(at, a->target);
    at = put_text(at, a->detail);
    key_sha256(entry, (size_t)(at - entry), out);
}

static bool texts_ok(const struct store_audit *a)
{
    const char *const text[] = {a->admin, a->act, a->target, a->detail};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        if (!text_is_utf8(text[i], strlen(text[i])))
            return false;
    return true;
}

enum err store_audit_add(struct store_tx *tx, const struct store_audit *a)
{
    uint8_t prev[KEY_HASH] = {0}, hash[KEY_HASH];
    struct store_audit entry = *a;
    sqlite3_stmt *row;
    if (!texts_ok(a))
        return ERR_BAD_VALUE;
    entry.n = 1;
    enum err e = db_find(tx, "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1", DB_NO_ARGS, &row);
    if (!e) {
        entry.n = db_col_int(row, 0) + 1;
        db_col_blob(row, 1, prev, sizeof prev);
        db_done(row);
    } else if (e != ERR_NOT_FOUND) {
        return e;
    }
    store_audit_hash(prev, &entry, hash);
    return db_run(tx,
        "INSERT INTO audit(n, at_ms, org, admin, act, target, detail, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        DB_ARGS(db_int(entry.n), db_int(a->at_utc_ms), db_int(a->org), db_text_n(a->admin, cut(a->admin)),
            db_text_n(a->act, cut(a->act)), db_text_n(a->target, cut(a->target)), db_text_n(a->detail, cut(a->detail)),
            db_blob(hash, sizeof hash)));
}

#define COLUMNS "u.n, u.at_ms, u.org, u.admin, u.act, u.target, u.detail, u.hash"

static const char *text_of(sqlite3_stmt *row, int col)
{
    const char *s = (const char *)sqlite3_column_text(row, col);
    return s ? s : "";
}

/* Texts are the row's. */
static void read_row(sqlite3_stmt *row, struct store_audit *a)
{
    a->n = db_col_int(row, 0);
    a->at_utc_ms = db_col_int(row, 1);
    a->org = db_col_int(row, 2);
    a->admin = text_of(row, 3);
    a->act = text_of(row, 4);
    a->target = text_of(row, 5);
    a->detail = text_of(row, 6);
    db_col_blob(row, 7, a->hash, sizeof a->hash);
}

enum err store_audit_list(struct store_tx *tx, int64_t scope, int64_t after, int limit, store_audit_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    struct store_audit a;
    enum err e = db_query(tx,
        "SELECT " COLUMNS " FROM audit u LEFT JOIN org o ON o.id = u.org LEFT JOIN org b ON b.id = o.parent"
        " WHERE u.n > ?2 AND ?1 IN (o.id, coalesce(o.parent, 0), coalesce(b.parent, 0)) ORDER BY u.n LIMIT ?3",
        DB_ARGS(db_int(scope), db_int(after), db_int(limit)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        read_row(rows, &a);
        e = fn(ctx, &a);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_audit_verify(struct store_tx *tx, struct store_audit_state *out)
{
    sqlite3_stmt *rows;
    struct store_audit a;
    uint8_t hash[KEY_HASH];
    *out = (struct store_audit_state){.entries = 0};
    enum err e = db_query(tx, "SELECT " COLUMNS " FROM audit u ORDER BY u.n", DB_NO_ARGS, &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        read_row(rows, &a);
        int64_t expected = out->entries + 1;
        store_audit_hash(out->hash, &a, hash);
        if (a.n != expected || memcmp(hash, a.hash, sizeof hash) != 0) {
            out->broken = expected;
            e = ERR_CHAIN_BROKEN;
        } else {
            out->entries = expected;
            memcpy(out->hash, hash, sizeof hash);
        }
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
