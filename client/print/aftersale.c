/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/aftersale.h"
#include "base/tm.h"
#include <string.h>

static const char *pick(enum err_lang lang, const char *zh, const char *en)
{
    return lang == ERR_LANG_ZH ? zh : en;
}

static void row_time(struct lines *g, const char *label, int64_t utc_ms)
{
    char at[20];
    tm_local(utc_ms, at);
    lines_row(g, label, at);
}

void aftersale_void(struct lines *g, enum err_lang lang, const void *ctx)
{
    const struct aftersale_void *v = ctx;
    const struct body_void *b = v->body;
    bool all = b->kind == BODY_VOID_ALL;
    lines_head(g, v->shop_name, LINES_TITLE,
        all ? pick(lang, "撤销小票", "VOID RECEIPT") : pick(lang, "退货小票", "RETURN RECEIPT"));
    row_time(g, pick(lang, "时间", "Time"), b->at_utc_ms);
    lines_numbers(g, pick(lang, "终端", "Terminal"), (uint64_t)v->terminal_number, pick(lang, "流水号", "No."), v->seq);
    if (b->cashier[0])
        lines_row(g, pick(lang, "收银员", "Cashier"), b->cashier);
    if (v->reason[0])
        lines_row(g, pick(lang, "原因", "Reason"), v->reason);
    lines_rule(g);
    lines_fen(g, LINES_PLAIN, pick(lang, "原合计（元）", "Sold for, yuan"), b->total_fen);
    lines_fen(g, LINES_PLAIN, pick(lang, "原优惠", "Discount then"), -b->discount_fen);
    lines_fen(g, LINES_STRONG, pick(lang, "退回商品", "Taken back"), b->amount_fen);
    lines_fen(g, LINES_STRONG, pick(lang, "收回优惠", "Discount taken back"), -b->discount_back_fen);
    lines_sum(g, pick(lang, "应退", "Refund"), b->refund_fen);
    if (b->returned_fen != b->amount_fen)
        lines_fen(g, LINES_PLAIN, pick(lang, "累计已退", "Taken back in all"), b->returned_fen);
    lines_rule(g);
    lines_row(g, pick(lang, "原单", "Sale"), b->sale_id);
    if (!b->granted)
        lines_centre(g, LINES_PLAIN,
            pick(lang, "本次退货脱机登记，联网后由工会核对",
                "Recorded offline; the union checks it when online again."));
    lines_row(g, pick(lang, "工会热线", "Union hotline"), "12351");
}

const char *aftersale_kind(enum dispute_kind kind, enum err_lang lang)
{
    static const struct {
        const char *zh, *en;
    } words[DISPUTE_KINDS] = {[DISPUTE_REFUSED_VALID] = {"会员卡有效却被拒绝", "valid card refused"},
        [DISPUTE_RATE_NOT_GIVEN] = {"没有按登记优惠结账", "registered discount not given"},
        [DISPUTE_AMOUNT_WRONG] = {"金额不符", "amount wrong"},
        [DISPUTE_CARD_SUSPECT] = {"会员卡疑似伪造或冒用", "card looks forged or borrowed"},
        [DISPUTE_DOUBLE_CHARGE] = {"重复收款", "charged twice"},
        [DISPUTE_OFFLINE_CONTESTED] = {"脱机优惠有争议", "offline sale contested"},
        [DISPUTE_OTHER] = {"其他", "other"}};
    return kind > DISPUTE_NONE && kind < DISPUTE_KINDS ? pick(lang, words[kind].zh, words[kind].en) : "";
}

void aftersale_dispute(struct lines *g, enum err_lang lang, const void *ctx)
{
    const struct aftersale_dispute *d = ctx;
    const struct body_dispute *b = d->body;
    lines_head(g, d->shop_name, LINES_TITLE, pick(lang, "纠纷回执", "DISPUTE SLIP"));
    lines_row_styled(g, LINES_BIG, pick(lang, "编号", "Ref."), d->ref); /* what is read out on the telephone */
    row_time(g, pick(lang, "时间", "Time"), b->at_utc_ms);
    lines_row(g, pick(lang, "事由", "About"), aftersale_kind(b->kind, lang));
    lines_row(g, pick(lang, "反映人", "Reported by"),
        b->reporter == DISPUTE_BY_MEMBER ? pick(lang, "会员", "member") : pick(lang, "商户", "shop"));
    if (b->sale_id[0])
        lines_row(g, pick(lang, "交易", "Sale"), b->sale_id);
    if (b->cashier[0])
        lines_row(g, pick(lang, "收银员", "Cashier"), b->cashier);
    if (d->text[0]) {
        lines_rule(g);
        lines_text(g, LINES_PLAIN, d->text);
    }
    lines_rule(g);
    lines_text(g, LINES_PLAIN,
        d->qr ? pick(lang, "由与本店签约的工会答复。扫下方二维码可查看答复期限、进度和答复。",
                    "The union that signed this shop answers. Scan the code below to see by when, and to follow it.")
              : pick(lang, "由与本店签约的工会答复。凭编号可向工会热线查询答复期限。",
                    "The union that signed this shop answers. Its hotline tells by when; give the reference."));
    lines_row(g, pick(lang, "工会热线", "Union hotline"), "12351");
}

void aftersale_day(struct lines *g, enum err_lang lang, const void *ctx)
{
    const struct aftersale_day *d = ctx;
    lines_head(g, d->shop_name, LINES_TITLE, pick(lang, "日结单", "DAY SHEET"));
    lines_row(g, pick(lang, "日期", "Day"), d->day);
    lines_number(g, pick(lang, "终端", "Terminal"), (uint64_t)d->terminal_number);
    lines_rule(g);
    lines_number(g, pick(lang, "交易笔数", "Sales"), (uint64_t)d->sales);
    lines_fen(g, LINES_PLAIN, pick(lang, "合计（元）", "Total, yuan"), d->total_fen);
    lines_fen(g, LINES_PLAIN, pick(lang, "优惠金额", "Discounts"), -d->discount_fen);
    lines_fen(g, LINES_STRONG, pick(lang, "实收（元）", "Paid, yuan"), d->pay_fen);
    lines_rule(g);
    lines_number(g, pick(lang, "撤销退货笔数", "Voids and returns"), (uint64_t)d->voids);
    lines_fen(g, LINES_PLAIN, pick(lang, "退回商品", "Taken back"), -d->amount_fen);
    lines_fen(g, LINES_PLAIN, pick(lang, "收回优惠", "Discount taken back"), d->back_fen);
    lines_fen(g, LINES_PLAIN, pick(lang, "退款", "Refunded"), -d->refund_fen);
    lines_sum(g, pick(lang, "净收", "Net"), d->pay_fen - d->refund_fen);
    lines_rule(g);
    lines_number(g, pick(lang, "脱机（暂定）", "Offline, provisional"), (uint64_t)d->provisional);
    lines_number(g, pick(lang, "有争议", "Contested"), (uint64_t)d->contested);
    lines_number(g, pick(lang, "待上传记录", "Records to be sent"), (uint64_t)d->unsent);
    lines_row(g, pick(lang, "工会热线", "Union hotline"), "12351");
}
