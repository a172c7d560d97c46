/* SPDX-License-Identifier: Apache-2.0 */
/* The pages that need no slip. */
#include "service/public/parts.h"
#include <inttypes.h>
#include <stdio.h>

static void row_count(struct html *p, const char *label, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, n);
    html_row(p, label, text, "");
}

/* Every dispute that ever was is looked at: not for each visitor. Who waits for the lock has the answer of who counts. */
static enum err counts(struct visit *v, struct store_dispute_counts *out)
{
    struct public *p = v->public;
    struct store_tx *tx = NULL;
    enum err e = ERR_OK;
    pthread_mutex_lock(&p->counts.lock);
    if (!p->counts.at_mono_ms || v->now_mono_ms - p->counts.at_mono_ms >= PUBLIC_COUNTS_MS) {
        e = store_read_begin(p->service->store, &tx);
        if (!e)
            e = store_dispute_count(tx, &p->counts.last);
        store_read_end(&tx);
        p->counts.at_mono_ms = e ? 0 : v->now_mono_ms;
    }
    *out = p->counts.last;
    pthread_mutex_unlock(&p->counts.lock);
    return e;
}

void page_counts(struct visit *v)
{
    struct html *p = &v->page;
    struct store_dispute_counts c;
    if (counts(v, &c)) {
        page_nothing(v, MHD_HTTP_SERVICE_UNAVAILABLE);
        return;
    }
    visit_begin(v, MHD_HTTP_OK, html_pick(p, "会员优惠与纠纷处理", "Member discounts and disputes"));
    html_raw(p, "<dl>");
    row_count(p, html_pick(p, "在册商户", "Shops on the list"), c.shops_listed);
    row_count(p, html_pick(p, "处理中的纠纷", "Disputes being handled"), c.open);
    row_count(p, html_pick(p, "已答复", "Answered"), c.answered);
    row_count(p, html_pick(p, "已结案", "Closed"), c.closed);
    row_count(p, html_pick(p, "按期答复", "Answered in time"), c.in_time);
    html_raw(p, "</dl>");
    html_note(p, "small",
        html_pick(p, "凭小票上的二维码可查看该笔优惠，并可提出异议。",
            "The QR on a receipt shows what applied to that purchase, and lets its holder complain."));
    html_end(p);
}

void page_card(struct visit *v)
{
    struct html *p = &v->page;
    visit_begin(v, MHD_HTTP_OK, html_pick(p, "工会会员卡", "Union member card"));
    html_note(p, "",
        html_pick(p, "这是工会会员卡背面的二维码。结账时请商户用收银设备扫描，即可享受全省登记优惠。",
            "This is the QR on the back of a union member card. At the checkout the shop scans it, and the "
            "registered discount of the whole province applies."));
    html_note(p, "small",
        html_pick(p, "打开本页不查询、不记录任何信息。拾到会员卡，请致电 12351 或交给任意一家工会。",
            "Opening this page looks nothing up and keeps nothing. Found a card? Call 12351 or hand it to "
            "any union."));
    html_end(p);
}

void page_nothing(struct visit *v, unsigned status)
{
    struct html *p = &v->page;
    const char *title, *text;
    switch (status) {
    case MHD_HTTP_TOO_MANY_REQUESTS:
        title = html_pick(p, "请稍后再试", "Please try again later");
        text = html_pick(p, "尝试次数过多，请十分钟后再试。", "Too many tries; wait ten minutes.");
        break;
    case MHD_HTTP_SERVICE_UNAVAILABLE:
        title = html_pick(p, "暂时无法查询", "Not possible just now");
        text =
            html_pick(p, "服务暂时不可用，请稍后再试。", "The service cannot answer just now; try again in a while.");
        break;
    case MHD_HTTP_CONTENT_TOO_LARGE:
        title = html_pick(p, "内容过长", "Too long");
        text =
            html_pick(p, "说明最多 2000 字，请返回缩短后再提交。", "At most 2,000 characters; go back and shorten it.");
        break;
    case MHD_HTTP_METHOD_NOT_ALLOWED:
        title = html_pick(p, "不支持的操作", "Not offered here");
        text = html_pick(p, "请用浏览器打开小票上的二维码链接。", "Open the link of the receipt's QR in a browser.");
        break;
    default:
        title = html_pick(p, "未找到", "Not found");
        text = html_pick(p, "链接不完整或不是小票上的二维码。请重新扫描；仍不成功请致电 12351。",
            "The link is incomplete or not from a receipt. Scan it again; if that does not help, call 12351.");
    }
    buf_reset(&v->out);
    p->err = ERR_OK;
    v->here_path[0] = 0;
    visit_begin(v, status, title);
    html_note(p, "", text);
    html_end(p);
}
