/* SPDX-License-Identifier: Apache-2.0 */
#include "service/public/html.h"
#include "base/text.h"
#include "base/tm.h"
#include "proto/money.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void html_raw(struct html *p, const char *html)
{
    if (!p->err)
        p->err = buf_adds(p->out, html);
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
        return "<br>";
    default:
        return NULL;
    }
}

/* Line by line: the line feed alone keeps its meaning. */
static void escaped(struct html *p, char *s)
{
    for (char *line = s; *line;) {
        size_t n = strcspn(line, "\n");
        char end = line[n];
        line[n] = 0;
        text_clean(line);
        size_t shown = strlen(line);
        for (size_t i = 0; i < shown && !p->err; i++) {
            const char *as = entity(line[i]);
            p->err = as ? buf_adds(p->out, as) : buf_add_u8(p->out, (uint8_t)line[i]);
        }
        if (end)
            html_raw(p, "<br>");
        line += n + (end != 0);
    }
}

void html_text(struct html *p, const char *s)
{
    if (p->err || !s)
        return;
    if (!text_is_utf8(s, strlen(s))) {
        p->err = ERR_BAD_VALUE;
        return;
    }
    char *copy = strdup(s);
    if (!copy) {
        p->err = ERR_NOMEM;
        return;
    }
    escaped(p, copy);
    free(copy);
}

void html_begin(struct html *p, const char *title, const char *here)
{
    html_raw(p, p->zh ? "<!DOCTYPE html>\n<html lang=\"zh-CN\">" : "<!DOCTYPE html>\n<html lang=\"en\">");
    html_raw(p,
        "<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\"><link rel=\"stylesheet\" href=\"/style.css\"><title>");
    html_text(p, title);
    html_raw(p, "</title></head><body><header><span class=\"brand\">");
    html_text(p, html_pick(p, "惠卡 · 工会会员优惠", "Huika · union member discounts"));
    html_raw(p, "</span><a class=\"lang\" href=\"");
    html_raw(p, here);
    html_raw(
        p, p->zh ? "?lang=en\" lang=\"en\" hreflang=\"en\">English" : "?lang=zh\" lang=\"zh-CN\" hreflang=\"zh\">中文");
    html_raw(p, "</a></header><main><h1>");
    html_text(p, title);
    html_raw(p, "</h1>\n");
}

void html_end(struct html *p)
{
    html_raw(p, "</main><footer>");
    html_text(p, html_pick(p, "工会热线 ", "Union hotline "));
    html_raw(p, "<a href=\"tel:12351\">12351</a></footer></body></html>\n");
}

void html_row(struct html *p, const char *label, const char *value, const char *kind)
{
    html_raw(p, "<div><dt>");
    html_text(p, label);
    html_raw(p, *kind ? "</dt><dd class=\"" : "</dt><dd>");
    if (*kind) {
        html_raw(p, kind);
        html_raw(p, "\">");
    }
    html_text(p, value);
    html_raw(p, "</dd></div>\n");
}

void html_row_fen(struct html *p, const char *label, int64_t fen, const char *kind)
{
    char text[MONEY_LEN];
    char line[MONEY_LEN + 16];
    money_format(fen, text);
    snprintf(line, sizeof line, p->zh ? "%s 元" : "¥ %s", text);
    html_row(p, label, line, kind);
}

void html_row_time(struct html *p, const char *label, int64_t utc_ms)
{
    char at[20];
    tm_local(utc_ms, at);
    html_row(p, label, at, "");
}

void html_note(struct html *p, const char *kind, const char *text)
{
    html_raw(p, "<p class=\"");
    html_raw(p, kind);
    html_raw(p, "\">");
    html_text(p, text);
    html_raw(p, "</p>\n");
}
