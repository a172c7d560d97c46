/* SPDX-License-Identifier: Apache-2.0 */
/* The pages that come after a sale: the receipt of a void or return, the slip of a dispute, the sheet of a day. Each `fill` is for
 * struct doc, with the struct named as its ctx. Strings are UTF-8, borrowed. */
#ifndef HUIKA_AFTERSALE_H
#define HUIKA_AFTERSALE_H
#include "client/print/doc.h"
#include "proto/body.h"

struct aftersale_void {
    const char *shop_name;
    int64_t terminal_number;
    uint64_t seq;
    const struct body_void *body;
    const char *reason; /* "" if erased */
};
void aftersale_void(struct lines *g, enum err_lang lang, const void *ctx);

struct aftersale_dispute {
    const char *shop_name;
    const char *ref;
    const struct body_dispute *body;
    const char *text; /* as reported; "" for none */
    bool qr;          /* a QR follows: its page has the deadline, which the service sets when the dispute arrives */
};
void aftersale_dispute(struct lines *g, enum err_lang lang, const void *ctx);

struct aftersale_day {
    const char *shop_name;
    int64_t terminal_number;
    const char *day; /* 2026-01-31 */
    int64_t sales, total_fen, discount_fen, pay_fen;
    int64_t provisional, voids, amount_fen, back_fen, refund_fen; /* amount: taken back, before discount */
    int64_t contested, unsent;                                    /* unsent: records of this terminal, of any day */
};
void aftersale_day(struct lines *g, enum err_lang lang, const void *ctx);

/* In words; the code itself if it is none. */
const char *aftersale_kind(enum dispute_kind kind, enum err_lang lang);
#endif
