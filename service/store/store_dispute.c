/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_dispute.h"
#include "base/text.h"
#include "service/store/db.h"

static const char *const states[] = {"none", "open", "escalated", "answered", "closed"};
static const char *const channels[] = {"none", "terminal", "slip", "service"};
static const char *const reporters[] = {"none", "shop", "member", "service"};

#define NAME(list, v) ((size_t)(v) < sizeof(list) / sizeof *(list) ? (list)[v] : (list)[0])

const char *store_dispute_state_name(enum store_dispute_state s)
{
    return NAME(states, s);
}

const char *store_dispute_channel_name(enum store_dispute_channel c)
{
    return NAME(channels, c);
}

const char *store_dispute_reporter_name(enum store_dispute_reporter r)
{
    return NAME(reporters, r);
}

enum store_dispute_state store_dispute_state_from_name(const char *name)
{
    for (size_t i = STORE_DISPUTE_OPEN; i < sizeof states / sizeof *states; i++)
        if (!strcmp(states[i], name))
            return (enum store_dispute_state)i;
    return STORE_DISPUTE_NONE;
}

static bool form_ok(const struct store_dispute *d, const char *text)
{
    size_t n = strlen(text);
    return d->terminal > 0 && d->epoch && d->seq && d->kind[0] && n <= STORE_DISPUTE_TEXT_MAX &&
           text_is_utf8(text, n) && d->reporter != STORE_REPORTER_NONE && d->channel != STORE_DISPUTE_BY_NOBODY &&
           d->due_utc_ms >= d->received_utc_ms;
}

enum err store_dispute_add(struct store_tx *tx, const struct store_dispute *d, const char *text, bool *added)
{
    struct store_shop shop;
    if (!form_ok(d, text))
        return ERR_BAD_VALUE;
    enum err e = store_shop_get(tx, d->shop, &shop);
    if (e)
        return e;
    e = db_run(tx,
        "INSERT INTO dispute(id, terminal, epoch, seq, shop, org, kind, reporter, channel, sale, refusal_seq, slip, "
        "code,"
        " text, at_ms, received_ms, due_ms, first_due_ms, state, answered_ms, closed_ms, escalations)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?17, ?17, ?18, 0, 0, 0)",
        DB_ARGS(db_id(d->dispute), db_int(d->terminal), db_int(d->epoch), db_int((int64_t)d->seq), db_id(d->shop),
            db_int(shop.org), db_text(d->kind), db_int(d->reporter), db_int(d->channel),
            db_blob(d->has_sale ? d->sale : NULL, STORE_ID), db_int((int64_t)d->refusal_seq),
            db_blob(d->has_slip ? d->slip : NULL, KEY_HASH), db_text(d->code ? err_code(d->code) : NULL),
            db_text(*text ? text : NULL), db_int(d->at_utc_ms), db_int(d->received_utc_ms), db_int(d->due_utc_ms),
            db_int(STORE_DISPUTE_OPEN)));
    if (e && e != ERR_EXISTS)
        return e;
    *added = !e;
    return ERR_OK;
}

enum err store_dispute_contest(struct store_tx *tx, const struct store_dispute *d)
{
    struct store_dispute n = *d;
    bool added;
    enum err e = ulid_new(d->received_utc_ms, n.dispute);
    n.reporter = STORE_REPORTER_SERVICE;
    n.channel = STORE_DISPUTE_BY_SERVICE;
    n.has_sale = true;
    n.has_slip = false;
    n.refusal_seq = 0;
    memcpy(n.kind, "offline_contested", sizeof "offline_contested");
    return e ? e : store_dispute_add(tx, &n, "", &added);
}

/* STATE OPEN in a question stands for ESCALATED, too. */
#define COLUMNS                                                                                                        \
    "d.id, d.terminal, d.epoch, d.seq, d.shop, d.org, d.kind, d.reporter, d.channel, d.sale, d.refusal_seq, d.slip,"   \
    " d.code, d.at_ms, d.received_ms, d.due_ms, d.state, d.first_due_ms, d.answered_ms, d.closed_ms, d.escalations,"   \
    " s.name, o.code, o.name, d.second_ms, d.second_kind, d.objections, d.objected_ms, d.erased_ms"
#define TABLES " FROM dispute d JOIN shop s ON s.id = d.shop JOIN org o ON o.id = d.org"

static void read_row(sqlite3_stmt *row, struct store_dispute *d)
{
    char code[48];
    *d = (struct store_dispute){.terminal = db_col_int(row, 1),
        .epoch = (uint32_t)db_col_int(row, 2),
        .seq = (uint64_t)db_col_int(row, 3),
        .org = db_col_int(row, 5),
        .reporter = (enum store_dispute_reporter)db_col_int(row, 7),
        .channel = (enum store_dispute_channel)db_col_int(row, 8),
        .has_sale = sqlite3_column_type(row, 9) != SQLITE_NULL,
        .refusal_seq = (uint64_t)db_col_int(row, 10),
        .has_slip = sqlite3_column_type(row, 11) != SQLITE_NULL,
        .at_utc_ms = db_col_int(row, 13),
        .received_utc_ms = db_col_int(row, 14),
        .due_utc_ms = db_col_int(row, 15),
        .state = (enum store_dispute_state)db_col_int(row, 16),
        .first_due_utc_ms = db_col_int(row, 17),
        .answered_utc_ms = db_col_int(row, 18),
        .closed_utc_ms = db_col_int(row, 19),
        .escalations = (int32_t)db_col_int(row, 20),
        .second_utc_ms = db_col_int(row, 24),
        .objections = db_col_int(row, 26),
        .objected_utc_ms = db_col_int(row, 27),
        .erased_utc_ms = db_col_int(row, 28)};
    db_col_blob(row, 0, d->dispute, STORE_ID);
    db_col_blob(row, 4, d->shop, STORE_ID);
    db_col_text(row, 6, d->kind, sizeof d->kind);
    db_col_blob(row, 9, d->sale, STORE_ID);
    db_col_blob(row, 11, d->slip, KEY_HASH);
    db_col_text(row, 12, code, sizeof code);
    d->code = code[0] ? err_from_code(code) : ERR_OK;
    db_col_text(row, 21, d->shop_name, sizeof d->shop_name);
    db_col_text(row, 22, d->org_code, sizeof d->org_code);
    db_col_text(row, 23, d->org_name, sizeof d->org_name);
    db_col_text(row, 25, d->second_kind, sizeof d->second_kind);
}

enum err store_dispute_get(
    struct store_tx *tx, int64_t terminal, uint32_t epoch, uint64_t seq, struct store_dispute *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx, "SELECT " COLUMNS TABLES " WHERE d.terminal = ? AND d.epoch = ? AND d.seq = ?",
        DB_ARGS(db_int(terminal), db_int(epoch), db_int((int64_t)seq)), &row);
    if (e)
        return e;
    read_row(row, out);
    db_done(row);
    return ERR_OK;
}

enum err store_dispute_text(struct store_tx *tx, const uint8_t dispute[static STORE_ID], bool second, struct buf *out)
{
    sqlite3_stmt *row;
    enum err e =
        db_find(tx, "SELECT coalesce(CASE ?2 WHEN 1 THEN second_text ELSE text END, '') FROM dispute WHERE id = ?1",
            DB_ARGS(db_id(dispute), db_int(second)), &row);
    if (e)
        return e;
    e = buf_add(out, sqlite3_column_text(row, 0), (size_t)sqlite3_column_bytes(row, 0));
    db_done(row);
    return e;
}

/* Calls fn for each row; a row is read whole before, so that fn may ask the store. */
static enum err walk(sqlite3_stmt *rows, store_dispute_fn *fn, void *ctx)
{
    struct store_dispute d;
    enum err e = ERR_OK;
    while (!e && !(e = db_next(rows))) {
        read_row(rows, &d);
        e = fn(ctx, &d);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err store_dispute_list(struct store_tx *tx, const struct store_dispute_query *q, store_dispute_fn *fn, void *ctx)
{
    static const uint8_t first[STORE_ID];
    sqlite3_stmt *rows;
    enum err e = db_query(tx,
        "SELECT " COLUMNS TABLES
        " LEFT JOIN org p ON p.id = o.parent JOIN org so ON so.id = s.org LEFT JOIN org sp ON sp.id = so.parent"
        " WHERE d.id > ?1 AND ?2 IN (o.id, coalesce(o.parent, 0), coalesce(p.parent, 0), so.id, coalesce(so.parent, 0),"
        " coalesce(sp.parent, 0))"
        " AND (?3 = 0 OR d.state = ?3 OR (?3 = 1 AND d.state = 2)) AND (?4 IS NULL OR d.shop = ?4)"
        " AND (?6 = 0 OR d.objections > 0) ORDER BY d.id LIMIT ?5",
        DB_ARGS(db_id(q->after ? q->after : first), db_int(q->scope), db_int(q->state), db_blob(q->shop, STORE_ID),
            db_int(q->limit < STORE_DISPUTE_PAGE_MAX ? q->limit : STORE_DISPUTE_PAGE_MAX), db_int(q->objected)),
        &rows);
    return e ? e : walk(rows, fn, ctx);
}

struct overdue {
    struct store_dispute *list;
    int cnt;
};

static enum err collect(void *ctx, const struct store_dispute *d)
{
    struct overdue *o = ctx;
    o->list[o->cnt++] = *d;
    return ERR_OK;
}

enum { ESCALATE_AT_ONCE = 16 };

static enum err one_level_up(struct store_tx *tx, struct store_dispute *d, int64_t due_utc_ms)
{
    struct store_org up;
    struct store_org here;
    enum err e = store_org_get(tx, d->org, &here);
    if (!e)
        e = store_org_get(tx, here.parent, &up);
    if (e)
        return e;
    d->org = up.org;
    d->state = STORE_DISPUTE_ESCALATED;
    d->due_utc_ms = due_utc_ms;
    d->escalations++;
    memcpy(d->org_code, up.code, sizeof d->org_code);
    memcpy(d->org_name, up.name, sizeof d->org_name);
    return db_run_one(tx,
        "UPDATE dispute SET org = ?2, state = ?3, due_ms = ?4, escalations = escalations + 1 WHERE id = ?1",
        DB_ARGS(db_id(d->dispute), db_int(up.org), db_int(STORE_DISPUTE_ESCALATED), db_int(due_utc_ms)));
}

static enum err note_escalation(struct store_tx *tx, const struct store_dispute *d, int64_t at_utc_ms)
{
    return db_run(tx,
        "INSERT INTO dispute_word(dispute, n, at_ms, act, org, admin, text)"
        " SELECT ?1, count(*) + 1, ?2, ?3, ?4, 'service', '' FROM dispute_word WHERE dispute = ?1",
        DB_ARGS(db_id(d->dispute), db_int(at_utc_ms), db_int(STORE_WORD_ESCALATE), db_int(d->org)));
}

enum err store_dispute_escalate(
    struct store_tx *tx, int64_t at_utc_ms, int64_t due_utc_ms, int max, store_dispute_fn *fn, void *ctx)
{
    struct store_dispute list[ESCALATE_AT_ONCE];
    struct overdue o = {.list = list};
    sqlite3_stmt *rows;
    enum err e = db_query(tx,
        "SELECT " COLUMNS TABLES
        " WHERE d.state IN (1, 2) AND d.due_ms < ? AND o.parent IS NOT NULL ORDER BY d.due_ms LIMIT ?",
        DB_ARGS(db_int(at_utc_ms), db_int(max < ESCALATE_AT_ONCE ? max : ESCALATE_AT_ONCE)), &rows);
    if (!e)
        e = walk(rows, collect, &o);
    for (int i = 0; i < o.cnt && !e; i++) {
        e = one_level_up(tx, &list[i], due_utc_ms);
        if (!e)
            e = note_escalation(tx, &list[i], at_utc_ms);
        if (!e)
            e = fn(ctx, &list[i]);
    }
    return e;
}

enum err store_dispute_count(struct store_tx *tx, struct store_dispute_counts *out)
{
    sqlite3_stmt *row;
    enum err e = db_find(tx,
        "SELECT coalesce(sum(state IN (1, 2)), 0), coalesce(sum(state = 3), 0), coalesce(sum(state = 4), 0),"
        " coalesce(sum(answered_ms > 0 AND answered_ms <= first_due_ms), 0),"
        " (SELECT count(*) FROM shop WHERE standing = 1) FROM dispute",
        DB_NO_ARGS, &row);
    if (e)
        return e;
    *out = (struct store_dispute_counts){
        db_col_int(row, 0), db_col_int(row, 1), db_col_int(row, 2), db_col_int(row, 3), db_col_int(row, 4)};
    db_done(row);
    return ERR_OK;
}
