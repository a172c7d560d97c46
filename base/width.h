/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that a text takes on a terminal or a receipt: 2 for East Asian wide and fullwidth characters (Unicode UAX
 * #11, classes W and F), 0 for combining marks and formats, 1 for the rest. Pure; does not look at the locale. */
#ifndef HUIKA_WIDTH_H
#define HUIKA_WIDTH_H
#include <stddef.h>
#include <stdint.h>

/* 0, 1 or 2 columns. */
int width_char(uint32_t code_point);
/* Columns of a string; `s` is valid UTF-8. */
size_t width_text(const char *s);
/* Bytes of the longest beginning of `s` that takes at most `columns`; never cuts a character or the marks that belong
 * to it. */
size_t width_fit(const char *s, size_t columns);
#endif
