/* SPDX-License-Identifier: Apache-2.0 */
/* Which cards a list has named already, over all its chunks. Inside the import only. Eight to sixteen bytes a card; numbers are kept
 * mixed with a random key, which is wiped with them. */
#ifndef HUIKA_IMPORT_SEEN_H
#define HUIKA_IMPORT_SEEN_H
#include "base/buf.h"
#include <stdbool.h>

enum { IMPORT_SEEN_MAX = 1 << 24 }; /* cards; later ones are not remembered */

struct import_seen {
    uint64_t *slot; /* 0: free */
    size_t slot_cnt, cnt;
    uint64_t key[2];
    bool keyed;
};

/* A zeroed one is empty. Notes the card of a number column as it stands in the file, and sets *again if it was there before. What is no
 * number of 16 to 19 digits is not noted. ERR_NOMEM, ERR_IO (no randomness). */
enum err import_seen_note(struct import_seen *s, const char *number, size_t len, bool *again);
void import_seen_release(struct import_seen *s);
#endif
