/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations, and the terminals that come of them. */
#include "service/store/db.h"
#include "service/store/store_cert.h"
#include <openssl/crypto.h>

void store_invite_hash(const uint8_t secret[static 16], uint8_t out[static KEY_HASH])
{
    static const char tag[20] = "huika-invitation-v1";
    uint8_t msg[sizeof tag + 16];
    memcpy(msg, tag, sizeof tag);
    memcpy(msg + sizeof tag, secret, 16);
    key_sha256(msg, sizeof msg, out);
    OPENSSL_cleanse(msg, sizeof msg);
}

enum err store_invite_add(struct store_tx *tx, const uint8_t hash[static KEY_HASH], const uint8_t shop[static STORE_ID],
    const uint8_t *bound, int64_t at_utc_ms, int64_t expires_utc_ms)
{
    return db_run(tx, "INSERT INTO invitation(hash, shop, bound, at_ms, expires_ms) VALUES(?, ?, ?, ?, ?)",
        DB_ARGS(
            db_blob(hash, KEY_HASH), db_id(shop), db_blob(bound, STORE_ID), db_int(at_utc_ms), db_int(expires_utc_ms)));
}

struct invitation {
    uint8_t shop[STORE_ID], terminal[STORE_ID], spki[KEY_HASH], cert[KEY_HASH];
    uint8_t bound[STORE_ID];
    int64_t expires_ms;
    bool used, clashed, is_bound;
};

static enum err find(struct store_tx *tx, const uint8_t *hash, struct invitation *out)
{
    sqlite3_stmt *row;
    enum err e =
        db_find(tx, "SELECT shop, expires_ms, terminal, spki, cert, clash_ms, bound FROM invitation WHERE hash = ?",
            DB_ARGS(db_blob(hash, KEY_HASH)), &row);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_INVITE_UNKNOWN : e;
    db_col_blob(row, 0, out->shop, sizeof out->shop);
    out->expires_ms = db_col_int(row, 1);
    out->used = sqlite3_column_type(row, 2) != SQLITE_NULL;
    db_col_blob(row, 2, out->terminal, sizeof out->terminal);
    db_col_blob(row, 3, out->spki, sizeof out->spki);
    db_col_blob(row, 4, out->cert, sizeof out->cert);
    out->clashed = sqlite3_column_type(row, 5) != SQLITE_NULL;
    out->is_bound = sqlite3_column_type(row, 6) != SQLITE_NULL;
    db_col_blob(row, 6, out->bound, sizeof out->bound);
    db_done(row);
    return ERR_OK;
}

enum err store_invite_check(
    struct store_tx *tx, const uint8_t hash[static KEY_HASH], int64_t at_utc_ms, uint8_t bound[static STORE_ID])
{
    struct invitation v;
    enum err e = find(tx, hash, &v);
    if (e)
        return e;
    if (!v.used && at_utc_ms >= v.expires_ms)
        return ERR_INVITE_UNKNOWN;
    memcpy(bound, v.bound, STORE_ID);
    return ERR_OK;
}

enum err store_terminal_certs(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], store_cert_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum err e = db_query(tx, "SELECT der FROM cert WHERE role = 1 AND holder = ?", DB_ARGS(db_id(terminal)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows)))
        e = fn(ctx, sqlite3_column_blob(rows, 0), (size_t)sqlite3_column_bytes(rows, 0));
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_terminal_recert(struct store_tx *tx, const struct store_recert *r)
{
    struct store_cert c = {STORE_ROLE_TERMINAL, r->terminal, r->cert, r->cert_len, r->not_after_utc_ms};
    enum err e = db_run(tx, "DELETE FROM cert WHERE role = 1 AND holder = ? AND hash IS NOT ?",
        DB_ARGS(db_id(r->terminal), db_blob(r->used, KEY_HASH)));
    if (!e)
        e = store_cert_put(tx, &c);
    return e ? e
             : db_run_one(tx, "UPDATE terminal SET not_after_ms = ? WHERE id = ?",
                   DB_ARGS(db_int(r->not_after_utc_ms), db_id(r->terminal)));
}

/* The supervised way back: the terminal is the one that it was. */
static enum err enrol_bound(struct store_tx *tx, const struct store_enrol *n, const struct invitation *v)
{
    struct store_terminal t;
    struct store_recert r = {.cert = n->cert, .cert_len = n->cert_len, .not_after_utc_ms = n->not_after_utc_ms};
    enum err e = memcmp(n->terminal, v->bound, STORE_ID) == 0 ? store_terminal_get(tx, v->bound, &t) : ERR_INTERNAL;
    if (!e && t.state == STORE_STATE_REVOKED)
        e = ERR_INVITE_UNKNOWN;
    memcpy(r.terminal, v->bound, STORE_ID);
    return e ? e : store_terminal_recert(tx, &r);
}

/* Numbers are short enough to read out, hence counted from 1. */
static enum err add_terminal(struct store_tx *tx, const struct store_enrol *n, const uint8_t *shop)
{
    static const uint8_t no_head[KEY_HASH];
    return db_run(tx,
        "INSERT INTO terminal(id, number, shop, state, enrolled_ms, seen_ms, not_after_ms, epoch, seq, head,"
        " shop_version, shop_version_ms, trust_version)"
        " VALUES(?1, (SELECT coalesce(max(number), 0) + 1 FROM terminal), ?2, ?3, ?4, ?4, ?5, 1, 0, ?6, 0, 0, 0)",
        DB_ARGS(db_id(n->terminal), db_id(shop), db_int(STORE_STATE_ACTIVE), db_int(n->at_utc_ms),
            db_int(n->not_after_utc_ms), db_blob(no_head, sizeof no_head)));
}

static enum err enrol_new(struct store_tx *tx, struct store_enrol *n, const struct invitation *v, const uint8_t *spki)
{
    uint8_t cert[KEY_HASH];
    struct store_cert c = {STORE_ROLE_TERMINAL, n->terminal, n->cert, n->cert_len, n->not_after_utc_ms};
    if (n->at_utc_ms >= v->expires_ms)
        return ERR_INVITE_UNKNOWN;
    enum err e = v->is_bound ? enrol_bound(tx, n, v) : add_terminal(tx, n, v->shop);
    if (!e && !v->is_bound)
        e = store_cert_put(tx, &c);
    key_sha256(n->cert, n->cert_len, cert);
    if (!e)
        e = db_run_one(tx, "UPDATE invitation SET terminal = ?, spki = ?, cert = ? WHERE hash = ?",
            DB_ARGS(db_id(n->terminal), db_blob(spki, KEY_HASH), db_blob(cert, KEY_HASH), db_blob(n->hash, KEY_HASH)));
    if (e)
        return e;
    store_enrol_made(n);
    return ERR_OK;
}

static enum err enrol_again(struct store_tx *tx, struct store_enrol *n, const struct invitation *v)
{
    return store_enrol_again(tx, n,
        "SELECT c.der FROM cert c JOIN terminal t ON t.id = c.holder WHERE c.hash = ? AND c.state = 1 AND t.state = 1",
        v->cert);
}

/* Somebody else had the code: neither device can be believed. A revoked terminal stays revoked. */
static enum err clash(struct store_tx *tx, struct store_enrol *n, const struct invitation *v)
{
    enum err e = db_run(tx, "UPDATE terminal SET state = 2 WHERE id = ? AND state = 1", DB_ARGS(db_id(v->terminal)));
    if (!e)
        e = db_run(tx, "UPDATE invitation SET clash_ms = coalesce(clash_ms, ?) WHERE hash = ?",
            DB_ARGS(db_int(n->at_utc_ms), db_blob(n->hash, KEY_HASH)));
    if (!e)
        n->outcome = STORE_ENROL_CLASH;
    return e;
}

enum err store_terminal_enrol(struct store_tx *tx, struct store_enrol *n)
{
    struct invitation v;
    uint8_t spki[KEY_HASH];
    n->outcome = STORE_ENROL_NONE;
    if (n->cert_len > sizeof n->cert_out)
        return ERR_TOO_LARGE;
    enum err e = find(tx, n->hash, &v);
    if (e)
        return e;
    key_sha256(n->spki, n->spki_len, spki);
    memcpy(n->shop_out, v.shop, STORE_ID);
    memcpy(n->terminal_out, v.terminal, STORE_ID);
    if (!v.used)
        return enrol_new(tx, n, &v, spki);
    if (!v.clashed && !memcmp(spki, v.spki, KEY_HASH))
        return enrol_again(tx, n, &v);
    return v.clashed ? ERR_INVITE_USED : clash(tx, n, &v);
}
