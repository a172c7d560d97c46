/* SPDX-License-Identifier: Apache-2.0 */
/* A sale's receipt: lines of fixed columns, East Asian characters counted as two (base/width.h), amounts at the right edge. Text,
 * bytes for a printer and pictures are made of the same lines. Pure. */
#ifndef HUIKA_RECEIPT_H
#define HUIKA_RECEIPT_H
#include "client/print/doc.h"
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

/* The page of it; *r is borrowed. Its `fill` finds ERR_BAD_VALUE: no member, amounts that do not add up. */
struct doc receipt_doc(const struct receipt *r);
/* doc_text and doc_paper of that page. */
enum err receipt_text(const struct receipt *r, enum err_lang lang, size_t columns, struct buf *out);
enum err receipt_paper(
    const struct receipt *r, enum err_lang lang, const struct escpos_device *device, struct buf *out);
#endif
