/* SPDX-License-Identifier: Apache-2.0 */
/* The receipt as text: lines of fixed columns, East Asian characters counted as two (base/width.h), amounts at the
 * right edge. Bytes for a printer are not made here. Pure. */
#ifndef HUIKA_RECEIPT_H
#define HUIKA_RECEIPT_H
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
    enum verdict verdict;                     /* only VERDICT_MEMBER gets a receipt */
    const char *card_last4;
    const char *name_masked; /* NULL or "": by number, no name */
    const char *cashier;     /* NULL or "": none named */
    const char *sale_id;
    bool copy; /* a reprint: says so at both ends */
};

/* Appends the text to `out`, each line closed by a line feed and at most `columns` (RECEIPT_*) wide. ERR_BAD_VALUE: no
 * member, amounts that do not add up, fewer than 24 or more than 80 columns; ERR_TOO_LARGE, ERR_NOMEM. `out` is as it
 * was on error. */
enum err receipt_text(const struct receipt *r, enum err_lang lang, size_t columns, struct buf *out);
#endif
