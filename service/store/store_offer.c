/* SPDX-License-Identifier: Apache-2.0 */
/* Offers are stored as their terms' JSON; what SQL must know of them stands in columns. */
#include "service/store/db.h"
#include "service/store/store_shop.h"

enum { TERMS_MAX = 16384 };

static enum err put(struct store_tx *tx, const uint8_t *shop, const struct offer *o, size_t place)
{
    uint8_t id[STORE_ID];
    struct buf terms;
    buf_init(&terms, TERMS_MAX);
    json_t *v = offer_to_json(o);
    enum err e = v ? jsonx_write(v, &terms) : ERR_NOMEM;
    if (!e)
        e = ulid_decode(o->id, strlen(o->id), id);
    /* An id stays with its shop: another shop's is left alone, and then no row was changed. */
    if (!e)
        e = db_run_one(tx,
            "INSERT INTO offer(id, shop, place, current, per_card_day, terms) VALUES(?1, ?2, ?3, 1, ?4, ?5)"
            " ON CONFLICT(id) DO UPDATE SET place = ?3, current = 1, per_card_day = ?4, terms = ?5 WHERE shop = ?2",
            DB_ARGS(db_id(id), db_id(shop), db_int((int64_t)place), db_int(o->per_card_day),
                db_text_n(buf_str(&terms), terms.len)));
    json_decref(v);
    buf_release(&terms);
    return e == ERR_NOT_FOUND ? ERR_EXISTS : e;
}

enum err store_offer_replace(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], const struct offer *offers, size_t cnt)
{
    if (cnt > OFFER_PER_SHOP)
        return ERR_TOO_LARGE;
    enum err e = db_run_one(tx, "UPDATE shop SET version = version + 1 WHERE id = ?", DB_ARGS(db_id(shop)));
    if (!e)
        e = db_run(tx, "UPDATE offer SET current = 0 WHERE shop = ?", DB_ARGS(db_id(shop)));
    for (size_t i = 0; i < cnt && !e; i++)
        e = put(tx, shop, &offers[i], i);
    return e;
}

static enum err parse(sqlite3_stmt *row, int col, struct offer *out)
{
    json_t *v = NULL;
    const char *text = (const char *)sqlite3_column_text(row, col);
    enum err e = text ? jsonx_parse(text, (size_t)sqlite3_column_bytes(row, col), &v) : ERR_NOMEM;
    if (!e)
        e = offer_parse(v, out, NULL);
    json_decref(v);
    return e;
}

enum err store_offer_list(struct store_tx *tx, const uint8_t shop[static STORE_ID], struct offer *out, size_t *cnt)
{
    sqlite3_stmt *rows;
    size_t n = 0;
    enum err e = db_query(
        tx, "SELECT terms FROM offer WHERE shop = ? AND current = 1 ORDER BY place", DB_ARGS(db_id(shop)), &rows);
    if (e)
        return e;
    while (!e && n < OFFER_PER_SHOP && !(e = db_next(rows))) {
        e = parse(rows, 0, &out[n]);
        n++;
    }
    db_done(rows);
    if (e && e != ERR_NOT_FOUND)
        return e;
    *cnt = n;
    return ERR_OK;
}

enum err store_offer_get(struct store_tx *tx, const uint8_t shop[static STORE_ID], const uint8_t offer[static STORE_ID],
    struct offer *out, bool *current)
{
    sqlite3_stmt *row;
    struct offer o;
    enum err e = db_find(
        tx, "SELECT terms, current FROM offer WHERE id = ? AND shop = ?", DB_ARGS(db_id(offer), db_id(shop)), &row);
    if (e)
        return e;
    e = parse(row, 0, &o);
    if (!e) {
        *out = o;
        *current = db_col_int(row, 1) != 0;
    }
    db_done(row);
    return e;
}

enum err store_offer_limits(struct store_tx *tx, const uint8_t shop[static STORE_ID],
    struct store_offer_limit out[static OFFER_PER_SHOP], size_t *cnt)
{
    sqlite3_stmt *rows;
    size_t n = 0;
    enum err e = db_query(tx,
        "SELECT id, per_card_day FROM offer WHERE shop = ? AND current = 1 AND per_card_day > 0 ORDER BY place",
        DB_ARGS(db_id(shop)), &rows);
    if (e)
        return e;
    while (!e && n < OFFER_PER_SHOP && !(e = db_next(rows))) {
        db_col_blob(rows, 0, out[n].offer, STORE_ID);
        out[n++].per_card_day = (int32_t)db_col_int(rows, 1);
    }
    db_done(rows);
    if (e && e != ERR_NOT_FOUND)
        return e;
    *cnt = n;
    return ERR_OK;
}
