/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/doc.h"
#include "base/width.h"
#include <stdio.h>

enum err doc_lines(const struct doc *d, enum err_lang lang, size_t columns, const struct lines_sink *sink)
{
    const char *copy = lang == ERR_LANG_ZH ? "*** 副本 ***" : "*** COPY ***";
    const char *test = lang == ERR_LANG_ZH ? "*** 测试 无效 ***" : "*** TEST - NOT VALID ***";
    struct lines g = {.sink = sink, .columns = columns};
    if (columns < LINES_COLUMNS_MIN || columns > LINES_COLUMNS_MAX)
        return ERR_BAD_VALUE;
    if (d->copy)
        lines_centre(&g, LINES_STRONG, copy);
    if (d->test)
        lines_centre(&g, LINES_TITLE, test);
    d->fill(&g, lang, d->ctx);
    if (d->test)
        lines_centre(&g, LINES_TITLE, test);
    if (d->copy)
        lines_centre(&g, LINES_STRONG, copy);
    return g.err;
}

static enum err add_text(void *ctx, enum lines_style style, const char *line)
{
    struct buf *out = ctx;
    enum err e = buf_adds(out, line);
    (void)style;
    return e ? e : buf_add_u8(out, '\n');
}

enum err doc_text(const struct doc *d, enum err_lang lang, size_t columns, struct buf *out)
{
    const struct lines_sink sink = {out, add_text, false};
    size_t before = out->len;
    enum err e = doc_lines(d, lang, columns, &sink);
    if (e)
        buf_cut(out, before);
    return e;
}

static enum err add_paper(void *ctx, enum lines_style style, const char *line)
{
    static const enum escpos_style styles[] = {[LINES_PLAIN] = ESCPOS_PLAIN,
        [LINES_STRONG] = ESCPOS_STRONG,
        [LINES_TITLE] = ESCPOS_TITLE,
        [LINES_BIG] = ESCPOS_BIG};
    struct escpos *p = ctx;
    if (style == LINES_RULE)
        escpos_rule(p);
    else
        escpos_line(p, styles[style], line);
    return p->err;
}

static void add_qr(struct escpos *p, const struct doc *d, enum err_lang lang)
{
    const char *text = lang == ERR_LANG_ZH ? d->caption_zh : d->caption_en;
    char line[256];
    int free_columns = p->device.dots / ESCPOS_CELL - (int)width_text(text);
    escpos_qr(p, d->qr);
    snprintf(line, sizeof line, "%*s%s", free_columns > 0 ? free_columns / 2 : 0, "", text);
    escpos_line(p, ESCPOS_PLAIN, line);
}

enum err doc_paper(const struct doc *d, enum err_lang lang, const struct escpos_device *device, struct buf *out)
{
    struct escpos p;
    size_t before = out->len;
    enum err e = escpos_begin(&p, device, out), bad;
    const struct lines_sink sink = {&p, add_paper, true};
    if (e)
        return e;
    bad = doc_lines(d, lang, (size_t)(device->dots / ESCPOS_CELL), &sink);
    if (!bad && d->qr)
        add_qr(&p, d, lang);
    e = escpos_end(&p, ESCPOS_CUT | (d->kick && !d->copy ? ESCPOS_KICK : 0));
    if (bad)
        buf_cut(out, before);
    return bad ? bad : e;
}
