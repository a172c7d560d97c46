/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept about one shop that may matter when it is to be taken off the list. Reads only. */
#ifndef HUIKA_STORE_EVIDENCE_H
#define HUIKA_STORE_EVIDENCE_H
#include "proto/record.h"
#include "service/store/store_member.h"
#include "service/store/store_shop.h"

/* Every notice that was ever signed for it, oldest first. */
typedef enum err store_evidence_notice_fn(void *ctx, int64_t version, const char *envelope, size_t len);
enum err store_evidence_notices(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], store_evidence_notice_fn *fn, void *ctx);

/* A record of one of its terminals. Bodies hold no identifiers but a card's last four; blobs are left out. */
struct store_evidence {
    int64_t terminal;
    uint8_t terminal_id[STORE_ID];
    uint32_t epoch;
    uint64_t seq;
    enum record_kind kind;
    uint8_t hash[KEY_HASH], previous[KEY_HASH];
    const char *body; /* borrowed during the call */
    size_t body_len;
    enum err code; /* why held or contested */
    int64_t received_utc_ms;
    bool has_sig;         /* an upload ended here: */
    uint8_t sig[KEY_SIG]; /* the terminal's signature of the head at this record */
    bool erased;          /* what its body holds the hash of is no longer kept */
};
enum { STORE_EVIDENCE_MAX = 20000 }; /* records at most, the newest */
typedef enum err store_evidence_fn(void *ctx, const struct store_evidence *r);
/* Refusals, voids and disputes, what was acknowledged, and the sales that are contested or that a dispute is about; by terminal, epoch
 * and seq. */
enum err store_evidence_records(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], store_evidence_fn *fn, void *ctx);
/* Whatever records follow `seq` there, before `to` (0: to the end), at most max. */
enum err store_evidence_after(struct store_tx *tx, int64_t terminal, uint32_t epoch, uint64_t seq, uint64_t to, int max,
    store_evidence_fn *fn,
    void
        *ctx); /* Whose card a sale of that shop was made with. ERR_NOT_FOUND: no such sale, or it could not be told. */
enum err store_evidence_member(struct store_tx *tx, const uint8_t sale[static STORE_ID],
    const uint8_t shop[static STORE_ID], uint8_t member[static STORE_MEMBER_ID]);
#endif
