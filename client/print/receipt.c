/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/receipt.h"
#include "base/tm.h"
#include "client/print/lines.h"
#include <stdio.h>
#include <string.h>

struct words {
    const char *head, *copy, *test, *time, *terminal, *seq, *cashier, *total, *offer, *own_price, *discount, *pay,
        *card, *member, *verdict, *is_member, *provisional, *to_confirm, *sale, *hotline;
};

static const struct words words[] = {
    [ERR_LANG_EN] = {"UNION MEMBER RECEIPT", "*** COPY ***", "*** TEST - NOT VALID ***", "Time", "Terminal", "No.",
        "Cashier", "Total, yuan", "Offer", "the shop's own price", "Discount", "To pay, yuan", "Card", "Member",
        "Verdict", "member confirmed", "offline, provisional",
        "Checked offline; the union confirms it when this terminal is online again.", "Sale", "Union hotline"},
    [ERR_LANG_ZH] = {"工会会员优惠小票", "*** 副本 ***", "*** 测试 无效 ***", "时间", "终端", "流水号", "收银员",
        "合计（元）", "优惠", "本店价格", "优惠金额", "应付（元）", "会员卡", "会员", "核验", "会员有效",
        "脱机核验（暂定）", "本单脱机核验，联网后由工会确认", "交易", "工会热线"},
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
    lines_number(g, w->terminal, (uint64_t)r->terminal_number);
    if (r->seq)
        lines_number(g, w->seq, r->seq);
    if (given(r->cashier))
        lines_row(g, w->cashier, r->cashier);
}

static void money(struct lines *g, const struct receipt *r, const struct words *w)
{
    lines_fen(g, RECEIPT_PLAIN, w->total, r->total_fen);
    lines_row(g, w->offer, r->own_price ? w->own_price : r->offer_title);
    lines_fen(g, RECEIPT_STRONG, w->discount, -r->discount_fen);
    lines_fen(g, RECEIPT_TITLE, w->pay, r->pay_fen);
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
        lines_centre(g, RECEIPT_STRONG, w->to_confirm);
}

static bool makes_sense(const struct receipt *r, size_t columns)
{
    return (r->verdict == VERDICT_MEMBER || r->verdict == VERDICT_PROVISIONAL) && columns >= LINES_COLUMNS_MIN &&
           columns <= LINES_COLUMNS_MAX && r->terminal_number >= 0 && r->discount_fen >= 0 && r->pay_fen >= 0 &&
           r->discount_fen <= OFFER_FEN_MAX && r->pay_fen <= OFFER_FEN_MAX &&
           r->discount_fen + r->pay_fen == r->total_fen;
}

enum err receipt_lines(const struct receipt *r, enum err_lang lang, size_t columns, const struct receipt_sink *sink)
{
    const struct words *w = &words[lang == ERR_LANG_ZH ? ERR_LANG_ZH : ERR_LANG_EN];
    struct lines g = {.sink = sink, .columns = columns};
    if (!makes_sense(r, columns))
        return ERR_BAD_VALUE;
    if (r->copy)
        lines_centre(&g, RECEIPT_STRONG, w->copy);
    if (r->test)
        lines_centre(&g, RECEIPT_TITLE, w->test);
    lines_centre(&g, RECEIPT_TITLE, w->head);
    lines_centre(&g, RECEIPT_STRONG, r->shop_name);
    lines_rule(&g);
    where_and_when(&g, r, w);
    lines_rule(&g);
    money(&g, r, w);
    lines_rule(&g);
    who(&g, r, w);
    lines_rule(&g);
    lines_row(&g, w->sale, r->sale_id);
    lines_row(&g, w->hotline, "12351");
    if (r->copy)
        lines_centre(&g, RECEIPT_STRONG, w->copy);
    if (r->test)
        lines_centre(&g, RECEIPT_TITLE, w->test);
    return g.err;
}

static enum err add_line(void *ctx, enum receipt_style style, const char *line)
{
    struct buf *out = ctx;
    enum err e = buf_adds(out, line);
    (void)style;
    return e ? e : buf_add_u8(out, '\n');
}

enum err receipt_text(const struct receipt *r, enum err_lang lang, size_t columns, struct buf *out)
{
    const struct receipt_sink sink = {out, add_line};
    size_t before = out->len;
    enum err e = receipt_lines(r, lang, columns, &sink);
    if (e)
        buf_cut(out, before);
    return e;
}
