/* SPDX-License-Identifier: Apache-2.0 */
/* May this card be sold to although the service cannot be asked? The lease in force, what was used of its allowance, and today's
 * cards, as one struct that the caller fills from disk and journal.
 *
 *     offline_init(&o, terminal_id, shop_id, epoch)
 *     offline_hold(&o, NOTICE_SHOP, version, hash)        what is held, each time it changes
 *     offline_lease(&o, &lease)                           a verified lease; what was used of it is 0
 *     offline_today(&o, day, key)                         a Shanghai day and its secret key; the day before is forgotten
 *     offline_start, offline_count, offline_mark          what the journal says was used since that lease came (after a restart), and
 *                                                         each sale as it becomes durable
 *     offline_possible(&o, trust, now)                    ERR_OK, or exactly why not
 *     offline_may_sell(&o, &sale)                         the same for one card
 *     offline_release(&o)
 *
 * What the caller can rely on: ERR_OK only while a lease for this terminal, shop and epoch is in force that names no notice which
 * is not held, before its stop_at, within each of its allowances, for a card that is not on the list of revoked ones. The zero value
 * refuses. Time is handed in as now = max(wall, floor) (offline_time.h). Whether the card's QR is genuine and not expired is the
 * checkout's to know. Pure. */
#ifndef HUIKA_OFFLINE_H
#define HUIKA_OFFLINE_H
#include "proto/body.h"
#include "proto/revoked.h"

enum { OFFLINE_KEY = 32, OFFLINE_TODAY_MAX = 8192 };

/* Since the lease came. */
struct offline_used {
    int64_t sales, amount_fen; /* provisional ones, undiscounted; the keyed ones too */
    int64_t starts;            /* of the program */
    int64_t keyed_sales, keyed_amount_fen;
};

/* One sale of today: whose card, and by which offer. No card can be told from it without the day's key. */
struct offline_sale_mark {
    uint8_t tag[BODY_TAG];
    bool provisional;
    char offer_id[OFFER_ID_LEN + 1];
};

struct offline {
    char terminal_id[ULID_LEN + 1], shop_id[ULID_LEN + 1];
    uint32_t epoch;
    bool forked; /* the journal is a copy or was rolled back: nothing offline until a supervised resume */
    bool has_lease;
    struct notice_lease lease;
    struct notice_pin trust, shop, revoked; /* held; version 0: none */
    struct revoked list;                    /* the file of `revoked`, borrowed; file NULL: none */
    struct offline_used used;
    int32_t day; /* Shanghai day of what follows; it never goes back */
    uint8_t key[OFFLINE_KEY];
    bool has_key;
    struct offline_sale_mark *today; /* owned */
    size_t today_cnt, today_cap;
    bool today_lost; /* there were more than can be remembered */
};

/* One sale that is about to be made provisionally. */
struct offline_sale {
    const struct notice_trust *trust; /* NULL: none held */
    int64_t now_utc_ms;
    const struct body_card *card;
    int64_t total_fen; /* 0: not known yet */
};

void offline_init(struct offline *o, const char *terminal_id, const char *shop_id, uint32_t epoch);
void offline_release(struct offline *o); /* wipes */

/* A notice that is in force now. `kind`: TRUST, SHOP or REVOKED. */
void offline_hold(struct offline *o, enum notice_kind kind, int64_t version, const uint8_t hash[static KEY_HASH]);
/* The file that the revoked notice in force describes, its hash already checked; NULL: none. The bytes are borrowed until the next
 * call. */
void offline_revoked(struct offline *o, const struct revoked *list);
/* ERR_BAD_NOTICE: not for this terminal, shop and epoch. */
enum err offline_lease_check(const struct offline *o, const struct notice_lease *l);
/* Puts a lease in force that offline_lease_check allows. Nothing is used of it yet, unless it is the one in force already. */
void offline_lease(struct offline *o, const struct notice_lease *l);

/* The key is replaced with the day: what was counted under another is forgotten. The caller never goes back to an earlier day, so that a
 * clock that is set to and fro gives nobody a second day. */
void offline_today(struct offline *o, int32_t day, const uint8_t key[static OFFLINE_KEY]);
/* A floor_reset took the time back to before that day: what was counted in it is forgotten, with its key. */
void offline_day_back(struct offline *o);
/* What stands for a card in records and in memory: first bytes of HMAC-SHA-256(day's key, token or number). False: no key. */
bool offline_tag(const struct offline *o, const struct body_card *card, uint8_t tag[static BODY_TAG]);
/* This program has started once more under the lease in force. */
void offline_start(struct offline *o);
/* A durable sale, towards the allowance of the lease in force. Member sales do not count. */
void offline_count(struct offline *o, const struct body_sale *s);
/* The same for its card, whose tag that is: provisional sales towards per_card_day, all towards the limits of offers. A tag made with
 * another day's key does no harm. ERR_NOMEM: too many to remember; then nothing more is sold provisionally today. */
enum err offline_mark(struct offline *o, const struct body_sale *s, const uint8_t tag[static BODY_TAG]);

/* ERR_OK, or why no card at all can be sold to: ERR_CHAIN_FORK, ERR_LEASE_MISSING, ERR_TRUST_OVER (the trust notice is past its
 * validity, or not yet in it), ERR_LEASE_OVER, ERR_OFFLINE_STALE, ERR_ALLOWANCE_USED. */
enum err offline_possible(const struct offline *o, const struct notice_trust *trust, int64_t now_utc_ms);
/* The same and ERR_OFFLINE (policy), ERR_OFFLINE_NUMBER, ERR_CARD_REVOKED, ERR_OFFLINE_CARD_DAY. */
enum err offline_may_sell(const struct offline *o, const struct offline_sale *sale);
/* How often this card used that offer here today. */
int64_t offline_uses(const struct offline *o, const struct body_card *card, const char *offer_id);
/* Provisional sales that the allowance still has. */
int64_t offline_left_sales(const struct offline *o);
int64_t offline_left_fen(const struct offline *o);

/* True if a failure to get an answer means that nobody could be asked; false if the service, or something of ours, said no. */
bool offline_cause(enum err e);
#endif
