/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_member.h"
#include "base/tm.h"
#include "service/store/db.h"
#include "service/store/store_revoked.h"
#include <openssl/rand.h>

/* A page of a list looks at no more rows than this. */
enum { SCAN_ROWS = 50000, PAGE_MAX = 1000, EXPIRY_YEARS = 5 };

static const struct {
    const char *name, *zh;
} statuses[] = {
    {"unknown", ""}, {"active", "正常"}, {"frozen", "冻结"}, {"lost", "挂失"}, {"left", "退会"}, {"replaced", ""}};

const char *store_member_status_name(enum member_status s)
{
    return statuses[(unsigned)s <= MEMBER_REPLACED ? s : MEMBER_UNKNOWN].name;
}

enum member_status store_member_status_from_name(const char *s, size_t len)
{
    for (int i = MEMBER_ACTIVE; i <= MEMBER_LEFT; i++) {
        if (strlen(statuses[i].name) == len && !memcmp(statuses[i].name, s, len))
            return (enum member_status)i;
        if (strlen(statuses[i].zh) == len && !memcmp(statuses[i].zh, s, len))
            return (enum member_status)i;
    }
    return MEMBER_UNKNOWN;
}

int32_t store_member_expiry(int64_t at_utc_ms)
{
    char day[TM_DAY_LEN + 1];
    int32_t out = 0;
    tm_day_format(tm_day(at_utc_ms), day);
    int year = (day[0] - '0') * 1000 + (day[1] - '0') * 100 + (day[2] - '0') * 10 + (day[3] - '0') + EXPIRY_YEARS;
    for (int i = 3; i >= 0; i--, year /= 10)
        day[i] = (char)('0' + year % 10);
    memcpy(day + 4, "-12-31", sizeof "-12-31");
    return tm_day_parse(day, &out) ? out : 0;
}

#define COLUMNS "token, number, last4, status, expiry, org, name"

static void read_row(sqlite3_stmt *row, struct store_member *m)
{
    db_col_blob(row, 0, m->token, sizeof m->token);
    db_col_blob(row, 1, m->id, sizeof m->id);
    m->last4 = (uint16_t)db_col_int(row, 2);
    m->status = (enum member_status)db_col_int(row, 3);
    m->expiry_day = (int32_t)db_col_int(row, 4);
    m->org = db_col_int(row, 5);
    db_col_text(row, 6, m->name_masked, sizeof m->name_masked);
}

static enum err find(struct store_tx *tx, const char *sql, struct db_arg by, struct store_member *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, sql, &by, 1, &row);
    if (e)
        return e;
    read_row(row, out);
    db_done(row);
    return ERR_OK;
}

static enum err find_replaced(struct store_tx *tx, const uint8_t *token, struct store_member *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT number FROM card_old WHERE token = ?", DB_ARGS(db_blob(token, CARD_TOKEN)), &row);
    if (e)
        return e;
    *out = (struct store_member){.status = MEMBER_REPLACED};
    memcpy(out->token, token, CARD_TOKEN);
    db_col_blob(row, 0, out->id, sizeof out->id);
    db_done(row);
    return ERR_OK;
}

enum err store_member_by_token(struct store_tx *tx, const uint8_t token[static CARD_TOKEN], struct store_member *out)
{
    enum err e = find(tx, "SELECT " COLUMNS " FROM card WHERE token = ?", db_blob(token, CARD_TOKEN), out);
    return e == ERR_NOT_FOUND ? find_replaced(tx, token, out) : e;
}

enum err store_member_by_number(struct store_tx *tx, const uint8_t hmac[static 32], struct store_member *out)
{
    return find(tx, "SELECT " COLUMNS " FROM card WHERE number = ?", db_blob(hmac, STORE_MEMBER_ID), out);
}

enum err store_member_note(struct store_tx *tx, const uint8_t token[static CARD_TOKEN], int64_t at_utc_ms)
{
    enum err e = db_run_one(tx,
        "INSERT INTO card_change(number, token, at_ms, was) SELECT number, token, ?, status FROM card WHERE token = ?",
        DB_ARGS(db_int(at_utc_ms), db_blob(token, CARD_TOKEN)));
    return e ? e : store_revoked_touch(tx);
}

static enum err first_after(struct store_tx *tx, const char *sql, struct db_arg by, int64_t at_utc_ms, int64_t *was)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, sql, DB_ARGS(by, db_int(at_utc_ms)), &row);
    if (e)
        return e;
    *was = db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}

enum err store_member_status_at(
    struct store_tx *tx, const struct store_member *m, bool by_member, int64_t at_utc_ms, enum member_status *out)
{
    int64_t was = m->status;
    enum err e = by_member
                     ? first_after(tx, "SELECT was FROM card_change WHERE number = ? AND at_ms > ? ORDER BY n LIMIT 1",
                           db_blob(m->id, STORE_MEMBER_ID), at_utc_ms, &was)
                     : first_after(tx, "SELECT was FROM card_change WHERE token = ? AND at_ms > ? ORDER BY n LIMIT 1",
                           db_blob(m->token, CARD_TOKEN), at_utc_ms, &was);
    if (e && e != ERR_NOT_FOUND)
        return e;
    *out = (enum member_status)was;
    return ERR_OK;
}

enum err store_member_set_status(
    struct store_tx *tx, const uint8_t token[static CARD_TOKEN], enum member_status status, int64_t at_utc_ms)
{
    if (status < MEMBER_ACTIVE || status > MEMBER_LEFT)
        return ERR_BAD_VALUE;
    enum err e = store_member_note(tx, token, at_utc_ms);
    if (e)
        return e;
    return db_run_one(
        tx, "UPDATE card SET status = ? WHERE token = ?", DB_ARGS(db_int(status), db_blob(token, CARD_TOKEN)));
}

enum err store_member_reissue(struct store_tx *tx, const uint8_t token[static CARD_TOKEN], int32_t expiry_day,
    int64_t at_utc_ms, struct store_member *fresh)
{
    uint8_t next[CARD_TOKEN];
    struct store_member m;
    if (RAND_bytes(next, sizeof next) != 1)
        return ERR_IO;
    enum err e = store_member_note(tx, token, at_utc_ms);
    if (!e)
        e = db_run_one(tx,
            "INSERT INTO card_old(token, number, at_ms) SELECT token, number, ? FROM card WHERE token = ?",
            DB_ARGS(db_int(at_utc_ms), db_blob(token, CARD_TOKEN)));
    if (!e)
        e = db_run_one(tx,
            "UPDATE card SET token = ?, expiry = ?, status = CASE status WHEN 3 THEN 1 ELSE status END"
            " WHERE token = ?",
            DB_ARGS(db_blob(next, sizeof next), db_int(expiry_day), db_blob(token, CARD_TOKEN)));
    if (!e)
        e = db_run(tx, "DELETE FROM card_text WHERE token = ?", DB_ARGS(db_blob(token, CARD_TOKEN)));
    if (!e)
        e = store_member_by_token(tx, next, &m);
    if (!e)
        *fresh = m;
    return e;
}

enum err store_member_text(
    struct store_tx *tx, const uint8_t token[static CARD_TOKEN], char out[static CARD_QR_TEXT_MAX + 1])
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT text FROM card_text WHERE token = ?", DB_ARGS(db_blob(token, CARD_TOKEN)), &row);
    if (e)
        return e;
    db_col_text(row, 0, out, CARD_QR_TEXT_MAX + 1);
    db_done(row);
    return ERR_OK;
}

enum err store_member_text_keep(struct store_tx *tx, const uint8_t token[static CARD_TOKEN], const char *text)
{
    return db_run_one(tx,
        "INSERT INTO card_text(token, text) VALUES(?1, ?2) ON CONFLICT(token) DO UPDATE SET text = ?2",
        DB_ARGS(db_blob(token, CARD_TOKEN), db_text(text)));
}

/* The orgs of a scope, as a list that SQL can search. */
#define IN_SCOPE                                                                                                       \
    "org IN (SELECT a.id FROM org a LEFT JOIN org b ON b.id = a.parent"                                                \
    " WHERE ?1 IN (a.id, coalesce(a.parent, 0), coalesce(b.parent, 0)))"

enum err store_member_list(struct store_tx *tx, struct store_member_page *page, store_member_fn *fn, void *ctx)
{
    static const uint8_t first[CARD_TOKEN];
    sqlite3_stmt *rows;
    struct store_member m;
    int scanned = 0, given = 0;
    if (page->limit < 1 || page->limit > PAGE_MAX)
        return ERR_BAD_VALUE;
    page->more = false;
    enum err e = db_query(tx, "SELECT " COLUMNS ", " IN_SCOPE " FROM card WHERE token > ?2 ORDER BY token LIMIT ?3",
        DB_ARGS(db_int(page->scope), db_blob(page->after ? page->after : first, CARD_TOKEN), db_int(SCAN_ROWS + 1)),
        &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows))) {
        if (scanned == SCAN_ROWS || given == page->limit) {
            page->more = true;
            break;
        }
        scanned++;
        read_row(rows, &m);
        memcpy(page->next, m.token, CARD_TOKEN);
        if (!db_col_int(rows, 7))
            continue;
        given++;
        e = fn(ctx, &m);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_member_count(struct store_tx *tx, enum member_status status, int64_t *count)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT count(*) FROM card WHERE status = ?", DB_ARGS(db_int(status)), &row);
    if (e)
        return e;
    *count = db_col_int(row, 0);
    db_done(row);
    return ERR_OK;
}
