/* SPDX-License-Identifier: Apache-2.0 */
/* Names of things on the public pages, in the page's language. Private to service/public. */
#ifndef HUIKA_PUBLIC_WORDS_H
#define HUIKA_PUBLIC_WORDS_H
#include "proto/notice.h"
#include "service/public/html.h"
#include "service/store/store_dispute.h"

enum { WORDS_OFFER_MAX = 256 };

struct words_kind {
    const char *code, *zh, *en;
    bool member; /* a member may choose it on a receipt's page */
};
/* Ends with a row whose code is NULL. */
extern const struct words_kind words_kinds[];
/* The code itself if it is none. */
const char *words_kind(const struct html *p, const char *code);
const char *words_state(const struct html *p, enum store_dispute_state s);
/* What an offer gives: "12 % off", "满 100.00 减 20.00". */
void words_offer(const struct html *p, const struct offer *o, char out[static WORDS_OFFER_MAX]);
#endif
