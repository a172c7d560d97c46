/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever holds a slip speaks again about the dispute that is there. */
#include "base/text.h"
#include "base/tm.h"
#include "service/store/db.h"
#include "service/store/store_dispute.h"

/* Not I: once a day, so that nobody can make the number mean more than days. */
static enum err object(struct store_tx *tx, const uint8_t *dispute, struct store_voice *v)
{
    enum err e = db_run_one(tx,
        "UPDATE dispute SET objections = objections + 1, objected_ms = ?2 WHERE id = ?1 AND objected_ms < ?3",
        DB_ARGS(db_id(dispute), db_int(v->at_utc_ms), db_int(tm_day_start_ms(tm_day(v->at_utc_ms)))));
    v->taken = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err take_up_again(struct store_tx *tx, const uint8_t *dispute, struct store_voice *v)
{
    enum store_dispute_state state;
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT org FROM dispute WHERE id = ?", DB_ARGS(db_id(dispute)), &row);
    if (e)
        return e;
    const struct store_word w = {
        .at_utc_ms = v->at_utc_ms, .act = STORE_WORD_REOPEN, .org = db_col_int(row, 0), .admin = "slip", .text = ""};
    db_done(row);
    e = store_dispute_say(tx, dispute, &w, v->due_utc_ms, &state);
    v->reopened = !e;
    return e == ERR_DISPUTE_OPEN ? ERR_OK : e; /* it waits for its answer as it is */
}

static enum err account(struct store_tx *tx, const uint8_t *dispute, struct store_voice *v)
{
    size_t n = strlen(v->text);
    if (n > STORE_DISPUTE_TEXT_MAX || !text_is_utf8(v->text, n) || !v->kind[0])
        return ERR_BAD_VALUE;
    enum err e = db_run_one(tx,
        "UPDATE dispute SET second_ms = ?2, second_kind = ?3, second_text = ?4 WHERE id = ?1 AND second_ms = 0",
        DB_ARGS(db_id(dispute), db_int(v->at_utc_ms), db_text(v->kind), db_text(v->text)));
    v->taken = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e ? e : take_up_again(tx, dispute, v);
}

enum err store_dispute_voice(struct store_tx *tx, const uint8_t dispute[static STORE_ID], struct store_voice *v)
{
    sqlite3_stmt *row;
    v->taken = v->reopened = false;
    enum err e = db_find(tx, "SELECT 1 FROM dispute WHERE id = ?", DB_ARGS(db_id(dispute)), &row);
    if (e)
        return e;
    db_done(row);
    return v->text ? account(tx, dispute, v) : object(tx, dispute, v);
}

enum err store_dispute_of_shop(struct store_tx *tx, const uint8_t shop[static STORE_ID], struct store_dispute_shop *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT coalesce(sum(state IN (1, 2)), 0), count(*), coalesce(sum(objections > 0), 0) FROM dispute WHERE shop "
        "= ?",
        DB_ARGS(db_id(shop)), &row);
    if (e)
        return e;
    *out = (struct store_dispute_shop){db_col_int(row, 0), db_col_int(row, 1), db_col_int(row, 2)};
    db_done(row);
    return ERR_OK;
}
