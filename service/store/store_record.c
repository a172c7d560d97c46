/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_record.h"
#include "base/tm.h"
#include "service/store/db.h"
#include "service/store/store_dispute.h"
#include "service/store/store_sale.h"

/* Where the chain is continued from: the head itself, or a stored record when a batch repeats some. */
static enum err previous(struct store_tx *tx, const struct store_terminal *t, uint64_t seq, struct record_head *h)
{
    sqlite3_stmt *row;
    memcpy(h->terminal, t->terminal, sizeof h->terminal);
    h->epoch = t->epoch;
    h->seq = seq;
    memset(h->hash, 0, sizeof h->hash);
    if (!seq)
        return ERR_OK;
    if (seq == t->seq) {
        memcpy(h->hash, t->hash, sizeof h->hash);
        return ERR_OK;
    }
    enum err e = db_find(tx, "SELECT hash FROM record WHERE terminal = ? AND epoch = ? AND seq = ?",
        DB_ARGS(db_int(t->number), db_int(t->epoch), db_int((int64_t)seq)), &row);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_INTERNAL : e;
    db_col_blob(row, 0, h->hash, sizeof h->hash);
    db_done(row);
    return ERR_OK;
}

static enum err known(
    struct store_tx *tx, const struct store_terminal *t, const struct record_head *h, struct body_result *out)
{
    sqlite3_stmt *row;
    uint8_t hash[KEY_HASH];
    char code[48];
    enum err e = db_find(tx, "SELECT hash, code, outcome FROM record WHERE terminal = ? AND epoch = ? AND seq = ?",
        DB_ARGS(db_int(t->number), db_int(t->epoch), db_int((int64_t)h->seq)), &row);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_INTERNAL : e;
    db_col_blob(row, 0, hash, sizeof hash);
    db_col_text(row, 1, code, sizeof code);
    enum body_outcome was = (enum body_outcome)db_col_int(row, 2);
    db_done(row);
    if (memcmp(hash, h->hash, sizeof hash) != 0)
        return ERR_CHAIN_FORK;
    *out = (struct body_result){h->seq, BODY_KNOWN, code[0] ? err_from_code(code) : ERR_OK, was};
    return ERR_OK;
}

static enum err count_refusal(struct store_tx *tx, const struct store_terminal *t, const struct body_refusal *r)
{
    return db_run(tx,
        "INSERT INTO refusal(shop, day, terminal, reason, cnt) VALUES(?, ?, ?, ?, 1)"
        " ON CONFLICT(shop, day, terminal, reason) DO UPDATE SET cnt = cnt + 1",
        DB_ARGS(db_id(t->shop), db_int(tm_day(r->at_utc_ms)), db_int(t->number), db_text(err_code(r->reason))));
}

static enum err note_applied(
    struct store_tx *tx, const struct store_terminal *t, const struct body_notice_applied *a, int64_t at_utc_ms)
{
    if (a->notice == NOTICE_SHOP)
        return db_run(tx,
            "UPDATE terminal SET shop_version = ?1, shop_version_ms = ?2 WHERE id = ?3 AND shop_version < ?1",
            DB_ARGS(db_int(a->version), db_int(at_utc_ms), db_id(t->terminal)));
    if (a->notice == NOTICE_TRUST)
        return db_run(tx,
            "UPDATE terminal SET trust_version = ?1, trust_version_ms = ?2 WHERE id = ?3 AND trust_version < ?1",
            DB_ARGS(db_int(a->version), db_int(at_utc_ms), db_id(t->terminal)));
    if (a->notice == NOTICE_REVOKED)
        return db_run(tx,
            "UPDATE terminal SET revoked_version = ?1, revoked_version_ms = ?2 WHERE id = ?3 AND revoked_version < ?1",
            DB_ARGS(db_int(a->version), db_int(at_utc_ms), db_id(t->terminal)));
    return ERR_OK;
}

static enum err take_dispute(
    struct store_tx *tx, const struct store_terminal *t, const struct store_record *r, const struct body_result *out)
{
    struct store_dispute d = *r->dispute;
    bool added;
    d.terminal = t->number;
    d.epoch = t->epoch;
    d.seq = out->seq;
    memcpy(d.shop, t->shop, STORE_ID);
    return store_dispute_add(tx, &d, r->dispute_text, &added);
}

/* What a new record means beyond being stored. */
static enum err take_in(struct store_tx *tx, const struct store_terminal *t, const struct store_batch *b,
    const struct store_record *r, struct body_result *out)
{
    *out = (struct body_result){.seq = r->seq, .outcome = BODY_HELD, .code = r->held};
    if (r->held)
        return ERR_OK;
    *out = (struct body_result){.seq = r->seq, .outcome = BODY_COUNTED};
    if (r->sale)
        return store_sale_add(tx, t, r->sale, b->at_utc_ms, out);
    if (r->taken_back)
        return store_void_take(tx, t, r->taken_back, b->return_days, out);
    if (r->refusal)
        return count_refusal(tx, t, r->refusal);
    if (r->dispute)
        return take_dispute(tx, t, r, out);
    return r->applied ? note_applied(tx, t, r->applied, b->at_utc_ms) : ERR_OK;
}

/* The service's own dispute about a record that it counted and does not accept. */
static enum err contest(struct store_tx *tx, const struct store_terminal *t, const struct store_batch *b,
    const struct store_record *r, enum err code)
{
    struct store_dispute d = {.terminal = t->number,
        .epoch = t->epoch,
        .seq = r->seq,
        .code = code,
        .at_utc_ms = r->sale ? r->sale->at_utc_ms : r->taken_back->at_utc_ms,
        .received_utc_ms = b->at_utc_ms,
        .due_utc_ms = b->due_utc_ms};
    memcpy(d.shop, t->shop, STORE_ID);
    memcpy(d.sale, r->sale ? r->sale->sale : r->taken_back->sale, STORE_ID);
    return store_dispute_contest(tx, &d);
}

static enum err store_new(struct store_tx *tx, const struct store_terminal *t, const struct store_batch *b,
    const struct record_head *h, const struct body_result *res)
{
    const struct store_record *r = &b->record[h->seq - b->record[0].seq];
    return db_run(tx,
        "INSERT INTO record(terminal, epoch, seq, kind, hash, body, salt, blob, outcome, code, at_ms, sig)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        DB_ARGS(db_int(t->number), db_int(t->epoch), db_int((int64_t)r->seq), db_int(r->kind),
            db_blob(h->hash, KEY_HASH), db_text_n(r->body, r->body_len), db_blob(r->blob ? r->salt : NULL, RECORD_SALT),
            db_text_n(r->blob, r->blob_len), db_int(res->outcome), db_text(res->code ? err_code(res->code) : NULL),
            db_int(b->at_utc_ms), db_blob(h->seq == b->head_seq ? b->head_sig : NULL, KEY_SIG)));
}

static enum err append_all(
    struct store_tx *tx, struct store_batch *b, const struct store_terminal *t, struct record_head *h)
{
    enum err e = previous(tx, t, b->record[0].seq - 1, h);
    for (size_t i = 0; i < b->record_cnt && !e; i++) {
        const struct store_record *r = &b->record[i];
        if (r->seq != h->seq + 1)
            return ERR_BAD_VALUE;
        e = record_extend(h, r->kind, r->body, r->body_len, h);
        if (e)
            return e;
        if (r->seq <= t->seq) {
            e = known(tx, t, h, &b->result[i]);
            continue;
        }
        e = take_in(tx, t, b, r, &b->result[i]);
        if (!e)
            e = store_new(tx, t, b, h, &b->result[i]);
        if (!e && b->result[i].outcome == BODY_CONTESTED)
            e = contest(tx, t, b, r, b->result[i].code);
    }
    return e;
}

static enum err check_form(const struct store_batch *b, const struct store_terminal *t)
{
    if (!b->record_cnt)
        return ERR_OK;
    if (b->record_cnt > BODY_BATCH || b->record[0].seq == 0 || b->head_seq != b->record[b->record_cnt - 1].seq)
        return ERR_BAD_VALUE;
    return b->record[0].seq > t->seq + 1 ? ERR_CHAIN_GAP : ERR_OK;
}

/* The terminal with the chain of that epoch as its own: what an ended epoch still holds may come in later. */
static enum err with_chain(struct store_tx *tx, uint32_t epoch, struct store_terminal *t)
{
    sqlite3_stmt *row;
    if (epoch == t->epoch)
        return ERR_OK;
    enum err e = db_find(tx, "SELECT seq, head FROM past WHERE terminal = ? AND epoch = ?",
        DB_ARGS(db_int(t->number), db_int(epoch)), &row);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_CHAIN_FORK : e;
    t->epoch = epoch;
    t->seq = (uint64_t)db_col_int(row, 0);
    db_col_blob(row, 1, t->hash, sizeof t->hash);
    db_done(row);
    return ERR_OK;
}

static enum err move_head(
    struct store_tx *tx, const struct store_batch *b, const struct record_head *h, struct store_terminal *t)
{
    enum err e = db_run(tx, "UPDATE past SET seq = ?, head = ? WHERE terminal = ? AND epoch = ?",
        DB_ARGS(db_int((int64_t)h->seq), db_blob(h->hash, KEY_HASH), db_int(t->number), db_int(t->epoch)));
    if (!e)
        e = db_run(tx, "UPDATE terminal SET seq = ?, head = ?, seen_ms = max(seen_ms, ?) WHERE id = ? AND epoch = ?",
            DB_ARGS(db_int((int64_t)h->seq), db_blob(h->hash, KEY_HASH), db_int(b->at_utc_ms), db_id(b->terminal),
                db_int(t->epoch)));
    t->seq = h->seq;
    memcpy(t->hash, h->hash, KEY_HASH);
    return e;
}

enum err store_record_append(struct store_tx *tx, struct store_batch *b)
{
    struct store_terminal t;
    struct record_head h = {.seq = 0};
    enum err e = store_terminal_get(tx, b->terminal, &t);
    if (!e && b->record_cnt)
        e = with_chain(tx, b->epoch, &t);
    if (!e)
        e = check_form(b, &t);
    if (e == ERR_CHAIN_GAP)
        b->expected = t.seq + 1;
    if (!e && b->record_cnt)
        e = append_all(tx, b, &t, &h);
    if (!e && b->record_cnt && memcmp(h.hash, b->head_hash, KEY_HASH) != 0)
        e = ERR_CHAIN_FORK;
    if (!e && b->record_cnt && h.seq > t.seq)
        e = move_head(tx, b, &h, &t);
    return e ? e : previous(tx, &t, t.seq, &b->head);
}
