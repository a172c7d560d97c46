/* SPDX-License-Identifier: Apache-2.0 */
/* A printed page that is no sale's receipt: of a void, a dispute, a day. Its lines are written by a function, so that text and
 * ESC/POS come from the same ones. Pure. */
#ifndef HUIKA_DOC_H
#define HUIKA_DOC_H
#include "client/print/lines.h"

struct doc {
    void (*fill)(struct lines *g, enum err_lang lang, const void *ctx);
    const void *ctx;
    const char *qr;                      /* text of its QR code, on paper only; NULL: none */
    const char *caption_zh, *caption_en; /* below the QR */
    bool copy;                           /* says so at both ends */
};

/* Both append to `out`, which is as it was on error: ERR_BAD_VALUE (columns), ERR_TOO_LARGE, ERR_NOMEM. */
enum err doc_text(const struct doc *d, enum err_lang lang, size_t columns, struct buf *out);
enum err doc_paper(const struct doc *d, enum err_lang lang, const struct escpos_device *device, struct buf *out);
#endif
