/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/receipt.h"
#include "base/text.h"
#include "base/tm.h"
#include "base/width.h"
#include "proto/money.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS_MIN = 24, COLUMNS_MAX = 80, TEXT_MAX = 1024, LINE_MAX_BYTES = TEXT_MAX + COLUMNS_MAX };

struct words {
    const char *head, *copy, *time, *terminal, *seq, *cashier, *total, *offer, *own_price, *discount, *pay, *card,
        *member, *verdict, *is_member, *provisional, *to_confirm, *sale, *hotline;
};

static const struct words words[] = {
    [ERR_LANG_EN] = {"UNION MEMBER RECEIPT", "*** COPY ***", "Time", "Terminal", "No.", "Cashier", "Total, yuan",
        "Offer", "the shop's own price", "Discount", "To pay, yuan", "Card", "Member", "Verdict", "member confirmed",
        "offline, provisional", "Checked offline; the union confirms it when this terminal is online again.", "Sale",
        "Union hotline"},
    [ERR_LANG_ZH] = {"工会会员优惠小票", "*** 副本 ***", "时间", "终端", "流水号", "收银员", "合计（元）", "优惠",
        "本店价格", "优惠金额", "应付（元）", "会员卡", "会员", "核验", "会员有效", "脱机核验（暂定）",
        "本单脱机核验，联网后由工会确认", "交易", "工会热线"},
};

/* The line being made, and where lines go; the first error stays. */
struct page {
    const struct receipt_sink *sink;
    size_t columns, len;
    char line[LINE_MAX_BYTES];
    enum err err;
};

static void put(struct page *g, const char *s, size_t n)
{
    if (n >= sizeof g->line - g->len)
        n = sizeof g->line - g->len - 1;
    memcpy(g->line + g->len, s, n);
    g->len += n;
}

static void end_line(struct page *g, enum receipt_style style)
{
    g->line[g->len] = 0;
    if (!g->err)
        g->err = g->sink->line(g->sink->ctx, style, g->line);
    g->len = 0;
}

static void spaces(struct page *g, size_t n)
{
    while (n--)
        put(g, " ", 1);
}

static void rule(struct page *g)
{
    for (size_t i = 0; i < g->columns; i++)
        put(g, "-", 1);
    end_line(g, RECEIPT_RULE);
}

/* Bytes of `s` that go on one line: broken after a space if there is one. A character wider than the line would stop the
 * walk, so it goes alone. */
static size_t line_of(const struct page *g, const char *s)
{
    size_t n = width_fit(s, g->columns), space = n;
    if (!n)
        return text_char_len(s);
    if (!s[n])
        return n;
    while (space && s[space - 1] != ' ')
        space--;
    return space ? space : n;
}

static void clean_copy(const char *s, char out[static TEXT_MAX])
{
    size_t n = strnlen(s, TEXT_MAX - 1);
    while (n && !text_is_utf8(s, n))
        n--;
    memcpy(out, s, n);
    out[n] = 0;
    text_clean(out);
}

/* Lines of at most the page's columns, the free ones left of the text divided by `side`: 2 in the middle, 1 at the
 * right edge. */
static void block(struct page *g, enum receipt_style style, const char *text, size_t side)
{
    while (*text) {
        size_t n = line_of(g, text), shown = n, used;
        char line[TEXT_MAX];
        while (shown > 1 && text[shown - 1] == ' ')
            shown--;
        snprintf(line, sizeof line, "%.*s", (int)shown, text);
        used = width_text(line);
        spaces(g, used < g->columns ? (g->columns - used) / side : 0);
        put(g, line, shown);
        end_line(g, style);
        text += n;
    }
}

static void centre(struct page *g, enum receipt_style style, const char *text)
{
    char s[TEXT_MAX];
    clean_copy(text, s);
    block(g, style, s, 2);
}

/* A label at the left and its value at the right edge; below the label if both do not fit on one line. */
static void row_styled(struct page *g, enum receipt_style style, const char *label, const char *value)
{
    char s[TEXT_MAX];
    clean_copy(value, s);
    size_t used = width_text(label) + width_text(s);
    put(g, label, strlen(label));
    if (used < g->columns) {
        spaces(g, g->columns - used);
        put(g, s, strlen(s));
        end_line(g, style);
        return;
    }
    end_line(g, style);
    block(g, style, s, 1);
}

static void row(struct page *g, const char *label, const char *value)
{
    row_styled(g, RECEIPT_PLAIN, label, value);
}

static void row_fen(struct page *g, enum receipt_style style, const char *label, int64_t fen)
{
    char s[MONEY_LEN];
    money_format(fen, s);
    row_styled(g, style, label, s);
}

static void row_number(struct page *g, const char *label, uint64_t n)
{
    char s[24];
    snprintf(s, sizeof s, "%" PRIu64, n);
    row(g, label, s);
}

static bool given(const char *s)
{
    return s && *s;
}

static void where_and_when(struct page *g, const struct receipt *r, const struct words *w)
{
    char at[20];
    tm_local(r->at_utc_ms, at);
    row(g, w->time, at);
    row_number(g, w->terminal, (uint64_t)r->terminal_number);
    if (r->seq)
        row_number(g, w->seq, r->seq);
    if (given(r->cashier))
        row(g, w->cashier, r->cashier);
}

static void money(struct page *g, const struct receipt *r, const struct words *w)
{
    row_fen(g, RECEIPT_PLAIN, w->total, r->total_fen);
    row(g, w->offer, r->own_price ? w->own_price : r->offer_title);
    row_fen(g, RECEIPT_STRONG, w->discount, -r->discount_fen);
    row_fen(g, RECEIPT_TITLE, w->pay, r->pay_fen);
}

static void who(struct page *g, const struct receipt *r, const struct words *w)
{
    char last4[16];
    snprintf(last4, sizeof last4, "**** %.4s", r->card_last4);
    row(g, w->card, last4);
    if (given(r->name_masked))
        row(g, w->member, r->name_masked);
    row(g, w->verdict, r->provisional ? w->provisional : w->is_member);
    if (r->provisional)
        centre(g, RECEIPT_STRONG, w->to_confirm);
}

static bool makes_sense(const struct receipt *r, size_t columns)
{
    return r->verdict == VERDICT_MEMBER && columns >= COLUMNS_MIN && columns <= COLUMNS_MAX &&
           r->terminal_number >= 0 && r->discount_fen >= 0 && r->pay_fen >= 0 && r->discount_fen <= OFFER_FEN_MAX &&
           r->pay_fen <= OFFER_FEN_MAX && r->discount_fen + r->pay_fen == r->total_fen;
}

enum err receipt_lines(const struct receipt *r, enum err_lang lang, size_t columns, const struct receipt_sink *sink)
{
    const struct words *w = &words[lang == ERR_LANG_ZH ? ERR_LANG_ZH : ERR_LANG_EN];
    struct page g = {.sink = sink, .columns = columns};
    if (!makes_sense(r, columns))
        return ERR_BAD_VALUE;
    if (r->copy)
        centre(&g, RECEIPT_STRONG, w->copy);
    centre(&g, RECEIPT_TITLE, w->head);
    centre(&g, RECEIPT_STRONG, r->shop_name);
    rule(&g);
    where_and_when(&g, r, w);
    rule(&g);
    money(&g, r, w);
    rule(&g);
    who(&g, r, w);
    rule(&g);
    row(&g, w->sale, r->sale_id);
    row(&g, w->hotline, "12351");
    if (r->copy)
        centre(&g, RECEIPT_STRONG, w->copy);
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
