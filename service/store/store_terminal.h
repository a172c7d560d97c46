/* SPDX-License-Identifier: Apache-2.0 */
/* Who may speak: administrators, terminals, their certificates, and the one-time invitations that terminals enrol with.
 */
#ifndef HUIKA_STORE_TERMINAL_H
#define HUIKA_STORE_TERMINAL_H
#include "base/key.h"
#include "service/store/store_shop.h"

/* Numbers are stored; never reuse one. The zero values let nobody in. */
enum store_role { STORE_ROLE_NONE, STORE_ROLE_TERMINAL, STORE_ROLE_ADMIN };
enum store_state { STORE_STATE_NONE, STORE_STATE_ACTIVE, STORE_STATE_SUSPENDED, STORE_STATE_REVOKED };
const char *store_state_name(enum store_state s); /* "active", "suspended", "revoked"; "unknown" for 0 */

enum { STORE_ADMIN_NAME_MAX = 120, STORE_CERT_MAX = 2048 };

/* Who a certificate stands for, at one look-up. */
struct store_identity {
    enum store_role role;
    enum store_state state; /* the worse of certificate and holder */
    uint8_t id[STORE_ID];   /* terminal or administrator */
    int64_t not_after_utc_ms;
    /* administrator */
    int64_t org; /* scope; of a terminal: its shop's org */
    char name[STORE_ADMIN_NAME_MAX + 1];
    /* terminal */
    int64_t number; /* decimal number, 1 and up */
    uint8_t shop[STORE_ID];
    enum standing standing;
    uint32_t epoch;
};
/* hash: SHA-256 of the certificate (DER). ERR_NOT_FOUND: never issued by us. */
enum err store_identity_get(struct store_tx *tx, const uint8_t hash[static KEY_HASH], struct store_identity *out);

/* An administrator with the first certificate. ERR_EXISTS, ERR_NOT_FOUND (org), ERR_BAD_VALUE. */
struct store_admin {
    uint8_t admin[STORE_ID];
    int64_t org;
    const char *name;
    const uint8_t *cert; /* DER, copied */
    size_t cert_len;
    int64_t not_after_utc_ms;
};
enum err store_admin_add(struct store_tx *tx, const struct store_admin *a, int64_t at_utc_ms);

/* Invitations. Only the hash of the secret is stored: SHA-256("huika-invitation-v1\0" | secret). */
void store_invite_hash(const uint8_t secret[static 16], uint8_t out[static KEY_HASH]);
/* bound: NULL for a new terminal; a terminal of that shop whose certificate is to be replaced (that it is for the same key is the
 * caller's to see to). ERR_NOT_FOUND (shop),
 * ERR_EXISTS. */
enum err store_invite_add(struct store_tx *tx, const uint8_t hash[static KEY_HASH], const uint8_t shop[static STORE_ID],
    const uint8_t *bound, int64_t at_utc_ms, int64_t expires_utc_ms);
/* Is it worth making a certificate? ERR_OK with the terminal that it is bound to (zeros: a new one), or ERR_INVITE_UNKNOWN
 * (none such, expired before any use). */
enum err store_invite_check(
    struct store_tx *tx, const uint8_t hash[static KEY_HASH], int64_t at_utc_ms, uint8_t bound[static STORE_ID]);
/* The certificates (DER) of a terminal. */
typedef enum err store_cert_fn(void *ctx, const uint8_t *der, size_t len);
enum err store_terminal_certs(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], store_cert_fn *fn, void *ctx);
/* The terminal's certificate is replaced: the new one is good from now on, `used` (the hash of the one that asked; NULL:
 * none) stays good until its own end, all others are forgotten. ERR_EXISTS, ERR_TOO_LARGE, ERR_NOT_FOUND. */
struct store_recert {
    uint8_t terminal[STORE_ID];
    const uint8_t *cert; /* DER */
    size_t cert_len;
    int64_t not_after_utc_ms;
    const uint8_t *used; /* KEY_HASH bytes or NULL */
};
enum err store_terminal_recert(struct store_tx *tx, const struct store_recert *r);

enum store_enrol_outcome {
    STORE_ENROL_NONE,
    STORE_ENROL_NEW,   /* the terminal and its certificate are stored */
    STORE_ENROL_AGAIN, /* same code, same key: out has the certificate of then */
    STORE_ENROL_CLASH  /* same code, another key: the terminal is suspended now and the invitation is spent; answer
                          ERR_INVITE_USED (return ERR_OK from the write job, so that the suspension is kept) */
};
struct store_enrol {
    uint8_t hash[KEY_HASH]; /* of the secret */
    const uint8_t *spki;    /* the key asked for, DER */
    size_t spki_len;
    uint8_t terminal[STORE_ID]; /* minted by the caller, in the certificate; used if NEW */
    const uint8_t *cert;        /* made by the caller for that key and terminal, DER; used if NEW */
    size_t cert_len;
    int64_t not_after_utc_ms, at_utc_ms;
    /* out */
    enum store_enrol_outcome outcome;
    uint8_t cert_out[STORE_CERT_MAX]; /* NEW, AGAIN */
    size_t cert_out_len;
    uint8_t terminal_out[STORE_ID], shop_out[STORE_ID]; /* also for CLASH: whom it hit */
};
/* A terminal begins with epoch 1. ERR_INVITE_UNKNOWN (unknown, expired before use); a suspended or revoked terminal's
 * own key gets ERR_INVITE_USED. */
enum err store_terminal_enrol(struct store_tx *tx, struct store_enrol *n);

struct store_terminal {
    uint8_t terminal[STORE_ID], shop[STORE_ID];
    char shop_name[STORE_SHOP_NAME_MAX + 1];
    int64_t org; /* the shop's */
    int64_t number;
    enum store_state state;
    int64_t enrolled_utc_ms, last_seen_utc_ms, not_after_utc_ms;
    uint32_t epoch;
    uint64_t seq; /* head; 0: no record yet */
    uint8_t hash[KEY_HASH];
    int64_t shop_version;            /* reported as applied, 0: none */
    int64_t shop_version_applied_ms; /* when the service learnt it */
    int64_t trust_version, trust_version_applied_ms;
    int64_t revoked_version, revoked_version_applied_ms;
    int64_t forked_utc_ms; /* when an upload contradicted its chain; 0: never, or resumed since */
    int64_t forks;         /* branches kept apart, of all epochs */
    struct {               /* the newest lease signed for it; version 0: none yet */
        int64_t version, issued_utc_ms, stop_utc_ms;
        uint32_t epoch;
        int64_t trust, shop, revoked; /* the versions that it names */
    } lease;
};
/* Its state in one word: as store_state_name, or "forked" for an active one whose chain is. */
const char *store_terminal_state(const struct store_terminal *t);
/* What a terminal said in its last poll that it holds: versions, 0: none. */
struct store_held {
    int64_t trust, shop, revoked, lease, answer;
};
/* The highest of each that any terminal said it holds. */
enum err store_terminal_highest(struct store_tx *tx, struct store_held *out);
enum err store_terminal_held(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], const struct store_held *held);
/* ERR_NOT_FOUND. */
enum err store_terminal_get(struct store_tx *tx, const uint8_t terminal[static STORE_ID], struct store_terminal *out);
/* Those of one shop, or (shop NULL) of scope and below, whose number is above `after`: by number, at most `limit`. */
struct store_terminal_page {
    int64_t scope;
    const uint8_t *shop; /* STORE_ID bytes or NULL */
    int64_t after;       /* 0: from the first */
    int64_t limit;
};
typedef enum err store_terminal_fn(void *ctx, const struct store_terminal *t);
enum err store_terminal_list(
    struct store_tx *tx, const struct store_terminal_page *page, store_terminal_fn *fn, void *ctx);
/* ERR_NOT_FOUND. REVOKED is for ever: ERR_WRONG_STATE to leave it. */
enum err store_terminal_set_state(struct store_tx *tx, const uint8_t terminal[static STORE_ID], enum store_state state);
/* Notes that it was heard of; never moves back. For once a minute, not for each request. */
enum err store_terminal_seen(struct store_tx *tx, const uint8_t terminal[static STORE_ID], int64_t at_utc_ms);
#endif
