/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/sales: what the journal holds of this terminal's sales. */
#include "base/tm.h"
#include "client/counter/parts.h"

struct day {
    json_t *sales;
    int64_t total_fen, discount_fen, pay_fen;
};

static enum err add_to_day(void *ctx, const struct counter_sale *s)
{
    struct day *d = ctx;
    d->total_fen += s->checkout->total_fen;
    d->discount_fen += s->checkout->quote.discount_fen;
    d->pay_fen += s->checkout->quote.pay_fen;
    return json_array_append_new(d->sales, view_sale(s)) ? ERR_NOMEM : ERR_OK;
}

enum MHD_Result sales_list(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const char *asked = route_query(r, "day");
    int32_t day = tm_day(ops->utc_ms(ops->ctx));
    char text[TM_DAY_LEN + 1];
    if (asked && !tm_day_parse(asked, &day))
        return reply_problem(r, ERR_BAD_VALUE);
    tm_day_format(day, text);
    struct day d = {.sales = json_array()};
    enum err e = ops->day(ops->ctx, day, add_to_day, &d);
    if (e) {
        json_decref(d.sales);
        return reply_problem(r, e);
    }
    return reply_json(r, MHD_HTTP_OK,
        json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "day", text, "sales", d.sales, "count",
            (json_int_t)json_array_size(d.sales), "total_fen", (json_int_t)d.total_fen, "discount_fen",
            (json_int_t)d.discount_fen, "pay_fen", (json_int_t)d.pay_fen));
}

static enum err render(void *ctx, const struct counter_sale *s)
{
    json_t **out = ctx;
    *out = view_sale(s);
    return *out ? ERR_OK : ERR_NOMEM;
}

enum MHD_Result sales_get(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    json_t *v = NULL;
    enum err e = ops->sale(ops->ctx, r->id, render, &v);
    return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_OK, v);
}

struct printing {
    const struct counter_ops *ops;
    struct counter_paper paper;
    struct buf text;
};

static enum err print(void *ctx, const struct counter_sale *s)
{
    struct printing *p = ctx;
    return p->ops->receipt(p->ops->ctx, s->checkout, &p->paper, &p->text);
}

/* The first receipt came with the sale; this is a copy unless ?copy=0. */
enum MHD_Result sales_receipt(struct request *r)
{
    struct printing p = {.ops = r->counter->config.ops};
    int64_t copy = 1, columns = 32;
    enum err e = route_query_int(r, "copy", 1, 1, &copy);
    if (!e)
        e = route_query_int(r, "columns", 80, 32, &columns);
    if (e)
        return reply_problem(r, e);
    p.paper = (struct counter_paper){.lang = view_lang(r), .columns = (size_t)columns, .copy = copy};
    buf_init(&p.text, 16384);
    e = p.ops->sale(p.ops->ctx, r->id, print, &p);
    enum MHD_Result ok = e ? reply_problem(r, e) : reply_text(r, buf_str(&p.text));
    buf_wipe(&p.text);
    return ok;
}

static enum err draw(void *ctx, const struct counter_sale *s)
{
    struct printing *p = ctx;
    return p->ops->picture(p->ops->ctx, s->checkout, &p->paper, &p->text);
}

/* As it would come out of the printer. */
enum MHD_Result sales_picture(struct request *r)
{
    struct printing p = {.ops = r->counter->config.ops};
    int64_t copy = 1;
    enum err e = route_query_int(r, "copy", 1, 1, &copy);
    p.paper = (struct counter_paper){.lang = view_lang(r), .columns = 32, .copy = copy};
    buf_init(&p.text, 262144);
    if (!e)
        e = p.ops->sale(p.ops->ctx, r->id, draw, &p);
    enum MHD_Result ok = e ? reply_problem(r, e) : reply_bytes(r, "image/png", p.text.data, p.text.len);
    buf_wipe(&p.text);
    return ok;
}

static enum err print_copy(void *ctx, const struct counter_sale *s)
{
    const struct counter_ops *ops = ctx;
    return ops->print(ops->ctx, s->checkout, true);
}

static enum MHD_Result queued(struct request *r, enum err e)
{
    return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_ACCEPTED, json_pack("{s:b}", "queued", 1));
}

/* A copy on the printer; what became of it shows in the status. */
enum MHD_Result sales_print(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    return queued(r, ops->sale(ops->ctx, r->id, print_copy, (void *)(uintptr_t)ops));
}

enum MHD_Result sales_print_test(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    return queued(r, ops->print_test(ops->ctx));
}
