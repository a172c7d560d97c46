/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/raster.h"
#include "base/width.h"
#include "client/print/charset.h"
#include "client/print/glyph.h"
#include <stdlib.h>

enum { DLE = 0x10, EOT = 0x04, ENQ = 0x05, DC4 = 0x14, MARGIN = (RASTER_LINE - 24) / 2 };

bool raster_init(struct raster *r, size_t stride, size_t rows)
{
    *r = (struct raster){stride, rows, calloc(stride, rows)};
    return r->bits;
}

void raster_release(struct raster *r)
{
    free(r->bits);
    *r = (struct raster){0};
}

/* A mark that combines (width 0) lies over the character before it, as Unifont draws it. */
void raster_text(struct raster *r, const char *text, bool wide, bool tall)
{
    size_t cell = wide ? 2 * ESCPOS_CELL : ESCPOS_CELL, x = 0;
    while (*text) {
        struct glyph g;
        uint32_t cp = charset_next(&text);
        size_t columns = (size_t)width_char(cp);
        if ((x + columns * cell) > r->stride * 8)
            return;
        bool have = glyph_get(cp, &g);
        if (columns && (size_t)g.width * 3 / 2 * (wide ? 2 : 1) > columns * cell)
            have = glyph_get('?', &g);
        if (columns || have)
            glyph_draw(&g, wide, tall, r->bits + MARGIN * r->stride, r->stride, columns || x < cell ? x : x - cell);
        x += columns * cell;
    }
}

void raster_embolden(struct raster *r)
{
    for (size_t y = 0; y < r->rows; y++) {
        uint8_t *row = r->bits + y * r->stride, carry = 0;
        for (size_t i = 0; i < r->stride; i++) {
            uint8_t b = row[i];
            row[i] = (uint8_t)(b | b >> 1 | carry);
            carry = (uint8_t)(b << 7);
        }
    }
}

void raster_qr(struct raster *r, const struct qr *q, int dots)
{
    size_t left = (r->stride * 8 - (size_t)q->size * (size_t)dots) / 2;
    for (int y = 0; y < q->size * dots; y++)
        for (int x = 0; x < q->size * dots; x++)
            if (q->dark[y / dots * q->size + x / dots]) {
                size_t at = left + (size_t)x, row = (size_t)y + QR_QUIET * (size_t)dots;
                r->bits[row * r->stride + at / 8] |= (uint8_t)(0x80 >> at % 8);
            }
}

void raster_defuse(struct raster *r)
{
    for (size_t i = 0; i + 1 < r->stride * r->rows; i++)
        if (r->bits[i] == DLE && (r->bits[i + 1] == EOT || r->bits[i + 1] == ENQ || r->bits[i + 1] == DC4))
            r->bits[i] |= DLE >> 1;
}
