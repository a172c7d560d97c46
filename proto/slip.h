/* SPDX-License-Identifier: Apache-2.0 */
/* What a printed slip carries in its QR: which record it is of, that the terminal's device key says so, and a secret that opens its
 * page, known to whoever holds the paper alone. The record holds the secret's hash.
 *
 *     URL = PUBLIC_URL in upper case | "/S/" | base32 (RFC 4648, no padding) of 125 bytes:
 *           format 1 (=1) | terminal 16 | epoch u32 | seq u64 | first 16 of the record's hash | secret 16 |
 *           signature 64 by the device key over "huika-slip-v1\0" | the 45 bytes from format to hash
 *     secret = HKDF-SHA-256 (RFC 5869) of the terminal's slip key, salt "huika-slip-v1\0", info = the 16 bytes of the id
 *     in the record = SHA-256("huika-slip-secret-v1\0" | secret)
 *
 * All upper case, so that a QR holds it in alphanumeric mode. Pure. */
#ifndef HUIKA_SLIP_H
#define HUIKA_SLIP_H
#include "base/key.h"
#include "base/ulid.h"

enum {
    SLIP_KEY = 32,
    SLIP_SECRET = 16,
    SLIP_HASH = 16,
    SLIP_SIZE = 125,
    SLIP_TEXT_LEN = 200, /* base32 */
    SLIP_HOST_MAX = 280, /* of "https://host:port" */
    SLIP_URL_MAX = SLIP_HOST_MAX + 3 + SLIP_TEXT_LEN
};

struct slip {
    uint8_t terminal[ULID_SIZE];
    uint32_t epoch;
    uint64_t seq;
    uint8_t hash[SLIP_HASH]; /* of the record, its first bytes */
    uint8_t secret[SLIP_SECRET];
    uint8_t sig[KEY_SIG];
};

/* The secret of the slip of a sale, void or dispute with this id. ERR_INTERNAL. Wipe it after use. */
enum err slip_secret(
    const uint8_t key[static SLIP_KEY], const uint8_t id[static ULID_SIZE], uint8_t out[static SLIP_SECRET]);
void slip_secret_hash(const uint8_t secret[static SLIP_SECRET], uint8_t out[static KEY_HASH]);

/* Signs what is in it; fills sig. ERR_INTERNAL. */
enum err slip_sign(struct slip *s, EVP_PKEY *device);
/* ERR_OK, ERR_BAD_SIGNATURE. */
enum err slip_verify(const struct slip *s, EVP_PKEY *device);
/* The base32 text, closed by 0. */
void slip_encode(const struct slip *s, char out[static SLIP_TEXT_LEN + 1]);
/* Exactly one slip's text, in either case. ERR_BAD_VALUE: *out untouched. */
enum err slip_decode(const char *text, size_t len, struct slip *out);
/* The whole URL for the QR. public_url: "https://host[:port]" without a path; ERR_BAD_VALUE if it is none or too long. */
enum err slip_url(const struct slip *s, const char *public_url, char out[static SLIP_URL_MAX + 1]);
#endif
