/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals' journals as the service keeps them: every record once, in its chain (proto/record.h), for ever; sales
 * counted once. What a body means is the caller's to read (proto/body.h); chain, repetition and counting are decided
 * here. */
#ifndef HUIKA_STORE_RECORD_H
#define HUIKA_STORE_RECORD_H
#include "proto/body.h"
#include "service/store/store_dispute.h"
#include "service/store/store_limit.h"
#include "service/store/store_terminal.h"
#include "service/store/store_void.h"

/* A sale as far as the service counts with it. */
struct store_sale {
    uint8_t sale[STORE_ID], checkout[STORE_ID];
    int64_t at_utc_ms; /* the terminal's */
    int64_t total_fen, discount_fen, pay_fen;
    bool own_price;
    uint8_t offer[STORE_ID]; /* all zero with own_price */
    char offer_title[OFFER_TITLE_MAX + 1];
    int32_t per_card_day;            /* of that offer; 0: unlimited */
    uint8_t member[STORE_MEMBER_ID]; /* all zero: could not be told */
    char card_last4[5];
    enum body_by by;
    enum body_input input;
    enum verdict verdict; /* MEMBER or PROVISIONAL */
    int64_t lease;        /* PROVISIONAL: version it was sold under; else 0 */
    bool has_slip;
    uint8_t slip[KEY_HASH]; /* of the secret that opens its page */
    enum err card;          /* ERR_OK, or why the card was not good at at_utc_ms, as far as could be told */
};

/* One record of a batch. Pointers are borrowed. At most one of sale, taken_back, refusal, applied,
 * dispute is set, and only if the body
 * could be read. */
struct store_record {
    uint64_t seq;
    enum record_kind kind;
    const char *body;
    size_t body_len;
    const char *blob; /* NULL: none */
    size_t blob_len;
    uint8_t salt[RECORD_SALT];
    enum err held; /* not ERR_OK: store it, do not count it, for this reason */
    const struct store_sale *sale;
    const struct store_void *taken_back;
    const struct body_refusal *refusal;        /* counted per terminal, day and reason */
    const struct body_notice_applied *applied; /* moves the terminal's applied version */
    const struct store_dispute *dispute;       /* kind and what it is about; whose it is, is found here */
    const char *dispute_text;
};

struct store_batch {
    uint8_t terminal[STORE_ID];
    uint32_t epoch;
    const struct store_record *record; /* seq ascending without gaps */
    size_t record_cnt;                 /* 0: only the head of the present epoch is asked for, and nothing compared */
    uint64_t head_seq;                 /* what the terminal signed; the signature is the caller's to check first */
    uint8_t head_hash[KEY_HASH];
    const uint8_t
        *head_sig;       /* KEY_SIG bytes, borrowed; kept beside the record that the head is of. NULL: none is kept */
    int64_t at_utc_ms;   /* the service's clock */
    int64_t due_utc_ms;  /* the deadline of a dispute that begins now */
    int64_t return_days; /* how long a sale may be taken back */
    /* out */
    struct body_result result[BODY_BATCH];
    struct record_head head; /* of everything stored in that epoch; without records: in the present one */
    uint64_t expected;       /* set with ERR_CHAIN_GAP: the next seq wanted */
};
/* All or nothing. ERR_CHAIN_GAP; ERR_CHAIN_FORK: an epoch that the terminal never had, a known seq with another hash, or
 * records that do not lead from what is stored to the head that was signed; ERR_BAD_VALUE: seqs with a gap, or the signed
 * head is not at the last of them; ERR_NOT_FOUND: no such terminal. An epoch that has ended still takes what extends it.
 * Results: BODY_COUNTED; BODY_KNOWN with the first outcome; BODY_HELD with the reason: `held`, or ERR_EXISTS for a sale,
 * checkout or void that is counted already; BODY_CONTESTED: counted, and disputed by the service (store_settle.h says
 * when a sale is, store_void.h a void). */
enum err store_record_append(struct store_tx *tx, struct store_batch *b);

/* What shop show says. Days are Shanghai days of the sale's own time. */
struct store_sales {
    int64_t count, total_fen, discount_fen, today_count;
};
enum err store_sale_sums(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int32_t today, struct store_sales *out);

struct store_sale_row {
    uint8_t sale[STORE_ID];
    int64_t at_utc_ms, terminal_number;
    uint64_t seq;
    int64_t total_fen, discount_fen, pay_fen;
    char offer_title[OFFER_TITLE_MAX + 1];
    char card_last4[5];
    enum err code; /* ERR_OK, or why it is contested */
};
/* The newest first. */
typedef enum err store_sale_fn(void *ctx, const struct store_sale_row *s);
enum err store_sale_latest(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int limit, store_sale_fn *fn, void *ctx);
/* Refusals of one shop since a day (inclusive), all reasons together. */
enum err store_refusal_count(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], int32_t since_day, int64_t *count);
#endif
