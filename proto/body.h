/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON bodies that both ends need, as structs (docs/protocol.md "Service API"). Encoders append one compact object;
 * decoders take the text whole, strict as base/jsonx.h, and check every range, so that what comes out can be relied on.
 * Decoders: ERR_BAD_JSON, ERR_BAD_VALUE (and the more exact ERR_BAD_NUMBER, ERR_ID_NUMBER, ERR_BAD_AMOUNT), ERR_NOMEM;
 * *out is untouched on error. Encoders: ERR_TOO_LARGE, ERR_NOMEM; ERR_BAD_VALUE if the struct could not be decoded
 * again. Strings are UTF-8, money is fen, times are UTC milliseconds. Pure. */
#ifndef HUIKA_BODY_H
#define HUIKA_BODY_H
#include "proto/card.h"
#include "proto/notice.h"
#include "proto/offer.h"
#include "proto/record.h"

enum {
    BODY_BATCH = 100,
    BODY_MAX = 1048576,
    BODY_CASHIER_MAX = 64,
    BODY_SEALED_MAX = 1024,
    BODY_VERSION_MAX = 32,
    BODY_TAG = 8
};

/* The answer for one card. The zero value refuses. PROVISIONAL is the terminal's own, given without the service: no answer
 * of the service says it. */
enum verdict { VERDICT_REFUSED, VERDICT_MEMBER, VERDICT_PROVISIONAL };
const char *verdict_name(enum verdict v);         /* "refused", "member", "provisional"; "refused" for what is none */
enum verdict verdict_from_name(const char *name); /* REFUSED for what is none */

enum body_by { BODY_BY_NONE, BODY_BY_QR, BODY_BY_NUMBER };                                /* "qr", "number" */
enum body_input { BODY_INPUT_NONE, BODY_INPUT_READER, BODY_INPUT_KEYED, BODY_INPUT_API }; /* "reader", "keyed", "api" */
const char *body_by_name(enum body_by v);                                                 /* NULL for NONE */
const char *body_input_name(enum body_input v);
enum body_input body_input_from_name(const char *name); /* NONE for what is none */

/* What names a card on the wire. */
struct body_card {
    enum body_by by;
    uint8_t token[CARD_TOKEN];        /* BODY_BY_QR */
    char number[CARD_NUMBER_MAX + 1]; /* BODY_BY_NUMBER, 16-19 digits; wipe it */
};

/* POST /v1/verify */
struct body_verify {
    char checkout_id[ULID_LEN + 1];
    struct body_card card;
};
enum err body_verify_encode(const struct body_verify *v, struct buf *out);
enum err body_verify_decode(const char *json, size_t len, struct body_verify *out);

struct body_use {
    char offer_id[ULID_LEN + 1];
    int32_t left; /* uses left today, 0 or more */
};
struct body_verdict {
    enum verdict verdict;
    int64_t at_utc_ms;                     /* the service's time */
    enum err reason;                       /* refused: a code of errors.tsv; one we do not know is ERR_NOT_CONFIRMED */
    char card_last4[5];                    /* member */
    char name_masked[CARD_MASKED_MAX + 1]; /* member by QR; "" by number */
    struct body_use uses[OFFER_PER_SHOP];  /* offers with a limit only */
    size_t use_cnt;
};
enum err body_verdict_encode(const struct body_verdict *v, struct buf *out);
enum err body_verdict_decode(const char *json, size_t len, struct body_verdict *out);

/* POST /v1/reserve */
struct body_reserve {
    char checkout_id[ULID_LEN + 1], offer_id[ULID_LEN + 1];
    struct body_card card;
};
struct body_reserved {
    bool reserved;
    int64_t expires_utc_ms; /* reserved */
    enum err reason;        /* not reserved */
};
enum err body_reserve_encode(const struct body_reserve *v, struct buf *out);
enum err body_reserve_decode(const char *json, size_t len, struct body_reserve *out);
enum err body_reserved_encode(const struct body_reserved *v, struct buf *out);
enum err body_reserved_decode(const char *json, size_t len, struct body_reserved *out);

/* POST /v1/records. Texts are borrowed: from the journal when encoding, from `root` after decoding. */
struct body_record {
    uint64_t seq; /* 1 .. 2^53 */
    enum record_kind kind;
    const char *body;
    size_t body_len;
    const char *blob; /* NULL: none, or erased */
    size_t blob_len;
    uint8_t salt[RECORD_SALT]; /* with a blob */
};
struct body_batch {
    uint32_t epoch;
    struct body_record record[BODY_BATCH]; /* seq ascending without gaps */
    size_t
        record_cnt; /* 1 .. BODY_BATCH; 0: this is where the terminal stands; which head, and of which epoch, has the service? */
    uint32_t
        fork; /* only with 0 records: the terminal found that what the service has of this epoch is not in its journal; 0: it did not */
    uint64_t head_seq; /* the head after the last record, signed by the device key (record_head_sign) */
    uint8_t head_hash[KEY_HASH], head_sig[KEY_SIG];
    json_t *root; /* owned after decoding */
};
enum err body_batch_encode(const struct body_batch *v, struct buf *out); /* ERR_TOO_LARGE: send fewer at once */
enum err body_batch_decode(const char *json, size_t len, struct body_batch *out);
void body_batch_release(struct body_batch *v);

/* "counted", "known", "held", "contested". HELD: stored in the chain, not counted. CONTESTED: stored and counted, and the
 * service opened a dispute with the reference of that record (proto/ref.h). */
enum body_outcome { BODY_OUTCOME_NONE, BODY_COUNTED, BODY_KNOWN, BODY_HELD, BODY_CONTESTED };
const char *body_outcome_name(enum body_outcome v); /* NULL for NONE */
struct body_result {
    uint64_t seq;
    enum body_outcome outcome;
    enum err code; /* why held or contested; for known: that of its first outcome. Not known to us: ERR_INTERNAL */
    enum body_outcome
        was; /* KNOWN: the first outcome: COUNTED, HELD or CONTESTED; after decoding never anything else */
};
struct body_results {
    struct body_result result[BODY_BATCH];
    size_t result_cnt;
    uint32_t epoch; /* the countersigned head (record_countersign) */
    uint64_t head_seq;
    uint8_t head_hash[KEY_HASH], head_sig[KEY_SIG];
    int64_t at_utc_ms;
    char keyid[KEY_ID_LEN + 1];
};
enum err body_results_encode(const struct body_results *v, struct buf *out);
enum err body_results_decode(const char *json, size_t len, struct body_results *out);

/* Record bodies. Encoded bytes are what is hashed. */
struct body_line {
    char category[OFFER_CATEGORY_MAX + 1];
    int64_t amount_fen, discount_fen;
};
struct body_sale {
    int64_t at_utc_ms;
    char sale_id[ULID_LEN + 1], checkout_id[ULID_LEN + 1];
    int64_t total_fen, discount_fen, pay_fen; /* discount + pay = total, checked both ways */
    bool own_price;
    char offer_id[ULID_LEN + 1]; /* "" with own_price */
    char offer_title[OFFER_TITLE_MAX + 1];
    int64_t shop_version;
    enum verdict verdict; /* MEMBER or PROVISIONAL */
    int64_t lease;        /* PROVISIONAL: version of the lease it was sold under, 1 or more; else 0 */
    enum body_by by;
    enum body_input input;
    char card_last4[5];
    char cashier[BODY_CASHIER_MAX + 1]; /* "": none named */
    bool has_slip;                      /* false in records made before there were slips */
    uint8_t slip[KEY_HASH];             /* slip_secret_hash of its slip's secret (proto/slip.h) */
    struct body_line *lines; /* owned after decoding, borrowed when encoding; adds up to total and discount */
    size_t line_cnt;
    uint8_t blob[KEY_HASH]; /* record_blob_hash of its body_blob */
};
enum err body_sale_encode(const struct body_sale *v, struct buf *out);
enum err body_sale_decode(const char *json, size_t len, struct body_sale *out);
void body_sale_release(struct body_sale *v);

/* The erasable part of a sale. */
struct body_blob {
    enum body_by by;
    uint8_t token[CARD_TOKEN];       /* BODY_BY_QR */
    uint8_t sealed[BODY_SEALED_MAX]; /* BODY_BY_NUMBER: seal_number's bytes */
    size_t sealed_len;
    char name_masked[CARD_MASKED_MAX + 1]; /* "": none was shown */
    bool has_tag;                          /* of provisional sales */
    uint8_t
        tag[BODY_TAG]; /* first bytes of HMAC-SHA-256(the terminal's key of that day, token or number): tells a card's
                              sales of one day apart, and nothing once the day's key is gone */
};
enum err body_blob_encode(const struct body_blob *v, struct buf *out);
enum err body_blob_decode(const char *json, size_t len, struct body_blob *out);

struct body_refusal {
    int64_t at_utc_ms;
    enum err reason;
    enum body_by by; /* NONE: what was scanned is no card of ours */
    enum body_input input;
};
enum err body_refusal_encode(const struct body_refusal *v, struct buf *out);
enum err body_refusal_decode(const char *json, size_t len, struct body_refusal *out);

struct body_notice_applied {
    int64_t at_utc_ms;
    enum notice_kind notice;
    int64_t version;
    uint8_t sha256[KEY_HASH]; /* struct notice's hash */
    enum standing standing;   /* NOTICE_SHOP only, UNKNOWN with the others */
};
enum err body_notice_applied_encode(const struct body_notice_applied *v, struct buf *out);
enum err body_notice_applied_decode(const char *json, size_t len, struct body_notice_applied *out);

struct body_started {
    int64_t at_utc_ms;
    char version[BODY_VERSION_MAX + 1]; /* of the program */
    int64_t lease;                      /* version of the lease held at that start; 0: none */
};
enum err body_started_encode(const struct body_started *v, struct buf *out);
enum err body_started_decode(const char *json, size_t len, struct body_started *out);

/* The wall clock was found moved against CLOCK_BOOTTIME by more than two minutes, or below the floor at a start. */
struct body_clock_step {
    int64_t at_utc_ms;                 /* max(wall, floor), as in every record */
    int64_t wall_utc_ms, floor_utc_ms; /* as found, 0 or more */
    int64_t by_ms;                     /* how far the wall clock moved; below 0: backwards */
};
enum err body_clock_step_encode(const struct body_clock_step *v, struct buf *out);
enum err body_clock_step_decode(const char *json, size_t len, struct body_clock_step *out);

/* What was sold and is taken back, whole or in part. The sums bind each other: returned_fen counts every void and return of
 * that sale, this one included, and discount_back_fen is what offer_discount_back gives for it, so both ends can tell a
 * wrong one from the record alone. */
enum body_void_kind { BODY_VOID_NONE, BODY_VOID_ALL, BODY_VOID_RETURN }; /* "void", "return" */
const char *body_void_kind_name(enum body_void_kind v);                  /* NULL for NONE */
struct body_void {
    int64_t at_utc_ms;
    char void_id[ULID_LEN + 1], sale_id[ULID_LEN + 1];
    enum body_void_kind kind;               /* ALL: returned_fen is total_fen */
    int64_t amount_fen;                     /* 1 .. returned_fen: of the total before discount */
    int64_t discount_back_fen, refund_fen;  /* refund = amount - discount_back, checked both ways */
    int64_t returned_fen;                   /* 1 .. total_fen */
    int64_t total_fen, discount_fen;        /* of the sale */
    int64_t terminal;                       /* number of the terminal that sold, if another one; else 0 */
    bool granted;                           /* the service agreed before */
    char cashier[BODY_CASHIER_MAX + 1];     /* "": none named */
    uint8_t slip[KEY_HASH], blob[KEY_HASH]; /* as in a sale */
};
enum err body_void_encode(const struct body_void *v, struct buf *out);
enum err body_void_decode(const char *json, size_t len, struct body_void *out);
/* The erasable part of a void. */
struct body_void_blob {
    char reason[DISPUTE_TEXT_MAX + 1]; /* dispute_text_ok, cleaned when decoded; not empty */
};
enum err body_void_blob_encode(const struct body_void_blob *v, struct buf *out);
enum err body_void_blob_decode(const char *json, size_t len, struct body_void_blob *out);

/* POST /v1/voids */
struct body_void_ask {
    char void_id[ULID_LEN + 1], sale_id[ULID_LEN + 1];
    enum body_void_kind kind;
    int64_t amount_fen; /* 1 .. OFFER_FEN_MAX */
};
struct body_void_answer {
    bool granted;
    enum err reason; /* not granted: return_over, sale_unknown, return_late; one we do not know is ERR_RETURN_OVER */
    /* granted: as the record will say them; amount = refund + discount_back */
    int64_t returned_fen, discount_back_fen, refund_fen, total_fen, discount_fen;
    int64_t terminal; /* number of the terminal that sold, 1 .. */
};
enum err body_void_ask_encode(const struct body_void_ask *v, struct buf *out);
enum err body_void_ask_decode(const char *json, size_t len, struct body_void_ask *out);
enum err body_void_answer_encode(const struct body_void_answer *v, struct buf *out);
enum err body_void_answer_decode(const char *json, size_t len, struct body_void_answer *out);

/* A complaint logged at the terminal. */
struct body_dispute {
    int64_t at_utc_ms;
    char dispute_id[ULID_LEN + 1];
    enum dispute_kind kind;
    enum dispute_reporter reporter;
    char sale_id[ULID_LEN + 1];             /* "": about no sale */
    uint64_t refusal_seq;                   /* place of the refusal record in this journal; 0: about none */
    char cashier[BODY_CASHIER_MAX + 1];     /* "": none named */
    uint8_t slip[KEY_HASH], blob[KEY_HASH]; /* as in a sale */
};
enum err body_dispute_encode(const struct body_dispute *v, struct buf *out);
enum err body_dispute_decode(const char *json, size_t len, struct body_dispute *out);
/* Its erasable part. */
struct body_dispute_blob {
    char text[DISPUTE_TEXT_MAX + 1]; /* dispute_text_ok, cleaned when decoded; "": nothing was said */
};
enum err body_dispute_blob_encode(const struct body_dispute_blob *v, struct buf *out);
enum err body_dispute_blob_decode(const char *json, size_t len, struct body_dispute_blob *out);
#endif
