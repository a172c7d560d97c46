/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_sale.h"
#include "base/tm.h"
#include "service/store/db.h"
#include "service/store/store_settle.h"

static bool is_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;
    while (n)
        any |= p[--n];
    return !any;
}

static enum err insert(struct store_tx *tx, const struct store_terminal *t, const struct store_sale *s, uint64_t seq)
{
    return db_run(tx,
        "INSERT INTO sale(id, checkout, shop, terminal, epoch, seq, at_ms, total_fen, discount_fen, pay_fen, offer,"
        " title, own_price, card_by, card_input, member, last4, verdict, lease, slip)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?)",
        DB_ARGS(db_id(s->sale), db_id(s->checkout), db_id(t->shop), db_int(t->number), db_int(t->epoch),
            db_int((int64_t)seq), db_int(s->at_utc_ms), db_int(s->total_fen), db_int(s->discount_fen),
            db_int(s->pay_fen), db_blob(s->own_price ? NULL : s->offer, STORE_ID), db_text(s->offer_title),
            db_int(s->own_price), db_int(s->by), db_int(s->input),
            db_blob(is_zero(s->member, sizeof s->member) ? NULL : s->member, STORE_MEMBER_ID), db_text(s->card_last4),
            db_int(s->verdict), db_int(s->lease), db_blob(s->has_slip ? s->slip : NULL, KEY_HASH)));
}

static enum err take_use(
    struct store_tx *tx, const struct store_terminal *t, const struct store_sale *s, int64_t at_utc_ms, bool *over)
{
    struct store_reserve r = {.per_card_day = s->per_card_day, .at_utc_ms = at_utc_ms};
    *over = false;
    if (s->own_price || s->per_card_day < 1)
        return store_limit_release(tx, t->terminal, s->checkout);
    if (is_zero(s->member, sizeof s->member))
        return ERR_OK;
    memcpy(r.checkout, s->checkout, STORE_ID);
    memcpy(r.offer, s->offer, STORE_ID);
    memcpy(r.terminal, t->terminal, STORE_ID);
    memcpy(r.member, s->member, STORE_MEMBER_ID);
    return store_limit_consume(tx, &r, s->at_utc_ms, over);
}

enum err store_sale_add(struct store_tx *tx, const struct store_terminal *t, const struct store_sale *s,
    int64_t at_utc_ms, struct body_result *out)
{
    bool over;
    enum err e = insert(tx, t, s, out->seq);
    if (e == ERR_EXISTS) {
        out->outcome = BODY_HELD;
        out->code = ERR_EXISTS;
        return ERR_OK;
    }
    if (!e)
        e = take_use(tx, t, s, at_utc_ms, &over);
    if (!e)
        e = store_settle(tx, t, s, &out->code);
    if (!e && !out->code && over)
        out->code = ERR_LIMIT_REACHED;
    if (!e && out->code) {
        out->outcome = BODY_CONTESTED;
        e = db_run_one(
            tx, "UPDATE sale SET code = ? WHERE id = ?", DB_ARGS(db_text(err_code(out->code)), db_id(s->sale)));
    }
    return e ? e
             : db_run(tx,
                   "INSERT INTO shop_day(shop, day, sales, total_fen, discount_fen, provisional, keyed)"
                   " VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6) ON CONFLICT(shop, day) DO UPDATE SET sales = sales + 1,"
                   " total_fen = total_fen + ?3, discount_fen = discount_fen + ?4, provisional = provisional + ?5,"
                   " keyed = keyed + ?6",
                   DB_ARGS(db_id(t->shop), db_int(tm_day(s->at_utc_ms)), db_int(s->total_fen), db_int(s->discount_fen),
                       db_int(s->verdict == VERDICT_PROVISIONAL), db_int(s->by == BODY_BY_NUMBER)));
}

enum err store_sale_sums(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int32_t today, struct store_sales *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT coalesce(sum(sales), 0), coalesce(sum(total_fen), 0), coalesce(sum(discount_fen), 0),"
        " coalesce(sum(CASE day WHEN ? THEN sales END), 0) FROM shop_day WHERE shop = ?",
        DB_ARGS(db_int(today), db_id(shop)), &row);
    if (e)
        return e;
    *out = (struct store_sales){db_col_int(row, 0), db_col_int(row, 1), db_col_int(row, 2), db_col_int(row, 3)};
    db_done(row);
    return ERR_OK;
}

enum err store_sale_latest(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int limit, store_sale_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    struct store_sale_row s;
    char code[48];
    enum err e = db_query(tx,
        "SELECT id, at_ms, terminal, seq, total_fen, discount_fen, pay_fen, title, last4, code FROM sale"
        " WHERE shop = ? ORDER BY at_ms DESC LIMIT ?",
        DB_ARGS(db_id(shop), db_int(limit)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        db_col_blob(rows, 0, s.sale, sizeof s.sale);
        s.at_utc_ms = db_col_int(rows, 1);
        s.terminal_number = db_col_int(rows, 2);
        s.seq = (uint64_t)db_col_int(rows, 3);
        s.total_fen = db_col_int(rows, 4);
        s.discount_fen = db_col_int(rows, 5);
        s.pay_fen = db_col_int(rows, 6);
        db_col_text(rows, 7, s.offer_title, sizeof s.offer_title);
        db_col_text(rows, 8, s.card_last4, sizeof s.card_last4);
        db_col_text(rows, 9, code, sizeof code);
        s.code = code[0] ? err_from_code(code) : ERR_OK;
        e = fn(ctx, &s);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_refusal_count(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int32_t since_day, int64_t *count)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT coalesce(sum(cnt), 0) FROM refusal WHERE shop = ? AND day >= ?",
        DB_ARGS(db_id(shop), db_int(since_day)), &row);
    if (e)
        return e;
    *count = db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}
