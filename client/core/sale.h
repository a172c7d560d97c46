/* SPDX-License-Identifier: Apache-2.0 */
/* A checkout as the sale record that makes it durable, and back after a restart. Pure. */
#ifndef HUIKA_SALE_H
#define HUIKA_SALE_H
#include "client/core/checkout.h"

/* The record of a checkout whose CHECKOUT_APPEND_SALE is to be done; `blob` is the hash of its blob. *out is the
 * caller's (body_sale_release). ERR_NOMEM. */
enum err sale_from_checkout(const struct checkout *c, const uint8_t blob[static KEY_HASH], struct body_sale *out);
/* An APPLIED checkout as it was, as far as the record says: own_price_fen is known only where it was used. blob may be
 * NULL (erased). *c is overwritten; the caller's to release. ERR_NOMEM. */
enum err sale_to_checkout(const struct body_sale *s, const struct body_blob *blob, uint64_t seq, struct checkout *c);
#endif
