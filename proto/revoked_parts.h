/* SPDX-License-Identifier: Apache-2.0 */
/* What revoked.c and revoked_delta.c share; nobody else includes it. */
#ifndef HUIKA_REVOKED_PARTS_H
#define HUIKA_REVOKED_PARTS_H
#include "proto/revoked.h"
#include <openssl/evp.h>

static inline uint64_t revoked_get(const uint8_t *at)
{
    uint64_t v = 0;
    for (int i = 0; i < REVOKED_VALUE; i++)
        v = v << 8 | at[i];
    return v;
}

static inline void revoked_put(uint8_t *at, uint64_t v)
{
    for (int i = 0; i < REVOKED_VALUE; i++)
        at[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* Gathers small writes into pieces. */
struct revoked_out {
    revoked_write *write;
    void *ctx;
    EVP_MD_CTX *hash; /* of everything written; NULL: not wanted */
    uint8_t piece[4096];
    size_t len;
};
enum err revoked_out_bytes(struct revoked_out *o, const void *p, size_t n); /* n at most sizeof piece */
enum err revoked_out_value(struct revoked_out *o, uint64_t value);
enum err revoked_out_flush(struct revoked_out *o);

bool revoked_ascending(const uint8_t *values, uint64_t cnt);
void revoked_header(uint64_t count, uint8_t out[static REVOKED_HEADER]);
#endif
