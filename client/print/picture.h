/* SPDX-License-Identifier: Apache-2.0 */
/* A receipt as a picture: what a 58 mm printer would make of it, for screens. Pure. */
#ifndef HUIKA_PICTURE_H
#define HUIKA_PICTURE_H
#include "client/print/receipt.h"

/* PNG, one bit a dot, 448 dots wide, its QR below the text. Errors of doc_lines; ERR_TOO_LARGE, ERR_NOMEM. `out` is as it was on
 * error. */
enum err picture_receipt(const struct receipt *r, enum err_lang lang, struct buf *out);
#endif
