/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text and back: hex, base32 and base64 (RFC 4648), UTF-8. Pure; no allocation. */
#ifndef HUIKA_TEXT_H
#define HUIKA_TEXT_H
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_HEX_LEN(n)    ((n)*2)
#define TEXT_BASE32_LEN(n) (((n)*8 + 4) / 5)   /* no padding */
#define TEXT_BASE64_LEN(n) (((n) + 2) / 3 * 4) /* with padding */

/* Encoders write exactly the length above and a closing 0 into `out`. */
void text_hex(const void *p, size_t n, char *out);
void text_base32(const void *p, size_t n, char *out);
void text_base64(const void *p, size_t n, char *out);

/* Decoders want exactly n bytes' worth of text, no white space, padding only in base64, trailing bits zero. hex and base32
 * accept both cases. ERR_BAD_VALUE leaves out undefined. */
enum err text_unhex(const char *s, size_t len, uint8_t *out, size_t n);
enum err text_unbase32(const char *s, size_t len, uint8_t *out, size_t n);
/* At most max bytes, whose count goes to *n; ERR_TOO_LARGE beyond. */
enum err text_unbase64(const char *s, size_t len, uint8_t *out, size_t max, size_t *n);

/* Copies a string whole with its closing 0; ERR_TOO_LARGE, with out untouched, if it does not fit into size bytes. */
enum err text_copy(char *out, size_t size, const char *s);
/* True if the bytes are UTF-8 (RFC 3629: shortest forms, no surrogates, at most U+10FFFF) without NUL. */
bool text_is_utf8(const char *s, size_t len);
/* True if no control character (C0 with line feed and tab, DEL, C1) is in it but those that `but` lists, "" or of ASCII: what people
 * write and read comes in only so. s is valid UTF-8 and holds no NUL. */
bool text_is_plain(const char *s, size_t len, const char *but);
/* Length in bytes of the character at s (valid UTF-8, not at its end). */
size_t text_char_len(const char *s);
/* Replaces in place what could disturb a screen, a log or a printer: C0 and C1 controls (line feed included), DEL, bidi and
 * zero-width marks each become one space (the text gets no longer). `s` is valid UTF-8. */
void text_clean(char *s);
#endif
