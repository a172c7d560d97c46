/* SPDX-License-Identifier: Apache-2.0 */
/* Shops, their standing, their offers, and the signed notices that say so. Every change of standing or offers raises
 * the shop's version; the notice for it is made in the same transaction (service/sign/notices.h: notices_publish). */
#ifndef HUIKA_STORE_SHOP_H
#define HUIKA_STORE_SHOP_H
#include "proto/notice.h"
#include "proto/offer.h"
#include "service/store/store_org.h"

enum { STORE_SHOP_NAME_MAX = 120, STORE_SHOP_REASON_MAX = 500, STORE_SHOP_REGION = 6 };

struct store_shop {
    uint8_t shop[STORE_ID];
    int64_t org;                                                             /* that signed the agreement */
    char org_code[STORE_ORG_CODE_MAX + 1], org_name[STORE_ORG_NAME_MAX + 1]; /* read only */
    char name[STORE_SHOP_NAME_MAX + 1];
    char category[16]; /* travel dining transport health leisure supermarket */
    char region[STORE_SHOP_REGION + 1];
    enum standing standing;
    char reason[STORE_SHOP_REASON_MAX + 1]; /* "" if none */
    int64_t since_utc_ms;                   /* of the standing */
    int64_t version;                        /* of the notice; 1 and up */
};

/* True for the six trades of DESIGN section 1. */
bool store_shop_category_ok(const char *category);
/* Takes shop (a new ULID), org, name, category, region; version becomes 1, standing listed since at_utc_ms.
 * ERR_NOT_FOUND (org), ERR_BAD_VALUE, ERR_EXISTS (id). */
enum err store_shop_add(struct store_tx *tx, const struct store_shop *s, int64_t at_utc_ms);
/* ERR_NOT_FOUND. */
enum err store_shop_get(struct store_tx *tx, const uint8_t shop[static STORE_ID], struct store_shop *out);
/* By id, from behind `after` (NULL: from the first), those of scope and below, at most limit. */
typedef enum err store_shop_fn(void *ctx, const struct store_shop *s);
enum err store_shop_list(
    struct store_tx *tx, int64_t scope, const uint8_t *after, int limit, store_shop_fn *fn, void *ctx);

/* Raises the version. Setting the standing it has with the same reason changes nothing (*changed false: no new
 * notice needed). ERR_NOT_FOUND, ERR_BAD_VALUE (UNKNOWN, reason too long). */
enum err store_shop_set_standing(struct store_tx *tx, const uint8_t shop[static STORE_ID], enum standing standing,
    const char *reason, int64_t at_utc_ms, bool *changed);

/* What it was at that time. ERR_NOT_FOUND: that was before the shop was registered. */
enum err store_shop_standing_at(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t at_utc_ms, enum standing *out);

/* Raises the versions of at most `limit` shops behind `after` (NULL: from the first), in the order of ids, and gives each to
 * fn, which publishes it. by: how far; recover: above all that terminals of the shop said they hold, too. *last: where
 * to go on; *cnt: how many there were. */
struct store_shop_raise {
    const uint8_t *after;
    int limit; /* 1-STORE_RAISE_MAX */
    int64_t by;
    bool recover;
    uint8_t last[STORE_ID];
    int cnt;
};
enum { STORE_RAISE_MAX = 256 };
typedef enum err store_raise_fn(struct store_tx *tx, void *ctx, const uint8_t shop[static STORE_ID]);
enum err store_shop_raise(struct store_tx *tx, struct store_shop_raise *r, store_raise_fn *fn, void *ctx);

/* Replaces the whole list and raises the version. Each offer has its id (a ULID; an id that another shop has is
 * ERR_EXISTS). An offer that is dropped stays known to store_offer_get. At most OFFER_PER_SHOP (ERR_TOO_LARGE). */
enum err store_offer_replace(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], const struct offer *offers, size_t cnt);
/* In their order; `out` holds OFFER_PER_SHOP. */
enum err store_offer_list(struct store_tx *tx, const uint8_t shop[static STORE_ID], struct offer *out, size_t *cnt);
/* One offer of that shop, dropped ones too (*current tells). ERR_NOT_FOUND. */
enum err store_offer_get(struct store_tx *tx, const uint8_t shop[static STORE_ID], const uint8_t offer[static STORE_ID],
    struct offer *out, bool *current);

/* What verify needs of a shop's limited offers: ids and uses per card and day, current ones only. */
struct store_offer_limit {
    uint8_t offer[STORE_ID];
    int32_t per_card_day; /* 1 and up */
};
enum err store_offer_limits(struct store_tx *tx, const uint8_t shop[static STORE_ID],
    struct store_offer_limit out[static OFFER_PER_SHOP], size_t *cnt);

/* Notices are kept for ever, one per version. hash: struct notice's. */
enum err store_notice_put(struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t version,
    const char *envelope, size_t len, const uint8_t hash[static KEY_HASH]);
/* Version and hash of the newest. ERR_NOT_FOUND, ERR_BAD_NOTICE (an old one that cannot be read). */
enum err store_notice_head(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t *version, uint8_t hash[static KEY_HASH]);
/* The newest one, if newer than `than`: ERR_NOT_FOUND if there is none. Appended to `out`. */
enum err store_notice_newer(struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t than, struct buf *out);
/* One version, for evidence. ERR_NOT_FOUND. */
enum err store_notice_get(struct store_tx *tx, const uint8_t shop[static STORE_ID], int64_t version, struct buf *out);
#endif
