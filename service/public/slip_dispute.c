/* SPDX-License-Identifier: Apache-2.0 */
/* The dispute on a slip's page, and the forms: to complain, and to speak beside a complaint that is there. */
#include "base/tm.h"
#include "proto/ref.h"
#include "service/public/found.h"
#include "service/public/words.h"
#include <stdio.h>

static bool waits(const struct store_dispute *d)
{
    return d->state == STORE_DISPUTE_OPEN || d->state == STORE_DISPUTE_ESCALATED;
}

static void heading(struct html *p, const char *zh, const char *en)
{
    html_raw(p, "<h2>");
    html_text(p, html_pick(p, zh, en));
    html_raw(p, "</h2>");
}

/* What unions said to each other (notes) is not for the slip's holder. */
static enum err add_word(void *ctx, const struct store_word *w)
{
    struct html *p = ctx;
    bool holder = w->act == STORE_WORD_REOPEN && w->admin[0] == 's';
    if (w->act == STORE_WORD_NOTE || (!*w->text && w->act != STORE_WORD_ESCALATE && !holder))
        return ERR_OK;
    char at[20];
    tm_local(w->at_utc_ms, at);
    html_raw(p, "<p class=\"small said\">");
    html_text(p, holder ? html_pick(p, "小票持有人", "Holder of the slip") : w->org_name);
    html_raw(p, " · ");
    html_text(p, at);
    html_raw(p, "</p>\n");
    html_note(p, "",
        w->act == STORE_WORD_ESCALATE
            ? html_pick(p, "超过答复期限，已转由本会处理。", "Overdue; it was passed on to this union.")
        : holder ? html_pick(p, "补充了说明，纠纷重新受理。", "Added an account; the dispute was taken up again.")
                 : w->text);
    return ERR_OK;
}

/* How it came, in words that say what that proves. */
static const char *channel(const struct html *p, const struct store_dispute *d)
{
    switch (d->channel) {
    case STORE_DISPUTE_BY_TERMINAL:
        return html_pick(p, "商户收银终端", "the shop's terminal");
    case STORE_DISPUTE_BY_SLIP:
        return html_pick(p, "小票二维码页面", "the receipt's page");
    case STORE_DISPUTE_BY_SERVICE:
        return html_pick(p, "工会系统核查", "the union's own check");
    case STORE_DISPUTE_BY_NOBODY:
        break;
    }
    return "";
}

static void begin_form(struct visit *v, const struct found *f, const char *to)
{
    struct html *p = &v->page;
    char token[FOUND_TOKEN_LEN + 1];
    found_token(f, v->now_utc_ms + FOUND_FORM_MS, token);
    html_raw(p, "<form method=\"post\" action=\"");
    html_raw(p, v->here_path);
    html_raw(p, to);
    html_raw(p, p->zh ? "?lang=zh" : "?lang=en");
    html_raw(p, "\"><input type=\"hidden\" name=\"token\" value=\"");
    html_raw(p, token);
    html_raw(p, "\">");
}

static void end_form(struct html *p, const char *kind, const char *button)
{
    html_raw(p, *kind ? "<button type=\"submit\" class=\"" : "<button type=\"submit");
    html_raw(p, kind);
    html_raw(p, "\">");
    html_text(p, button);
    html_raw(p, "</button></form>");
}

/* What is wrong, and in their own words. */
static void fields(struct html *p)
{
    html_raw(p, "<label for=\"kind\">");
    html_text(p, html_pick(p, "事由", "What is wrong"));
    html_raw(p, "</label><select id=\"kind\" name=\"kind\">");
    for (const struct words_kind *k = words_kinds; k->code; k++) {
        if (!k->member)
            continue;
        html_raw(p, "<option value=\"");
        html_raw(p, k->code);
        html_raw(p, "\">");
        html_text(p, html_pick(p, k->zh, k->en));
        html_raw(p, "</option>");
    }
    html_raw(p, "</select><label for=\"text\">");
    html_text(p, html_pick(p, "说明（最多 2000 字，勿填身份证号、卡号）",
                     "In your words (at most 2,000 characters; no card or identity numbers)"));
    html_raw(p, "</label><textarea id=\"text\" name=\"text\" maxlength=\"2000\" rows=\"6\"></textarea>");
}

void slip_complain(struct visit *v, const struct found *f)
{
    struct html *p = &v->page;
    heading(p, "对这笔交易有异议？", "Something wrong with this sale?");
    begin_form(v, f, "/dispute");
    fields(p);
    end_form(p, "", html_pick(p, "提交给工会", "Send it to the union"));
    html_note(p, "small",
        html_pick(p, "由与商户签约的工会在期限内答复，再扫此码可查看结果。",
            "The union that signed this shop answers; scan this code again to read it."));
}

/* Opens and closes without a script. */
static void begin_fold(struct html *p, const char *zh, const char *en)
{
    html_raw(p, "<details><summary>");
    html_text(p, html_pick(p, zh, en));
    html_raw(p, "</summary>");
}

/* An account of their own, once. */
static void more(struct visit *v, const struct found *f)
{
    struct html *p = &v->page;
    begin_fold(p, "还有要说明的？", "Something to add?");
    begin_form(v, f, "/voice");
    html_raw(p, "<input type=\"hidden\" name=\"say\" value=\"more\">");
    fields(p);
    end_form(p, "", html_pick(p, "提交补充说明", "Send my account"));
    html_note(p, "small",
        waits(&f->dispute) ? html_pick(p, "每张小票可补充一次，与已有的说法并列给工会看。",
                                 "Once per receipt; the union reads it side by side with what is there.")
                           : html_pick(p, "每张小票可补充一次；提交后重新受理，并有新的答复期限。",
                                 "Once per receipt; the dispute is then taken up again, with a new deadline."));
    html_raw(p, "</details>");
}

/* Not mine: always possible. */
static void not_mine(struct visit *v, const struct found *f)
{
    struct html *p = &v->page;
    begin_fold(p, "投诉不是您提交的？", "Not sent by you?");
    html_note(p, "small",
        html_pick(p,
            "小票由商户打印，凭二维码提交的人是谁无法证实。若不是您提交的，请告知工会；此项随时可用，不会被他人占用。",
            "The shop prints the slip, so nobody can prove who held it. If this is not your complaint, tell the union; "
            "you can always do so, whatever others sent."));
    begin_form(v, f, "/voice");
    html_raw(p, "<input type=\"hidden\" name=\"say\" value=\"not\">");
    end_form(p, "plain", html_pick(p, "不是我提交的", "I did not send it"));
    html_raw(p, "</details>");
}

static void rows(struct html *p, const struct store_dispute *d)
{
    const struct ref ref = {d->terminal, d->epoch, d->seq};
    char text[REF_LEN_MAX + 1] = "";
    ref_format(&ref, text);
    html_raw(p, "<dl>");
    html_row(p, html_pick(p, "编号", "Reference"), text, "strong");
    html_row(p, html_pick(p, "事由", "About"), words_kind(p, d->kind), "");
    html_row(p, html_pick(p, "提交途径", "Sent from"), channel(p, d), "");
    html_row(p, html_pick(p, "受理工会", "Union"), d->org_name, "");
    html_row_time(p, html_pick(p, "收到", "Received"), d->received_utc_ms);
    if (d->second_utc_ms)
        html_row_time(p, html_pick(p, "已补充说明", "Account added"), d->second_utc_ms);
    if (d->objections)
        html_row_time(p, html_pick(p, "持票人否认提交", "Holder denied sending it"), d->objected_utc_ms);
    if (waits(d))
        html_row_time(p, html_pick(p, "答复期限", "Answer due"), d->due_utc_ms);
    html_raw(p, "</dl>");
}

enum err slip_dispute(struct visit *v, const struct found *f)
{
    const struct store_dispute *d = &f->dispute;
    struct html *p = &v->page;
    heading(p, "纠纷处理", "The dispute");
    html_note(p, waits(d) ? "wait" : "good", words_state(p, d->state));
    rows(p, d);
    enum err e = store_word_list(f->tx, d->dispute, add_word, p);
    if (v->now_utc_ms - f->record.received_utc_ms >= FOUND_DISPUTE_MS)
        return e;
    if (!d->second_utc_ms)
        more(v, f);
    if (d->channel != STORE_DISPUTE_BY_SERVICE)
        not_mine(v, f);
    return e;
}
