/* SPDX-License-Identifier: Apache-2.0 */
/* Words for disputes that both ends and the notices share. Pure. */
#ifndef HUIKA_DISPUTE_H
#define HUIKA_DISPUTE_H
#include "err.h"
#include <stdbool.h>
#include <stddef.h>

enum { DISPUTE_TEXT_CHARS = 2000, DISPUTE_TEXT_MAX = 8000 }; /* characters; bytes of UTF-8 */

enum dispute_kind {
    DISPUTE_NONE,
    DISPUTE_REFUSED_VALID,     /* "refused_valid": a member was refused the discount */
    DISPUTE_RATE_NOT_GIVEN,    /* "rate_not_given": less was given than is registered */
    DISPUTE_AMOUNT_WRONG,      /* "amount_wrong" */
    DISPUTE_CARD_SUSPECT,      /* "card_suspect" */
    DISPUTE_DOUBLE_CHARGE,     /* "double_charge" */
    DISPUTE_OFFLINE_CONTESTED, /* "offline_contested": the service contests a record */
    DISPUTE_OTHER,             /* "other" */
    DISPUTE_KINDS
};
enum dispute_reporter { DISPUTE_BY_NONE, DISPUTE_BY_SHOP, DISPUTE_BY_MEMBER }; /* "shop", "member" */
enum dispute_state {
    DISPUTE_UNKNOWN,
    DISPUTE_OPEN,
    DISPUTE_ANSWERED,
    DISPUTE_CLOSED,
    DISPUTE_ESCALATED,
    DISPUTE_STATES
}; /* "open", "answered", "closed", "escalated" */

/* Names as on the wire; NULL and 0 for what is none. */
const char *dispute_kind_name(enum dispute_kind v);
enum dispute_kind dispute_kind_from_name(const char *name);
const char *dispute_reporter_name(enum dispute_reporter v);
enum dispute_reporter dispute_reporter_from_name(const char *name);
const char *dispute_state_name(enum dispute_state v);
enum dispute_state dispute_state_from_name(const char *name);
/* True for UTF-8 without NUL of at most DISPUTE_TEXT_CHARS characters. */
bool dispute_text_ok(const char *s, size_t len);
#endif
