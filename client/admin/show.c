/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin/show.h"
#include "base/i18n.h"
#include "base/text.h"
#include "base/tm.h"
#include "base/width.h"
#include "proto/money.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {N_("listed"), N_("suspended"), N_("delisted"), N_("active"), N_("frozen"),
    N_("lost"), N_("left"), N_("revoked"), N_("forked"), N_("travel"), N_("dining"), N_("transport"), N_("health"),
    N_("leisure"), N_("supermarket"), N_("counted"), N_("held"), N_("percent"), N_("off_over"), N_("off_each"),
    N_("jiao"), N_("yuan"), N_("fixed"), N_("open"), N_("escalated"), N_("answered"), N_("closed"), N_("terminal"),
    N_("slip"), N_("service"), N_("shop"), N_("member"), N_("answer"), N_("close"), N_("reopen"), N_("note"),
    N_("escalate"), N_("refused_valid"), N_("rate_not_given"), N_("amount_wrong"), N_("card_suspect"),
    N_("double_charge"), N_("offline_contested"), N_("other"), N_("sale"), N_("void"), N_("dispute"), N_("refusal")};

static const char *word(const char *s)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i], s))
            return _(words[i]);
    return s;
}

static bool to_the_right(enum show_as as)
{
    return as == SHOW_INT || as == SHOW_YUAN;
}

static enum err add_text(struct buf *b, const char *s)
{
    char *clean = strdup(s);
    if (!clean)
        return ERR_NOMEM;
    text_clean(clean);
    enum err e = buf_adds(b, clean);
    free(clean);
    return e;
}

/* One cell's text, appended. */
static enum err cell(const struct show_col *col, const json_t *obj, struct buf *b)
{
    const json_t *v = json_object_get(obj, col->key);
    char text[32];
    if (json_is_string(v)) {
        const char *s = json_string_value(v);
        int level = (int)json_integer_value(json_object_get(obj, "level"));
        if (col->as == SHOW_INDENT && level > 1 && level < 10) {
            enum err e = buf_printf(b, "%*s", 2 * (level - 1), "");
            if (e)
                return e;
        }
        return add_text(b, col->as == SHOW_WORD ? word(s) : s);
    }
    if (json_is_boolean(v))
        return buf_adds(b, json_is_true(v) ? _("yes") : _("no"));
    if (!json_is_integer(v))
        return buf_adds(b, "-");
    int64_t n = json_integer_value(v);
    if (col->as == SHOW_YUAN)
        money_format(n, text);
    else if (col->as == SHOW_TIME && n > 0)
        tm_local(n, text);
    else if (col->as == SHOW_TIME)
        return buf_adds(b, "-");
    else
        snprintf(text, sizeof text, "%" PRId64, n);
    return buf_adds(b, text);
}

static enum err add_spaces(struct buf *b, size_t n)
{
    return buf_printf(b, "%*s", (int)n, "");
}

/* The last column is never filled up on its right. */
static enum err put(struct buf *out, const char *s, size_t width, bool right, bool last)
{
    size_t w = width_text(s), fill = width > w ? width - w : 0;
    enum err e = right && fill ? add_spaces(out, fill) : ERR_OK;
    if (!e)
        e = buf_adds(out, s);
    if (!e && last)
        return buf_adds(out, "\n");
    if (!e)
        e = add_spaces(out, (right ? 0 : fill) + 2);
    return e;
}

static size_t col_cnt(const struct show_col *cols)
{
    size_t n = 0;
    while (n < SHOW_COLS && cols[n].key)
        n++;
    return n;
}

/* Widths only grow. */
static enum err measure(const struct show_col *cols, size_t cnt, const json_t *rows, size_t *width)
{
    struct buf b;
    enum err e = ERR_OK;
    buf_init(&b, SHOW_MAX);
    for (size_t i = 0; !e && i < json_array_size(rows); i++)
        for (size_t c = 0; !e && c < cnt; c++) {
            buf_reset(&b);
            e = cell(&cols[c], json_array_get(rows, i), &b);
            size_t w = e ? 0 : width_text(buf_str(&b));
            width[c] = w > width[c] ? w : width[c];
        }
    buf_release(&b);
    return e;
}

enum err show_page(struct show_pages *p, const json_t *rows, struct buf *out)
{
    const struct show_col *cols = p->cols;
    size_t cnt = col_cnt(cols);
    struct buf b;
    for (size_t c = 0; !p->begun && c < cnt; c++)
        p->width[c] = width_text(_(cols[c].head));
    enum err e = measure(cols, cnt, rows, p->width);
    buf_init(&b, SHOW_MAX);
    for (size_t c = 0; !p->begun && !e && c < cnt; c++)
        e = put(out, _(cols[c].head), p->width[c], to_the_right(cols[c].as), c + 1 == cnt);
    for (size_t i = 0; !e && i < json_array_size(rows); i++)
        for (size_t c = 0; !e && c < cnt; c++) {
            buf_reset(&b);
            e = cell(&cols[c], json_array_get(rows, i), &b);
            if (!e)
                e = put(out, buf_str(&b), p->width[c], to_the_right(cols[c].as), c + 1 == cnt);
        }
    p->begun = true;
    buf_release(&b);
    return e;
}

enum err show_table(const struct show_col *cols, const json_t *rows, struct buf *out)
{
    struct show_pages p = {.cols = cols};
    return show_page(&p, rows, out);
}

enum err show_fields(const struct show_col *cols, const json_t *obj, struct buf *out)
{
    size_t width = 0, cnt = col_cnt(cols);
    enum err e = ERR_OK;
    for (size_t c = 0; c < cnt; c++) {
        size_t w = width_text(_(cols[c].head));
        width = w > width ? w : width;
    }
    for (size_t c = 0; !e && c < cnt; c++) {
        if (cols[c].as == SHOW_IF && !json_object_get(obj, cols[c].key))
            continue;
        e = put(out, _(cols[c].head), width, false, false);
        if (!e)
            e = cell(&cols[c], obj, out);
        if (!e)
            e = buf_adds(out, "\n");
    }
    return e;
}
