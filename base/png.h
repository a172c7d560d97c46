/* SPDX-License-Identifier: Apache-2.0 */
/* Black and white pictures as PNG (libpng). */
#ifndef HUIKA_PNG_H
#define HUIKA_PNG_H
#include "base/buf.h"

/* A picture row by row, from the top. row() gives (width + 7) / 8 bytes, the highest bit leftmost, 0 black; borrowed until the next
 * call. */
struct png_rows {
    uint32_t width, height;
    const uint8_t *(*row)(void *ctx, uint32_t y);
    void *ctx;
};

/* Appended to `out`, which is as it was on error. ERR_TOO_LARGE, ERR_NOMEM. */
enum err png_write(const struct png_rows *p, struct buf *out);
#endif
