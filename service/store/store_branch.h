/* SPDX-License-Identifier: Apache-2.0 */
/* Journals that were copied or rolled back. What contradicts the chain is kept apart, record by record and to its end: a branch grows
 * from a record of the chain, or of another branch, and nothing in it is counted. A supervised resume begins a new epoch; the chain of
 * the old one stays as it is, in `past`. */
#ifndef HUIKA_STORE_BRANCH_H
#define HUIKA_STORE_BRANCH_H
#include "service/store/store_record.h"

enum { STORE_BRANCHES = 64 }; /* kept per terminal; what would begin another is not */

/* What became of a batch that store_record_append refused. */
struct store_kept {
    uint64_t expected; /* the next seq wanted of that branch; 0: none is, for there are too many */
    int64_t branch;    /* began with this batch; 0: none did */
    bool extends;      /* the batch goes on where a branch ends, or is part of one */
};
/* Takes what ERR_CHAIN_FORK and ERR_CHAIN_GAP of store_record_append are about, and notes on the terminal that its present epoch is forked
 * (not for an epoch that has ended). b->head_sig is needed. Records that do not lead to the head that was signed are kept as unsound: one
 * of them was changed after it was written. expected is 1 if it is not known what the batch comes after. With a gap only what goes on
 * where a branch ends is taken: else nothing is changed, and extends is false. ERR_NOT_FOUND: no such terminal. */
enum err store_branch_take(struct store_tx *tx, const struct store_batch *b, bool gap, struct store_kept *out);
/* The terminal itself found that what we have of that epoch is not in its journal: forked, unless it was resumed since. *fresh: that was
 * not known yet. */
enum err store_branch_flag(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], int64_t at_utc_ms, uint32_t epoch, bool *fresh);

/* One branch, or (number 0) the chain of one epoch. */
struct store_branch {
    int64_t number;
    uint32_t epoch;
    int64_t parent; /* the branch that it left; 0: the chain */
    uint64_t base;  /* after this record; 0: from its first on */
    uint64_t seq;   /* its newest */
    uint8_t hash[KEY_HASH];
    int64_t unsound;                   /* records that do not lead to the head that the terminal signed */
    int64_t first_utc_ms, last_utc_ms; /* when it came in; 0 for a chain */
    int64_t ended_utc_ms;              /* a chain's: when its epoch did; 0: it goes on */
};
/* All of them, by epoch, the chain before its branches. t: from store_terminal_get. */
typedef enum err store_branch_fn(void *ctx, const struct store_branch *b);
enum err store_branch_list(struct store_tx *tx, const struct store_terminal *t, store_branch_fn *fn, void *ctx);

/* Records of one of them, after `after`, at most `limit`. */
struct store_branch_page {
    int64_t terminal; /* number */
    uint32_t epoch;
    int64_t branch; /* 0: the chain */
    uint64_t after;
    int64_t limit;
};
struct store_branch_record {
    uint64_t seq;
    enum record_kind kind;
    uint8_t hash[KEY_HASH];
    const char *body; /* borrowed during the call */
    size_t body_len;
    bool unsound, has_blob;
    enum body_outcome outcome; /* the chain's; NONE in a branch */
    enum err code;
    int64_t received_utc_ms;
};
typedef enum err store_branch_record_fn(void *ctx, const struct store_branch_record *r);
enum err store_branch_records(
    struct store_tx *tx, const struct store_branch_page *p, store_branch_record_fn *fn, void *ctx);

/* A new epoch for that terminal, beyond every one that it was heard of in; a suspended one is active again. *epoch: the new one.
 * ERR_NOT_FOUND; ERR_WRONG_STATE: it is revoked. */
enum err store_terminal_resume(
    struct store_tx *tx, const uint8_t terminal[static STORE_ID], int64_t at_utc_ms, uint32_t *epoch);
#endif
