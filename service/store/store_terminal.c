/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_terminal.h"
#include "base/text.h"
#include "service/store/db.h"
#include "service/store/store_cert.h"

static const char *const states[] = {"unknown", "active", "suspended", "revoked"};

const char *store_state_name(enum store_state s)
{
    return states[(unsigned)s <= STORE_STATE_REVOKED ? s : STORE_STATE_NONE];
}

const char *store_terminal_state(const struct store_terminal *t)
{
    return t->state == STORE_STATE_ACTIVE && t->forked_utc_ms ? "forked" : store_state_name(t->state);
}

enum err store_cert_put(struct store_tx *tx, const struct store_cert *c)
{
    uint8_t hash[KEY_HASH];
    if (!c->len || c->len > STORE_CERT_MAX)
        return ERR_TOO_LARGE;
    key_sha256(c->der, c->len, hash);
    return db_run(tx, "INSERT INTO cert(hash, role, holder, state, not_after_ms, der) VALUES(?, ?, ?, ?, ?, ?)",
        DB_ARGS(db_blob(hash, sizeof hash), db_int(c->role), db_id(c->holder), db_int(STORE_STATE_ACTIVE),
            db_int(c->not_after_utc_ms), db_blob(c->der, c->len)));
}

void store_enrol_made(struct store_enrol *n)
{
    memcpy(n->cert_out, n->cert, n->cert_len);
    n->cert_out_len = n->cert_len;
    memcpy(n->terminal_out, n->terminal, STORE_ID);
    n->outcome = STORE_ENROL_NEW;
}

enum err store_enrol_again(
    struct store_tx *tx, struct store_enrol *n, const char *sql, const uint8_t cert[static KEY_HASH])
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, sql, DB_ARGS(db_blob(cert, KEY_HASH)), &row);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_INVITE_USED : e;
    size_t len = (size_t)sqlite3_column_bytes(row, 0);
    const void *der = sqlite3_column_blob(row, 0);
    if (der && len <= sizeof n->cert_out) {
        memcpy(n->cert_out, der, len);
        n->cert_out_len = len;
        n->outcome = STORE_ENROL_AGAIN;
    } else {
        e = ERR_INTERNAL;
    }
    db_done(row);
    return e;
}

enum err store_admin_add(struct store_tx *tx, const struct store_admin *a, int64_t at_utc_ms)
{
    size_t n = strlen(a->name);
    if (!n || n > STORE_ADMIN_NAME_MAX || !text_is_utf8(a->name, n))
        return ERR_BAD_VALUE;
    enum err e = db_run(tx, "INSERT INTO admin(id, org, name, state, at_ms) VALUES(?, ?, ?, ?, ?)",
        DB_ARGS(db_id(a->admin), db_int(a->org), db_text(a->name), db_int(STORE_STATE_ACTIVE), db_int(at_utc_ms)));
    if (e)
        return e;
    struct store_cert c = {STORE_ROLE_ADMIN, a->admin, a->cert, a->cert_len, a->not_after_utc_ms};
    return store_cert_put(tx, &c);
}

/* States are ordered from good to worse; a row that the join did not find leaves 0. */
static enum store_state worse(int64_t cert, int64_t holder)
{
    if (cert < STORE_STATE_ACTIVE || holder < STORE_STATE_ACTIVE)
        return STORE_STATE_NONE;
    return (enum store_state)(cert > holder ? cert : holder);
}

static void read_identity(sqlite3_stmt *row, struct store_identity *id)
{
    *id = (struct store_identity){.role = (enum store_role)db_col_int(row, 0)};
    db_col_blob(row, 1, id->id, sizeof id->id);
    id->state = worse(db_col_int(row, 2), db_col_int(row, 3));
    id->not_after_utc_ms = db_col_int(row, 4);
    id->org = db_col_int(row, 5);
    db_col_text(row, 6, id->name, sizeof id->name);
    id->number = db_col_int(row, 7);
    db_col_blob(row, 8, id->shop, sizeof id->shop);
    id->standing = (enum standing)db_col_int(row, 9);
    id->epoch = (uint32_t)db_col_int(row, 10);
}

enum err store_identity_get(struct store_tx *tx, const uint8_t hash[static KEY_HASH], struct store_identity *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT c.role, c.holder, c.state, coalesce(t.state, a.state, 0), c.not_after_ms, coalesce(s.org, a.org, 0),"
        " a.name, coalesce(t.number, 0), t.shop, coalesce(s.standing, 0), coalesce(t.epoch, 0) FROM cert c"
        " LEFT JOIN admin a ON c.role = 2 AND a.id = c.holder LEFT JOIN terminal t ON c.role = 1 AND t.id = c.holder"
        " LEFT JOIN shop s ON s.id = t.shop WHERE c.hash = ?",
        DB_ARGS(db_blob(hash, KEY_HASH)), &row);
    if (e)
        return e;
    read_identity(row, out);
    db_done(row);
    return ERR_OK;
}

#define COLUMNS                                                                                                        \
    "t.id, t.shop, s.name, s.org, t.number, t.state, t.enrolled_ms, t.seen_ms, t.not_after_ms, t.epoch, t.seq, "       \
    "t.head, t.shop_version, t.shop_version_ms, t.trust_version, t.trust_version_ms, t.revoked_version, "              \
    "t.revoked_version_ms, t.forked_ms, t.lease_version, t.lease_issued_ms, t.lease_stop_ms, t.lease_epoch, "          \
    "t.lease_trust, t.lease_shop, t.lease_revoked, (SELECT count(*) FROM branch b WHERE b.terminal = t.number)"

static void read_row(sqlite3_stmt *row, struct store_terminal *t)
{
    db_col_blob(row, 0, t->terminal, sizeof t->terminal);
    db_col_blob(row, 1, t->shop, sizeof t->shop);
    db_col_text(row, 2, t->shop_name, sizeof t->shop_name);
    t->org = db_col_int(row, 3);
    t->number = db_col_int(row, 4);
    t->state = (enum store_state)db_col_int(row, 5);
    t->enrolled_utc_ms = db_col_int(row, 6);
    t->last_seen_utc_ms = db_col_int(row, 7);
    t->not_after_utc_ms = db_col_int(row, 8);
    t->epoch = (uint32_t)db_col_int(row, 9);
    t->seq = (uint64_t)db_col_int(row, 10);
    db_col_blob(row, 11, t->hash, sizeof t->hash);
    t->shop_version = db_col_int(row, 12);
    t->shop_version_applied_ms = db_col_int(row, 13);
    t->trust_version = db_col_int(row, 14);
    t->trust_version_applied_ms = db_col_int(row, 15);
    t->revoked_version = db_col_int(row, 16);
    t->revoked_version_applied_ms = db_col_int(row, 17);
    t->forked_utc_ms = db_col_int(row, 18);
    t->lease.version = db_col_int(row, 19);
    t->lease.issued_utc_ms = db_col_int(row, 20);
    t->lease.stop_utc_ms = db_col_int(row, 21);
    t->lease.epoch = (uint32_t)db_col_int(row, 22);
    t->lease.trust = db_col_int(row, 23);
    t->lease.shop = db_col_int(row, 24);
    t->lease.revoked = db_col_int(row, 25);
    t->forks = db_col_int(row, 26);
}

enum err store_terminal_get(struct store_tx *tx, const uint8_t terminal[static STORE_ID], struct store_terminal *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT " COLUMNS " FROM terminal t JOIN shop s ON s.id = t.shop WHERE t.id = ?",
        DB_ARGS(db_id(terminal)), &row);
    if (e)
        return e;
    read_row(row, out);
    db_done(row);
    return ERR_OK;
}

enum err store_terminal_list(
    struct store_tx *tx, const struct store_terminal_page *page, store_terminal_fn *fn, void *ctx)
{
    static const char of_shop[] =
        "SELECT " COLUMNS " FROM terminal t JOIN shop s ON s.id = t.shop JOIN org o"
        " ON o.id = s.org LEFT JOIN org b ON b.id = o.parent WHERE t.shop = ?2 AND"
        " ?1 IN (o.id, coalesce(o.parent, 0), coalesce(b.parent, 0)) AND t.number > ?3 ORDER BY t.number LIMIT ?4";
    static const char of_scope[] =
        "SELECT " COLUMNS " FROM terminal t JOIN shop s ON s.id = t.shop JOIN org o"
        " ON o.id = s.org LEFT JOIN org b ON b.id = o.parent WHERE ?2 IS NULL AND"
        " ?1 IN (o.id, coalesce(o.parent, 0), coalesce(b.parent, 0)) AND t.number > ?3 ORDER BY t.number LIMIT ?4";
    sqlite3_stmt *rows;
    struct store_terminal t;
    enum err e = db_query(tx, page->shop ? of_shop : of_scope,
        DB_ARGS(db_int(page->scope), db_blob(page->shop, STORE_ID), db_int(page->after), db_int(page->limit)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        read_row(rows, &t);
        e = fn(ctx, &t);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_terminal_set_state(struct store_tx *tx, const uint8_t terminal[static STORE_ID], enum store_state state)
{
    struct store_terminal t;
    if (state < STORE_STATE_ACTIVE || state > STORE_STATE_REVOKED)
        return ERR_BAD_VALUE;
    enum err e = store_terminal_get(tx, terminal, &t);
    if (!e && t.state == STORE_STATE_REVOKED && state != STORE_STATE_REVOKED)
        e = ERR_WRONG_STATE;
    return e ? e
             : db_run_one(tx, "UPDATE terminal SET state = ? WHERE id = ?", DB_ARGS(db_int(state), db_id(terminal)));
}

enum err store_terminal_seen(struct store_tx *tx, const uint8_t terminal[static STORE_ID], int64_t at_utc_ms)
{
    return db_run_one(
        tx, "UPDATE terminal SET seen_ms = max(seen_ms, ?) WHERE id = ?", DB_ARGS(db_int(at_utc_ms), db_id(terminal)));
}

enum err store_terminal_held(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], const struct store_held *held)
{
    return db_run_one(tx,
        "UPDATE terminal SET held_trust = ?, held_shop = ?, held_revoked = ?, held_lease = ?, held_answer = ?"
        " WHERE id = ?",
        DB_ARGS(db_int(held->trust), db_int(held->shop), db_int(held->revoked), db_int(held->lease),
            db_int(held->answer), db_id(terminal)));
}

enum err store_terminal_highest(struct store_tx *tx, struct store_held *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT coalesce(max(held_trust), 0), coalesce(max(held_shop), 0), coalesce(max(held_revoked), 0),"
        " coalesce(max(held_lease), 0), coalesce(max(held_answer), 0) FROM terminal",
        DB_NO_ARGS, &row);
    if (e)
        return e;
    *out = (struct store_held){
        db_col_int(row, 0), db_col_int(row, 1), db_col_int(row, 2), db_col_int(row, 3), db_col_int(row, 4)};
    db_done(row);
    return ERR_OK;
}
