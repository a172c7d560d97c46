/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a printed page, made one by one: East Asian characters count as two columns, labels stand at the left and values at
 * the right edge, what could disturb a printer or a screen becomes a space. Used by what is printed: receipt.c, aftersale.c,
 * test_page.c. Pure. */
#ifndef HUIKA_LINES_H
#define HUIKA_LINES_H
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINES_COLUMNS_MIN = 24, LINES_COLUMNS_MAX = 80, LINES_TEXT_MAX = 8192 };

/* How a line looks on paper; as text all are alike. */
enum lines_style {
    LINES_PLAIN,
    LINES_STRONG,
    LINES_TITLE, /* twice as high */
    LINES_BIG,   /* twice as high and as wide */
    LINES_RULE,
};

/* Takes lines one by one: UTF-8 without line feed and without control characters, borrowed for the call. Not 0 ends the walk,
 * which returns it. `sizes`: a LINES_BIG line has half as many columns. */
struct lines_sink {
    void *ctx;
    enum err (*line)(void *ctx, enum lines_style style, const char *line);
    bool sizes;
};

/* The line being made, and where lines go; the first error stays and ends the writing. */
struct lines {
    const struct lines_sink *sink;
    size_t columns, len;
    char line[LINES_TEXT_MAX + LINES_COLUMNS_MAX];
    enum err err;
};

/* The head of every page: whose it is, as large as it fits, what it is, in that style, and a rule. */
void lines_head(struct lines *g, const char *shop, enum lines_style style, const char *title);
void lines_rule(struct lines *g);
/* In the middle, on as many lines as it needs. Here and below LINES_BIG becomes LINES_TITLE where it would need more than one line. */
void lines_centre(struct lines *g, enum lines_style style, const char *text);
/* From the left edge, on as many lines as it needs; a line feed begins a new one. */
void lines_text(struct lines *g, enum lines_style style, const char *text);
/* A label at the left and its value at the right edge; below the label if both do not fit on one line. */
void lines_row_styled(struct lines *g, enum lines_style style, const char *label, const char *value);
void lines_row(struct lines *g, const char *label, const char *value);
void lines_fen(struct lines *g, enum lines_style style, const char *label, int64_t fen);
/* The amount that a page is about: LINES_BIG, with its currency. */
void lines_sum(struct lines *g, const char *label, int64_t fen);
void lines_number(struct lines *g, const char *label, uint64_t n);
/* Two short numbers on one line, one at each edge. */
void lines_numbers(struct lines *g, const char *left, uint64_t n, const char *right, uint64_t m);
#endif
