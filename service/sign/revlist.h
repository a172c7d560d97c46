/* SPDX-License-Identifier: Apache-2.0 */
/* The list of revoked cards as bytes: read from the store, written as a file, compared with an older file. Formats:
 * proto/revoked.h. Private to the revoker. */
#ifndef HUIKA_REVLIST_H
#define HUIKA_REVLIST_H
#include "base/buf.h"
#include "service/store/store.h"

/* Ascending, none twice. */
struct revlist {
    uint64_t *value;
    size_t cnt, cap;
};
/* Every token that a snapshot says is revoked. ERR_NOMEM. Release it in any case. */
enum err revlist_collect(struct store_tx *tx, struct revlist *l);
void revlist_release(struct revlist *l);
/* The whole file, appended. */
enum err revlist_encode(const struct revlist *l, struct buf *out);
/* The list of a file that revlist_encode made. ERR_BAD_VALUE. */
enum err revlist_decode(const struct buf *file, struct revlist *l);
/* The delta that leads from one file to the other, appended. */
struct revlist_side {
    const struct revlist *list;
    const uint8_t *sha256; /* of its file, 32 bytes */
};
enum err revlist_delta(const struct revlist_side *from, const struct revlist_side *to, struct buf *out);
#endif
