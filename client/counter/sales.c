/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/sales: what the journal holds of this terminal's sales. */
#include "base/tm.h"
#include "client/counter/parts.h"
#include "client/print/receipt.h"
#include <string.h>

/* One sale out of its record; release both. */
struct sale {
    struct body_sale body;
    struct body_blob blob; /* by NONE when it was erased */
    uint64_t seq;
    uint32_t epoch;
    enum body_outcome outcome;
    enum err code;
};

static enum err sale_of(const struct journal_record *rec, struct sale *out)
{
    *out = (struct sale){.seq = rec->seq, .epoch = rec->epoch, .outcome = rec->outcome, .code = rec->code};
    enum err e = body_sale_decode(rec->body, rec->body_len, &out->body);
    if (!e && rec->blob && body_blob_decode(rec->blob, rec->blob_len, &out->blob))
        out->blob.by = BODY_BY_NONE;
    return e;
}

static void put(json_t *v, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(v, key, json_string(text));
}

static json_t *lines_json(const struct body_sale *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->line_cnt; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:I}", "category", b->lines[i].category, "amount_fen",
                      (json_int_t)b->lines[i].amount_fen, "discount_fen", (json_int_t)b->lines[i].discount_fen));
    return list;
}

static json_t *sale_json(const struct sale *s)
{
    const struct body_sale *b = &s->body;
    json_t *v = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:I, s:s, s:s}", "sale_id", b->sale_id,
        "checkout_id", b->checkout_id, "epoch", (json_int_t)s->epoch, "seq", (json_int_t)s->seq, "at_ms",
        (json_int_t)b->at_utc_ms, "total_fen", (json_int_t)b->total_fen, "discount_fen", (json_int_t)b->discount_fen,
        "pay_fen", (json_int_t)b->pay_fen, "own_price", b->own_price, "verdict", verdict_name(b->verdict),
        "shop_version", (json_int_t)b->shop_version, "by", body_by_name(b->by), "input", body_input_name(b->input));
    if (!v)
        return NULL;
    put(v, "offer_id", b->offer_id);
    put(v, "offer_title", b->offer_title);
    put(v, "card_last4", b->card_last4);
    put(v, "name_masked", s->blob.name_masked);
    put(v, "cashier", b->cashier);
    if (b->line_cnt)
        json_object_set_new(v, "lines", lines_json(b));
    put(v, "outcome", s->outcome == BODY_COUNTED ? "counted" : s->outcome == BODY_HELD ? "held" : "unsent");
    put(v, "code", s->outcome == BODY_HELD ? err_code(s->code) : NULL);
    return v;
}

struct day {
    json_t *sales;
    int64_t total_fen, discount_fen, pay_fen;
};

static enum err add_to_day(void *ctx, const struct journal_record *rec)
{
    struct day *d = ctx;
    struct sale s;
    enum err e = sale_of(rec, &s);
    if (e)
        return e;
    d->total_fen += s.body.total_fen;
    d->discount_fen += s.body.discount_fen;
    d->pay_fen += s.body.pay_fen;
    json_array_append_new(d->sales, sale_json(&s));
    body_sale_release(&s.body);
    return ERR_OK;
}

enum MHD_Result sales_list(struct request *r)
{
    const struct counter *c = r->counter;
    const char *asked = route_query(r, "day");
    int32_t day = tm_day(c->config.clock->utc_ms(c->config.clock->ctx));
    char text[TM_DAY_LEN + 1];
    if (asked && !tm_day_parse(asked, &day))
        return reply_problem(r, ERR_BAD_VALUE);
    tm_day_format(day, text);
    struct day d = {.sales = json_array()};
    enum err e = journal_day_sales(c->config.journal, day, add_to_day, &d);
    if (e) {
        json_decref(d.sales);
        return reply_problem(r, e);
    }
    return reply_json(r, MHD_HTTP_OK,
        json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "day", text, "sales", d.sales, "count",
            (json_int_t)json_array_size(d.sales), "total_fen", (json_int_t)d.total_fen, "discount_fen",
            (json_int_t)d.discount_fen, "pay_fen", (json_int_t)d.pay_fen));
}

static enum err take_sale(void *ctx, const struct journal_record *rec)
{
    return sale_of(rec, ctx);
}

enum MHD_Result sales_get(struct request *r)
{
    struct sale s;
    enum err e = journal_by_sale(r->counter->config.journal, r->id, take_sale, &s);
    if (e)
        return reply_problem(r, e);
    json_t *v = sale_json(&s);
    body_sale_release(&s.body);
    return reply_json(r, MHD_HTTP_OK, v);
}

static enum err receipt_of(const struct request *r, const struct sale *s, struct buf *out)
{
    const struct counter *c = r->counter;
    const struct notice_shop *shop = c->config.ops->shop(c->config.ops->ctx);
    int64_t copy = 1, columns = RECEIPT_58MM;
    enum err e = route_query_int(r, "copy", 1, 1, &copy);
    if (!e)
        e = route_query_int(r, "columns", RECEIPT_80MM, RECEIPT_58MM, &columns);
    if (e)
        return e;
    const struct receipt paper = {.shop_name = shop ? shop->name : "",
        .at_utc_ms = s->body.at_utc_ms,
        .terminal_number = c->config.info->number,
        .seq = s->seq,
        .total_fen = s->body.total_fen,
        .discount_fen = s->body.discount_fen,
        .pay_fen = s->body.pay_fen,
        .own_price = s->body.own_price,
        .offer_title = s->body.offer_title,
        .verdict = s->body.verdict,
        .card_last4 = s->body.card_last4,
        .name_masked = s->blob.name_masked,
        .cashier = s->body.cashier,
        .sale_id = s->body.sale_id,
        .copy = copy};
    return receipt_text(&paper, view_lang(r), (size_t)columns, out);
}

enum MHD_Result sales_receipt(struct request *r)
{
    struct sale s;
    struct buf text;
    enum err e = journal_by_sale(r->counter->config.journal, r->id, take_sale, &s);
    if (e)
        return reply_problem(r, e);
    buf_init(&text, 16384);
    e = receipt_of(r, &s, &text);
    enum MHD_Result ok = e ? reply_problem(r, e) : reply_text(r, buf_str(&text));
    buf_wipe(&text);
    body_sale_release(&s.body);
    return ok;
}
