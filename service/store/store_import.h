/* SPDX-License-Identifier: Apache-2.0 */
/* A batch of lines of a members list. Preparing (checks, masking, HMAC, random tokens) needs no transaction and is done
 * on the caller's thread; applying is one write job.
 *
 *     im = store_import_new(number_key, scope, now)
 *     store_import_line(im, line, fields) ...        each line of the chunk; numbers and names are not kept
 *     store_write(s, store_import_apply, im)
 *     im->imported ... store_import_reject(im, i, &r)
 *     store_import_free(&im)
 *
 * Idempotent: a line that says what is known already is `unchanged`. One number twice in a batch: the later line
 * wins, and the earlier ones count as unchanged.
 */
#ifndef HUIKA_STORE_IMPORT_H
#define HUIKA_STORE_IMPORT_H
#include "service/store/store_member.h"

enum { STORE_IMPORT_ROWS = 250000, STORE_IMPORT_NAME_MAX = 200, STORE_IMPORT_LEGACY_MAX = 64 };

struct store_import_field {
    const char *p; /* not closed by 0 */
    size_t len;
};
/* The columns, as they stand in the file (white space around them is dropped here). */
struct store_import_fields {
    struct store_import_field number, name, org, status, legacy_id; /* legacy_id: len 0 if absent */
};
struct store_import_reject {
    uint64_t line;
    enum err reason;
    char last4[5]; /* "" where there is no number */
};

struct store_import; /* one thread at a time */

/* key: for HMAC-SHA-256(number). scope: the administrator's org; lines for others are rejected. NULL: out of memory. */
struct store_import *store_import_new(const uint8_t key[static 32], int64_t scope, int64_t at_utc_ms);
void store_import_free(struct store_import **im); /* wipes */
/* Takes one line. A bad one is noted as rejected (ERR_BAD_NUMBER, ERR_ID_NUMBER, ERR_BAD_ENCODING, ERR_BAD_VALUE: name,
 * status or legacy id) and is not an error here. ERR_NOMEM; ERR_TOO_LARGE over STORE_IMPORT_ROWS. */
enum err store_import_line(struct store_import *im, uint64_t line, const struct store_import_fields *f);
/* Notes a line as rejected that the caller could not take apart (ERR_BAD_CSV). */
enum err store_import_refuse(struct store_import *im, uint64_t line, enum err reason);
/* A store_fn; ctx: the struct store_import. Further rejects: ERR_ORG_UNKNOWN (no such org, or outside the scope),
 * ERR_MEMBER_ELSEWHERE (the member is on the list of an org outside the scope). */
enum err store_import_apply(struct store_tx *tx, void *ctx);

struct store_import_counts {
    size_t imported, changed, unchanged, rejected;
};
struct store_import_counts store_import_counts(const struct store_import *im);
/* Rejects in the order of lines, i < rejected. */
void store_import_reject(struct store_import *im, size_t i, struct store_import_reject *out);
#endif
