/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of characters for printers whose own set lacks them: GNU Unifont's 16-row bitmaps, a table made at build time
 * (tools/glyphs.awk) from Debian's package unifont, scaled to a printer's cell. Pure. */
#ifndef HUIKA_GLYPH_H
#define HUIKA_GLYPH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GLYPH_ROWS = 16, GLYPH_CELL_MAX = 48 };

/* One bit per dot, row by row, the leftmost in the highest bit of `width`. */
struct glyph {
    int width; /* 8 or 16 */
    uint16_t row[GLYPH_ROWS];
};

/* False: no such picture; *out is then that of U+3013 (geta mark, what typesetters put for a missing type). */
bool glyph_get(uint32_t code_point, struct glyph *out);
/* Draws it, smoothed, with its upper left corner at dot x of a bitmap of `stride` bytes per row, highest bit leftmost.
 * The cell is 3/2 or 3 times the glyph in each direction: wide, tall say which. Dots are only added. The caller has room
 * for GLYPH_ROWS * 3/2 (or * 3) rows and the cell's width. */
void glyph_draw(const struct glyph *g, bool wide, bool tall, uint8_t *bitmap, size_t stride, size_t x);
#endif
