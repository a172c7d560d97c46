/* SPDX-License-Identifier: Apache-2.0 */
/* Members and their cards. What is kept of a person: the masked name, the last four digits, HMAC-SHA-256 of the number
 * under a key that is not in the database. Never the number, never the name.
 *
 * Each member has one current card, named by its token. A reissued card's old token stays known as replaced. */
#ifndef HUIKA_STORE_MEMBER_H
#define HUIKA_STORE_MEMBER_H
#include "proto/card.h"
#include "service/store/store.h"

/* The first 16 bytes of the number's HMAC (RFC 2104 section 5 allows the cut): names a member across reissues. */
enum { STORE_MEMBER_ID = 16 };

/* Numbers are stored; never reuse one. Only ACTIVE is good. */
enum member_status { MEMBER_UNKNOWN, MEMBER_ACTIVE, MEMBER_FROZEN, MEMBER_LOST, MEMBER_LEFT, MEMBER_REPLACED };
const char *store_member_status_name(enum member_status s); /* "active"; "unknown" for 0 */
/* "active", "frozen", "lost", "left" and 正常 冻结 挂失 退会; MEMBER_UNKNOWN for anything else, "replaced" included. */
enum member_status store_member_status_from_name(const char *s, size_t len);

struct store_member {
    uint8_t token[CARD_TOKEN];
    uint8_t id[STORE_MEMBER_ID];
    enum member_status status;
    uint16_t last4;
    int32_t expiry_day; /* inclusive */
    int64_t org;
    char name_masked[CARD_MASKED_MAX + 1];
};

/* One indexed look-up. ERR_NOT_FOUND: never issued. A replaced token is found with status MEMBER_REPLACED, the
 * member's id, and nothing else. */
enum err store_member_by_token(struct store_tx *tx, const uint8_t token[static CARD_TOKEN], struct store_member *out);
/* One indexed look-up. hmac: card_hmac of the number. ERR_NOT_FOUND. */
enum err store_member_by_number(struct store_tx *tx, const uint8_t hmac[static 32], struct store_member *out);

/* ERR_NOT_FOUND; ERR_BAD_VALUE for UNKNOWN and REPLACED. Scope is the caller's. What it was before stays known
 * (store_member_status_at). */
enum err store_member_set_status(
    struct store_tx *tx, const uint8_t token[static CARD_TOKEN], enum member_status status, int64_t at_utc_ms);
/* What a card was at that time, for sales that were made without us. by_member: whichever card the member had then.
 * MEMBER_UNKNOWN: never issued. */
enum err store_member_status_at(
    struct store_tx *tx, const struct store_member *m, bool by_member, int64_t at_utc_ms, enum member_status *out);
/* Notes what a card is now, before that changes, and that the revocation list will differ. For store/ alone. */
enum err store_member_note(struct store_tx *tx, const uint8_t token[static CARD_TOKEN], int64_t at_utc_ms);
/* A new token (random) for the same member, the old one is replaced from then on. A card that was lost is active again
 * in its new form; frozen and left stay. expiry_day: the new card's. *fresh:
 * as it is now. ERR_NOT_FOUND (also for a token already replaced). */
enum err store_member_reissue(struct store_tx *tx, const uint8_t token[static CARD_TOKEN], int32_t expiry_day,
    int64_t at_utc_ms, struct store_member *fresh);

/* The QR text that was printed for this card. ERR_NOT_FOUND: none was. */
enum err store_member_text(
    struct store_tx *tx, const uint8_t token[static CARD_TOKEN], char out[static CARD_QR_TEXT_MAX + 1]);
/* Keeps it, in the place of what was kept. Forgotten when the card is reissued. */
enum err store_member_text_keep(struct store_tx *tx, const uint8_t token[static CARD_TOKEN], const char *text);

/* Current cards of `scope` and below, by token. after: the cursor of the page before, NULL for the first. At most
 * `limit` cards, but a page may be shorter, even empty, for work per page is bounded. *more: there is a next page, from
 * `next`. */
typedef enum err store_member_fn(void *ctx, const struct store_member *m);
struct store_member_page {
    int64_t scope;
    const uint8_t *after; /* CARD_TOKEN bytes or NULL */
    int limit;            /* 1-1000 */
    uint8_t next[CARD_TOKEN];
    bool more;
};
enum err store_member_list(struct store_tx *tx, struct store_member_page *page, store_member_fn *fn, void *ctx);
/* Current cards of that status in the whole province. Reads every row. */
enum err store_member_count(struct store_tx *tx, enum member_status status, int64_t *count);

/* 31 December of the year five years ahead of at_utc_ms. */
int32_t store_member_expiry(int64_t at_utc_ms);
#endif
