/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's chain. One record:
 *     h = SHA-256("huika-record-v1\0" | terminal 16 | epoch u32 | seq u64 | previous 32 | kind u8 | length u32 | body)
 * seq counts from 1 without gaps; the first record of an epoch has previous = 32 zero bytes. What is personal or free
 * text is a blob beside the record: its body holds SHA-256("huika-blob-v1\0" | salt 16 | blob) as member "blob" (hex),
 * so that the blob can be erased and the chain stays whole. Pure. */
#ifndef HUIKA_RECORD_H
#define HUIKA_RECORD_H
#include "base/key.h"
#include "base/ulid.h"

enum { RECORD_BODY_MAX = 65536, RECORD_BLOB_MAX = 16384, RECORD_SALT = 16 }; /* a sale of 500 lines fits */

/* Numbers are on the wire and in hashes; never reuse one. */
enum record_kind {
    RECORD_STARTED = 1,
    RECORD_SALE = 2,
    RECORD_REFUSAL = 3,
    RECORD_NOTICE_APPLIED = 4,
    RECORD_VOID = 5,
    RECORD_DISPUTE = 6,
    RECORD_CLOCK_STEP = 7
};

/* The end of a chain: what the next record builds on and what is signed. */
struct record_head {
    uint8_t terminal[ULID_SIZE];
    uint32_t epoch;
    uint64_t seq; /* 0: no record yet, hash all zero */
    uint8_t hash[KEY_HASH];
};

/* "sale" <-> RECORD_SALE; NULL and 0 for what is none. */
const char *record_kind_name(enum record_kind kind);
enum record_kind record_kind_from_name(const char *name);

/* The head after one more record of this body (bytes as stored, at most RECORD_BODY_MAX; ERR_TOO_LARGE). *next may be
 * *head. */
enum err record_extend(
    const struct record_head *head, enum record_kind kind, const void *body, size_t len, struct record_head *next);
void record_blob_hash(
    const uint8_t salt[static RECORD_SALT], const void *blob, size_t len, uint8_t out[static KEY_HASH]);

/* Head signature by the terminal's device key: "huika-head-v1\0" | terminal | epoch u32 | seq u64 | hash. */
enum err record_head_sign(const struct record_head *h, EVP_PKEY *device, uint8_t sig[static KEY_SIG]);
enum err record_head_verify(const struct record_head *h, EVP_PKEY *device, const uint8_t sig[static KEY_SIG]);
/* Countersignature by the service's lease key: "huika-countersign-v1\0" | terminal | epoch u32 | seq u64 | hash |
 * service time i64 ms. */
enum err record_countersign(const struct record_head *h, int64_t at_utc_ms, EVP_PKEY *key, uint8_t sig[static KEY_SIG]);
enum err record_countersign_verify(
    const struct record_head *h, int64_t at_utc_ms, EVP_PKEY *key, const uint8_t sig[static KEY_SIG]);
#endif
