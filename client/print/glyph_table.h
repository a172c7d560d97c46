/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind glyph.c, made by tools/glyphs.awk into build/gen/glyphs.c. */
#ifndef HUIKA_GLYPH_TABLE_H
#define HUIKA_GLYPH_TABLE_H
#include <stddef.h>
#include <stdint.h>

/* Consecutive characters of one width. */
struct glyph_run {
    uint32_t first;
    uint32_t words; /* per glyph: 2 (8x16) or 4 (16x16) */
    uint32_t at;    /* of the first glyph, in glyph_words[] */
    uint32_t last;
};

extern const uint64_t glyph_words[]; /* rows from the top, four or eight in a word, the topmost in its highest bits */
extern const struct glyph_run glyph_runs[]; /* in order */
extern const size_t glyph_run_cnt;
#endif
