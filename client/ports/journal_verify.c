/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsonx.h"
#include "base/tm.h"
#include "client/ports/journal_db.h"
#include <string.h>

struct check {
    sqlite3 *db;
    const struct notice_trust *trust;
    journal_fault_fn *fault;
    void *ctx;
    struct journal_report *report;
    struct record_head head; /* of the record before, as stored */
    bool follows;            /* nothing is missing before the next record */
    int64_t indexed;         /* up to here ids are in their table */
    int64_t tail_cnt;        /* records beyond it */
    sqlite3_stmt *row;       /* the record looked at */
    sqlite3_stmt *id, *day, *countersigned;
};

const char *journal_fault_name(enum journal_fault f)
{
    static const char *const names[] = {"altered", "missing", "blob", "index", "head", "head_signature", "file"};
    return (size_t)f < sizeof names / sizeof *names ? names[f] : "unknown";
}

static void found(struct check *c, enum journal_fault f, uint64_t seq)
{
    c->report->fault_cnt++;
    if (c->fault)
        c->fault(c->ctx, f, f == JOURNAL_FILE ? 0 : c->head.epoch, seq);
}

static void check_chain(struct check *c, const struct journal_record *r)
{
    struct record_head next;
    enum err e = record_extend(&c->head, r->kind, r->body, r->body_len, &next);
    if (c->follows && (e || memcmp(next.hash, r->hash, KEY_HASH) != 0))
        found(c, JOURNAL_ALTERED, r->seq);
    c->follows = true;
    c->head.seq = r->seq;
    memcpy(c->head.hash, r->hash, KEY_HASH);
}

static void check_blob(struct check *c, const struct journal_record *r, const json_t *body)
{
    uint8_t want[KEY_HASH], have[KEY_HASH];
    bool named = jsonx_has(body, "blob");
    if (!r->blob) {
        if (named)
            c->report->erased_cnt++;
        return;
    }
    record_blob_hash(r->salt, r->blob, r->blob_len, have);
    if (!named || jsonx_hex(body, "blob", want, sizeof want) || memcmp(want, have, sizeof want) != 0)
        found(c, JOURNAL_BLOB, r->seq);
}

static bool points_here(struct check *c, const uint8_t *key, size_t n, int64_t record)
{
    sqlite3_bind_blob64(c->id, 1, key, n, SQLITE_STATIC);
    bool good = sqlite3_step(c->id) == SQLITE_ROW && sqlite3_column_int64(c->id, 0) == record;
    sqlite3_reset(c->id);
    return good;
}

/* What a day's sales are found by stands outside the hashed body: it must say the same. */
static void check_day(struct check *c, const struct journal_record *r, const json_t *body)
{
    int64_t at = 0;
    bool good = jsonx_int(body, "at_ms", 0, JSONX_INT_MAX, &at) == ERR_OK && at == r->at_utc_ms;
    sqlite3_bind_int64(c->day, 1, journal_db_id(r->epoch, r->seq));
    if (good)
        good = sqlite3_step(c->day) == SQLITE_ROW && sqlite3_column_int(c->day, 0) == tm_day(at);
    sqlite3_reset(c->day);
    if (!good)
        found(c, JOURNAL_INDEX, r->seq);
}

/* The id that a sale's body names, against the one of its row. */
static bool same_id(const json_t *body, const char *member, const uint8_t *key, size_t n)
{
    uint8_t want[JOURNAL_ID_MAX];
    const char *id = NULL;
    return jsonx_str(body, member, ULID_LEN, ULID_LEN, &id) == ERR_OK && n == ULID_SIZE + 1 &&
           journal_db_key((char)key[ULID_SIZE], id, want) == n && memcmp(want, key, n) == 0;
}

static void check_ids(struct check *c, const struct journal_record *r, const json_t *body)
{
    static const char *const member[JOURNAL_IDS] = {"sale_id", "checkout_id", NULL};
    uint8_t key[JOURNAL_ID_MAX];
    int64_t id = journal_db_id(r->epoch, r->seq);
    c->tail_cnt += id > c->indexed;
    bool good = c->tail_cnt <= JOURNAL_LAG;
    for (int i = 0; i < JOURNAL_IDS; i++) {
        size_t n = journal_db_column_key(c->row, JOURNAL_COLUMN_CNT, i, key);
        if (n && id <= c->indexed)
            good = points_here(c, key, n, id) && good;
        if (r->kind == RECORD_SALE && member[i])
            good = good && same_id(body, member[i], key, n);
    }
    if (!good)
        found(c, JOURNAL_INDEX, r->seq);
}

/* ERR_UNKNOWN_KEY, ERR_BAD_SIGNATURE. */
static enum err check_sig(const struct check *c, const struct record_head *at)
{
    const char *keyid = (const char *)sqlite3_column_text(c->countersigned, 4);
    for (size_t i = 0; i < c->trust->key_cnt; i++) {
        const struct notice_key *k = &c->trust->keys[i];
        if ((k->kinds & NOTICE_BIT_HEAD) && strcmp(k->id, keyid) == 0)
            return record_countersign_verify(
                at, sqlite3_column_int64(c->countersigned, 2), k->key, sqlite3_column_blob(c->countersigned, 3));
    }
    return ERR_UNKNOWN_KEY;
}

/* The epoch that ends here, against what the service countersigned of it. An earlier one may carry the signature of a key that was retired
 * since. The newest does not: the notice that retires a key is itself recorded, and countersigned with the next. */
static void end_epoch(struct check *c, bool newest)
{
    struct record_head at = c->head;
    sqlite3_stmt *s = c->countersigned;
    if (c->head.epoch == 0)
        return;
    sqlite3_bind_int64(s, 1, c->head.epoch);
    c->report->countersigned_seq = 0;
    if (sqlite3_step(s) == SQLITE_ROW) {
        const void *hash = sqlite3_column_blob(s, 1), *sig = sqlite3_column_blob(s, 3);
        const char *keyid = (const char *)sqlite3_column_text(s, 4);
        bool sound =
            hash && sig && keyid && sqlite3_column_bytes(s, 1) == KEY_HASH && sqlite3_column_bytes(s, 3) == KEY_SIG;
        at.seq = (uint64_t)sqlite3_column_int64(s, 0);
        if (sound)
            memcpy(at.hash, hash, KEY_HASH);
        if (!sound || sqlite3_column_int(s, 5) != 1)
            found(c, JOURNAL_HEAD, at.seq);
        enum err e = sound && c->trust ? check_sig(c, &at) : ERR_OK;
        if (e == ERR_UNKNOWN_KEY && !newest)
            c->report->old_key_cnt++;
        else if (e)
            found(c, JOURNAL_HEAD_SIG, at.seq);
        c->report->countersigned_seq = at.seq;
    }
    sqlite3_reset(s);
}

static void check_record(struct check *c, const struct journal_record *r)
{
    json_t *body = NULL;
    if (r->epoch != c->head.epoch) {
        end_epoch(c, false);
        c->head.epoch = r->epoch;
        c->head.seq = 0;
        memset(c->head.hash, 0, KEY_HASH);
        c->follows = true;
    }
    if (r->seq != c->head.seq + 1) {
        found(c, JOURNAL_MISSING, c->head.seq + 1);
        c->follows = false;
    }
    check_chain(c, r);
    if (jsonx_parse(r->body, r->body_len, &body))
        return; /* damaged: check_chain said so */
    check_blob(c, r, body);
    check_day(c, r, body);
    check_ids(c, r, body);
    json_decref(body);
}

/* Ids, or their mark, that lead to no record: the newest records were dropped, but not their traces. Gaps further in are known by now. */
static enum err check_orphans(struct check *c)
{
    sqlite3_stmt *s;
    int rc = sqlite3_prepare_v2(c->db,
        "SELECT record FROM ids WHERE record > ?1 UNION"
        " SELECT indexed FROM owner WHERE indexed > ?1 AND indexed & 0xffffffffff ORDER BY 1",
        -1, &s, NULL);
    if (rc != SQLITE_OK)
        return journal_db_err(c->db, rc);
    sqlite3_bind_int64(s, 1, journal_db_id(c->head.epoch, c->head.seq));
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(s, 0);
        c->head.epoch = journal_db_epoch(id);
        found(c, JOURNAL_MISSING, journal_db_seq(id));
    }
    sqlite3_finalize(s);
    return journal_db_err(c->db, rc);
}

/* A countersigned epoch of which no record is left. */
static enum err check_lost_epochs(struct check *c)
{
    sqlite3_stmt *s;
    int rc = sqlite3_prepare_v2(c->db,
        "SELECT epoch, seq FROM heads WHERE NOT EXISTS (SELECT 1 FROM records AS r"
        " WHERE r.id > epoch << 40 AND r.id <= (epoch << 40 | 0xffffffffff)) ORDER BY epoch",
        -1, &s, NULL);
    if (rc != SQLITE_OK)
        return journal_db_err(c->db, rc);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        c->head.epoch = (uint32_t)sqlite3_column_int64(s, 0);
        found(c, JOURNAL_HEAD, (uint64_t)sqlite3_column_int64(s, 1));
    }
    sqlite3_finalize(s);
    return journal_db_err(c->db, rc);
}

static enum err check_file(struct check *c)
{
    sqlite3_stmt *s;
    int rc = sqlite3_prepare_v2(c->db, "PRAGMA integrity_check(1)", -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    bool good = text && strcmp(text, "ok") == 0;
    sqlite3_finalize(s);
    if (rc != SQLITE_ROW && (rc & 0xff) != SQLITE_CORRUPT)
        return journal_db_err(c->db, rc);
    if (!good)
        found(c, JOURNAL_FILE, 0);
    return ERR_OK;
}

static enum err check_records(struct check *c)
{
    sqlite3_stmt *s;
    int rc = sqlite3_prepare_v2(
        c->db, "SELECT " JOURNAL_COLUMNS ", sale, checkout, idem FROM records ORDER BY id", -1, &s, NULL);
    if (rc != SQLITE_OK)
        return journal_db_err(c->db, rc);
    c->row = s;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct journal_record r = {.kind = RECORD_STARTED};
        c->report->record_cnt++;
        if (journal_db_record(s, &r) == ERR_OK) {
            check_record(c, &r);
            continue;
        }
        c->head.epoch = journal_db_epoch(sqlite3_column_int64(s, 0));
        c->head.seq = journal_db_seq(sqlite3_column_int64(s, 0));
        c->follows = false;
        found(c, JOURNAL_ALTERED, c->head.seq);
    }
    sqlite3_finalize(s);
    if ((rc & 0xff) == SQLITE_CORRUPT) {
        found(c, JOURNAL_FILE, 0);
        rc = SQLITE_DONE;
    }
    end_epoch(c, true);
    c->report->epoch = c->head.epoch;
    c->report->head_seq = c->head.seq;
    memcpy(c->report->head_hash, c->head.hash, KEY_HASH);
    return journal_db_err(c->db, rc);
}

static enum err read_owner(struct check *c)
{
    sqlite3_stmt *s;
    int rc = sqlite3_prepare_v2(c->db, "SELECT terminal, indexed FROM owner", -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    enum err e = rc == SQLITE_ROW && sqlite3_column_bytes(s, 0) == ULID_SIZE ? ERR_OK : ERR_BAD_VALUE;
    if (!e)
        memcpy(c->head.terminal, sqlite3_column_blob(s, 0), ULID_SIZE);
    c->indexed = sqlite3_column_int64(s, 1);
    memcpy(c->report->terminal, c->head.terminal, ULID_SIZE);
    sqlite3_finalize(s);
    return e;
}

enum err journal_verify(const char *path, const struct notice_trust *trust, journal_fault_fn *fault, void *ctx,
    struct journal_report *report)
{
    struct journal_report done = {.countersign_checked = trust != NULL};
    struct check c = {.trust = trust, .fault = fault, .ctx = ctx, .report = &done, .follows = true};
    enum err e = journal_db_open(path, false, &c.db);
    if (e)
        return e;
    /* One read transaction: a terminal that is running goes on appending beside it. */
    e = journal_db_exec(c.db, "BEGIN");
    if (!e)
        e = journal_db_err(c.db, sqlite3_prepare_v2(c.db, "SELECT record FROM ids WHERE id = ?1", -1, &c.id, NULL));
    if (!e)
        e = journal_db_err(c.db, sqlite3_prepare_v2(c.db,
                                     "SELECT seq, hash, at_ms, sig, keyid, hash = (SELECT hash FROM records WHERE "
                                     "records.id = epoch << 40 | seq)"
                                     " FROM heads WHERE epoch = ?1",
                                     -1, &c.countersigned, NULL));
    if (!e)
        e = journal_db_err(c.db,
            sqlite3_prepare_v2(c.db, "SELECT day FROM days WHERE id <= ?1 ORDER BY id DESC LIMIT 1", -1, &c.day, NULL));
    if (!e)
        e = read_owner(&c);
    if (!e)
        e = check_file(&c);
    if (!e)
        e = check_records(&c);
    if (!e)
        e = check_orphans(&c);
    if (!e)
        e = check_lost_epochs(&c);
    sqlite3_finalize(c.id);
    sqlite3_finalize(c.day);
    sqlite3_finalize(c.countersigned);
    sqlite3_close(c.db);
    if (e)
        return e;
    *report = done;
    return done.fault_cnt ? ERR_CHAIN_BROKEN : ERR_OK;
}
