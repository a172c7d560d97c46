/* SPDX-License-Identifier: Apache-2.0 */
/* Every key and certificate that the running service needs, read once from its directory (docs/protocol.md "Keys and
 * certificates"). Read-only afterwards, so threads share it. What is offline stays offline: the root and server CA keys
 * are never read here. */
#ifndef HUIKA_KEYS_H
#define HUIKA_KEYS_H
#include "base/key.h"
#include "proto/card.h"
#include "proto/notice.h"
#include <openssl/types.h>
#include <stdbool.h>

enum { KEYS_CARDS = 8, KEYS_HMAC = 32, KEYS_SEALING = 8, KEYS_CHANGES = 32, KEYS_WAIT_MS = 300000 };

/* A key that signs: file keys/notice.key or keys/lease.key, after a rotation keys/notice-KEYID.key and so on. */
struct keys_signer {
    char id[KEY_ID_LEN + 1];
    EVP_PKEY *key;
    unsigned kinds;                              /* as in struct notice_key */
    int64_t not_before_utc_ms, not_after_utc_ms; /* when terminals believe it */
};
/* What numbers are sealed to: keys/sealing.key and .crt, after a rotation keys/sealing-KEYID.key and .crt. */
struct keys_sealing {
    EVP_PKEY *key;
    struct buf cert; /* DER */
};
/* A trust notice with a new root: DIR/trust/VERSION.json. Whoever missed it needs it before any later one. */
struct keys_change {
    int64_t version;
    struct buf text; /* the envelope */
};

struct service_keys {
    X509 *server_ca, *terminal_ca, *admin_ca;
    EVP_PKEY *terminal_ca_key, *admin_ca_key;
    struct keys_signer signer[NOTICE_KEYS]; /* those that the trust notice names */
    size_t signer_cnt;
    struct card_key card[KEYS_CARDS]; /* the last one signs new cards */
    size_t card_cnt;
    struct keys_sealing sealing[KEYS_SEALING]; /* the first is the one that terminals seal to */
    size_t sealing_cnt;
    uint8_t number_key[KEYS_HMAC];    /* HMAC-SHA-256(number) */
    struct buf trust;                 /* the trust notice's envelope, as served */
    struct notice_trust trust_notice; /* the same, verified and taken apart */
    uint8_t trust_hash[KEY_HASH];     /* struct notice's hash of it */
    struct keys_change change
        [KEYS_CHANGES]; /* every trust notice that no terminal may miss: it changed the root, or resets the floor; oldest first */
    size_t change_cnt;
    uint8_t fingerprint[16]; /* for invitation codes: first 16 bytes of SHA-256(server CA SPKI | root SPKI) */
    bool offline_here;       /* DIR/offline still holds keys: the operator should be warned */
};

/* Everything must be there, and fit together: the trust notice is signed by its root and names these keys.
 * ERR_NOT_FOUND, ERR_IO, ERR_BAD_VALUE (not a key, not a certificate), ERR_UNKNOWN_KEY (a key that the trust notice
 * does not name), ERR_NOTICE_EXPIRED. `what` (at least 64 bytes): the file that failed. *out untouched on error. */
enum err keys_load(const char *dir, int64_t at_utc_ms, struct service_keys **out, char what[static 64]);
void keys_free(struct service_keys **k); /* wipes; accepts NULL and pointer to NULL */

/* The key that signs `kind` (1 << enum notice_kind, or NOTICE_BIT_HEAD) at that time: the one that began last, not sooner
 * than KEYS_WAIT_MS after its beginning, for terminals' clocks are a little off. NULL: the trust notice allows none. */
const struct keys_signer *keys_signer(const struct service_keys *k, unsigned kind, int64_t at_utc_ms);

/* A card's QR text for one member's card, signed with the newest card key; host: the first of the trust notice. */
enum err keys_card_text(const struct service_keys *k, const uint8_t token[static CARD_TOKEN], uint16_t last4,
    int32_t expiry_day, char out[static CARD_QR_TEXT_MAX + 1]);
#endif
