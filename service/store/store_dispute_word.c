/* SPDX-License-Identifier: Apache-2.0 */
/* What unions say about disputes, and the notices that carry it to terminals. */
#include "service/store/db.h"
#include "service/store/store_dispute.h"

const char *store_word_act_name(enum store_word_act a)
{
    static const char *const names[] = {"none", "answer", "close", "reopen", "note", "escalate"};
    return (size_t)a < sizeof names / sizeof *names ? names[a] : names[0];
}

enum err store_word_list(struct store_tx *tx, const uint8_t dispute[static STORE_ID], store_word_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    char admin[ULID_LEN + 1];
    enum err e = db_query(tx,
        "SELECT w.at_ms, w.act, w.org, coalesce(o.name, ''), w.admin, w.text FROM dispute_word w LEFT JOIN org o ON"
        " o.id = w.org WHERE w.dispute = ? ORDER BY w.n",
        DB_ARGS(db_id(dispute)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        struct store_word w = {.at_utc_ms = db_col_int(rows, 0),
            .act = (enum store_word_act)db_col_int(rows, 1),
            .org = db_col_int(rows, 2),
            .admin = admin,
            .text = (const char *)sqlite3_column_text(rows, 5)};
        db_col_text(rows, 3, w.org_name, sizeof w.org_name);
        db_col_text(rows, 4, admin, sizeof admin);
        e = w.text ? fn(ctx, &w) : ERR_NOMEM;
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err state_of(struct store_tx *tx, const uint8_t dispute[static STORE_ID], enum store_dispute_state *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT state FROM dispute WHERE id = ?", DB_ARGS(db_id(dispute)), &row);
    if (e)
        return e;
    *out = (enum store_dispute_state)db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}

/* Where the word leads from a state. An answer may be given again, better: the first one's time counts. */
static enum err step(enum store_word_act act, enum store_dispute_state *s)
{
    bool closed = *s == STORE_DISPUTE_CLOSED;
    switch (act) {
    case STORE_WORD_ANSWER:
        if (closed)
            return ERR_DISPUTE_CLOSED;
        *s = STORE_DISPUTE_ANSWERED;
        return ERR_OK;
    case STORE_WORD_CLOSE:
        if (closed)
            return ERR_DISPUTE_CLOSED;
        *s = STORE_DISPUTE_CLOSED;
        return ERR_OK;
    case STORE_WORD_REOPEN:
        if (!closed && *s != STORE_DISPUTE_ANSWERED)
            return ERR_DISPUTE_OPEN;
        *s = STORE_DISPUTE_OPEN;
        return ERR_OK;
    case STORE_WORD_NOTE:
        return ERR_OK;
    default:
        return ERR_BAD_VALUE;
    }
}

enum err store_dispute_say(struct store_tx *tx, const uint8_t dispute[static STORE_ID], const struct store_word *w,
    int64_t due_utc_ms, enum store_dispute_state *state)
{
    enum store_dispute_state s;
    enum err e = state_of(tx, dispute, &s);
    if (!e)
        e = step(w->act, &s);
    if (!e)
        e = db_run_one(tx,
            "UPDATE dispute SET state = ?2, due_ms = CASE ?3 WHEN 3 THEN ?4 ELSE due_ms END,"
            " answered_ms = CASE WHEN ?3 = 1 AND answered_ms = 0 THEN ?5 ELSE answered_ms END,"
            " closed_ms = CASE ?3 WHEN 2 THEN ?5 WHEN 3 THEN 0 ELSE closed_ms END WHERE id = ?1",
            DB_ARGS(db_id(dispute), db_int(s), db_int(w->act), db_int(due_utc_ms), db_int(w->at_utc_ms)));
    if (!e)
        e = db_run(tx,
            "INSERT INTO dispute_word(dispute, n, at_ms, act, org, admin, text)"
            " SELECT ?1, count(*) + 1, ?2, ?3, ?4, ?5, ?6 FROM dispute_word WHERE dispute = ?1",
            DB_ARGS(db_id(dispute), db_int(w->at_utc_ms), db_int(w->act), db_int(w->org), db_text(w->admin),
                db_text(w->text)));
    if (!e)
        *state = s;
    return e;
}

enum err store_answer_version(struct store_tx *tx, int64_t terminal, int64_t *version)
{
    sqlite3_stmt *row;
    /* A terminal may hold a newer one than a restored backup knows of. */
    enum err e = db_find(tx,
        "SELECT max(coalesce((SELECT max(version) FROM answer WHERE terminal = ?1), 0), coalesce((SELECT held_answer"
        " FROM terminal WHERE number = ?1 AND held_answer < 4503599627370496), 0))",
        DB_ARGS(db_int(terminal)), &row);
    if (e)
        return e;
    *version = db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}

enum err store_answer_put(struct store_tx *tx, int64_t terminal, int64_t version, const char *envelope, size_t len)
{
    return db_run(tx, "INSERT INTO answer(terminal, version, envelope) VALUES(?, ?, ?)",
        DB_ARGS(db_int(terminal), db_int(version), db_text_n(envelope, len)));
}

enum err store_answer_newer(
    struct store_tx *tx, int64_t terminal, int64_t than, int limit, store_answer_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum err e = db_query(tx, "SELECT envelope FROM answer WHERE terminal = ? AND version > ? ORDER BY version LIMIT ?",
        DB_ARGS(db_int(terminal), db_int(than), db_int(limit)), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows)))
        e = fn(ctx, (const char *)sqlite3_column_text(rows, 0), (size_t)sqlite3_column_bytes(rows, 0));
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_dispute_terminal(struct store_tx *tx, int64_t number, uint8_t out[static STORE_ID])
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT id FROM terminal WHERE number = ?", DB_ARGS(db_int(number)), &row);
    if (e)
        return e;
    db_col_blob(row, 0, out, STORE_ID);
    db_done(row);
    return ERR_OK;
}
