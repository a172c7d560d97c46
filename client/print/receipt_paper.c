/* SPDX-License-Identifier: Apache-2.0 */
#include "base/width.h"
#include "client/print/receipt.h"
#include <stdio.h>
#include <string.h>

static enum err add_line(void *ctx, enum receipt_style style, const char *line)
{
    static const enum escpos_style styles[] = {
        [RECEIPT_PLAIN] = ESCPOS_PLAIN, [RECEIPT_STRONG] = ESCPOS_STRONG, [RECEIPT_TITLE] = ESCPOS_TITLE};
    struct escpos *e = ctx;
    if (style == RECEIPT_RULE)
        escpos_rule(e);
    else
        escpos_line(e, styles[style], line);
    return e->err;
}

static void caption(struct escpos *e, enum err_lang lang)
{
    const char *text = lang == ERR_LANG_ZH ? "扫码核对本次优惠" : "Scan to check this discount";
    char line[96];
    int columns = e->device.dots / ESCPOS_CELL, left = (columns - (int)width_text(text)) / 2;
    snprintf(line, sizeof line, "%*s%s", left, "", text);
    escpos_line(e, ESCPOS_PLAIN, line);
}

enum err receipt_paper(const struct receipt *r, enum err_lang lang, const struct escpos_device *device, struct buf *out)
{
    struct escpos p;
    size_t before = out->len;
    enum err e = escpos_begin(&p, device, out), bad;
    const struct receipt_sink sink = {&p, add_line};
    if (e)
        return e;
    bad = receipt_lines(r, lang, (size_t)(device->dots / ESCPOS_CELL), &sink);
    if (r->qr) {
        escpos_qr(&p, r->qr);
        caption(&p, lang);
    }
    e = escpos_end(&p, r->copy ? ESCPOS_CUT : ESCPOS_CUT | ESCPOS_KICK); /* a copy moves no money */
    if (bad)
        buf_cut(out, before);
    return bad ? bad : e;
}
