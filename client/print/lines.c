/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/lines.h"
#include "base/text.h"
#include "base/width.h"
#include "proto/money.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put(struct lines *g, const char *s, size_t n)
{
    if (n >= sizeof g->line - g->len)
        n = sizeof g->line - g->len - 1;
    memcpy(g->line + g->len, s, n);
    g->len += n;
}

static void end_line(struct lines *g, enum lines_style style)
{
    g->line[g->len] = 0;
    if (!g->err)
        g->err = g->sink->line(g->sink->ctx, style, g->line);
    g->len = 0;
}

static void spaces(struct lines *g, size_t n)
{
    while (n--)
        put(g, " ", 1);
}

/* Columns of a line in that style. */
static size_t room(const struct lines *g, enum lines_style style)
{
    return style == LINES_BIG && g->sink->sizes ? g->columns / 2 : g->columns;
}

static enum lines_style fitting(const struct lines *g, enum lines_style style, size_t used)
{
    return style == LINES_BIG && used > room(g, style) ? LINES_TITLE : style;
}

void lines_head(struct lines *g, const char *shop, enum lines_style style, const char *title)
{
    lines_centre(g, LINES_BIG, shop);
    lines_centre(g, style, title);
    lines_rule(g);
}

void lines_rule(struct lines *g)
{
    for (size_t i = 0; i < g->columns; i++)
        put(g, "-", 1);
    end_line(g, LINES_RULE);
}

/* Bytes of `s` that go on one line: broken after a space if there is one. A character wider than the line would stop the
 * walk, so it goes alone. */
static size_t line_of(const char *s, size_t columns)
{
    size_t n = width_fit(s, columns), space = n;
    if (!n)
        return text_char_len(s);
    if (!s[n])
        return n;
    while (space && s[space - 1] != ' ')
        space--;
    return space ? space : n;
}

static void clean_copy(const char *s, char out[static LINES_TEXT_MAX])
{
    size_t n = strnlen(s, LINES_TEXT_MAX - 1);
    while (n && !text_is_utf8(s, n))
        n--;
    memcpy(out, s, n);
    out[n] = 0;
    text_clean(out);
}

/* Lines of at most the page's columns, the free ones left of the text divided by `side`: 2 in the middle, 1 at the
 * right edge, 0 at the left. */
static void block(struct lines *g, enum lines_style style, const char *text, size_t side)
{
    const size_t columns = room(g, style);
    while (*text) {
        size_t n = line_of(text, columns), shown = n, used;
        char line[LINES_TEXT_MAX];
        while (shown > 1 && text[shown - 1] == ' ')
            shown--;
        snprintf(line, sizeof line, "%.*s", (int)shown, text);
        used = width_text(line);
        spaces(g, side && used < columns ? (columns - used) / side : 0);
        put(g, line, shown);
        end_line(g, style);
        text += n;
    }
}

void lines_text(struct lines *g, enum lines_style style, const char *text)
{
    char s[LINES_TEXT_MAX];
    while (*text) {
        size_t n = strcspn(text, "\n");
        snprintf(s, sizeof s, "%.*s", (int)n, text);
        char clean[LINES_TEXT_MAX];
        clean_copy(s, clean);
        block(g, style, clean, 0);
        text += n + (text[n] == '\n');
    }
}

void lines_centre(struct lines *g, enum lines_style style, const char *text)
{
    char s[LINES_TEXT_MAX];
    clean_copy(text, s);
    block(g, fitting(g, style, width_text(s)), s, 2);
}

void lines_row_styled(struct lines *g, enum lines_style style, const char *label, const char *value)
{
    char s[LINES_TEXT_MAX];
    clean_copy(value, s);
    size_t used = width_text(label) + width_text(s);
    style = fitting(g, style, used + 1);
    put(g, label, strlen(label));
    if (used < room(g, style)) {
        spaces(g, room(g, style) - used);
        put(g, s, strlen(s));
        end_line(g, style);
        return;
    }
    end_line(g, style);
    block(g, style, s, 1);
}

void lines_row(struct lines *g, const char *label, const char *value)
{
    lines_row_styled(g, LINES_PLAIN, label, value);
}

void lines_fen(struct lines *g, enum lines_style style, const char *label, int64_t fen)
{
    char s[MONEY_LEN];
    money_format(fen, s);
    lines_row_styled(g, style, label, s);
}

void lines_sum(struct lines *g, const char *label, int64_t fen)
{
    char s[MONEY_LEN + sizeof "￥"] = "￥";
    money_format(fen, s + sizeof "￥" - 1);
    lines_row_styled(g, LINES_BIG, label, s);
}

void lines_number(struct lines *g, const char *label, uint64_t n)
{
    char s[24];
    snprintf(s, sizeof s, "%" PRIu64, n);
    lines_row(g, label, s);
}

void lines_numbers(struct lines *g, const char *left, uint64_t n, const char *right, uint64_t m)
{
    char l[LINES_COLUMNS_MAX], r[LINES_COLUMNS_MAX];
    snprintf(l, sizeof l, "%s %" PRIu64, left, n);
    snprintf(r, sizeof r, "%s %" PRIu64, right, m);
    lines_row(g, l, r);
}
