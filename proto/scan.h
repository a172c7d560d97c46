/* SPDX-License-Identifier: Apache-2.0 */
/* What a scanned text is. Pure. Payment codes are recognised so that they can be refused before they are logged or
 * sent. */
#ifndef HUIKA_SCAN_H
#define HUIKA_SCAN_H
#include "proto/card.h"

enum scan_kind {
    SCAN_UNKNOWN,      /* nothing we know */
    SCAN_CARD,         /* a Huika card QR; card is filled, nothing checked yet */
    SCAN_CARD_DAMAGED, /* begins like a card QR, but is not whole */
    SCAN_LEGACY,       /* a legacy card URL of the trust notice's prefixes */
    SCAN_ENROL,        /* an enrolment code (HUIKA1/...) */
    SCAN_PAYMENT,      /* WeChat 18 digits 10-15, Alipay 16-24 digits 25-30, UnionPay QR 19 digits 62 */
    SCAN_NUMBER /* a bare card number from a scanner: not accepted, a number comes from a swipe or the keys only */
};

struct scan {
    enum scan_kind kind;
    struct card_qr card; /* SCAN_CARD only */
};

enum { SCAN_MAX = 4096 };

/* White space and one AIM identifier (]Q1...) around the text are dropped first. legacy: NULL-terminated prefixes or
 * NULL. A 19-digit 62... text is a payment code, whatever else it might be. Never fails: what is not known is
 * SCAN_UNKNOWN. */
struct scan scan_classify(const char *text, size_t len, const char *const *legacy);
/* The refusal for a kind that is no card: ERR_PAYMENT_CODE, ERR_SCANNED_NUMBER, ERR_CARD_LEGACY, ERR_ENROL_SCAN,
 * ERR_CARD_MALFORMED, ERR_CARD_UNKNOWN_SCAN; ERR_OK for SCAN_CARD. */
enum err scan_refusal(enum scan_kind kind);
#endif
