/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a printed page, made one by one: East Asian characters count as two columns, labels stand at the left and values at
 * the right edge, what could disturb a printer or a screen becomes a space. Used by what is printed: receipt.c, doc.c. Pure. */
#ifndef HUIKA_LINES_H
#define HUIKA_LINES_H
#include "client/print/receipt.h"

enum { LINES_COLUMNS_MIN = 24, LINES_COLUMNS_MAX = 80, LINES_TEXT_MAX = 8192 };

/* The line being made, and where lines go; the first error stays and ends the writing. */
struct lines {
    const struct receipt_sink *sink;
    size_t columns, len;
    char line[LINES_TEXT_MAX + LINES_COLUMNS_MAX];
    enum err err;
};

void lines_rule(struct lines *g);
/* In the middle, on as many lines as it needs. */
void lines_centre(struct lines *g, enum receipt_style style, const char *text);
/* From the left edge, on as many lines as it needs; a line feed begins a new one. */
void lines_text(struct lines *g, enum receipt_style style, const char *text);
/* A label at the left and its value at the right edge; below the label if both do not fit on one line. */
void lines_row_styled(struct lines *g, enum receipt_style style, const char *label, const char *value);
void lines_row(struct lines *g, const char *label, const char *value);
void lines_fen(struct lines *g, enum receipt_style style, const char *label, int64_t fen);
void lines_number(struct lines *g, const char *label, uint64_t n);
#endif
