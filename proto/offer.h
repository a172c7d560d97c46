/* SPDX-License-Identifier: Apache-2.0 */
/* Registered discounts: their terms and their arithmetic. Money is int64 fen, never floating point; days and hours are
 * Asia/Shanghai. Pure.
 *
 *     offer_parse(json, &o, why)                terms as registered (offer.json), checked whole
 *     offer_quote(&o, &purchase, &q)            what one offer gives for this purchase, or why not
 *     offer_best(offers, n, usable, &purchase, &q)   the best of several, never worse than the shop's own price
 *
 * The goods that count are the lines whose category is in `include` (all, if that is empty) and not in `exclude`. Only
 * they are discounted. What is paid for the sale is rounded down to fen, jiao or yuan; that extra never goes beyond the
 * goods that count nor beyond the cap. An offer that would give nothing does not apply. */
#ifndef HUIKA_OFFER_H
#define HUIKA_OFFER_H
#include "base/jsonx.h"

enum {
    OFFER_TITLE_MAX = 120,
    OFFER_CATEGORY_MAX = 32,
    OFFER_CATEGORIES = 32,
    OFFER_WINDOWS = 8,
    OFFER_LINES = 500,
    OFFER_PER_SHOP = 32,
    OFFER_ID_LEN = 26
};
#define OFFER_FEN_MAX INT64_C(999999999) /* 9,999,999.99 yuan */

enum offer_kind { OFFER_NONE, OFFER_PERCENT, OFFER_OFF_OVER, OFFER_FIXED };
enum offer_round { OFFER_ROUND_FEN = 1, OFFER_ROUND_JIAO = 10, OFFER_ROUND_YUAN = 100 };

struct offer {
    char id[OFFER_ID_LEN + 1]; /* ULID given by the service; "" in a file */
    char title[OFFER_TITLE_MAX + 1];
    enum offer_kind kind;
    int32_t rate_bp;  /* percent: the discount, 1-10000; 1200 = 12 % off */
    int64_t off_fen;  /* off_over: taken off ... */
    int64_t over_fen; /* ... at or over this (and for each full multiple if repeat) */
    bool repeat;
    int64_t price_fen;        /* fixed: the member's price for the goods that count */
    int64_t cap_fen;          /* most discount per sale; 0: none */
    int64_t min_fen;          /* least spend on goods that count; 0: none */
    int32_t from_day, to_day; /* Shanghai days since 1970, inclusive; INT32_MIN / INT32_MAX: open */
    uint8_t weekdays;         /* bit 0 Monday .. bit 6 Sunday; 0x7f every day */
    struct {
        int16_t from_min, to_min;
    } hours[OFFER_WINDOWS];                                 /* minutes since midnight, [from, to); to <= from goes over
                                                               midnight and belongs to the day on which it began */
    size_t hours_cnt;                                       /* 0: all day */
    char include[OFFER_CATEGORIES][OFFER_CATEGORY_MAX + 1]; /* line categories that count; none: all */
    size_t include_cnt;
    char exclude[OFFER_CATEGORIES][OFFER_CATEGORY_MAX + 1]; /* that never count */
    size_t exclude_cnt;
    int32_t per_card_day;   /* uses per card and day; 0: unlimited */
    enum offer_round round; /* what is paid is rounded down to this, in the member's favour */
};

struct offer_line {
    char category[OFFER_CATEGORY_MAX + 1]; /* "": none named */
    int64_t amount_fen;                    /* 0 .. OFFER_FEN_MAX */
};

struct offer_purchase {
    int64_t total_fen;     /* 1 .. OFFER_FEN_MAX; the sum of lines if there are any */
    int64_t own_price_fen; /* 1 .. total_fen: the shop's price without the card; total_fen if nothing special */
    const struct offer_line *lines; /* borrowed; NULL: one line without category */
    size_t line_cnt;
    int64_t at_utc_ms;
};

struct offer_quote {
    size_t offer;                           /* index into the list given to offer_best */
    int64_t discount_fen, pay_fen;          /* discount + pay = total; 0 <= discount <= total */
    int64_t line_discount_fen[OFFER_LINES]; /* per line, adds up to discount_fen */
    size_t line_cnt;                        /* as in the purchase; 0 without lines */
    bool own_price; /* the shop's own price was lower; no offer is used and `offer` means nothing */
};

/* One offer from JSON (offer.json): {"title", "kind": "percent" | "off_over" | "fixed", "rate_bp" | "off_fen",
 * "over_fen", "repeat" | "price_fen", "cap_fen", "min_fen", "from": "2026-01-01", "to", "weekdays": [1-7], "hours":
 * ["10:00-14:00"], "include": [], "exclude": [], "per_card_day", "round": "fen" | "jiao" | "yuan", "id"}. Null counts
 * as absent. Every member is checked; unknown ones are refused, and so are those of another kind unless null, false or
 * 0: a typo in terms must not pass silently. ERR_BAD_VALUE with the member's name copied to why ("" for none; may be
 * NULL); *out is then untouched. */
enum err offer_parse(const json_t *v, struct offer *out, char *why);
enum { OFFER_WHY = 64 }; /* bytes at why */
/* The same object back, with "id" if there is one; defaults are left out. New reference, NULL if out of memory. */
json_t *offer_to_json(const struct offer *o);

/* ERR_OK and *q (offer = 0, own price not looked at), or ERR_NO_OFFER (dates, hours, categories, minimum, threshold:
 * gives nothing now), ERR_BAD_AMOUNT (purchase out of range, lines that do not add up). Limits per card are the
 * caller's. */
enum err offer_quote(const struct offer *o, const struct offer_purchase *p, struct offer_quote *q);
/* The largest discount among offers whose bit in `usable` is set (bit i: offers[i]). The caller clears the bits of
 * limited offers (per_card_day > 0) whose uses are not known to be left. Ties: an unlimited offer first, then the
 * earlier one. If own_price_fen is below what the best one leaves to pay, quotes the own price with own_price set
 * (discount = total - own price). cnt: at most OFFER_PER_SHOP; later ones are not looked at. ERR_NO_OFFER: nothing
 * applies and the shop has no lower price of its own. ERR_LIMIT_REACHED: the same, but an offer outside `usable` would
 * have applied. ERR_BAD_AMOUNT as above. */
enum err offer_best(
    const struct offer *offers, size_t cnt, uint32_t usable, const struct offer_purchase *p, struct offer_quote *q);
/* Splits `whole` over weights by largest remainder, ties to the earlier line: shares add up exactly, no share is above
 * its weight, zero weight gets zero. 0 <= whole <= sum of weights <= OFFER_FEN_MAX. */
void offer_allocate(int64_t whole, const int64_t *weight, int64_t *share, size_t cnt);
/* What of the discount goes back with a return: floor(discount * cumulative_returned / total) - already_back.
 * 0 <= discount, cumulative_returned <= total; 1 <= total <= OFFER_FEN_MAX; already_back is the sum of earlier answers.
 */
int64_t offer_discount_back(
    int64_t discount_fen, int64_t total_fen, int64_t cumulative_returned_fen, int64_t already_back_fen);
#endif
