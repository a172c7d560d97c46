/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_branch.h"
#include "service/store/db.h"

/* A place in what is stored of one epoch: in a branch, or (0) in the chain. */
struct place {
    int64_t branch;
    uint64_t seq;
    uint8_t hash[KEY_HASH];
};

struct taking {
    struct store_tx *tx;
    const struct store_batch *b;
    struct store_terminal t;
    uint8_t hash[BODY_BATCH][KEY_HASH]; /* of each record; of the last one what was signed */
    bool sound;                         /* they lead to it */
    struct place at;                    /* what the batch comes after, and then its newest record */
    struct store_kept out;
};

/* The hashes that the batch has after `from`. True if they lead to the signed head. */
static bool compute(struct taking *k, const struct place *from)
{
    const struct store_batch *b = k->b;
    struct record_head h = {.epoch = b->epoch, .seq = from->seq};
    memcpy(h.terminal, b->terminal, sizeof h.terminal);
    memcpy(h.hash, from->hash, KEY_HASH);
    for (size_t i = 0; i < b->record_cnt; i++) {
        const struct store_record *r = &b->record[i];
        if (record_extend(&h, r->kind, r->body, r->body_len, &h))
            return false;
        memcpy(k->hash[i], h.hash, KEY_HASH);
    }
    return memcmp(h.hash, b->head_hash, KEY_HASH) == 0;
}

/* Every place that a record with the batch's first seq could come after, the chain's first; the one that leads to the signed head, else the
 * first of them. ERR_NOT_FOUND: there is none. */
static enum err find_base(struct taking *k)
{
    static const char sql[] =
        "SELECT 0 AS branch, hash FROM record WHERE terminal = ?1 AND epoch = ?2 AND seq = ?3 UNION ALL"
        " SELECT r.branch, r.hash FROM branch b JOIN branch_record r ON r.branch = b.id AND r.seq = ?3"
        " WHERE b.terminal = ?1 AND b.epoch = ?2 ORDER BY branch";
    struct place at = {.seq = k->b->record[0].seq - 1};
    bool any = at.seq == 0;
    sqlite3_stmt *rows;
    k->at = at;
    k->sound = any && compute(k, &at);
    if (any)
        return ERR_OK;
    enum err e =
        db_query(k->tx, sql, DB_ARGS(db_int(k->t.number), db_int(k->b->epoch), db_int((int64_t)at.seq)), &rows);
    if (e)
        return e;
    while (!k->sound && !(e = db_next(rows))) {
        at.branch = db_col_int(rows, 0);
        db_col_blob(rows, 1, at.hash, KEY_HASH);
        k->sound = compute(k, &at);
        if (!any || k->sound)
            k->at = at;
        any = true;
    }
    db_done(rows);
    if (any && !k->sound)
        compute(k, &k->at);
    return any ? ERR_OK : e;
}

/* A hash stands for all that came before it: the same one at the same place is the same record. */
static enum err find_known(struct taking *k, uint64_t seq, const uint8_t *hash, struct place *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(k->tx,
        "SELECT 0 AS branch FROM record WHERE terminal = ?1 AND epoch = ?2 AND seq = ?3 AND hash = ?4 UNION ALL"
        " SELECT r.branch FROM branch b JOIN branch_record r ON r.branch = b.id AND r.seq = ?3 AND r.hash = ?4"
        " WHERE b.terminal = ?1 AND b.epoch = ?2 LIMIT 1",
        DB_ARGS(db_int(k->t.number), db_int(k->b->epoch), db_int((int64_t)seq), db_blob(hash, KEY_HASH)), &row);
    if (e)
        return e;
    *out = (struct place){.branch = db_col_int(row, 0), .seq = seq};
    db_done(row);
    memcpy(out->hash, hash, KEY_HASH);
    return ERR_OK;
}

static enum err begin_branch(struct taking *k)
{
    sqlite3_stmt *row;
    enum err e = db_find(k->tx,
        "SELECT (SELECT count(*) FROM branch WHERE terminal = ?), (SELECT coalesce(max(id), 0) + 1 FROM branch)",
        DB_ARGS(db_int(k->t.number)), &row);
    if (e)
        return e;
    int64_t cnt = db_col_int(row, 0), id = db_col_int(row, 1);
    db_done(row);
    if (cnt >= STORE_BRANCHES)
        return ERR_TOO_LARGE;
    e = db_run(k->tx,
        "INSERT INTO branch(id, terminal, epoch, parent, base, seq, head, first_ms, last_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?7)",
        DB_ARGS(db_int(id), db_int(k->t.number), db_int(k->b->epoch), db_int(k->at.branch), db_int((int64_t)k->at.seq),
            db_blob(k->at.hash, KEY_HASH), db_int(k->b->at_utc_ms)));
    k->out.branch = k->at.branch = id;
    return e;
}

/* Is what comes next the first to come after that place? */
static enum err is_tip(struct taking *k, bool *tip)
{
    sqlite3_stmt *row;
    *tip = false;
    if (!k->at.branch)
        return ERR_OK;
    enum err e = db_find(k->tx, "SELECT seq FROM branch WHERE id = ?", DB_ARGS(db_int(k->at.branch)), &row);
    if (e)
        return e;
    *tip = (uint64_t)db_col_int(row, 0) == k->at.seq;
    db_done(row);
    return ERR_OK;
}

static enum err keep_record(struct taking *k, size_t i)
{
    const struct store_record *r = &k->b->record[i];
    bool tip, last = i + 1 == k->b->record_cnt;
    enum err e = is_tip(k, &tip);
    if (!e && !tip)
        e = begin_branch(k);
    if (!e)
        e = db_run(k->tx,
            "INSERT INTO branch_record(branch, seq, kind, hash, sig, sound, body, salt, blob, at_ms)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            DB_ARGS(db_int(k->at.branch), db_int((int64_t)r->seq), db_int(r->kind), db_blob(k->hash[i], KEY_HASH),
                db_blob(last ? k->b->head_sig : NULL, KEY_SIG), db_int(k->sound), db_text_n(r->body, r->body_len),
                db_blob(r->blob ? r->salt : NULL, RECORD_SALT), db_text_n(r->blob, r->blob_len),
                db_int(k->b->at_utc_ms)));
    if (!e)
        e = db_run_one(k->tx, "UPDATE branch SET seq = ?, head = ?, last_ms = ? WHERE id = ?",
            DB_ARGS(
                db_int((int64_t)r->seq), db_blob(k->hash[i], KEY_HASH), db_int(k->b->at_utc_ms), db_int(k->at.branch)));
    k->at.seq = r->seq;
    memcpy(k->at.hash, k->hash[i], KEY_HASH);
    return e;
}

static enum err keep_all(struct taking *k)
{
    enum err e = ERR_OK;
    memcpy(k->hash[k->b->record_cnt - 1], k->b->head_hash, KEY_HASH);
    for (size_t i = 0; i < k->b->record_cnt && !e; i++) {
        e = find_known(k, k->b->record[i].seq, k->hash[i], &k->at);
        if (e == ERR_NOT_FOUND)
            e = keep_record(k, i);
    }
    if (!e)
        k->out.expected = k->b->record[k->b->record_cnt - 1].seq + 1;
    return e;
}

enum err store_branch_flag(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], int64_t at_utc_ms, uint32_t epoch, bool *fresh)
{
    enum err e = db_run_one(tx, "UPDATE terminal SET forked_ms = ? WHERE id = ? AND epoch = ? AND forked_ms = 0",
        DB_ARGS(db_int(at_utc_ms), db_id(terminal), db_int(epoch)));
    *fresh = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err take(struct taking *k, bool gap)
{
    enum err e = find_base(k);
    if (gap && (e || !k->sound || !k->at.branch))
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    k->out.extends = true;
    k->out.expected = 1;
    if (!e)
        e = keep_all(k);
    else if (e == ERR_NOT_FOUND)
        e = ERR_OK;
    if (e == ERR_TOO_LARGE) {
        k->out.expected = 0;
        e = ERR_OK;
    }
    bool fresh;
    /* Of an epoch that we do not know (we were restored from a backup) it is the present one that ends. */
    return e || k->b->epoch < k->t.epoch
               ? e
               : store_branch_flag(k->tx, k->b->terminal, k->b->at_utc_ms, k->t.epoch, &fresh);
}

enum err store_branch_take(struct store_tx *tx, const struct store_batch *b, bool gap, struct store_kept *out)
{
    struct taking k = {.tx = tx, .b = b};
    enum err e = store_terminal_get(tx, b->terminal, &k.t);
    if (!e)
        e = take(&k, gap);
    if (!e)
        *out = k.out;
    return e;
}
