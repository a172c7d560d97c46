/* SPDX-License-Identifier: Apache-2.0 */
/* Notices: what the service signs and terminals obey. A DSSE envelope (github.com/secure-systems-lab/dsse, protocol
 * v1.0.2):
 *     {"payload": base64, "payloadType": "application/vnd.huika.<kind>.v1+json", "signatures": [{"keyid", "sig": base64
 * of r||s}]} over PAE = "DSSEv1" SP len(type) SP type SP len(payload) SP payload. Rules after TUF (The Update
 * Framework 1.0, section 5): a lower version is refused, the same version with other bytes is equivocation, versions
 * rise and may skip.
 *
 *     notice_open(envelope, ..., &n)          form and kind, nothing believed
 *     notice_verify(&n, trust)                signed by a key that the trust notice allows for this kind
 *     notice_newer(&n, held version and hash) may it replace what is held?
 *     notice_trust_parse, notice_shop_parse ...  the payload as a struct
 *
 * Pure; keeping notices on disk before they are obeyed is the caller's. */
#ifndef HUIKA_NOTICE_H
#define HUIKA_NOTICE_H
#include "base/jsonx.h"
#include "proto/card.h"
#include "proto/dispute.h"
#include "proto/offer.h"
#include "proto/ref.h"

enum {
    NOTICE_MAX = 262144,
    NOTICE_KEYS = 32,
    NOTICE_HOSTS = 8,
    NOTICE_PREFIXES = 16,
    NOTICE_ID_LEN = 26,
    NOTICE_ISSUERS = 128,
    NOTICE_DELTAS = 16,
    NOTICE_URL_MAX = 280,
    NOTICE_ENVELOPE_ID = 16, /* hex digits */
    NOTICE_REFUSED_MAX = 8   /* envelopes that a terminal names as refused at once */
};

enum notice_kind { NOTICE_NONE, NOTICE_TRUST, NOTICE_SHOP, NOTICE_LEASE, NOTICE_REVOKED, NOTICE_ANSWER, NOTICE_KINDS };
const char *notice_kind_name(enum notice_kind kind);      /* "shop"; NULL for what is none */
enum notice_kind notice_kind_from_name(const char *name); /* NONE for what is none */

/* One opened envelope. Everything is owned by the struct. */
struct notice {
    enum notice_kind kind;
    int64_t version;               /* from the payload */
    uint8_t hash[KEY_HASH];        /* SHA-256 of the payload bytes */
    json_t *body;                  /* the payload, parsed */
    struct buf payload;            /* its exact bytes */
    char keyid[4][KEY_ID_LEN + 1]; /* signatures as found, at most four */
    uint8_t sig[4][KEY_SIG];
    size_t sig_cnt;
};

struct notice_key {
    char id[KEY_ID_LEN + 1];
    EVP_PKEY *key;
    unsigned kinds;                              /* bits 1 << enum notice_kind, and NOTICE_BIT_* */
    int64_t not_before_utc_ms, not_after_utc_ms; /* 0 and INT64_MAX where the notice says nothing */
};
enum { NOTICE_BIT_HEAD = 1 << 16 }; /* may countersign heads */

/* The bank that issues cards whose number begins so. */
struct notice_issuer {
    char prefix[13];
    char name[97];
};

/* The trust notice, taken apart. */
struct notice_trust {
    int64_t version, issued_utc_ms, not_after_utc_ms;
    EVP_PKEY *root; /* the key that must have signed this notice and signs the next */
    struct notice_key keys[NOTICE_KEYS];
    size_t key_cnt;
    struct card_key card_keys[NOTICE_KEYS]; /* keys owned here */
    size_t card_key_cnt;
    char *card_hosts[NOTICE_HOSTS + 1];  /* NULL-terminated, lower case */
    char *legacy[NOTICE_PREFIXES + 1];   /* NULL-terminated */
    struct buf sealing_cert;             /* DER of the certificate that numbers are sealed to */
    char public_url[NOTICE_URL_MAX + 1]; /* "https://host[:port]" of the public pages, lower case; "": no QR */
    bool offline_qr, offline_keyed;      /* what may be sold provisionally; neither where the notice says nothing */
    struct notice_issuer issuers[NOTICE_ISSUERS];
    size_t issuer_cnt;
    int64_t reset_floor_utc_ms; /* floor_reset: lower the floor to this; -1: leave it */
    unsigned reset_kinds;       /* floor_reset: bits 1 << enum notice_kind whose held version is forgotten */
};
/* The issuer's name for a card number: that of the longest prefix; NULL: none. Borrowed from `t`. */
const char *notice_issuer(const struct notice_trust *t, const char *digits);

/* A shop's standing. The zero value lets nobody sell. */
enum standing { STANDING_UNKNOWN, STANDING_LISTED, STANDING_SUSPENDED, STANDING_DELISTED };
const char *standing_name(enum standing s); /* "listed"; "unknown" for 0 */
enum standing standing_from_name(const char *name);

struct notice_shop {
    int64_t version, issued_utc_ms, since_utc_ms;
    char shop_id[NOTICE_ID_LEN + 1];
    char name[256], org_name[256], reason[512];
    char category[16];
    enum standing standing;
    struct offer *offers; /* owned */
    size_t offer_cnt;
};

/* A notice that a lease names. */
struct notice_pin {
    int64_t version;
    uint8_t sha256[KEY_HASH]; /* struct notice's hash */
};

/* How much a terminal may do cut off, counted from when this lease came. */
struct notice_allowance {
    int64_t sales, amount_fen;             /* provisional sales, and their totals before discount */
    int64_t starts;                        /* of the program */
    int64_t per_card_day;                  /* provisional sales per card and Shanghai day */
    int64_t keyed_sales, keyed_amount_fen; /* of which by number alone, where the trust notice allows those */
};
enum { NOTICE_ALLOWANCE_MAX = 1000000 }; /* each count; amounts up to 2^53 */

/* A licence for one terminal, by the lease key. */
#define NOTICE_LEASE_MAX_MS (30 * INT64_C(86400000)) /* stop_at - issued, refused beyond */
struct notice_lease {
    int64_t version, issued_utc_ms, stop_at_utc_ms; /* issued < stop_at */
    char terminal_id[NOTICE_ID_LEN + 1], shop_id[NOTICE_ID_LEN + 1];
    uint32_t epoch;
    struct notice_allowance allowance;
    struct notice_pin trust, shop, revoked;
};

/* What the revocation file is (proto/revoked.h). */
struct notice_delta {
    int64_t from; /* leads from that version directly to this one */
    uint64_t len;
    uint8_t sha256[KEY_HASH]; /* of the delta's bytes */
};
struct notice_revoked {
    int64_t version, issued_utc_ms;
    uint64_t count, len;
    uint8_t sha256[KEY_HASH]; /* of the file */
    struct notice_delta deltas[NOTICE_DELTAS];
    size_t delta_cnt;
};

/* The union's word on one dispute of one terminal. */
struct notice_answer {
    int64_t version, at_utc_ms;
    char terminal_id[NOTICE_ID_LEN + 1], record_id[NOTICE_ID_LEN + 1]; /* record_id: a dispute's or sale's id */
    char ref[REF_LEN_MAX + 1];                                         /* as ref_format writes it */
    enum dispute_state state;
    char text[DISPUTE_TEXT_MAX + 1]; /* "": none given */
    char by[256];                    /* the union's name */
    int64_t erased_utc_ms;           /* what was complained is to be forgotten; 0: kept */
};

/* Signs payload bytes into an envelope, appended to `out` (one line of JSON, no newline). */
enum err notice_seal(enum notice_kind kind, const void *payload, size_t len, EVP_PKEY *key, struct buf *out);
/* The envelope with one more signature, appended to `out`: a root change wants the old root's and the new root's. ERR_EXISTS: that
 * key signed it already; ERR_BAD_NOTICE, also with four signatures. */
enum err notice_cosign(const char *envelope, size_t len, EVP_PKEY *key, struct buf *out);
/* ERR_BAD_NOTICE, ERR_TOO_LARGE (over NOTICE_MAX), ERR_NOMEM. On error *out is as it was; else notice_release it. */
enum err notice_open(const char *text, size_t len, struct notice *out);
void notice_release(struct notice *n);
/* Names an envelope, signatures and all: the first 16 hex digits of SHA-256 over its compact JSON, members in the order in which they came.
 * So a terminal tells the service which one it refused; another with the same payload is another. ERR_TOO_LARGE, ERR_NOMEM. */
enum err notice_envelope_id(const json_t *envelope, char out[static NOTICE_ENVELOPE_ID + 1]);
/* kind TRUST: `trust` is the one held now (its root decides) and may be NULL, in which case ERR_UNKNOWN_KEY; see
 * notice_verify_root for the first one. Others: signed by a key of `trust` that carries the kind. ERR_UNKNOWN_KEY,
 * ERR_BAD_SIGNATURE. */
enum err notice_verify(const struct notice *n, const struct notice_trust *trust);
/* The same for a notice that has just come: a key counts only from its not_before to its not_after (ERR_UNKNOWN_KEY). What is held
 * already is judged without: it was good when it came. */
enum err notice_verify_at(const struct notice *n, const struct notice_trust *trust, int64_t now_utc_ms);
/* The first trust notice, whose root was pinned by the enrolment code. */
enum err notice_verify_root(const struct notice *n, EVP_PKEY *root);
/* The root key that a trust notice names: at enrolment, before anything is believed, it is compared with the
 * fingerprint of the invitation (proto/invite.h) and then given to notice_verify_root. ERR_BAD_NOTICE. *out is the
 * caller's (key_free). */
enum err notice_root(const struct notice *n, EVP_PKEY **out);
/* ERR_OK: newer, take it. ERR_EXISTS: the very same, nothing to do. ERR_NOTICE_OLDER, ERR_NOTICE_EQUIVOCATION.
 * held_version 0: nothing held. */
enum err notice_newer(const struct notice *n, int64_t held_version, const uint8_t held_hash[static KEY_HASH]);
enum err notice_trust_parse(const struct notice *n, struct notice_trust *out);
void notice_trust_release(struct notice_trust *t);
enum err notice_shop_parse(const struct notice *n, struct notice_shop *out);
void notice_shop_release(struct notice_shop *s);
/* ERR_BAD_NOTICE, ERR_NOMEM; *out untouched on error. Nothing to release. */
enum err notice_lease_parse(const struct notice *n, struct notice_lease *out);
enum err notice_revoked_parse(const struct notice *n, struct notice_revoked *out);
enum err notice_answer_parse(const struct notice *n, struct notice_answer *out);
#endif
