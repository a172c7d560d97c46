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

static void end_line(struct lines *g, enum receipt_style style)
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

void lines_rule(struct lines *g)
{
    for (size_t i = 0; i < g->columns; i++)
        put(g, "-", 1);
    end_line(g, RECEIPT_RULE);
}

/* Bytes of `s` that go on one line: broken after a space if there is one. A character wider than the line would stop the
 * walk, so it goes alone. */
static size_t line_of(const struct lines *g, const char *s)
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
static void block(struct lines *g, enum receipt_style style, const char *text, size_t side)
{
    while (*text) {
        size_t n = line_of(g, text), shown = n, used;
        char line[LINES_TEXT_MAX];
        while (shown > 1 && text[shown - 1] == ' ')
            shown--;
        snprintf(line, sizeof line, "%.*s", (int)shown, text);
        used = width_text(line);
        spaces(g, side && used < g->columns ? (g->columns - used) / side : 0);
        put(g, line, shown);
        end_line(g, style);
        text += n;
    }
}

void lines_text(struct lines *g, enum receipt_style style, const char *text)
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

void lines_centre(struct lines *g, enum receipt_style style, const char *text)
{
    char s[LINES_TEXT_MAX];
    clean_copy(text, s);
    block(g, style, s, 2);
}

void lines_row_styled(struct lines *g, enum receipt_style style, const char *label, const char *value)
{
    char s[LINES_TEXT_MAX];
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

void lines_row(struct lines *g, const char *label, const char *value)
{
    lines_row_styled(g, RECEIPT_PLAIN, label, value);
}

void lines_fen(struct lines *g, enum receipt_style style, const char *label, int64_t fen)
{
    char s[MONEY_LEN];
    money_format(fen, s);
    lines_row_styled(g, style, label, s);
}

void lines_number(struct lines *g, const char *label, uint64_t n)
{
    char s[24];
    snprintf(s, sizeof s, "%" PRIu64, n);
    lines_row(g, label, s);
}
