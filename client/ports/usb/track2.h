/* SPDX-License-Identifier: Apache-2.0 */
/* Track 2 of a bank card (ISO/IEC 7813, 7811-2; GB/T 15120.2): start sentinel ; number = expiry ... end sentinel ? LRC. Of it all
 * only the number survives. Pure; no heap. */
#ifndef HUIKA_USB_TRACK2_H
#define HUIKA_USB_TRACK2_H
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACK2_CHARS = 40, TRACK2_PAN = 19, TRACK2_PAN_MIN = 13 };

/* ASCII, anything before the start sentinel skipped (track 1 of a reader that types). A character behind the end sentinel is
 * judged as the LRC if it can be one. A track that ends without its end sentinel is bad. ERR_BAD_VALUE leaves out untouched. */
enum err track2_text(const char *text, size_t len, char out[static TRACK2_PAN + 1]);
/* Raw: 5-bit characters, lowest bit first, then odd parity, packed from either end of the bytes, read in either direction;
 * parity of each character and the LRC must be right. */
enum err track2_raw(const uint8_t *bits, size_t len, char out[static TRACK2_PAN + 1]);
#endif
