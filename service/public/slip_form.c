/* SPDX-License-Identifier: Apache-2.0 */
/* POST /S/{base32}/dispute: the holder of a sale's receipt complains, once, within 90 days.
 * POST /S/{base32}/voice: there is a dispute already, and whoever holds the slip speaks beside it: an account of their own, once; or that it
 * was not they who complained, at any time. */
#include "proto/body.h"
#include "proto/dispute.h"
#include "service/ep/dispute_notice.h"
#include "service/ep/dispute_record.h"
#include "service/public/found.h"
#include "service/public/words.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool kind_ok(const char *kind)
{
    for (const struct words_kind *k = words_kinds; k->code; k++)
        if (k->member && !strcmp(k->code, kind))
            return true;
    return false;
}

struct job {
    struct store_dispute d;
    const char *text;
    bool added;
    const struct service *service;
    struct store_voice voice;
};

static enum err add(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    return store_dispute_add(tx, &j->d, j->text, &j->added);
}

/* A dispute that is taken up again is news for its terminal. */
static enum err speak(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    enum err e = store_dispute_voice(tx, j->d.dispute, &j->voice);
    if (e || !j->voice.reopened)
        return e;
    j->d.state = STORE_DISPUTE_OPEN;
    return dispute_notice(tx, j->service->keys, &j->d, "", j->d.org_name, j->voice.at_utc_ms);
}

static enum err fill(const struct visit *v, const struct found *f, const struct form *in, struct store_dispute *d)
{
    struct body_sale sale;
    enum err e = body_sale_decode(buf_str(&f->record.body), f->record.body.len, &sale);
    if (e)
        return e;
    *d = (struct store_dispute){.terminal = f->terminal.number,
        .epoch = f->slip.epoch,
        .seq = f->slip.seq,
        .reporter = STORE_REPORTER_MEMBER,
        .channel = STORE_DISPUTE_BY_SLIP,
        .has_sale = true,
        .has_slip = sale.has_slip,
        .at_utc_ms = v->now_utc_ms,
        .received_utc_ms = v->now_utc_ms,
        .due_utc_ms = dispute_due_ms(v->public->service, v->now_utc_ms)};
    memcpy(d->shop, f->terminal.shop, STORE_ID);
    memcpy(d->slip, sale.slip, KEY_HASH);
    memcpy(d->kind, in->kind, sizeof d->kind);
    e = ulid_decode(sale.sale_id, ULID_LEN, d->sale);
    body_sale_release(&sale);
    return e ? e : ulid_new(v->now_utc_ms, d->dispute);
}

static void say(struct visit *v, unsigned status, const char *zh, const char *en)
{
    struct html *p = &v->page;
    visit_begin(v, status, html_pick(p, "未提交", "Not sent"));
    html_note(p, "bad", html_pick(p, zh, en));
    html_raw(p, "<p><a href=\"");
    html_raw(p, v->here_path);
    html_raw(p, p->zh ? "?lang=zh\">" : "?lang=en\">");
    html_text(p, html_pick(p, "返回小票", "Back to the receipt"));
    html_raw(p, "</a></p>");
    html_end(p);
}

/* What is wrong with the form itself; true: answered. */
static bool refused(struct visit *v, const struct found *f, const struct form *in, bool words)
{
    if (!in || !found_token_ok(f, v->now_utc_ms, in->token))
        say(v, MHD_HTTP_FORBIDDEN, "页面已过期，请返回后重新填写。",
            "The page has expired; go back and fill it in again.");
    else if (words && (!kind_ok(in->kind) || !dispute_text_ok(in->text, strlen(in->text))))
        say(v, MHD_HTTP_UNPROCESSABLE_CONTENT, "请选择事由，说明最多 2000 字。",
            "Choose what is wrong; at most 2,000 characters.");
    else if (v->now_utc_ms - f->record.received_utc_ms >= FOUND_DISPUTE_MS)
        say(v, MHD_HTTP_CONFLICT, "已超过 90 天，请致电 12351。", "More than 90 days have passed; call 12351.");
    else
        return false;
    return true;
}

/* Done, also a second time: the page shows what is there. */
static void back_to_the_page(struct visit *v, enum err e)
{
    if (e) {
        page_nothing(v, MHD_HTTP_SERVICE_UNAVAILABLE);
        return;
    }
    snprintf(v->location, sizeof v->location, "%s?lang=%s", v->here_path, v->page.zh ? "zh" : "en");
    v->status = MHD_HTTP_SEE_OTHER;
}

static void complain(struct visit *v, struct found *f, const struct form *in)
{
    struct job j = {.text = in->text};
    enum err e = fill(v, f, in, &j.d);
    store_read_end(&f->tx); /* no snapshot is held while a write is waited for */
    back_to_the_page(v, e ? e : store_write(v->public->service->store, add, &j));
}

static void speak_again(struct visit *v, struct found *f, const struct form *in)
{
    const struct service *s = v->public->service;
    char shop[ULID_LEN + 1];
    struct job j = {.d = f->dispute,
        .service = s,
        .voice = {.at_utc_ms = v->now_utc_ms,
            .due_utc_ms = dispute_due_ms(s, v->now_utc_ms),
            .kind = in->kind,
            .text = strcmp(in->say, "not") != 0 ? in->text : NULL}};
    store_read_end(&f->tx);
    enum err e = store_write(s->store, speak, &j);
    ulid_encode(j.d.shop, shop);
    if (!e && j.voice.reopened)
        poll_wake(s->poll, shop);
    back_to_the_page(v, e);
}

static void judge(struct visit *v, struct found *f, const struct form *in, bool again)
{
    bool there = f->what == FOUND_RECORD && (again ? f->has_dispute : f->record.kind == RECORD_SALE);
    if (!there)
        page_nothing(v, MHD_HTTP_NOT_FOUND);
    else if (refused(v, f, in, !again || !in || strcmp(in->say, "not") != 0))
        return;
    else if (again)
        speak_again(v, f, in);
    else
        complain(v, f, in);
}

void slip_form(struct visit *v, bool again)
{
    struct found f;
    struct form *in = calloc(1, sizeof *in);
    enum err e = in ? found_look(v, &f) : ERR_NOMEM;
    if (!in) {
        page_nothing(v, MHD_HTTP_SERVICE_UNAVAILABLE);
        return;
    }
    bool whole = form_parse(buf_str(&v->form), v->form.len, in);
    if (!found_refused(v, &f, e))
        judge(v, &f, whole ? in : NULL, again);
    found_release(&f);
    free(in);
}
