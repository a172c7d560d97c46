/* SPDX-License-Identifier: Apache-2.0 */
/* Which terminals were heard of. Written down together now and then, so that a request need not write. */
#ifndef HUIKA_SERVICE_SEEN_H
#define HUIKA_SERVICE_SEEN_H
#include "service/store/store_terminal.h"

enum { SEEN_MAX = 65536 }; /* between two flushes; more are forgotten */

#define SEEN_EVERY_MS INT64_C(60000)

struct seen;
struct seen *seen_new(void);
void seen_free(struct seen **s);
/* Notes it. Call only if the store's last_seen is older than SEEN_EVERY_MS, or is not known. Any thread. */
void seen_add(struct seen *s, const uint8_t terminal[static STORE_ID]);
/* Notes what it said it holds; where there are two in one flush, the later one wins. Any thread. */
void seen_held(struct seen *s, const uint8_t terminal[static STORE_ID], const struct store_held *held);
/* One write job for all that were noted. Blocks on the disk if there were any. */
void seen_flush(struct seen *s, struct store *store, int64_t now_utc_ms);
#endif
