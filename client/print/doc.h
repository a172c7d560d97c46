/* SPDX-License-Identifier: Apache-2.0 */
/* A printed page: a receipt, a void, a dispute, a day. Its lines are written by a function, so that text, ESC/POS and picture come
 * from the same ones. Pure. */
#ifndef HUIKA_DOC_H
#define HUIKA_DOC_H
#include "client/print/escpos.h"
#include "client/print/lines.h"

struct doc {
    void (*fill)(struct lines *g, enum err_lang lang, const void *ctx);
    const void *ctx;
    const char *qr;                      /* text of its QR code, on paper only; NULL: none */
    const char *caption_zh, *caption_en; /* below the QR */
    bool copy;                           /* says so at both ends */
    bool test;                           /* of a sandbox: says so at both ends */
    bool kick;                           /* opens the drawer, but for a copy: that moves no money */
};

/* All of it line by line; lines that were taken before an error stay taken. ERR_BAD_VALUE (columns, or what `fill` found). */
enum err doc_lines(const struct doc *d, enum err_lang lang, size_t columns, const struct lines_sink *sink);
/* Both append to `out`, which is as it was on error: also ERR_TOO_LARGE (on paper: a QR too fine for it, too), ERR_NOMEM. */
enum err doc_text(const struct doc *d, enum err_lang lang, size_t columns, struct buf *out);
enum err doc_paper(const struct doc *d, enum err_lang lang, const struct escpos_device *device, struct buf *out);
#endif
