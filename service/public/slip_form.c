/* SPDX-License-Identifier: Apache-2.0 */
/* POST /S/{base32}/dispute: the holder of a sale's receipt complains, once, within 90 days. */
#include "base/text.h"
#include "proto/body.h"
#include "service/public/found.h"
#include "service/public/words.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_CHARS = 2000 };

struct fields {
    char token[FOUND_TOKEN_LEN + 2], kind[STORE_DISPUTE_KIND_MAX + 1], text[STORE_DISPUTE_TEXT_MAX + 1];
    bool wrong;
};

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* One value of application/x-www-form-urlencoded (WHATWG URL, section 5.1); a carriage return is dropped, so that a line ends
 * in a line feed. False: too long, or not of that form. */
static bool decode(const char *s, size_t len, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)s[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int hi = i + 2 < len ? hex(s[i + 1]) : -1, lo = hi >= 0 ? hex(s[i + 2]) : -1;
            if (lo < 0)
                return false;
            c = hi << 4 | lo;
            i += 2;
        }
        if (c == '\r')
            continue;
        if (!c || n + 1 >= size)
            return false;
        out[n++] = (char)c;
    }
    out[n] = 0;
    return text_is_utf8(out, n);
}

static void take(struct fields *f, const char *name, size_t name_len, const char *value, size_t len)
{
    const struct {
        const char *name;
        char *out;
        size_t size;
    } known[] = {
        {"token", f->token, sizeof f->token}, {"kind", f->kind, sizeof f->kind}, {"text", f->text, sizeof f->text}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == name_len && !memcmp(known[i].name, name, name_len) &&
            (known[i].out[0] || !decode(value, len, known[i].out, known[i].size)))
            f->wrong = true;
}

static void parse(const struct buf *form, struct fields *f)
{
    const char *s = buf_str(form);
    memset(f, 0, sizeof *f);
    f->wrong = strlen(s) != form->len;
    while (*s) {
        size_t len = strcspn(s, "&"), name = strcspn(s, "=&");
        if (name < len)
            take(f, s, name, s + name + 1, len - name - 1);
        s += len + (s[len] == '&');
    }
}

static size_t characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

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
};

static enum err add(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    return store_dispute_add(tx, &j->d, j->text, &j->added);
}

static enum err fill(const struct visit *v, const struct found *f, const struct fields *in, struct store_dispute *d)
{
    struct body_sale sale;
    const struct service *s = v->public->service;
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
        .due_utc_ms = workdays_due_ms(&s->workdays, v->now_utc_ms, (int)s->settings.policy.dispute_days)};
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

static void judge(struct visit *v, struct found *f, const struct fields *in)
{
    struct job j = {.text = in->text};
    if (f->what != FOUND_RECORD || f->record.kind != RECORD_SALE) {
        page_nothing(v, MHD_HTTP_NOT_FOUND);
    } else if (in->wrong || !found_token_ok(f, v->now_utc_ms, in->token)) {
        say(v, MHD_HTTP_FORBIDDEN, "页面已过期，请返回后重新填写。",
            "The page has expired; go back and fill it in again.");
    } else if (!kind_ok(in->kind) || characters(in->text) > TEXT_CHARS) {
        say(v, MHD_HTTP_UNPROCESSABLE_CONTENT, "请选择事由，说明最多 2000 字。",
            "Choose what is wrong; at most 2,000 characters.");
    } else if (v->now_utc_ms - f->record.received_utc_ms >= FOUND_DISPUTE_MS) {
        say(v, MHD_HTTP_CONFLICT, "已超过 90 天，请致电 12351。", "More than 90 days have passed; call 12351.");
    } else {
        enum err e = fill(v, f, in, &j.d);
        store_read_end(&f->tx); /* no snapshot is held while a write is waited for */
        e = e ? e : store_write(v->public->service->store, add, &j);
        if (e)
            page_nothing(v, MHD_HTTP_SERVICE_UNAVAILABLE);
        else
            snprintf(v->location, sizeof v->location, "%s?lang=%s", v->here_path, v->page.zh ? "zh" : "en");
        v->status = e ? v->status : MHD_HTTP_SEE_OTHER; /* also a second time: it shows the one that is there */
    }
}

void slip_form(struct visit *v)
{
    struct found f;
    struct fields *in = calloc(1, sizeof *in);
    enum err e = in ? found_look(v, &f) : ERR_NOMEM;
    if (!in) {
        page_nothing(v, MHD_HTTP_SERVICE_UNAVAILABLE);
        return;
    }
    parse(&v->form, in);
    if (!found_refused(v, &f, e))
        judge(v, &f, in);
    found_release(&f);
    free(in);
}
