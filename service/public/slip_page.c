/* SPDX-License-Identifier: Apache-2.0 */
/* What the holder of a slip sees: what applied to a sale, what was taken back, what became of a complaint. */
#include "proto/body.h"
#include "service/public/found.h"
#include "service/public/words.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void show_terms(struct visit *v, const struct found *f, const struct body_sale *sale)
{
    struct html *p = &v->page;
    struct notice n = {.kind = NOTICE_NONE};
    struct notice_shop shop = {.version = 0};
    struct buf envelope;
    char text[WORDS_OFFER_MAX];
    buf_init(&envelope, NOTICE_MAX);
    enum err e = store_notice_get(f->tx, f->terminal.shop, sale->shop_version, &envelope);
    bool opened = !e && !notice_open(buf_str(&envelope), envelope.len, &n);
    if (opened && !notice_shop_parse(&n, &shop)) {
        for (size_t i = 0; i < shop.offer_cnt; i++)
            if (!strcmp(shop.offers[i].id, sale->offer_id)) {
                words_offer(p, &shop.offers[i], text);
                html_row(p, html_pick(p, "登记优惠", "Registered offer"), text, "");
            }
        notice_shop_release(&shop);
    }
    if (opened)
        notice_release(&n);
    buf_release(&envelope);
    snprintf(text, sizeof text, "%" PRId64, sale->shop_version);
    html_row(p, html_pick(p, "条款版本", "Terms version"), text, "");
}

/* Counted, contested, or not counted, in plain words. */
static void show_outcome(struct visit *v, const struct found *f, const struct body_sale *sale)
{
    struct html *p = &v->page;
    enum err_lang lang = p->zh ? ERR_LANG_ZH : ERR_LANG_EN;
    if (!f->record.counted)
        html_note(p, "bad", html_pick(p, "工会未计入此笔优惠", "The union does not count this discount"));
    else if (f->record.code)
        html_note(p, "wait", html_pick(p, "此笔优惠有待核实", "This discount is being looked into"));
    else if (sale->verdict == VERDICT_PROVISIONAL)
        html_note(p, "good", html_pick(p, "脱机核验，现已由工会确认", "Checked offline; the union has confirmed it"));
    else
        html_note(p, "good", html_pick(p, "会员有效，优惠已确认", "A valid member's discount, confirmed"));
    if (f->record.code)
        html_note(p, "small", err_text(f->record.code, lang));
}

static void show_money(struct visit *v, const struct found *f, const struct body_sale *sale)
{
    struct html *p = &v->page;
    int64_t returned = 0, back = 0;
    uint8_t id[ULID_SIZE];
    html_row_fen(p, html_pick(p, "合计", "Total"), sale->total_fen, "");
    html_row(p, html_pick(p, "优惠", "Offer"),
        sale->own_price ? html_pick(p, "本店价格", "the shop's own price") : sale->offer_title, "");
    html_row_fen(p, html_pick(p, "优惠金额", "Discount"), sale->discount_fen, "good");
    html_row_fen(p, html_pick(p, "应付", "To pay"), sale->pay_fen, "strong");
    if (ulid_decode(sale->sale_id, ULID_LEN, id) || store_sale_returned(f->tx, id, &returned, &back) || !returned)
        return;
    html_row_fen(p, html_pick(p, "已退货", "Returned"), returned, "");
    html_row_fen(p, html_pick(p, "已退款", "Refunded"), returned - back, "strong");
}

static enum err show_sale(struct visit *v, const struct found *f, const struct body_sale *sale)
{
    struct html *p = &v->page;
    char number[48];
    enum err e = ERR_OK;
    visit_begin(v, MHD_HTTP_OK, html_pick(p, "优惠小票", "Discount receipt"));
    show_outcome(v, f, sale);
    html_raw(p, "<dl>");
    html_row(p, html_pick(p, "商户", "Shop"), f->terminal.shop_name, "");
    html_row_time(p, html_pick(p, "时间", "Time"), sale->at_utc_ms);
    snprintf(number, sizeof number, "%" PRId64 " / %" PRIu64, f->terminal.number, f->slip.seq);
    html_row(p, html_pick(p, "终端 / 流水号", "Terminal / No."), number, "");
    show_money(v, f, sale);
    show_terms(v, f, sale);
    html_raw(p, "</dl>");
    if (f->has_dispute)
        e = slip_dispute(v, f);
    else if (v->now_utc_ms - f->record.received_utc_ms < FOUND_DISPUTE_MS)
        slip_complain(v, f);
    html_end(p);
    return e;
}

static enum err show_other(struct visit *v, const struct found *f)
{
    struct html *p = &v->page;
    enum err e = ERR_OK;
    visit_begin(v, MHD_HTTP_OK,
        f->record.kind == RECORD_VOID ? html_pick(p, "退货小票", "Return receipt")
                                      : html_pick(p, "纠纷回执", "Dispute slip"));
    html_raw(p, "<dl>");
    html_row(p, html_pick(p, "商户", "Shop"), f->terminal.shop_name, "");
    html_raw(p, "</dl>");
    if (f->record.kind == RECORD_VOID)
        html_note(p, f->record.counted && !f->record.code ? "good" : "wait",
            f->record.counted && !f->record.code
                ? html_pick(p, "工会已登记此次退货", "The union has recorded this return")
                : html_pick(p, "此次退货有待核实", "This return is being looked into"));
    if (f->has_dispute)
        e = slip_dispute(v, f);
    html_end(p);
    return e;
}

static void not_yet(struct visit *v)
{
    struct html *p = &v->page;
    visit_begin(v, MHD_HTTP_OK, html_pick(p, "尚未收到", "Not here yet"));
    html_note(p, "wait",
        html_pick(p, "小票真实，但收银终端还没有联网上传这笔记录。请过后再扫。",
            "The slip is genuine, but the terminal has not sent its record yet. Scan it again later."));
    html_end(p);
}

void slip_page(struct visit *v)
{
    struct found f;
    struct body_sale sale;
    enum err e = found_look(v, &f);
    if (found_refused(v, &f, e)) {
        found_release(&f);
        return;
    }
    if (f.what == FOUND_NOT_YET) {
        not_yet(v);
    } else if (f.record.kind == RECORD_SALE) {
        e = body_sale_decode(buf_str(&f.record.body), f.record.body.len, &sale);
        if (!e) {
            e = show_sale(v, &f, &sale);
            body_sale_release(&sale);
        }
    } else {
        e = show_other(v, &f);
    }
    found_release(&f);
    if (e)
        page_nothing(v, MHD_HTTP_SERVICE_UNAVAILABLE);
}
