/* SPDX-License-Identifier: Apache-2.0 */
/* What the service signs: trust and shop notices, leases (proto/notice.h), heads (proto/record.h). */
#ifndef HUIKA_NOTICES_H
#define HUIKA_NOTICES_H
#include "proto/record.h"
#include "service/sign/keys.h"
#include "service/store/store_lease.h"

/* The trust notice's contents. Keys and strings are borrowed. */
struct notices_trust {
    int64_t version, issued_utc_ms, not_after_utc_ms;
    EVP_PKEY *root, *notice, *lease;
    const struct card_key *card;
    size_t card_cnt;
    const struct buf *sealing_cert; /* DER */
    const char *const *card_hosts;  /* NULL-terminated, lower case */
    const char *const *legacy;      /* NULL-terminated; NULL: none */
    const char *public_url;         /* "https://host[:port]" of the pages for the public */
};
/* Builds and signs it with the root key; the envelope is appended to out. */
enum err notices_trust(const struct notices_trust *t, struct buf *out);

/* Makes, signs and stores the notice of the shop as it stands in tx: call it after any change of standing or offers, in
 * the same job. ERR_NOT_FOUND. */
enum err notices_publish(
    struct store_tx *tx, const struct service_keys *k, const uint8_t shop[static STORE_ID], int64_t at_utc_ms);

/* The file that a revocation notice names, and the ways to it. */
enum { NOTICES_DELTAS = 16 };
struct notices_revoked {
    int64_t version, issued_utc_ms, count, len;
    uint8_t sha256[KEY_HASH];
    struct {
        int64_t from, len;
        uint8_t sha256[KEY_HASH];
    } delta[NOTICES_DELTAS];
    size_t delta_cnt;
};
/* Signs it with the notice key; the envelope is appended to out. hash: struct notice's. */
enum err notices_revoked(
    const struct service_keys *k, const struct notices_revoked *r, struct buf *out, uint8_t hash[static KEY_HASH]);

/* A notice as a lease names it. */
struct notices_named {
    int64_t version;
    uint8_t hash[KEY_HASH];
};
struct notices_lease {
    uint8_t terminal[STORE_ID], shop_id[STORE_ID];
    struct store_lease lease;
    int64_t starts;
    struct notices_named trust, shop, revoked;
};
/* Signs it with the lease key; the envelope is appended to out. */
enum err notices_lease(const struct service_keys *k, const struct notices_lease *l, struct buf *out);

/* The service's signature under a terminal's head, with the lease key. ERR_UNKNOWN_KEY: the trust notice allows none. */
struct notices_countersigned {
    char keyid[KEY_ID_LEN + 1];
    uint8_t sig[KEY_SIG];
};
enum err notices_countersign(
    const struct service_keys *k, const struct record_head *h, int64_t at_utc_ms, struct notices_countersigned *out);
#endif
