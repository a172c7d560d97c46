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

/* Records of its terminals: refusals, voids and disputes, what they acknowledged, and the sales that are contested or that a dispute is about.
 * Bodies hold no identifiers but a card's last four; blobs are left out. */
struct store_evidence {
    int64_t terminal;
    uint32_t epoch;
    uint64_t seq;
    enum record_kind kind;
    uint8_t hash[KEY_HASH];
    const char *body; /* borrowed during the call */
    size_t body_len;
    enum err code; /* why held or contested */
    int64_t received_utc_ms;
    bool has_member;
    uint8_t member[STORE_MEMBER_ID]; /* of a sale, if it could be told */
};
enum { STORE_EVIDENCE_MAX = 20000 }; /* records at most, the newest */
typedef enum err store_evidence_fn(void *ctx, const struct store_evidence *r);
enum err store_evidence_records(
    struct store_tx *tx, const uint8_t shop[static STORE_ID], store_evidence_fn *fn, void *ctx);
#endif
