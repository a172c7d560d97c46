/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as wide as the paper, for GS v 0. Part of ESC/POS (escpos.h). */
#ifndef HUIKA_RASTER_H
#define HUIKA_RASTER_H
#include "base/qr.h"
#include <stdbool.h>

enum { RASTER_LINE = 30, RASTER_TALL = 54, RASTER_RULE = 14 }; /* rows: a line of text, a high one, a rule */

struct raster {
    size_t stride, rows; /* bytes per row, rows */
    uint8_t *bits;       /* owned; 1 is black, the highest bit leftmost */
};

/* All white. False: out of memory. Release it. */
bool raster_init(struct raster *r, size_t stride, size_t rows);
void raster_release(struct raster *r);
/* Draws a line of valid UTF-8 from the left edge, in cells of 12 dots (24 if wide); what does not fit is left off. */
void raster_text(struct raster *r, const char *text, bool wide, bool tall);
/* Bold: each dot gets one more at its right. */
void raster_embolden(struct raster *r);
/* In the middle with its quiet zone, `dots` a module; it fits. */
void raster_qr(struct raster *r, const struct qr *q, int dots);
/* Adds a dot wherever two bytes would be DLE EOT, DLE ENQ or DLE DC4. A QR of 2 dots a module and more has no such place. */
void raster_defuse(struct raster *r);
#endif
