/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_settle.h"
#include "base/tm.h"
#include "service/store/db.h"
#include "service/store/store_lease.h"

static enum err standing(
    struct store_tx *tx, const struct store_terminal *t, const struct store_sale *s, enum err *code)
{
    enum standing then, before;
    enum err e = store_shop_standing_at(tx, t->shop, s->at_utc_ms, &then);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (then == STANDING_LISTED)
        return ERR_OK;
    if (s->verdict == VERDICT_MEMBER) {
        e = store_shop_standing_at(tx, t->shop, s->at_utc_ms - STORE_SETTLE_GRACE_MS, &before);
        if (e || before == STANDING_LISTED)
            return e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    *code = then == STANDING_SUSPENDED ? ERR_SHOP_SUSPENDED : ERR_SHOP_DELISTED;
    return ERR_OK;
}

static enum err times(const struct store_terminal *t, const struct store_sale *s, const struct store_lease *l)
{
    if (l->epoch != t->epoch)
        return ERR_LEASE_UNKNOWN;
    if (s->at_utc_ms < l->issued_utc_ms)
        return ERR_CLOCK_BEHIND;
    return s->at_utc_ms >= l->stop_utc_ms ? ERR_OFFLINE_LATE : ERR_OK;
}

/* What was sold under the lease, this sale included: in all, and by number alone. */
static enum err within(struct store_tx *tx, const struct store_terminal *t, const struct store_lease *l, enum err *code)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT count(*), sum(total_fen), coalesce(sum(card_by = 2), 0),"
        " coalesce(sum(CASE card_by WHEN 2 THEN total_fen END), 0) FROM sale WHERE terminal = ? AND lease = ?",
        DB_ARGS(db_int(t->number), db_int(l->version)), &row);
    if (e)
        return e;
    if (db_col_int(row, 0) > l->sales || db_col_int(row, 1) > l->amount_fen || db_col_int(row, 2) > l->keyed_sales ||
        db_col_int(row, 3) > l->keyed_amount_fen)
        *code = ERR_OFFLINE_OVER;
    db_done(row);
    return ERR_OK;
}

static enum err per_card(struct store_tx *tx, const struct store_terminal *t, const struct store_sale *s,
    const struct store_lease *l, enum err *code)
{
    static const uint8_t nobody[STORE_MEMBER_ID];
    sqlite3_stmt *row;
    int64_t day = tm_day_start_ms(tm_day(s->at_utc_ms));
    if (!memcmp(s->member, nobody, sizeof nobody))
        return ERR_OK;
    enum err e = db_find(tx,
        "SELECT count(*) FROM sale WHERE terminal = ?1 AND lease = ?2 AND member = ?3 AND at_ms >= ?4 AND at_ms < ?5",
        DB_ARGS(db_int(t->number), db_int(l->version), db_blob(s->member, STORE_MEMBER_ID), db_int(day),
            db_int(day + TM_DAY_MS)),
        &row);
    if (e)
        return e;
    if (db_col_int(row, 0) > l->per_card_day)
        *code = ERR_OFFLINE_OVER;
    db_done(row);
    return ERR_OK;
}

enum err store_settle(struct store_tx *tx, const struct store_terminal *t, const struct store_sale *s, enum err *code)
{
    struct store_lease l = {.version = 0};
    enum err e = ERR_OK;
    bool provisional = s->verdict == VERDICT_PROVISIONAL;
    *code = ERR_OK;
    if (provisional) {
        e = store_lease_get(tx, t->number, s->lease, &l);
        *code = e == ERR_NOT_FOUND ? ERR_LEASE_UNKNOWN : e ? ERR_OK : times(t, s, &l);
        e = e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    if (!e && !*code)
        e = standing(tx, t, s, code);
    if (!e && !*code && provisional)
        *code = s->card;
    if (!e && !*code && provisional)
        e = within(tx, t, &l, code);
    if (!e && !*code && provisional)
        e = per_card(tx, t, s, &l, code);
    return e;
}
