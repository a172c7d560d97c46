/* SPDX-License-Identifier: Apache-2.0 */
/* The sums of a day: what was sold, given, taken back, and what the service has yet to hear of. */
#include "base/tm.h"
#include "client/print/aftersale.h"
#include "client/terminal/after.h"

static enum err add_sale(void *ctx, const struct journal_record *r)
{
    struct aftersale_day *d = ctx;
    struct body_sale s;
    enum err e = body_sale_decode(r->body, r->body_len, &s);
    if (e)
        return e;
    d->sales++;
    d->total_fen += s.total_fen;
    d->discount_fen += s.discount_fen;
    d->pay_fen += s.pay_fen;
    d->provisional += s.verdict == VERDICT_PROVISIONAL;
    d->contested += r->outcome == BODY_CONTESTED || r->outcome == BODY_HELD;
    body_sale_release(&s);
    return ERR_OK;
}

static enum err add_void(void *ctx, const struct journal_record *r)
{
    struct aftersale_day *d = ctx;
    struct body_void v;
    enum err e = body_void_decode(r->body, r->body_len, &v);
    if (e)
        return e;
    d->voids++;
    d->amount_fen += v.amount_fen;
    d->back_fen += v.discount_back_fen;
    d->refund_fen += v.refund_fen;
    d->contested += r->outcome == BODY_CONTESTED || r->outcome == BODY_HELD;
    return ERR_OK;
}

static json_t *as_json(const struct aftersale_day *d)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "day", d->day, "count",
        (json_int_t)d->sales, "total_fen", (json_int_t)d->total_fen, "discount_fen", (json_int_t)d->discount_fen,
        "pay_fen", (json_int_t)d->pay_fen, "provisional", (json_int_t)d->provisional, "voids", (json_int_t)d->voids,
        "amount_fen", (json_int_t)d->amount_fen, "discount_back_fen", (json_int_t)d->back_fen, "refund_fen",
        (json_int_t)d->refund_fen, "net_fen", (json_int_t)(d->pay_fen - d->refund_fen), "contested",
        (json_int_t)d->contested, "unsent", (json_int_t)d->unsent);
}

static void put_sheet(json_t *v, const struct doc *doc)
{
    struct buf b;
    buf_init(&b, 16384);
    if (!doc_text(doc, ERR_LANG_ZH, RECEIPT_58MM, &b))
        json_object_set_new(v, "sheet_zh", json_string(buf_str(&b)));
    buf_reset(&b);
    if (!doc_text(doc, ERR_LANG_EN, RECEIPT_58MM, &b))
        json_object_set_new(v, "sheet_en", json_string(buf_str(&b)));
    buf_release(&b);
}

json_t *days_sums(void *ctx, int32_t day, bool print, enum err *e)
{
    struct after *a = ctx;
    char text[TM_DAY_LEN + 1];
    struct aftersale_day d = {.shop_name = after_shop_name(a),
        .terminal_number = a->till->state->info.number,
        .day = text,
        .unsent = journal_unsent_cnt(a->till->journal)};
    const struct doc doc = {.fill = aftersale_day, .ctx = &d, .test = a->till->sandbox != NULL};
    tm_day_format(day, text);
    *e = journal_day_records(a->till->journal, day, RECORD_SALE, add_sale, &d);
    if (!*e)
        *e = journal_day_records(a->till->journal, day, RECORD_VOID, add_void, &d);
    json_t *v = *e ? NULL : as_json(&d);
    if (!*e && !v)
        *e = ERR_NOMEM;
    if (v && print) {
        put_sheet(v, &doc);
        after_print(a, &doc, text);
    }
    return v;
}
