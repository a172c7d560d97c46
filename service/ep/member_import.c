/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/members/import?line=N: a chunk of a members list, whole lines of CSV. Good lines are kept, bad ones are named. */
#include "base/csv.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/store/store_import.h"
#include <stdio.h>

struct job {
    struct http_request *rq;
    struct store_import *import;
};

static enum err take_line(struct store_import *im, enum csv_got got, const struct csv_record *r)
{
    struct store_import_fields f = {.legacy_id = {"", 0}};
    struct store_import_field *to[] = {&f.number, &f.name, &f.org, &f.status, &f.legacy_id};
    if (got == CSV_BAD || r->cnt < 4 || r->cnt > 5)
        return store_import_refuse(im, r->line, ERR_BAD_CSV);
    for (size_t i = 0; i < r->cnt; i++)
        *to[i] = (struct store_import_field){r->field[i].p, r->field[i].len};
    return store_import_line(im, r->line, &f);
}

static enum err take_lines(struct http_request *rq, struct store_import *im, uint64_t line)
{
    struct csv csv;
    struct csv_record r;
    enum csv_got got;
    enum err e = csv_init_memory(&csv, buf_str(&rq->body), rq->body.len, line);
    if (e != ERR_OK)
        return e;
    while (e == ERR_OK && (got = csv_next(&csv, &r)) != CSV_END && got != CSV_FAILED)
        e = take_line(im, got, &r);
    csv_release(&csv);
    return e;
}

static enum err apply(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_org org;
    char detail[128];
    enum err e = store_import_apply(tx, j->import);
    if (e == ERR_OK)
        e = store_org_get(tx, j->rq->who->org, &org);
    if (e != ERR_OK)
        return e;
    struct store_import_counts n = store_import_counts(j->import);
    snprintf(detail, sizeof detail, "imported %zu, changed %zu, unchanged %zu, rejected %zu", n.imported, n.changed,
        n.unchanged, n.rejected);
    const struct scope_act act = {"member import", org.code, detail};
    return scope_log(tx, j->rq, org.org, &act);
}

static enum err answer(struct http_request *rq, struct store_import *im)
{
    struct store_import_counts n = store_import_counts(im);
    struct buf *out = &rq->answer.body;
    enum err e = buf_printf(
        out, "{\"imported\":%zu,\"changed\":%zu,\"unchanged\":%zu,\"rejected\":[", n.imported, n.changed, n.unchanged);
    for (size_t i = 0; e == ERR_OK && i < n.rejected; i++) {
        struct store_import_reject r;
        store_import_reject(im, i, &r);
        e = buf_printf(out, "%s{\"line\":%llu,\"reason\":\"%s\",\"last4\":\"%s\"}", i ? "," : "",
            (unsigned long long)r.line, err_code(r.reason), r.last4);
    }
    return e == ERR_OK ? buf_adds(out, "]}") : e;
}

enum err ep_member_import(struct http_request *rq)
{
    int64_t line;
    enum err e = http_query_int(rq, "line", 1, JSONX_INT_MAX, 1, &line);
    if (e != ERR_OK)
        return e;
    struct store_import *im = store_import_new(rq->service->keys->number_key, rq->who->org, rq->at_utc_ms);
    if (!im)
        return ERR_NOMEM;
    struct job j = {rq, im};
    e = take_lines(rq, im, (uint64_t)line);
    if (e == ERR_OK)
        e = store_write(rq->service->store, apply, &j);
    if (e == ERR_OK)
        e = answer(rq, im);
    store_import_free(&im);
    return e;
}
