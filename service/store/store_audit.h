/* SPDX-License-Identifier: Apache-2.0 */
/* Who did what. Each entry is chained to the one before:
 *     hash = SHA-256("huika-audit-v1\0" | previous hash 32 | n u64 | at_utc_ms i64 | admin | act | target | detail)
 * each text as length u32 and its bytes; integers big-endian; the first entry's previous hash is 32 zero bytes. Never a
 * card number, token or name in them: last four at most. */
#ifndef HUIKA_STORE_AUDIT_H
#define HUIKA_STORE_AUDIT_H
#include "base/key.h"
#include "service/store/store_org.h"

enum { STORE_AUDIT_TEXT_MAX = 500 };

struct store_audit {
    int64_t n; /* 1 and up, no gaps; given by the store */
    int64_t at_utc_ms;
    int64_t org;            /* whose affair it is: for scopes; not in the hash */
    const char *admin;      /* ULID of the administrator, or "service" */
    const char *act;        /* "shop delist" */
    const char *target;     /* an id or code */
    const char *detail;     /* "" if nothing is to be added */
    uint8_t hash[KEY_HASH]; /* given by the store */
};

/* Appends; call it in the job that does the act. Takes at_utc_ms, org and the four texts (UTF-8, cut at
 * STORE_AUDIT_TEXT_MAX bytes, at a character). */
enum err store_audit_add(struct store_tx *tx, const struct store_audit *a);
/* Entries behind `after` that concern scope and below, at most limit. Texts are borrowed during the call. */
typedef enum err store_audit_fn(void *ctx, const struct store_audit *a);
enum err store_audit_list(struct store_tx *tx, int64_t scope, int64_t after, int limit, store_audit_fn *fn, void *ctx);
/* Recomputes the whole chain. ERR_OK with how many entries there are and the last one's hash; or ERR_CHAIN_BROKEN with the
 * number of the first entry that does not fit. Entries cut off at the end show only against a hash noted before. */
struct store_audit_state {
    int64_t entries, broken;
    uint8_t hash[KEY_HASH]; /* zeros if there are none */
};
enum err store_audit_verify(struct store_tx *tx, struct store_audit_state *out);
/* The hash of one entry, for whoever verifies a list. */
void store_audit_hash(const uint8_t prev[static KEY_HASH], const struct store_audit *a, uint8_t out[static KEY_HASH]);
#endif
