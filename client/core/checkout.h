/* SPDX-License-Identifier: Apache-2.0 */
/* One checkout, from the card to the durable sale, as a state machine. Events and the time come in, actions go out.
 *
 *     checkout_init(&c, checkout_id, sale_id, &env, &acts);     waiting for a card
 *     checkout_amount(&c, &env, &amount, &acts);                what is being bought
 *     checkout_scan(&c, &env, text, len, input, &acts);         -> CHECKOUT_ASK_VERIFY, then CHECKOUT_CHECK_CARD
 *     checkout_check(&c, &env, &acts);                          while the answer is on its way
 *     checkout_verified(&c, &env, c.ask, &answer, &acts);       -> CHECKOUT_ASK_RESERVE, or quoted
 *     checkout_reserved(&c, &env, c.ask, &answer, &acts);       quoted
 *     checkout_confirm(&c, &env, &acts);                        -> CHECKOUT_APPEND_SALE
 *     checkout_appended(&c, &env, ERR_OK, seq, &acts);          applied
 *     checkout_release(&c);
 *
 * No answer, and the rule of offline.h allows it: the verdict is PROVISIONAL, and everything goes on without the service. An answer that
 * comes late, but before the cashier confirms, takes its place; what the rule says then is asked again when the cashier confirms.
 *
 * What the caller can rely on: a checkout is applied only after checkout_appended(ERR_OK); it asks for one sale only;
 * a refused one cannot be confirmed; an answer to an earlier card is ignored; whatever changed, `rev` rose; no card is a
 * member's before its QR's signature was found good, whatever the service says and in whatever order things happen.
 * What it relies on: each CHECKOUT_ASK_* is answered by exactly one call (with the cause if the network failed), and
 * checkout_tick is called when deadline_mono_ms has come.
 *
 * Not done here: input and output, the clock, ids, JSON; what offline sales depend on (offline.h). */
#ifndef HUIKA_CHECKOUT_H
#define HUIKA_CHECKOUT_H
#include "client/core/offline.h"
#include "proto/scan.h"

enum {
    CHECKOUT_ANSWER_MS = 2500, /* the service's time for a verdict, and for a reservation */
    CHECKOUT_SKEW_MS = 600000, /* further off the service's time, our clock is wrong: nothing is quoted */
    CHECKOUT_IDLE_MS =
        600000 /* no verdict, and no checkout without a card, gets older; a reservation lives 15 minutes */
};

enum checkout_state {
    CHECKOUT_NONE,      /* zeroed or released: accepts nothing */
    CHECKOUT_WAITING,   /* for a card */
    CHECKOUT_VERIFYING, /* verdict, then reservation, are under way */
    CHECKOUT_AMOUNT,    /* a member's card; the amount is missing */
    CHECKOUT_QUOTED,    /* waits for the cashier */
    CHECKOUT_REFUSED,   /* `reason` says why; another card may be tried */
    CHECKOUT_APPLIED,   /* the sale is on disk; final */
    CHECKOUT_CANCELLED, /* final */
    CHECKOUT_FAILED     /* could not be found out, `error` says why; the card may be tried again */
};

/* What the caller must do after a step, in this order. */
enum checkout_act {
    CHECKOUT_LOG_REFUSAL = 1, /* append a refusal record: reason, by, input; no identifiers */
    CHECKOUT_ASK_RELEASE = 2, /* give back the reservations of this checkout -> checkout_released */
    CHECKOUT_ASK_VERIFY = 4,  /* `card` -> checkout_verified or _unanswered */
    CHECKOUT_CHECK_CARD =
        8, /* call checkout_check: the question is on its way, there is time for the signature, or no answer to
                                * be had */
    CHECKOUT_ASK_RESERVE = 16, /* hold_offer for `card` -> checkout_reserved or _unanswered */
    CHECKOUT_APPEND_SALE = 32  /* make the sale record durable -> checkout_appended */
};

/* The world at the moment of an event; borrowed for the call. */
struct checkout_env {
    int64_t now_utc_ms, now_mono_ms;
    const struct notice_trust *trust; /* NULL: none held */
    const struct notice_shop *shop;   /* NULL: none held */
    const struct offline *offline;    /* NULL: nothing is sold offline */
    enum err cut; /* why the service is known to be out of reach: no use waiting; ERR_OK: it is not known */
};

struct checkout_purchase {
    int64_t total_fen;        /* 1 .. OFFER_FEN_MAX */
    int64_t own_price_fen;    /* 1 .. total_fen; total_fen if the shop has no price of its own today */
    struct offer_line *lines; /* heap, taken on success; NULL: no lines; they add up to total_fen */
    size_t line_cnt;          /* at most OFFER_LINES */
    const char *cashier;      /* copied; NULL: as before */
};

/* A card number as it was given. */
struct checkout_digits {
    const char *text; /* wiped by the caller */
    size_t len;
    enum body_input input;
    bool luhn_ok; /* the person compared it with the card */
};

/* Where a reservation stands. */
enum checkout_hold {
    CHECKOUT_HOLD_NONE,
    CHECKOUT_HOLD_ASKED,
    CHECKOUT_HOLD_KEPT,
    CHECKOUT_HOLD_RELEASING,
    CHECKOUT_HOLD_LOST /* giving it back did not get through: it lapses, or is given back before the next is asked for */
};

/* Read it freely; change it through the functions below only. */
struct checkout {
    char id[ULID_LEN + 1], sale_id[ULID_LEN + 1]; /* minted by the caller before anything is sent */
    enum checkout_state state;
    uint32_t rev; /* 1 .. */
    uint32_t ask; /* number of the latest verify or reserve: goes out with the question, comes back with the answer */

    struct body_card card;                 /* wiped when the checkout ends */
    struct card_qr qr;                     /* what was scanned, until its signature was looked at; then wiped */
    bool proved;                           /* BODY_BY_QR: that signature is the union's */
    enum body_by by;                       /* NONE: no card, or what was scanned is none */
    enum body_input input;                 /* NONE: nothing was shown yet */
    char card_last4[5];                    /* "" while unknown */
    char name_masked[CARD_MASKED_MAX + 1]; /* BODY_BY_QR only */
    enum verdict verdict;                  /* the service's; PROVISIONAL: ours in its place */
    enum err offline_why;                  /* PROVISIONAL: why the service did not say; else ERR_OK */
    int64_t lease_version;                 /* of a provisional sale, from the confirmation on */
    int64_t lease_stop_utc_ms,
        lease_left;  /* PROVISIONAL: when that ends, and for how many sales it is good, this one included */
    bool asking;     /* a verify is on its way */
    bool confirmed;  /* the service called it a member's, whatever became of the reservation */
    enum err reason; /* REFUSED, CANCELLED */
    enum err error;  /* FAILED; or QUOTED after a sale that could not be recorded; WAITING after a lost read */

    int64_t total_fen, own_price_fen; /* 0: not known yet */
    struct offer_line *lines;         /* owned */
    size_t line_cnt;
    char cashier[BODY_CASHIER_MAX + 1];

    struct offer_quote quote;                                          /* QUOTED and APPLIED */
    char offer_id[OFFER_ID_LEN + 1], offer_title[OFFER_TITLE_MAX + 1]; /* "" for the shop's own price */
    int64_t shop_version;                                              /* terms that the quote is made of */
    int64_t at_utc_ms;                                                 /* of the confirmation */
    uint64_t seq;                                                      /* APPLIED: the sale's place in the journal */

    int64_t deadline_mono_ms; /* when checkout_tick is due; INT64_MAX: never */
    int64_t verified_mono_ms; /* when the verdict came */
    bool appending;           /* CHECKOUT_APPEND_SALE is not answered yet */
    enum checkout_hold hold;
    char hold_offer[OFFER_ID_LEN + 1];
    uint32_t hold_ask; /* `ask` of the reserve under way */
    bool hold_drop;    /* give it back as soon as it is known */
    bool hold_wanted;  /* reserve when the old one has been given back */
    struct body_use uses[OFFER_PER_SHOP];
    size_t use_cnt;
};

/* In all of these *acts is set (never added to) to what must be done, on errors to 0. Errors say that the event does
 * not fit, and leave the checkout as it was: ERR_WRONG_STATE, ERR_BUSY (the sale is being written). */

/* Starts in WAITING, or in REFUSED if the shop may not sell. Ids are copied (26 characters). */
void checkout_init(
    struct checkout *c, const char *checkout_id, const char *sale_id, const struct checkout_env *env, unsigned *acts);
/* Wipes and frees what it owns; state NONE. Accepts a zeroed one. */
void checkout_release(struct checkout *c);

/* What checkout_amount and checkout_number would say of it, before there is a checkout. */
enum err checkout_purchase_check(const struct checkout_purchase *p);
enum err checkout_digits_check(const struct checkout_digits *d);

/* Sets or changes what is bought, before the sale is applied. ERR_BAD_AMOUNT. */
enum err checkout_amount(
    struct checkout *c, const struct checkout_env *env, const struct checkout_purchase *p, unsigned *acts);
/* A scanned text. Whatever it is, it replaces the card so far; what is no card ends in REFUSED, and the text is not
 * kept. */
enum err checkout_scan(struct checkout *c, const struct checkout_env *env, const char *text, size_t len,
    enum body_input input, unsigned *acts);
/* Where the service is known to be out of reach, the offline rule decides at once.
 * Checks the signature of the QR in hand, if that was not done yet: REFUSED with ERR_CARD_FORGED, and what is on its way for
 * it is ignored. Takes 60 to 100 microseconds. An answer that comes first makes this check itself. */
void checkout_check(struct checkout *c, const struct checkout_env *env, unsigned *acts);
/* A card number, swiped or keyed; spaces and hyphens are dropped. ERR_BAD_NUMBER, ERR_ID_NUMBER; ERR_NUMBER_LUHN unless
 * the person looked again or the card was swiped. */
enum err checkout_number(
    struct checkout *c, const struct checkout_env *env, const struct checkout_digits *d, unsigned *acts);
/* Goods and payment codes pass the same reader. ERR_OK: a card's code, or no card is in hand; else why `text` is none, and the card in
 * hand counts: it is not to be given to checkout_scan(). */
enum err checkout_stray(const struct checkout *c, const struct checkout_env *env, const char *text, size_t len);
/* A reader lost a code or a swipe; `why` says what the cashier can do. While it waits for a card: `error`, until one comes. Otherwise
 * nothing: the card in hand counts. */
void checkout_lost(struct checkout *c, enum err why);
/* The same card as the one in hand, which needs no second verdict (a trigger pressed twice). */
bool checkout_same_card(const struct checkout *c, const char *text, size_t len);

/* Answers. `ask` is what c->ask was when the question went out; an older one's answer changes nothing, except that a
 * reservation that is not wanted any more is given back. */
void checkout_verified(
    struct checkout *c, const struct checkout_env *env, uint32_t ask, const struct body_verdict *v, unsigned *acts);
/* Not reserved with ERR_LIMIT_REACHED: the next best is looked for; any other reason refuses. */
void checkout_reserved(
    struct checkout *c, const struct checkout_env *env, uint32_t ask, const struct body_reserved *r, unsigned *acts);
/* No answer to verify or reserve: `cause` is net_*, tls_* or what the service complained of. */
void checkout_unanswered(
    struct checkout *c, const struct checkout_env *env, uint32_t ask, enum err cause, unsigned *acts);
/* The service is there again: a provisional verdict is asked for once more, and stands until the answer comes. */
void checkout_online(struct checkout *c, unsigned *acts);
/* cause: ERR_OK, or why it did not get through. */
void checkout_released(struct checkout *c, const struct checkout_env *env, enum err cause, unsigned *acts);

/* The cashier says yes. ERR_OK with *acts 0 if it is applied already. ERR_WRONG_STATE also when that brought to light that
 * time is over or the terms have changed: then *acts says what to do, and rev rose. */
enum err checkout_confirm(struct checkout *c, const struct checkout_env *env, unsigned *acts);
/* ERR_OK: the sale is durable, under journal number `seq`. Otherwise nothing was recorded: it stays QUOTED with
 * `error`. */
void checkout_appended(
    struct checkout *c, const struct checkout_env *env, enum err result, uint64_t seq, unsigned *acts);
/* ERR_OK also if it is cancelled already. */
enum err checkout_cancel(struct checkout *c, const struct checkout_env *env, unsigned *acts);

/* Another checkout takes its place at the counter, and the next card: CANCELLED with ERR_REPLACED if it waits for one, which
 * would never come. Otherwise nothing. */
void checkout_replaced(struct checkout *c, const struct checkout_env *env, unsigned *acts);

/* A new shop notice is in force: refuses, or quotes again by the new terms. */
void checkout_shop_changed(struct checkout *c, const struct checkout_env *env, unsigned *acts);
/* Time has passed: the offline rule, or FAILED with ERR_NET_TIMEOUT; or ERR_CHECKOUT_IDLE when it waited too long. */
void checkout_tick(struct checkout *c, const struct checkout_env *env, unsigned *acts);

/* True while something may still happen: neither applied nor cancelled. */
bool checkout_open(const struct checkout *c);
/* "waiting"; "none" for 0. Static. */
const char *checkout_state_name(enum checkout_state s);
#endif
