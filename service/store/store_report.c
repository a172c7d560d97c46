/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_report.h"
#include "base/tm.h"
#include "service/store/db.h"
#include <stdlib.h>

enum { ORGS_MAX = 65536, WAITS_MAX = 4000000, SUMS = DB_TALLY };

/* How long one dispute waited for its answer. */
struct wait {
    size_t org;
    int64_t ms;
};

struct work {
    struct store_report *row;
    size_t *up; /* index of the parent; its own for those at the top */
    size_t cnt, cap;
    struct wait *wait;
    size_t wait_cnt, wait_cap;
};

static enum err grow(void **list, size_t *cap, size_t size, size_t max)
{
    size_t more = *cap ? *cap * 2 : 64;
    void *p = more > max ? NULL : realloc(*list, more * size);
    if (!p)
        return more > max ? ERR_TOO_LARGE : ERR_NOMEM;
    *list = p;
    *cap = more;
    return ERR_OK;
}

static size_t find(const struct work *w, int64_t org)
{
    size_t i = 0;
    while (i < w->cnt && w->row[i].org.org != org)
        i++;
    return i;
}

static enum err add_org(void *ctx, const struct store_org *o)
{
    struct work *w = ctx;
    if (w->cnt == w->cap) {
        size_t cap = w->cap;
        enum err e = grow((void **)&w->row, &w->cap, sizeof *w->row, ORGS_MAX);
        if (!e)
            e = grow((void **)&w->up, &cap, sizeof *w->up, ORGS_MAX);
        if (e)
            return e;
    }
    size_t up = find(w, o->parent);
    w->row[w->cnt] = (struct store_report){.org = *o, .median_ms = -1};
    w->up[w->cnt] = up < w->cnt ? up : w->cnt;
    w->cnt++;
    return ERR_OK;
}

/* The columns of a row of sums, in the order of struct store_report from `joined` on. */
static void add_up(const struct work *w, size_t at, const int64_t *sum, const size_t *field, size_t cnt)
{
    for (;;) {
        for (size_t i = 0; i < cnt; i++)
            *(int64_t *)(void *)((char *)&w->row[at] + field[i]) += sum[i];
        if (w->up[at] == at)
            return;
        at = w->up[at];
    }
}

/* Rows (org, number ...), each number added to that org and those above it. Orgs outside the scope are passed over. */
static enum err sums(const struct work *w, sqlite3_stmt *rows, const size_t *field, size_t cnt)
{
    int64_t sum[8];
    enum err e;
    while (!(e = db_next(rows))) {
        size_t at = find(w, db_col_int(rows, 0));
        for (size_t i = 0; i < cnt; i++)
            sum[i] = db_col_int(rows, (int)i + 1);
        if (at < w->cnt)
            add_up(w, at, sum, field, cnt);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

#define FIELD(name) offsetof(struct store_report, name)

static enum err shops(struct store_tx *tx, const struct store_report_query *q, const struct work *w)
{
    static const size_t field[] = {FIELD(joined), FIELD(listed), FIELD(delisted)};
    sqlite3_stmt *rows;
    enum err e = db_query(tx,
        "SELECT org, sum(created_ms >= ?1 AND created_ms < ?2), sum(standing = 1),"
        " sum(standing = 3 AND since_ms >= ?1 AND since_ms < ?2) FROM shop GROUP BY org",
        DB_ARGS(db_int(tm_day_start_ms(q->first_day)), db_int(tm_day_start_ms(q->last_day + 1))), &rows);
    return e ? e : sums(w, rows, field, sizeof field / sizeof *field);
}

static enum err sales(struct store_tx *tx, const struct store_report_query *q, const struct work *w)
{
    static const size_t field[SUMS] = {FIELD(sales), FIELD(total_fen), FIELD(discount_fen), FIELD(provisional),
        FIELD(keyed), FIELD(voids), FIELD(back_fen)};
    int64_t sum[SUMS];
    sqlite3_stmt *rows;
    enum err e = db_query(tx,
        "SELECT s.org, tally(d.sales, d.total_fen, d.discount_fen, d.provisional, d.keyed, d.voids, d.back_fen)"
        " FROM shop s JOIN shop_day d ON d.shop = s.id AND d.day BETWEEN ?1 AND ?2"
        " GROUP BY s.id", /* in the order of both tables: nothing is sorted */
        DB_ARGS(db_int(q->first_day), db_int(q->last_day)), &rows);
    if (e)
        return e;
    while (!(e = db_next(rows))) {
        size_t at = find(w, db_col_int(rows, 0));
        db_col_blob(rows, 1, (uint8_t *)sum, sizeof sum);
        if (at < w->cnt)
            add_up(w, at, sum, field, SUMS);
    }
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err add_wait(struct work *w, size_t org, int64_t ms)
{
    enum err e = w->wait_cnt < w->wait_cap ? ERR_OK : grow((void **)&w->wait, &w->wait_cap, sizeof *w->wait, WAITS_MAX);
    if (!e)
        w->wait[w->wait_cnt++] = (struct wait){org, ms};
    return e;
}

static enum err one_dispute(struct work *w, sqlite3_stmt *row, int64_t at_utc_ms)
{
    static const size_t field[] = {FIELD(disputes), FIELD(in_time), FIELD(overdue), FIELD(objected)};
    int64_t received = db_col_int(row, 1), due = db_col_int(row, 2), answered = db_col_int(row, 3);
    size_t at = find(w, db_col_int(row, 0));
    const int64_t sum[] = {
        1, answered && answered <= due, answered ? answered > due : at_utc_ms > due, db_col_int(row, 4)};
    if (at == w->cnt)
        return ERR_OK;
    add_up(w, at, sum, field, sizeof field / sizeof *field);
    return answered ? add_wait(w, at, answered - received) : ERR_OK;
}

static enum err disputes(struct store_tx *tx, const struct store_report_query *q, struct work *w)
{
    sqlite3_stmt *rows;
    enum err e = db_query(tx,
        "SELECT s.org, d.received_ms, d.first_due_ms, CASE WHEN d.answered_ms > 0 THEN d.answered_ms ELSE d.closed_ms "
        "END, d.objections > 0"
        " FROM dispute d JOIN shop s ON s.id = d.shop WHERE d.received_ms >= ? AND d.received_ms < ?",
        DB_ARGS(db_int(tm_day_start_ms(q->first_day)), db_int(tm_day_start_ms(q->last_day + 1))), &rows);
    if (e)
        return e;
    while (!e && !(e = db_next(rows)))
        e = one_dispute(w, rows, q->at_utc_ms);
    db_done(rows);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static int by_ms(const void *a, const void *b)
{
    const struct wait *x = a, *y = b;
    return (x->ms > y->ms) - (x->ms < y->ms);
}

static bool below(const struct work *w, size_t org, size_t top)
{
    while (org != top && w->up[org] != org)
        org = w->up[org];
    return org == top;
}

/* Of an even number the lower of the two in the middle: a median that some dispute really took. */
static void medians(struct work *w)
{
    if (w->wait_cnt)
        qsort(w->wait, w->wait_cnt, sizeof *w->wait, by_ms);
    for (size_t i = 0; i < w->cnt; i++) {
        size_t mine = 0, passed = 0;
        for (size_t k = 0; k < w->wait_cnt; k++)
            mine += below(w, w->wait[k].org, i);
        for (size_t k = 0; k < w->wait_cnt && mine; k++)
            if (below(w, w->wait[k].org, i) && passed++ == (mine - 1) / 2)
                w->row[i].median_ms = w->wait[k].ms;
    }
}

enum err store_report(struct store_tx *tx, const struct store_report_query *q, store_report_fn *fn, void *ctx)
{
    struct work w = {.cnt = 0};
    enum err e = store_org_list(tx, q->scope, add_org, &w);
    if (!e)
        e = shops(tx, q, &w);
    if (!e)
        e = sales(tx, q, &w);
    if (!e)
        e = disputes(tx, q, &w);
    if (!e)
        medians(&w);
    for (size_t i = 0; i < w.cnt && !e; i++)
        e = fn(ctx, &w.row[i]);
    free(w.row);
    free(w.up);
    free(w.wait);
    return e;
}
