/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens whose card is not active, and the signed notices about the file that lists them (proto/revoked.h). The file
 * itself is outside the database (service/sign/revoker.h). */
#ifndef HUIKA_STORE_REVOKED_H
#define HUIKA_STORE_REVOKED_H
#include "proto/card.h"
#include "service/store/store.h"

struct store_revoked {
    int64_t version; /* 1 and up; 0: none was made yet */
    int64_t made_utc_ms;
    int64_t count;          /* tokens in it */
    uint8_t hash[KEY_HASH]; /* struct notice's */
};
/* The newest; version 0 if there is none. */
enum err store_revoked_newest(struct store_tx *tx, struct store_revoked *out);
/* Its envelope, appended, if it is newer than `than`; nothing otherwise. */
enum err store_revoked_newer(struct store_tx *tx, int64_t than, struct buf *out);
/* changes: what store_revoked_changes said when the tokens were read. ERR_EXISTS (version). */
enum err store_revoked_put(
    struct store_tx *tx, const struct store_revoked *r, int64_t changes, const char *envelope, size_t len);
/* *now counts changes of what the list holds, *made is that count at the newest list: equal, and it is up to date. */
enum err store_revoked_changes(struct store_tx *tx, int64_t *now, int64_t *made);
/* Notes a change: in the job that makes it. */
enum err store_revoked_touch(struct store_tx *tx);
/* Every token whose card is frozen, lost, left or replaced, in no order. */
typedef enum err store_revoked_fn(void *ctx, const uint8_t token[static CARD_TOKEN]);
enum err store_revoked_tokens(struct store_tx *tx, store_revoked_fn *fn, void *ctx);
#endif
