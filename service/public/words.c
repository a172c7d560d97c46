/* SPDX-License-Identifier: Apache-2.0 */
#include "service/public/words.h"
#include "proto/money.h"
#include <stdio.h>
#include <string.h>

const struct words_kind words_kinds[] = {
    {"rate_not_given", "没有按登记优惠结账", "registered discount not given", true},
    {"amount_wrong", "金额不符", "amount wrong", true}, {"double_charge", "重复收款", "charged twice", true},
    {"refused_valid", "会员卡有效却被拒绝", "a valid card was refused", true},
    {"other", "其他", "something else", true},
    {"card_suspect", "会员卡疑似伪造或冒用", "the card looks forged or borrowed", false},
    {"offline_contested", "脱机优惠有争议", "an offline sale is contested", false}, {NULL, NULL, NULL, false}};

const char *words_kind(const struct html *p, const char *code)
{
    for (const struct words_kind *k = words_kinds; k->code; k++)
        if (!strcmp(k->code, code))
            return html_pick(p, k->zh, k->en);
    return code;
}

const char *words_state(const struct html *p, enum store_dispute_state s)
{
    switch (s) {
    case STORE_DISPUTE_OPEN:
        return html_pick(p, "处理中", "being handled");
    case STORE_DISPUTE_ESCALATED:
        return html_pick(p, "已转上级工会处理", "passed on to the union above");
    case STORE_DISPUTE_ANSWERED:
        return html_pick(p, "已答复", "answered");
    case STORE_DISPUTE_CLOSED:
        return html_pick(p, "已结案", "closed");
    case STORE_DISPUTE_NONE:
        break;
    }
    return "";
}

static void limits(const struct html *p, const struct offer *o, char *out, size_t size)
{
    char min[MONEY_LEN], cap[MONEY_LEN];
    size_t n = strlen(out);
    money_format(o->min_fen, min);
    money_format(o->cap_fen, cap);
    if (o->min_fen && o->kind != OFFER_OFF_OVER)
        n += (size_t)snprintf(out + n, size - n, p->zh ? "，消费满 %s 元" : ", from ¥%s", min);
    if (o->cap_fen && n < size)
        snprintf(out + n, size - n, p->zh ? "，最多优惠 %s 元" : ", at most ¥%s off", cap);
}

void words_offer(const struct html *p, const struct offer *o, char out[static WORDS_OFFER_MAX])
{
    char a[MONEY_LEN], b[MONEY_LEN];
    out[0] = 0;
    switch (o->kind) {
    case OFFER_PERCENT:
        snprintf(out, WORDS_OFFER_MAX, p->zh ? "优惠 %d.%02d%%" : "%d.%02d %% off", o->rate_bp / 100, o->rate_bp % 100);
        break;
    case OFFER_OFF_OVER:
        money_format(o->over_fen, a);
        money_format(o->off_fen, b);
        snprintf(out, WORDS_OFFER_MAX, !p->zh ? "¥%s off from ¥%s%s" : "满 %s 元减 %s 元%s", p->zh ? a : b,
            p->zh ? b : a, !o->repeat ? "" : html_pick(p, "，可累计", ", repeating"));
        break;
    case OFFER_FIXED:
        money_format(o->price_fen, a);
        snprintf(out, WORDS_OFFER_MAX, p->zh ? "会员价 %s 元" : "member's price ¥%s", a);
        break;
    default:
        break;
    }
    limits(p, o, out, WORDS_OFFER_MAX);
}
