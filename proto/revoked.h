/* SPDX-License-Identifier: Apache-2.0 */
/* The list of cards that are not active, as terminals hold it, and what changes it.
 *
 * Base: 32 bytes: "huika-revoked-v1\0" filled with zeros to 24, count u64; then count u64, big-endian, strictly ascending: each the
 * first 8 bytes of SHA-256("huika-token-v1\0" | token 10 B).
 * Delta: 112 bytes: "huika-revoked-delta-v1\0" filled with zeros to 32, SHA-256 of the file it goes onto, SHA-256 of the result,
 * added count u64, removed count u64; then the added values and the removed ones, each list strictly ascending.
 *
 * A file is searched as it lies in memory (mmap it); nothing is unpacked. A delta's result is written out in pieces, so that no
 * second copy is held; the caller writes them to a new file and uses that file only when revoked_apply has said ERR_OK.
 * What comes from outside is held against the SHA-256 of the revoked notice (proto/notice.h) first. Pure. */
#ifndef HUIKA_REVOKED_H
#define HUIKA_REVOKED_H
#include "proto/card.h"
#include <stdbool.h>

enum { REVOKED_HEADER = 32, REVOKED_DELTA_HEADER = 112, REVOKED_VALUE = 8 };
#define REVOKED_COUNT_MAX INT64_C(100000000) /* 800 MB; the province has 12 million cards */

/* A file's bytes, borrowed. */
struct revoked {
    const uint8_t *file; /* any alignment */
    size_t len;
    uint64_t count;
};
struct revoked_delta {
    const uint8_t *file;
    size_t len;
    uint64_t add_cnt, remove_cnt;
};
/* Takes the next piece (n > 0 bytes) of what is being made; its error ends the making and is passed on. */
typedef enum err revoked_write(void *ctx, const void *p, size_t n);

/* The value that stands for a token. */
uint64_t revoked_value(const uint8_t token[static CARD_TOKEN]);

/* A base file of cnt values, which are sorted in place; those that are there twice are written once. ERR_TOO_LARGE above
 * REVOKED_COUNT_MAX; what `write` says. */
enum err revoked_build(uint64_t *values, size_t cnt, revoked_write *write, void *ctx);
/* Reads every value once: length, header, strict order. ERR_BAD_VALUE; *out untouched. */
enum err revoked_open(const void *file, size_t len, struct revoked *out);
/* Under two microseconds in a million values, whatever the values are: at most 64 steps. */
bool revoked_has(const struct revoked *r, uint64_t value);

/* The delta that makes `to` of `from`. */
enum err revoked_delta_build(const struct revoked *from, const struct revoked *to, revoked_write *write, void *ctx);
/* Length, header, strict order, nothing both added and removed. ERR_BAD_VALUE. */
enum err revoked_delta_open(const void *file, size_t len, struct revoked_delta *out);
/* Writes the result of `d` on `base`. ERR_BAD_VALUE: made for another file, adds what is there, removes what is not, or the
 * result is not the one it names; what was written by then is to be thrown away. */
enum err revoked_apply(const struct revoked *base, const struct revoked_delta *d, revoked_write *write, void *ctx);
#endif
