/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_limit.h"
#include "base/tm.h"
#include "service/store/db.h"

/* A void may still ask for its own day's use: keep a day more than today. */
enum { KEEP_DAYS = 2 };

/* Taken, or held and not run out. */
static enum err count(
    struct store_tx *tx, const uint8_t *member, const uint8_t *offer, int32_t day, int64_t at_utc_ms, int64_t *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT count(*) FROM hold WHERE member = ?1 AND offer = ?2 AND day = ?3"
        " AND (expires_ms = 0 OR expires_ms > ?4)",
        DB_ARGS(db_blob(member, STORE_MEMBER_ID), db_id(offer), db_int(day), db_int(at_utc_ms)), &row);
    if (e)
        return e;
    *out = db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}

enum err store_limit_left(struct store_tx *tx, const uint8_t member[static STORE_MEMBER_ID],
    const uint8_t offer[static STORE_ID], int32_t per_card_day, int64_t at_utc_ms, int32_t *left)
{
    int64_t used;
    enum err e = count(tx, member, offer, tm_day(at_utc_ms), at_utc_ms, &used);
    if (!e)
        *left = used < per_card_day ? per_card_day - (int32_t)used : 0;
    return e;
}

struct hold {
    uint8_t offer[STORE_ID], terminal[STORE_ID], member[STORE_MEMBER_ID];
    int32_t day;
    int64_t expires_ms; /* 0: taken by a sale */
};

static enum err find(struct store_tx *tx, const uint8_t *checkout, struct hold *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT offer, terminal, member, day, expires_ms FROM hold WHERE checkout = ?",
        DB_ARGS(db_id(checkout)), &row);
    if (e)
        return e;
    db_col_blob(row, 0, out->offer, STORE_ID);
    db_col_blob(row, 1, out->terminal, STORE_ID);
    db_col_blob(row, 2, out->member, STORE_MEMBER_ID);
    out->day = (int32_t)db_col_int(row, 3);
    out->expires_ms = db_col_int(row, 4);
    db_done(row);
    return ERR_OK;
}

static enum err put(struct store_tx *tx, const struct store_reserve *r, int32_t day, int64_t expires_ms)
{
    return db_run(tx,
        "INSERT INTO hold(checkout, offer, member, day, terminal, expires_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT(checkout) DO UPDATE SET offer = ?2, member = ?3, day = ?4, terminal = ?5,"
        " expires_ms = ?6",
        DB_ARGS(db_id(r->checkout), db_id(r->offer), db_blob(r->member, STORE_MEMBER_ID), db_int(day),
            db_id(r->terminal), db_int(expires_ms)));
}

static bool same(const struct hold *h, const struct store_reserve *r)
{
    return !memcmp(h->offer, r->offer, STORE_ID) && !memcmp(h->member, r->member, STORE_MEMBER_ID);
}

enum err store_limit_reserve(struct store_tx *tx, struct store_reserve *r)
{
    struct hold h;
    int64_t used;
    int32_t day = tm_day(r->at_utc_ms);
    enum err e = find(tx, r->checkout, &h);
    if (e && e != ERR_NOT_FOUND)
        return e;
    bool held = !e;
    if (held && memcmp(h.terminal, r->terminal, STORE_ID) != 0)
        return ERR_EXISTS;
    if (held && !h.expires_ms && !same(&h, r))
        return ERR_WRONG_STATE;
    if (held && same(&h, r) && (!h.expires_ms || h.expires_ms > r->at_utc_ms)) {
        r->reserved = true;
        r->expires_utc_ms = h.expires_ms ? h.expires_ms : r->at_utc_ms + STORE_LIMIT_HOLD_MS;
        return ERR_OK;
    }
    e = count(tx, r->member, r->offer, day, r->at_utc_ms, &used);
    if (e)
        return e;
    if (used >= r->per_card_day) {
        r->reserved = false;
        return ERR_OK;
    }
    e = put(tx, r, day, r->at_utc_ms + STORE_LIMIT_HOLD_MS);
    if (!e) {
        r->reserved = true;
        r->expires_utc_ms = r->at_utc_ms + STORE_LIMIT_HOLD_MS;
    }
    return e;
}

enum err store_limit_release(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], const uint8_t checkout[static STORE_ID])
{
    return db_run(tx, "DELETE FROM hold WHERE checkout = ? AND terminal = ? AND expires_ms > 0",
        DB_ARGS(db_id(checkout), db_id(terminal)));
}

enum err store_limit_consume(struct store_tx *tx, const struct store_reserve *r, int64_t sold_utc_ms, bool *over)
{
    struct hold h;
    int64_t used = 0;
    enum err e = find(tx, r->checkout, &h);
    if (e && e != ERR_NOT_FOUND)
        return e;
    bool held = !e && !memcmp(h.terminal, r->terminal, STORE_ID) && same(&h, r);
    /* A hold that ran out may have been given to somebody else meanwhile; so it is counted anew. */
    bool good = held && (!h.expires_ms || h.expires_ms > r->at_utc_ms);
    int32_t day = held ? h.day : tm_day(sold_utc_ms);
    e = good ? ERR_OK : count(tx, r->member, r->offer, day, r->at_utc_ms, &used);
    if (!e)
        e = put(tx, r, day, 0);
    if (!e)
        *over = !good && used >= r->per_card_day;
    return e;
}

enum err store_limit_give_back(struct store_tx *tx, const uint8_t checkout[static STORE_ID])
{
    return db_run(tx, "DELETE FROM hold WHERE checkout = ? AND expires_ms = 0", DB_ARGS(db_id(checkout)));
}

enum err store_limit_purge(struct store_tx *tx, int64_t at_utc_ms, int max)
{
    return db_run(tx, "DELETE FROM hold WHERE checkout IN (SELECT checkout FROM hold WHERE day < ? LIMIT ?)",
        DB_ARGS(db_int(tm_day(at_utc_ms) - KEEP_DAYS), db_int(max)));
}
