/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/receipt.h"
#include "base/tm.h"
#include "client/print/lines.h"
#include <stdio.h>
#include <string.h>

struct words {
    const char *head, *time, *terminal, *seq, *cashier, *total, *offer, *own_price, *discount, *pay, *card, *member,
        *verdict, *is_member, *provisional, *to_confirm, *sale, *hotline;
};

static const struct words words[] = {
    [ERR_LANG_EN] = {"UNION MEMBER RECEIPT", "Time", "Terminal", "No.", "Cashier", "Total, yuan", "Offer",
        "the shop's own price", "Discount", "To pay", "Card", "Member", "Verdict", "member confirmed",
        "offline, provisional", "Checked offline; the union confirms it when this terminal is online again.", "Sale",
        "Union hotline"},
    [ERR_LANG_ZH] = {"工会会员优惠小票", "时间", "终端", "流水号", "收银员", "合计（元）", "优惠", "本店价格",
        "优惠金额", "应付", "会员卡", "会员", "核验", "会员有效", "脱机核验（暂定）", "本单脱机核验，联网后由工会确认",
        "交易", "工会热线"},
};

static bool given(const char *s)
{
    return s && *s;
}

static void where_and_when(struct lines *g, const struct receipt *r, const struct words *w)
{
    char at[20];
    tm_local(r->at_utc_ms, at);
    lines_row(g, w->time, at);
    if (r->seq)
        lines_numbers(g, w->terminal, (uint64_t)r->terminal_number, w->seq, r->seq);
    else
        lines_number(g, w->terminal, (uint64_t)r->terminal_number);
    if (given(r->cashier))
        lines_row(g, w->cashier, r->cashier);
}

static void money(struct lines *g, const struct receipt *r, const struct words *w)
{
    lines_fen(g, LINES_PLAIN, w->total, r->total_fen);
    lines_row(g, w->offer, r->own_price ? w->own_price : r->offer_title);
    lines_fen(g, LINES_STRONG, w->discount, -r->discount_fen);
    lines_sum(g, w->pay, r->pay_fen);
}

static void who(struct lines *g, const struct receipt *r, const struct words *w)
{
    char last4[16];
    snprintf(last4, sizeof last4, "**** %.4s", r->card_last4);
    lines_row(g, w->card, last4);
    if (given(r->name_masked))
        lines_row(g, w->member, r->name_masked);
    lines_row(g, w->verdict, r->verdict == VERDICT_PROVISIONAL ? w->provisional : w->is_member);
    if (r->verdict == VERDICT_PROVISIONAL)
        lines_centre(g, LINES_STRONG, w->to_confirm);
}

static bool makes_sense(const struct receipt *r)
{
    return (r->verdict == VERDICT_MEMBER || r->verdict == VERDICT_PROVISIONAL) && r->terminal_number >= 0 &&
           r->discount_fen >= 0 && r->pay_fen >= 0 && r->discount_fen <= OFFER_FEN_MAX && r->pay_fen <= OFFER_FEN_MAX &&
           r->discount_fen + r->pay_fen == r->total_fen;
}

static void fill(struct lines *g, enum err_lang lang, const void *ctx)
{
    const struct receipt *r = ctx;
    const struct words *w = &words[lang == ERR_LANG_ZH ? ERR_LANG_ZH : ERR_LANG_EN];
    if (!makes_sense(r)) {
        g->err = ERR_BAD_VALUE;
        return;
    }
    lines_head(g, r->shop_name, LINES_STRONG, w->head);
    where_and_when(g, r, w);
    lines_rule(g);
    money(g, r, w);
    lines_rule(g);
    who(g, r, w);
    lines_rule(g);
    lines_row(g, w->sale, r->sale_id);
    lines_row(g, w->hotline, "12351");
}

struct doc receipt_doc(const struct receipt *r)
{
    return (struct doc){.fill = fill,
        .ctx = r,
        .qr = r->qr,
        .caption_zh = "扫码核对本次优惠",
        .caption_en = "Scan to check this discount",
        .copy = r->copy,
        .test = r->test,
        .kick = true};
}

enum err receipt_text(const struct receipt *r, enum err_lang lang, size_t columns, struct buf *out)
{
    const struct doc d = receipt_doc(r);
    return doc_text(&d, lang, columns, out);
}

enum err receipt_paper(const struct receipt *r, enum err_lang lang, const struct escpos_device *device, struct buf *out)
{
    const struct doc d = receipt_doc(r);
    return doc_paper(&d, lang, device, out);
}
