/* SPDX-License-Identifier: Apache-2.0 */
/* ULIDs: 48 bits of milliseconds and 80 random bits, written as 26 characters of Crockford's base32. The side that creates a
 * thing makes its id, before it is sent. */
#ifndef HUIKA_ULID_H
#define HUIKA_ULID_H
#include "err.h"
#include <stddef.h>
#include <stdint.h>

enum { ULID_SIZE = 16, ULID_LEN = 26 };

/* From the system's random source. ERR_IO if it has none. */
enum err ulid_new(int64_t utc_ms, uint8_t out[static ULID_SIZE]);
/* As text at once. */
enum err ulid_new_text(int64_t utc_ms, char out[static ULID_LEN + 1]);
void ulid_encode(const uint8_t id[static ULID_SIZE], char out[static ULID_LEN + 1]);
/* Exactly 26 upper-case characters, value below 2^128; else ERR_BAD_VALUE. */
enum err ulid_decode(const char *s, size_t len, uint8_t out[static ULID_SIZE]);
#endif
