/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the file of revoked cards (proto/revoked.h) in DIR/revoked when cards changed, with deltas onto it from the versions
 * before, and signs the notice about it. One thread of its own, for a million entries take a second.
 *
 *     DIR/revoked/N            the whole file of version N
 *     DIR/revoked/N-M          the delta from M to N
 *
 * Files are on disk before the notice that names them is; the newest REVOKER_KEEP versions are kept. */
#ifndef HUIKA_REVOKER_H
#define HUIKA_REVOKER_H
#include "service/sign/keys.h"
#include "service/store/store.h"

enum { REVOKER_KEEP = 17 }; /* the newest, and the sixteen that deltas lead from */

struct revoker;
struct revoker_config {
    const char *dir; /* the service's; copied */
    struct store *store;
    const struct service_keys *keys;
    int64_t every_ms;        /* at least so long between two versions; 0: at once */
    void (*wake)(void *ctx); /* a new notice is there; on the revoker's thread */
    void *ctx;
};
/* Starts the thread. ERR_NOMEM, ERR_IO (DIR/revoked cannot be made). */
enum err revoker_new(const struct revoker_config *c, struct revoker **out);
void revoker_free(struct revoker **r); /* ends the thread first */

/* One file's bytes, appended: the whole of `version`, or (from > 0) the delta that leads there. ERR_NOT_FOUND: no longer
 * kept. Any thread. */
enum err revoker_file(const char *dir, int64_t version, int64_t from, struct buf *out);
#endif
