/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's questions, and what the service answered about its records. */
#include "client/ports/journal_db.h"
#include <string.h>

/* Hands every row to `each`; the statement is reset afterwards. */
static enum err walk(struct journal *j, sqlite3_stmt *s, journal_each_fn *each, void *ctx)
{
    enum err e = ERR_OK;
    int rc;
    while (!e && (rc = sqlite3_step(s)) != SQLITE_DONE) {
        struct journal_record r;
        e = journal_db_err(j->db, rc);
        if (!e)
            e = journal_db_record(s, &r);
        if (!e)
            e = each(ctx, &r);
    }
    sqlite3_reset(s);
    return e;
}

static enum err by_id(struct journal *j, char kind, const char *id, journal_each_fn *each, void *ctx)
{
    uint8_t key[JOURNAL_ID_MAX];
    struct journal_record r;
    sqlite3_stmt *s;
    int64_t record;
    size_t n = journal_db_key(kind, id, key);
    enum err e = n ? journal_tail_find(j, key, n, &record) : ERR_NOT_FOUND;
    if (!e)
        e = journal_db_stmt(j, JOURNAL_BY_ID, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, record);
    int rc = sqlite3_step(s);
    e = rc == SQLITE_DONE ? ERR_NOT_FOUND : journal_db_err(j->db, rc);
    if (!e)
        e = journal_db_record(s, &r);
    if (!e)
        e = each(ctx, &r);
    sqlite3_reset(s);
    return e;
}

enum err journal_by_sale(struct journal *j, const char *sale_id, journal_each_fn *each, void *ctx)
{
    return by_id(j, 's', sale_id, each, ctx);
}

enum err journal_by_checkout(struct journal *j, const char *checkout_id, journal_each_fn *each, void *ctx)
{
    return by_id(j, 'c', checkout_id, each, ctx);
}

enum err journal_by_key(struct journal *j, const char *key, journal_each_fn *each, void *ctx)
{
    return by_id(j, 'k', key, each, ctx);
}

enum err journal_day_sales(struct journal *j, int32_t day, journal_each_fn *each, void *ctx)
{
    return journal_day_records(j, day, RECORD_SALE, each, ctx);
}

enum err journal_day_records(struct journal *j, int32_t day, enum record_kind kind, journal_each_fn *each, void *ctx)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_BY_DAY, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, day);
    sqlite3_bind_int64(s, 2, kind);
    return walk(j, s, each, ctx);
}

enum err journal_after_in(
    struct journal *j, uint32_t epoch, uint64_t seq, size_t cnt, size_t bytes, journal_each_fn *each, void *ctx)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_AFTER, &s);
    if (e || seq >= JOURNAL_SEQ_MAX)
        return e;
    sqlite3_bind_int64(s, 1, journal_db_id(epoch, seq));
    sqlite3_bind_int64(s, 2, journal_db_id(epoch, JOURNAL_SEQ_MAX));
    sqlite3_bind_int64(s, 3, cnt > INT32_MAX ? INT32_MAX : (int64_t)cnt);
    size_t sum = 0;
    int rc;
    while (!e && (rc = sqlite3_step(s)) != SQLITE_DONE) {
        struct journal_record r;
        e = journal_db_err(j->db, rc);
        if (!e)
            e = journal_db_record(s, &r);
        if (e || (sum && r.body_len + r.blob_len > bytes - sum))
            break;
        sum += r.body_len + r.blob_len;
        e = each(ctx, &r);
        if (sum >= bytes)
            break;
    }
    sqlite3_reset(s);
    return e;
}

enum err journal_after(struct journal *j, uint64_t seq, size_t cnt, size_t bytes, journal_each_fn *each, void *ctx)
{
    return journal_after_in(j, j->head.epoch, seq, cnt, bytes, each, ctx);
}

static enum err hash_at(struct journal *j, uint32_t epoch, uint64_t seq, uint8_t out[static KEY_HASH])
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_AFTER, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, journal_db_id(epoch, seq) - 1);
    sqlite3_bind_int64(s, 2, journal_db_id(epoch, seq));
    sqlite3_bind_int64(s, 3, 1);
    struct journal_record r;
    int rc = sqlite3_step(s);
    e = rc == SQLITE_DONE ? ERR_CHAIN_FORK : journal_db_err(j->db, rc);
    if (!e)
        e = journal_db_record(s, &r);
    if (!e)
        memcpy(out, r.hash, KEY_HASH);
    sqlite3_reset(s);
    return e;
}

static enum err set_outcome(struct journal *j, uint32_t epoch, const struct body_result *r)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_SET_OUTCOME, &s);
    if (e)
        return e;
    /* "known" repeats an answer that may have been lost on the way: its first outcome is the one that counts. */
    enum body_outcome outcome = r->outcome == BODY_KNOWN ? r->was : r->outcome;
    sqlite3_bind_int64(s, 1, journal_db_id(epoch, r->seq));
    sqlite3_bind_int(s, 2, (int)outcome);
    if (outcome == BODY_COUNTED)
        sqlite3_bind_null(s, 3);
    else
        sqlite3_bind_text(s, 3, err_code(r->code), -1, SQLITE_STATIC);
    e = journal_db_err(j->db, sqlite3_step(s));
    sqlite3_reset(s);
    return e;
}

static enum err set_head(struct journal *j, const struct body_results *r)
{
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_SET_HEAD, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, r->epoch);
    sqlite3_bind_int64(s, 2, (int64_t)r->head_seq);
    sqlite3_bind_blob(s, 3, r->head_hash, KEY_HASH, SQLITE_STATIC);
    sqlite3_bind_int64(s, 4, r->at_utc_ms);
    sqlite3_bind_blob(s, 5, r->head_sig, KEY_SIG, SQLITE_STATIC);
    sqlite3_bind_text(s, 6, r->keyid, -1, SQLITE_STATIC);
    e = journal_db_err(j->db, sqlite3_step(s));
    sqlite3_reset(s);
    return e;
}

enum err journal_countersigned(struct journal *j, const struct body_results *r)
{
    uint8_t hash[KEY_HASH];
    bool past = r->epoch < j->head.epoch;
    if (r->epoch > j->head.epoch || (!past && r->head_seq > j->head.seq))
        return ERR_CHAIN_FORK;
    if (r->head_seq == 0)
        return ERR_OK;
    enum err e = hash_at(j, r->epoch, r->head_seq, hash);
    if (!e && memcmp(hash, r->head_hash, KEY_HASH) != 0)
        e = ERR_CHAIN_FORK;
    if (e)
        return e;
    e = journal_db_exec(j->db, "BEGIN IMMEDIATE");
    for (size_t i = 0; !e && i < r->result_cnt; i++)
        if (r->result[i].seq >= 1 && r->result[i].seq <= r->head_seq)
            e = set_outcome(j, r->epoch, &r->result[i]);
    if (!e)
        e = set_head(j, r);
    if (!e)
        e = journal_db_exec(j->db, "COMMIT");
    if (e && !sqlite3_get_autocommit(j->db))
        sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
    if (!e && !past && r->head_seq > j->sent)
        j->sent = r->head_seq;
    return !e && past ? journal_past_load(j) : e;
}
