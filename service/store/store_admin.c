/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_admin.h"
#include "base/text.h"
#include "service/store/db.h"
#include "service/store/store_cert.h"

enum err store_admin_invite(struct store_tx *tx, const struct store_admin_invite *i)
{
    size_t n = strlen(i->name);
    if (!n || n > STORE_ADMIN_NAME_MAX || !text_is_utf8(i->name, n))
        return ERR_BAD_VALUE;
    return db_run(tx,
        "INSERT INTO admin_invitation(hash, org, name, by_admin, at_ms, expires_ms) VALUES(?, ?, ?, ?, ?, ?)",
        DB_ARGS(db_blob(i->hash, KEY_HASH), db_int(i->org), db_text(i->name), db_id(i->by), db_int(i->at_utc_ms),
            db_int(i->expires_utc_ms)));
}

struct invitation {
    int64_t org, expires_ms;
    char name[STORE_ADMIN_NAME_MAX + 1];
    bool used;
    uint8_t admin[STORE_ID], spki[KEY_HASH], cert[KEY_HASH];
};

static enum err find(struct store_tx *tx, const uint8_t *hash, struct invitation *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT org, expires_ms, name, admin, spki, cert FROM admin_invitation WHERE hash = ?",
        DB_ARGS(db_blob(hash, KEY_HASH)), &row);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_INVITE_UNKNOWN : e;
    out->org = db_col_int(row, 0);
    out->expires_ms = db_col_int(row, 1);
    db_col_text(row, 2, out->name, sizeof out->name);
    out->used = sqlite3_column_type(row, 3) != SQLITE_NULL;
    db_col_blob(row, 3, out->admin, sizeof out->admin);
    db_col_blob(row, 4, out->spki, sizeof out->spki);
    db_col_blob(row, 5, out->cert, sizeof out->cert);
    db_done(row);
    return ERR_OK;
}

enum err store_admin_invite_check(struct store_tx *tx, const uint8_t hash[static KEY_HASH], int64_t at_utc_ms)
{
    struct invitation v;
    enum err e = find(tx, hash, &v);
    if (e)
        return e;
    return !v.used && at_utc_ms >= v.expires_ms ? ERR_INVITE_UNKNOWN : ERR_OK;
}

static enum err enrol_new(struct store_tx *tx, struct store_enrol *n, const struct invitation *v, const uint8_t *spki)
{
    uint8_t cert[KEY_HASH];
    struct store_admin a = {.org = v->org,
        .name = v->name,
        .cert = n->cert,
        .cert_len = n->cert_len,
        .not_after_utc_ms = n->not_after_utc_ms};
    if (n->at_utc_ms >= v->expires_ms)
        return ERR_INVITE_UNKNOWN;
    memcpy(a.admin, n->terminal, STORE_ID);
    enum err e = store_admin_add(tx, &a, n->at_utc_ms);
    key_sha256(n->cert, n->cert_len, cert);
    if (!e)
        e = db_run_one(tx, "UPDATE admin_invitation SET admin = ?, spki = ?, cert = ? WHERE hash = ?",
            DB_ARGS(db_id(n->terminal), db_blob(spki, KEY_HASH), db_blob(cert, KEY_HASH), db_blob(n->hash, KEY_HASH)));
    if (e)
        return e;
    store_enrol_made(n);
    return ERR_OK;
}

static enum err enrol_again(struct store_tx *tx, struct store_enrol *n, const struct invitation *v)
{
    return store_enrol_again(tx, n,
        "SELECT c.der FROM cert c JOIN admin a ON a.id = c.holder WHERE c.hash = ? AND c.state = 1 AND a.state = 1",
        v->cert);
}

enum err store_admin_enrol(struct store_tx *tx, struct store_enrol *n, int64_t *org)
{
    struct invitation v;
    uint8_t spki[KEY_HASH];
    n->outcome = STORE_ENROL_NONE;
    if (n->cert_len > sizeof n->cert_out)
        return ERR_TOO_LARGE;
    enum err e = find(tx, n->hash, &v);
    if (e)
        return e;
    *org = v.org;
    key_sha256(n->spki, n->spki_len, spki);
    memcpy(n->terminal_out, v.admin, STORE_ID);
    if (!v.used)
        return enrol_new(tx, n, &v, spki);
    if (!memcmp(spki, v.spki, KEY_HASH))
        return enrol_again(tx, n, &v);
    /* Somebody else had the code: neither can be believed. */
    n->outcome = STORE_ENROL_CLASH;
    return db_run(tx, "UPDATE admin SET state = 2 WHERE id = ? AND state = 1", DB_ARGS(db_id(v.admin)));
}

#define COLUMNS                                                                                                        \
    "a.id, a.org, o.code, a.name, a.state, a.at_ms,"                                                                   \
    " (SELECT coalesce(max(c.not_after_ms), 0) FROM cert c WHERE c.holder = a.id)"

static void read_row(sqlite3_stmt *row, struct store_admin_row *a)
{
    db_col_blob(row, 0, a->admin, sizeof a->admin);
    a->org = db_col_int(row, 1);
    db_col_text(row, 2, a->org_code, sizeof a->org_code);
    db_col_text(row, 3, a->name, sizeof a->name);
    a->state = (enum store_state)db_col_int(row, 4);
    a->since_utc_ms = db_col_int(row, 5);
    a->not_after_utc_ms = db_col_int(row, 6);
}

enum err store_admin_get(struct store_tx *tx, const uint8_t admin[static STORE_ID], struct store_admin_row *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(
        tx, "SELECT " COLUMNS " FROM admin a JOIN org o ON o.id = a.org WHERE a.id = ?", DB_ARGS(db_id(admin)), &row);
    if (e)
        return e;
    read_row(row, out);
    db_done(row);
    return ERR_OK;
}

enum err store_admin_list(struct store_tx *tx, int64_t scope, store_admin_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    struct store_admin_row a;
    enum err e = db_query(tx,
        "SELECT " COLUMNS " FROM admin a JOIN org o ON o.id = a.org LEFT JOIN org b ON b.id = o.parent"
        " WHERE ? IN (o.id, coalesce(o.parent, 0), coalesce(b.parent, 0)) ORDER BY a.id",
        DB_ARGS(db_int(scope)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        read_row(rows, &a);
        e = fn(ctx, &a);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_admin_revoke(struct store_tx *tx, const uint8_t admin[static STORE_ID])
{
    return db_run_one(
        tx, "UPDATE admin SET state = ? WHERE id = ?", DB_ARGS(db_int(STORE_STATE_REVOKED), db_id(admin)));
}
