/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_void.h"
#include "base/tm.h"
#include "service/store/db.h"
#include "service/store/store_limit.h"

/* A sale as far as taking it back goes. pending_*: granted, and the record may still come. */
struct sold {
    uint8_t shop[STORE_ID], checkout[STORE_ID];
    int64_t terminal, at_utc_ms, total_fen, discount_fen, returned_fen, back_fen;
};

static enum err find_sale(struct store_tx *tx, const uint8_t *sale, const uint8_t *shop, struct sold *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT shop, checkout, terminal, at_ms, total_fen, discount_fen, returned_fen, back_fen FROM sale"
        " WHERE id = ? AND shop = ?",
        DB_ARGS(db_id(sale), db_id(shop)), &row);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_SALE_UNKNOWN : e;
    db_col_blob(row, 0, out->shop, STORE_ID);
    db_col_blob(row, 1, out->checkout, STORE_ID);
    out->terminal = db_col_int(row, 2);
    out->at_utc_ms = db_col_int(row, 3);
    out->total_fen = db_col_int(row, 4);
    out->discount_fen = db_col_int(row, 5);
    out->returned_fen = db_col_int(row, 6);
    out->back_fen = db_col_int(row, 7);
    db_done(row);
    return ERR_OK;
}

/* Adds what other grants hold at that time. */
static enum err add_pending(struct store_tx *tx, const struct store_grant *g, struct sold *s)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT coalesce(sum(amount_fen), 0), coalesce(sum(back_fen), 0) FROM void"
        " WHERE sale = ? AND seq IS NULL AND granted_ms > ? AND id <> ?",
        DB_ARGS(db_id(g->sale), db_int(g->at_utc_ms - STORE_VOID_HOLD_MS), db_id(g->id)), &row);
    if (e)
        return e;
    s->returned_fen += db_col_int(row, 0);
    s->back_fen += db_col_int(row, 1);
    db_done(row);
    return ERR_OK;
}

struct taken {
    uint8_t sale[STORE_ID], shop[STORE_ID];
    enum body_void_kind kind;
    int64_t amount_fen, back_fen, returned_fen, granted_ms;
    bool recorded;
};

static enum err find_void(struct store_tx *tx, const uint8_t *id, struct taken *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT sale, shop, kind, amount_fen, back_fen, returned_fen, granted_ms, seq FROM void WHERE id = ?",
        DB_ARGS(db_id(id)), &row);
    if (e)
        return e;
    db_col_blob(row, 0, out->sale, STORE_ID);
    db_col_blob(row, 1, out->shop, STORE_ID);
    out->kind = (enum body_void_kind)db_col_int(row, 2);
    out->amount_fen = db_col_int(row, 3);
    out->back_fen = db_col_int(row, 4);
    out->returned_fen = db_col_int(row, 5);
    out->granted_ms = db_col_int(row, 6);
    out->recorded = sqlite3_column_type(row, 7) != SQLITE_NULL;
    db_done(row);
    return ERR_OK;
}

/* DESIGN section 6: floor(discount x cumulative returned / total), less what was given back already. */
static int64_t back_of(const struct sold *s, int64_t returned_fen)
{
    int64_t back = s->discount_fen * returned_fen / s->total_fen - s->back_fen;
    return back > 0 ? back : 0;
}

static enum err fits(const struct sold *s, enum body_void_kind kind, int64_t amount_fen)
{
    int64_t left = s->total_fen - s->returned_fen;
    bool good = amount_fen > 0 && (kind == BODY_VOID_ALL ? amount_fen == left : amount_fen <= left);
    return good ? ERR_OK : ERR_RETURN_OVER;
}

static enum err put_grant(struct store_tx *tx, const struct store_grant *g)
{
    return db_run(tx,
        "INSERT INTO void(id, sale, shop, kind, amount_fen, back_fen, returned_fen, granted_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(id) DO UPDATE SET back_fen = ?6, returned_fen = ?7,"
        " granted_ms = ?8",
        DB_ARGS(db_id(g->id), db_id(g->sale), db_id(g->shop), db_int(g->kind), db_int(g->amount_fen),
            db_int(g->back_fen), db_int(g->returned_fen), db_int(g->at_utc_ms)));
}

/* True: the question was answered before, and that answer holds. */
static enum err asked_before(struct store_tx *tx, struct store_grant *g, bool *holds)
{
    struct taken v;
    enum err e = find_void(tx, g->id, &v);
    *holds = false;
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (memcmp(v.sale, g->sale, STORE_ID) != 0 || memcmp(v.shop, g->shop, STORE_ID) != 0 || v.kind != g->kind ||
        (v.amount_fen != g->amount_fen && g->kind != BODY_VOID_ALL))
        return ERR_IDEMPOTENCY_REUSE;
    g->amount_fen = v.amount_fen;
    *holds = v.recorded || v.granted_ms > g->at_utc_ms - STORE_VOID_HOLD_MS;
    g->returned_fen = v.returned_fen;
    g->back_fen = v.back_fen;
    return ERR_OK;
}

enum err store_void_grant(struct store_tx *tx, struct store_grant *g)
{
    struct sold s;
    bool holds = false;
    g->granted = false;
    enum err e = asked_before(tx, g, &holds);
    if (e)
        return e;
    e = find_sale(tx, g->sale, g->shop, &s);
    g->reason = e;
    if (e)
        return e == ERR_SALE_UNKNOWN ? ERR_OK : e;
    g->total_fen = s.total_fen;
    g->discount_fen = s.discount_fen;
    g->terminal = s.terminal;
    g->granted = holds;
    if (holds)
        return ERR_OK;
    e = add_pending(tx, g, &s);
    if (e)
        return e;
    if (g->kind == BODY_VOID_ALL) /* a terminal does not know what others took back of it */
        g->amount_fen = s.total_fen - s.returned_fen;
    g->reason =
        g->at_utc_ms > s.at_utc_ms + g->return_days * TM_DAY_MS ? ERR_RETURN_LATE : fits(&s, g->kind, g->amount_fen);
    if (g->reason)
        return ERR_OK;
    g->granted = true;
    g->returned_fen = s.returned_fen + g->amount_fen;
    g->back_fen = back_of(&s, g->returned_fen);
    return put_grant(tx, g);
}

/* What the record says is stored in any case. */
static enum err put_record(
    struct store_tx *tx, const struct store_terminal *t, const struct store_void *v, const struct body_result *res)
{
    return db_run(tx,
        "INSERT INTO void(id, sale, shop, kind, amount_fen, back_fen, returned_fen, granted_ms, terminal, epoch, seq,"
        " at_ms, slip, code) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT(id) DO "
        "UPDATE"
        " SET sale = ?2, kind = ?4, amount_fen = ?5, back_fen = ?6, returned_fen = ?7, terminal = ?8, epoch = ?9,"
        " seq = ?10, at_ms = ?11, slip = ?12, code = ?13",
        DB_ARGS(db_id(v->id), db_id(v->sale), db_id(t->shop), db_int(v->kind), db_int(v->amount_fen),
            db_int(v->back_fen), db_int(v->returned_fen), db_int(t->number), db_int(t->epoch),
            db_int((int64_t)res->seq), db_int(v->at_utc_ms), db_blob(v->slip, KEY_HASH),
            db_text(res->code ? err_code(res->code) : NULL)));
}

static enum err add_up(
    struct store_tx *tx, const struct store_terminal *t, const struct store_void *v, const struct sold *s)
{
    enum err e = db_run_one(tx, "UPDATE sale SET returned_fen = returned_fen + ?, back_fen = back_fen + ? WHERE id = ?",
        DB_ARGS(db_int(v->amount_fen), db_int(v->back_fen), db_id(v->sale)));
    if (!e)
        e = db_run(tx,
            "INSERT INTO shop_day(shop, day, sales, total_fen, discount_fen, voids, returned_fen, back_fen)"
            " VALUES(?1, ?2, 0, 0, 0, 1, ?3, ?4) ON CONFLICT(shop, day) DO UPDATE SET voids = voids + 1,"
            " returned_fen = returned_fen + ?3, back_fen = back_fen + ?4",
            DB_ARGS(db_id(t->shop), db_int(tm_day(v->at_utc_ms)), db_int(v->amount_fen), db_int(v->back_fen)));
    bool whole = v->kind == BODY_VOID_ALL && s->returned_fen == 0 && v->amount_fen == s->total_fen;
    if (!e && whole && tm_day(v->at_utc_ms) == tm_day(s->at_utc_ms))
        e = store_limit_give_back(tx, s->checkout);
    return e;
}

static enum err judge(
    const struct store_terminal *t, const struct store_void *v, int64_t return_days, const struct sold *s)
{
    enum err over = fits(s, v->kind, v->amount_fen);
    if (over || v->back_fen < 0 || v->back_fen > s->discount_fen - s->back_fen)
        return ERR_RETURN_OVER;
    if (v->at_utc_ms > s->at_utc_ms + return_days * TM_DAY_MS)
        return ERR_RETURN_LATE;
    return s->terminal != t->number && !v->granted ? ERR_OFFLINE_ELSEWHERE : ERR_OK;
}

enum err store_void_take(struct store_tx *tx, const struct store_terminal *t, const struct store_void *v,
    int64_t return_days, struct body_result *out)
{
    struct sold s;
    struct taken before;
    enum err e = find_void(tx, v->id, &before);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e && (before.recorded || memcmp(before.shop, t->shop, STORE_ID) != 0)) {
        out->outcome = BODY_HELD;
        out->code = ERR_EXISTS;
        return ERR_OK;
    }
    e = find_sale(tx, v->sale, t->shop, &s);
    if (e && e != ERR_SALE_UNKNOWN)
        return e;
    out->code = e ? e : judge(t, v, return_days, &s);
    out->outcome = out->code ? BODY_CONTESTED : BODY_COUNTED;
    bool sums = out->code != ERR_SALE_UNKNOWN && out->code != ERR_RETURN_OVER;
    e = put_record(tx, t, v, out);
    return e || !sums ? e : add_up(tx, t, v, &s);
}
