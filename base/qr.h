/* SPDX-License-Identifier: Apache-2.0 */
/* A text as a QR code (ISO/IEC 18004), level M, the smallest version that holds it: PNG, SVG, or characters for a
 * terminal. Upper-case texts go in alphanumeric mode, so a card URL fits version 7. The quiet zone of four modules is
 * always there. */
#ifndef HUIKA_QR_H
#define HUIKA_QR_H
#include "base/buf.h"
#include <stdbool.h>

enum { QR_TEXT_MAX = 1024, QR_QUIET = 4, QR_SCALE_MAX = 64, QR_MODULES_MAX = 177 };

/* One symbol without its quiet zone; dark[y * size + x]. */
struct qr {
    int version, size;
    uint8_t dark[QR_MODULES_MAX * QR_MODULES_MAX];
};

/* ERR_TOO_LARGE: over QR_TEXT_MAX bytes. ERR_BAD_VALUE: empty. ERR_NOMEM. *out untouched on error. */
enum err qr_make(const char *text, struct qr *out);
/* Appended to `out`. scale: pixels per module, 1-QR_SCALE_MAX. ERR_BAD_VALUE, ERR_TOO_LARGE, ERR_NOMEM. */
enum err qr_png(const struct qr *q, int scale, struct buf *out);
/* One path, black on white, sized in millimetres: `mm` is the side with its quiet zone, 1-1000. */
enum err qr_svg(const struct qr *q, int mm, struct buf *out);
/* Two modules per character (half blocks, UTF-8). color: ANSI black on white, safe on any theme; without it dark
 * modules are spaces and light ones full blocks, right for a dark background. */
enum err qr_terminal(const struct qr *q, bool color, struct buf *out);
#endif
