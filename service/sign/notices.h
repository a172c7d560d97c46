/* SPDX-License-Identifier: Apache-2.0 */
/* What the service signs: trust and shop notices (proto/notice.h), heads (proto/record.h). */
#ifndef HUIKA_NOTICES_H
#define HUIKA_NOTICES_H
#include "proto/record.h"
#include "service/sign/keys.h"
#include "service/store/store_shop.h"

/* The trust notice's contents. Keys and strings are borrowed. */
struct notices_trust {
    int64_t version, issued_utc_ms, not_after_utc_ms;
    EVP_PKEY *root, *notice, *lease;
    const struct card_key *card;
    size_t card_cnt;
    const struct buf *sealing_cert; /* DER */
    const char *const *card_hosts;  /* NULL-terminated, lower case */
    const char *const *legacy;      /* NULL-terminated; NULL: none */
};
/* Builds and signs it with the root key; the envelope is appended to out. */
enum err notices_trust(const struct notices_trust *t, struct buf *out);

/* Makes, signs and stores the notice of the shop as it stands in tx: call it after any change of standing or offers, in
 * the same job. ERR_NOT_FOUND. */
enum err notices_publish(
    struct store_tx *tx, const struct service_keys *k, const uint8_t shop[static STORE_ID], int64_t at_utc_ms);

/* The service's signature under a terminal's head, with the lease key. */
enum err notices_countersign(
    const struct service_keys *k, const struct record_head *h, int64_t at_utc_ms, uint8_t sig[static KEY_SIG]);
#endif
