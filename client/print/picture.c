/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/picture.h"
#include "base/png.h"
#include "client/print/raster.h"
#include <stdlib.h>
#include <string.h>

enum { PAPER = 384 / 8, EDGE = 32 / 8, STRIDE = PAPER + 2 * EDGE, EDGE_ROWS = 28, ROWS_MAX = 8192, QR_DOTS = 5 };

/* As a printer's dots: 1 is black. */
struct picture {
    uint8_t *bits;
    size_t rows, cap;
    uint8_t row[STRIDE];
};

static enum err grow(struct picture *p, size_t rows)
{
    if (p->rows + rows > ROWS_MAX)
        return ERR_TOO_LARGE;
    if (p->rows + rows > p->cap) {
        size_t cap = 2 * (p->rows + rows);
        uint8_t *bits = realloc(p->bits, cap * STRIDE);
        if (!bits)
            return ERR_NOMEM;
        p->bits = bits;
        p->cap = cap;
    }
    memset(p->bits + p->rows * STRIDE, 0, rows * STRIDE);
    p->rows += rows;
    return ERR_OK;
}

static enum err add_raster(struct picture *p, const struct raster *r)
{
    size_t at = p->rows;
    enum err e = grow(p, r->rows);
    for (size_t y = 0; !e && y < r->rows; y++)
        memcpy(p->bits + (at + y) * STRIDE + EDGE, r->bits + y * r->stride, r->stride);
    return e;
}

static enum err add_line(void *ctx, enum lines_style style, const char *line)
{
    struct raster r;
    bool tall = style == LINES_TITLE || style == LINES_BIG;
    size_t rows = style == LINES_RULE ? RASTER_RULE : tall ? RASTER_TALL : RASTER_LINE;
    if (!raster_init(&r, PAPER, rows))
        return ERR_NOMEM;
    if (style == LINES_RULE)
        memset(r.bits + rows / 2 * PAPER, 0xff, PAPER);
    else
        raster_text(&r, line, style == LINES_BIG, tall);
    if (style == LINES_STRONG || tall)
        raster_embolden(&r);
    if (style == LINES_BIG)
        raster_embolden(&r);
    enum err e = add_raster(ctx, &r);
    raster_release(&r);
    return e;
}

static enum err add_qr(struct picture *p, const char *text)
{
    struct qr *q = malloc(sizeof *q);
    struct raster r = {0};
    enum err e = q ? qr_make(text, q) : ERR_NOMEM;
    int side = e ? 0 : (q->size + 2 * QR_QUIET), dots = QR_DOTS;
    while (!e && side * dots > PAPER * 8)
        dots--;
    if (!e && dots < 2)
        e = ERR_TOO_LARGE;
    if (!e && !raster_init(&r, PAPER, (size_t)side * (size_t)dots))
        e = ERR_NOMEM;
    if (!e) {
        raster_qr(&r, q, dots);
        e = add_raster(p, &r);
    }
    raster_release(&r);
    free(q);
    return e;
}

static const uint8_t *row_of(void *ctx, uint32_t y)
{
    struct picture *p = ctx;
    for (size_t i = 0; i < STRIDE; i++)
        p->row[i] = (uint8_t)~p->bits[y * STRIDE + i];
    return p->row;
}

enum err picture_receipt(const struct receipt *r, enum err_lang lang, struct buf *out)
{
    struct picture p = {0};
    const struct lines_sink sink = {&p, add_line, true};
    const struct doc d = receipt_doc(r);
    enum err e = grow(&p, EDGE_ROWS);
    if (!e)
        e = doc_lines(&d, lang, RECEIPT_58MM, &sink);
    if (!e && r->qr)
        e = add_qr(&p, r->qr);
    if (!e)
        e = grow(&p, EDGE_ROWS);
    if (!e)
        e = png_write(&(struct png_rows){STRIDE * 8, (uint32_t)p.rows, row_of, &p}, out);
    free(p.bits);
    return e;
}
