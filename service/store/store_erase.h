/* SPDX-License-Identifier: Apache-2.0 */
/* Erasing what may be erased (DESIGN section 6): what stands beside records, and what people wrote in disputes. Chains stay whole:
 * a body holds the hash of its blob alone. */
#ifndef HUIKA_STORE_ERASE_H
#define HUIKA_STORE_ERASE_H
#include "service/store/store_dispute.h"

/* The texts of one closed dispute: the complaint, what the slip's holder added, what unions noted among themselves, and the blob of its
 * own record. What unions answered stays: it is their word. ERR_NOT_FOUND; ERR_DISPUTE_OPEN: not closed. Nothing to erase is no error. */
enum err store_erase_dispute(struct store_tx *tx, const uint8_t dispute[static STORE_ID], int64_t at_utc_ms);

/* What is past its term: blobs of records that came in before `before`, but for those of a dispute that is not closed since then, or of the
 * sale that it is about; texts of disputes closed before it. At most max of each, the oldest first. */
struct store_erased {
    int64_t blobs, disputes;
};
enum err store_erase_past(
    struct store_tx *tx, int64_t before_utc_ms, int64_t at_utc_ms, int max, struct store_erased *out);
#endif
