/* SPDX-License-Identifier: Apache-2.0 */
/* Text in a printer's encoding, if the printer has all of its characters. Part of ESC/POS (escpos.h). */
#ifndef HUIKA_CHARSET_H
#define HUIKA_CHARSET_H
#include "client/print/escpos.h"

/* (iconv_t)-1: none is needed, or iconv(3) does not know it here, as on a system without its gconv modules: then charset_encode finds
 * nothing but ASCII in the set. Close it. */
iconv_t charset_open(enum escpos_charset c);
void charset_close(iconv_t cd);
/* True: `out` has *len bytes, at most twice the text's length, none of them a control byte. False: a character is outside the
 * device's set; `out` is spoilt. `text` is valid UTF-8. */
bool charset_encode(enum escpos_charset c, iconv_t cd, const char *text, uint8_t *out, size_t *len);
/* The character at *s, and *s behind it. Valid UTF-8, not at its end. */
uint32_t charset_next(const char **s);
#endif
