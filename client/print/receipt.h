/* SPDX-License-Identifier: Apache-2.0 */
/* The receipt as text: lines of fixed columns, East Asian characters counted as two (base/width.h), amounts at the
 * right edge. Bytes for a printer are made of the same lines by receipt_paper. Pure. */
#ifndef HUIKA_RECEIPT_H
#define HUIKA_RECEIPT_H
#include "client/print/escpos.h"
#include "proto/body.h"

enum { RECEIPT_58MM = 32, RECEIPT_80MM = 48 }; /* columns of a paper width */

/* What stands on it. Strings are UTF-8, borrowed; what could disturb a printer is replaced by spaces. */
struct receipt {
    const char *shop_name;
    int64_t at_utc_ms;                        /* printed as Shanghai time */
    int64_t terminal_number;                  /* the short one */
    uint64_t seq;                             /* of the sale's record; 0: not printed */
    int64_t total_fen, discount_fen, pay_fen; /* discount + pay = total */
    bool own_price;                           /* the shop's own price was the better one */
    const char *offer_title;                  /* not looked at with own_price */
    enum verdict verdict;                     /* VERDICT_MEMBER, or VERDICT_PROVISIONAL, which is said in plain words */
    const char *card_last4;
    const char *name_masked; /* NULL or "": by number, no name */
    const char *cashier;     /* NULL or "": none named */
    const char *sale_id;
    bool copy;      /* a reprint: says so at both ends */
    bool test;      /* of a sandbox: says so at both ends */
    const char *qr; /* text of its QR code, on paper only; NULL: none */
};

/* How a line looks on paper; as text all are alike. */
enum receipt_style { RECEIPT_PLAIN, RECEIPT_STRONG, RECEIPT_TITLE, RECEIPT_RULE };

/* Takes lines one by one: UTF-8 without line feed and without control characters, borrowed for the call. Not 0 ends the walk,
 * which returns it. */
struct receipt_sink {
    void *ctx;
    enum err (*line)(void *ctx, enum receipt_style style, const char *line);
};

/* Appends the text to `out`, each line closed by a line feed and at most `columns` (RECEIPT_*) wide. ERR_BAD_VALUE: no
 * member, amounts that do not add up, fewer than 24 or more than 80 columns; ERR_TOO_LARGE, ERR_NOMEM. `out` is as it
 * was on error. */
enum err receipt_text(const struct receipt *r, enum err_lang lang, size_t columns, struct buf *out);
/* The same, line by line; lines that were taken before an error stay taken. */
enum err receipt_lines(const struct receipt *r, enum err_lang lang, size_t columns, const struct receipt_sink *sink);

/* Appends what prints it on that device: ESC/POS, its QR below the text, cut where the device can. ERR_BAD_VALUE as above,
 * ERR_TOO_LARGE (also a QR too fine for the paper), ERR_NOMEM. `out` is as it was on error. */
enum err receipt_paper(
    const struct receipt *r, enum err_lang lang, const struct escpos_device *device, struct buf *out);
#endif
