/* SPDX-License-Identifier: Apache-2.0 */
/* Disputes: complaints that terminals logged, that members opened from a receipt's page, and sales that the service itself
 * contests; the union that has to answer each of them, until when, and what was said.
 *
 * A dispute is named by one record (proto/ref.h): its own dispute record, or the sale's record for those that a member or
 * the service opened about that sale. At most one per record. It is addressed to the org that signed the shop's agreement,
 * and goes one level up when its deadline passes. */
#ifndef HUIKA_STORE_DISPUTE_H
#define HUIKA_STORE_DISPUTE_H
#include "base/key.h"
#include "service/store/store_shop.h"

enum { STORE_DISPUTE_TEXT_MAX = 8000, STORE_DISPUTE_KIND_MAX = 24, STORE_DISPUTE_PAGE_MAX = 500 };

/* Numbers are stored; never reuse one. */
enum store_dispute_state {
    STORE_DISPUTE_NONE,
    STORE_DISPUTE_OPEN,
    STORE_DISPUTE_ESCALATED, /* open, overdue, addressed one level up */
    STORE_DISPUTE_ANSWERED,
    STORE_DISPUTE_CLOSED
};
const char *store_dispute_state_name(enum store_dispute_state s); /* "open" ...; "none" for 0 */
enum store_dispute_state store_dispute_state_from_name(const char *name);

/* How it came, which says who can have written it. */
enum store_dispute_channel {
    STORE_DISPUTE_BY_NOBODY,
    STORE_DISPUTE_BY_TERMINAL, /* the shop's terminal; `reporter` is what the shop says */
    STORE_DISPUTE_BY_SLIP,     /* whoever holds a receipt */
    STORE_DISPUTE_BY_SERVICE   /* the service contests the sale, `code` says why */
};
const char *store_dispute_channel_name(enum store_dispute_channel c); /* "terminal", "slip", "service" */

/* Who reported, as the record says. */
enum store_dispute_reporter { STORE_REPORTER_NONE, STORE_REPORTER_SHOP, STORE_REPORTER_MEMBER, STORE_REPORTER_SERVICE };
const char *store_dispute_reporter_name(enum store_dispute_reporter r); /* "shop", "member", "service" */

struct store_dispute {
    uint8_t dispute[STORE_ID];
    int64_t terminal; /* number; with epoch and seq the record that names it */
    uint32_t epoch;
    uint64_t seq;
    uint8_t shop[STORE_ID];
    int64_t org;                           /* who has to answer now; set by store_dispute_add: the shop's */
    char kind[STORE_DISPUTE_KIND_MAX + 1]; /* "refused_valid" ... (docs/protocol.md) */
    enum store_dispute_reporter reporter;
    enum store_dispute_channel channel;
    bool has_sale;
    uint8_t sale[STORE_ID];
    uint64_t refusal_seq; /* 0: none named */
    bool has_slip;
    uint8_t slip[KEY_HASH]; /* hash of the secret that opens its page */
    enum err code;          /* BY_SERVICE: why the sale is contested */
    int64_t at_utc_ms;      /* as the reporter's clock said */
    int64_t received_utc_ms, due_utc_ms;
    /* read only */
    enum store_dispute_state state;
    int64_t first_due_utc_ms, answered_utc_ms, closed_utc_ms; /* 0: not yet */
    int32_t escalations;
    int64_t second_utc_ms;                        /* the slip's holder spoke again; 0: not */
    char second_kind[STORE_DISPUTE_KIND_MAX + 1]; /* "" if not */
    int64_t objections, objected_utc_ms;          /* days on which its holder said "not I"; the last time */
    int64_t erased_utc_ms;                        /* texts that were there then are gone; 0: none was erased */
    char shop_name[STORE_SHOP_NAME_MAX + 1], org_code[STORE_ORG_CODE_MAX + 1], org_name[STORE_ORG_NAME_MAX + 1];
};

/* Takes all but what is read only; text: UTF-8 as the reporter wrote it, up to STORE_DISPUTE_TEXT_MAX bytes, "" for none.
 * *added false: this dispute, or one about this record, is there already; nothing was changed. ERR_NOT_FOUND (shop),
 * ERR_BAD_VALUE. */
enum err store_dispute_add(struct store_tx *tx, const struct store_dispute *d, const char *text, bool *added);
/* The service contests a sale: the dispute about its record, minted here. Takes terminal, epoch, seq, shop, sale, code,
 * at_utc_ms, received_utc_ms, due_utc_ms. Nothing happens if there is one about that record. */
enum err store_dispute_contest(struct store_tx *tx, const struct store_dispute *d);

/* ERR_NOT_FOUND. */
enum err store_dispute_get(
    struct store_tx *tx, int64_t terminal, uint32_t epoch, uint64_t seq, struct store_dispute *out);
/* Its text, appended; nothing if it was erased. second: what the slip's holder wrote beside it. */
enum err store_dispute_text(struct store_tx *tx, const uint8_t dispute[static STORE_ID], bool second, struct buf *out);

/* Whoever holds the slip speaks when there is a dispute about it already: the shop that printed it holds it, too, and must not be able to
 * use up the one voice of the member. `text`: their own account, once (*taken false: there is one; nothing was changed), which takes an
 * answered or closed dispute up again until due_utc_ms (*reopened). text NULL: "it was not I who complained", which can never be used up:
 * counted once a Shanghai day, *taken says whether this one was. ERR_NOT_FOUND. */
struct store_voice {
    int64_t at_utc_ms, due_utc_ms;
    const char *kind, *text;
    /* out */
    bool taken, reopened;
};
enum err store_dispute_voice(struct store_tx *tx, const uint8_t dispute[static STORE_ID], struct store_voice *v);
/* How many of a shop's disputes are open or escalated, how many there are, and to how many a slip's holder objected. */
struct store_dispute_shop {
    int64_t open, all, objected;
};
enum err store_dispute_of_shop(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], struct store_dispute_shop *out);

/* Those that scope and below have to answer, and those about their shops that went up, in the order of `dispute`, behind `after` (NULL: from the first), at most limit. state NONE:
 * all; OPEN stands for ESCALATED, too. shop NULL: of all shops. objected: only those to which a slip's holder objected. */
struct store_dispute_query {
    int64_t scope;
    enum store_dispute_state state;
    bool objected;
    const uint8_t *shop, *after;
    int limit;
};
typedef enum err store_dispute_fn(void *ctx, const struct store_dispute *d);
enum err store_dispute_list(struct store_tx *tx, const struct store_dispute_query *q, store_dispute_fn *fn, void *ctx);

/* What was said and done, oldest first. */
enum store_word_act {
    STORE_WORD_NONE,
    STORE_WORD_ANSWER,
    STORE_WORD_CLOSE,
    STORE_WORD_REOPEN,
    STORE_WORD_NOTE,
    STORE_WORD_ESCALATE
};
const char *store_word_act_name(enum store_word_act a); /* "answer", "close", "reopen", "note", "escalate" */
struct store_word {
    int64_t at_utc_ms;
    enum store_word_act act;
    int64_t org;                           /* whose administrator it was; of ESCALATE: to whom it went */
    char org_name[STORE_ORG_NAME_MAX + 1]; /* read only */
    const char *admin;                     /* ULID, "service", or "slip" for whoever holds it */
    const char *text;                      /* "" if none; borrowed during the call */
};
typedef enum err store_word_fn(void *ctx, const struct store_word *w);
enum err store_word_list(struct store_tx *tx, const uint8_t dispute[static STORE_ID], store_word_fn *fn, void *ctx);

/* Answer, close, reopen or note. ERR_NOT_FOUND; ERR_DISPUTE_CLOSED: an answer to a closed one; ERR_WRONG_STATE: close a
 * closed one, reopen an open one. due_utc_ms: the new deadline, for REOPEN. *state: as it is now. */
enum err store_dispute_say(struct store_tx *tx, const uint8_t dispute[static STORE_ID], const struct store_word *w,
    int64_t due_utc_ms, enum store_dispute_state *state);

/* Open ones whose deadline has passed go one level up, at most `max` of them; those of the province stay there. fn hears of
 * each, after the change. due_utc_ms: their new deadline. */
enum err store_dispute_escalate(
    struct store_tx *tx, int64_t at_utc_ms, int64_t due_utc_ms, int max, store_dispute_fn *fn, void *ctx);

/* The id of the terminal with that number. ERR_NOT_FOUND. */
enum err store_dispute_terminal(struct store_tx *tx, int64_t number, uint8_t out[static STORE_ID]);

/* Answer notices for terminals; versions rise per terminal from 1. Put: version must be store_answer_version + 1. */
enum err store_answer_version(struct store_tx *tx, int64_t terminal, int64_t *version);
enum err store_answer_put(struct store_tx *tx, int64_t terminal, int64_t version, const char *envelope, size_t len);
/* The envelopes newer than `than`, oldest first, at most limit. */
typedef enum err store_answer_fn(void *ctx, const char *envelope, size_t len);
enum err store_answer_newer(
    struct store_tx *tx, int64_t terminal, int64_t than, int limit, store_answer_fn *fn, void *ctx);

/* What anybody may know: how many are open, answered, closed in all; answered within their first deadline. */
struct store_dispute_counts {
    int64_t open, answered, closed, in_time, shops_listed;
};
enum err store_dispute_count(struct store_tx *tx, struct store_dispute_counts *out);
#endif
