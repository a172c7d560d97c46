/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/report?org=CODE&month=YYYY-MM: a union's month in numbers, for each org of its scope. month=YYYY: the whole year. */
#include "base/tm.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/store/store_report.h"
#include <stdio.h>
#include <string.h>

/* "2026-02" or "2026"; NULL is the current month. */
static bool read_time(const char *text, int64_t at_utc_ms, struct store_report_query *q)
{
    char today[TM_DAY_LEN + 1], day[TM_DAY_LEN + 8];
    tm_day_format(tm_day(at_utc_ms), today);
    today[7] = 0;
    text = text ? text : today;
    size_t n = strlen(text);
    if (n != 7 && n != 4)
        return false;
    snprintf(day, sizeof day, "%s%s", text, n == 7 ? "-01" : "-01-01");
    if (!tm_day_parse(day, &q->first_day))
        return false;
    for (int last = 31; last > 27; last--) {
        snprintf(day, sizeof day, "%.7s%s-%02d", text, n == 7 ? "" : "-12", last % 100);
        if (tm_day_parse(day, &q->last_day))
            return true;
    }
    return false;
}

static enum err add_row(void *ctx, const struct store_report *r)
{
    json_t *v = json_pack("{ss ss ss si sI sI sI sI sI sI sI sI sI sI sI sI sI sI}", "org", r->org.code, "name",
        r->org.name, "parent", r->org.parent_code, "level", r->org.level, "joined", (json_int_t)r->joined, "listed",
        (json_int_t)r->listed, "delisted", (json_int_t)r->delisted, "sales", (json_int_t)r->sales, "total_fen",
        (json_int_t)r->total_fen, "discount_fen", (json_int_t)r->discount_fen, "provisional",
        (json_int_t)r->provisional, "keyed", (json_int_t)r->keyed, "voids", (json_int_t)r->voids, "back_fen",
        (json_int_t)r->back_fen, "disputes", (json_int_t)r->disputes, "in_time", (json_int_t)r->in_time, "overdue",
        (json_int_t)r->overdue, "objected", (json_int_t)r->objected);
    if (v)
        json_object_set_new(v, "median_ms", r->median_ms < 0 ? json_null() : json_integer(r->median_ms));
    return json_array_append_new(ctx, v) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err collect(struct http_request *rq, struct store_tx *tx, struct store_report_query *q, json_t *rows)
{
    const char *code = http_query(rq, "org");
    struct store_org org = {.org = rq->who->org};
    enum err e = code ? scope_org(tx, rq, code, &org) : ERR_OK;
    q->scope = org.org;
    return e ? e : store_report(tx, q, add_row, rows);
}

enum err ep_report(struct http_request *rq)
{
    struct store_report_query q = {.at_utc_ms = rq->at_utc_ms};
    char from[TM_DAY_LEN + 1], to[TM_DAY_LEN + 1];
    struct store_tx *tx = NULL;
    if (!read_time(http_query(rq, "month"), rq->at_utc_ms, &q))
        return http_wrong(rq, ERR_BAD_VALUE, "month");
    json_t *rows = json_array();
    enum err e = rows ? store_read_begin(rq->service->store, &tx) : ERR_NOMEM;
    if (!e)
        e = collect(rq, tx, &q, rows);
    store_read_end(&tx);
    tm_day_format(q.first_day, from);
    tm_day_format(q.last_day, to);
    if (!e)
        return ep_answer(rq, 200, json_pack("{ss ss so}", "from", from, "to", to, "orgs", rows));
    json_decref(rows);
    return e;
}
