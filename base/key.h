/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, and P-256 keys that sign and verify (ECDSA, FIPS 186-4; signatures r||s, 64 bytes). A key is OpenSSL's
 * EVP_PKEY: keep it, for decoding one costs more than a verification. Thread-safe; an EVP_PKEY may be shared for
 * signing and verifying. */
#ifndef HUIKA_KEY_H
#define HUIKA_KEY_H
#include "base/buf.h"
#include <openssl/types.h>

enum { KEY_HASH = 32, KEY_SIG = 64, KEY_ID_LEN = 16, KEY_SPKI_MAX = 128 };

/* SHA-256 of n bytes (NULL allowed when n is 0). */
void key_sha256(const void *p, size_t n, uint8_t out[static KEY_HASH]);
/* SHA-256 of several pieces as if they stood one after the other. */
struct key_piece {
    const void *p;
    size_t n;
};
void key_sha256_pieces(const struct key_piece *piece, size_t cnt, uint8_t out[static KEY_HASH]);

/* A new P-256 key; free with key_free. NULL if out of memory or randomness. */
EVP_PKEY *key_generate(void);
void key_free(EVP_PKEY **k); /* accepts NULL and pointer to NULL */

/* PKCS#8 PEM without a password. ERR_IO, ERR_BAD_VALUE (not a P-256 key), ERR_NOMEM. *out is the caller's to free. */
enum err key_load_pem(const char *path, EVP_PKEY **out);
/* The file is 0600 and appears whole or not at all; an existing one is refused (ERR_EXISTS). */
enum err key_save_pem(const char *path, const EVP_PKEY *k);

/* SubjectPublicKeyInfo, DER (RFC 5480), appended to b: 91 bytes for a P-256 key. */
enum err key_spki(const EVP_PKEY *k, struct buf *b);
/* Only a P-256 key; else ERR_BAD_VALUE. */
enum err key_from_spki(const uint8_t *der, size_t len, EVP_PKEY **out);
/* The key id: first 16 hex digits of SHA-256(SPKI). */
enum err key_id(const EVP_PKEY *k, char out[static KEY_ID_LEN + 1]);

/* ECDSA over SHA-256 of the message. ERR_INTERNAL if OpenSSL fails (no private part). */
enum err key_sign(EVP_PKEY *k, const void *msg, size_t len, uint8_t sig[static KEY_SIG]);
/* ERR_OK or ERR_BAD_SIGNATURE; nothing else. */
enum err key_verify(EVP_PKEY *k, const void *msg, size_t len, const uint8_t sig[static KEY_SIG]);

/* key_verify for a key that is used again and again: what OpenSSL looks up at each verification (12 microseconds with cold
 * caches) is looked up once. One thread; keeps its own reference to the key. NULL: out of memory, or no such key. */
struct key_verifier;
struct key_verifier *key_verifier_new(EVP_PKEY *k);
void key_verifier_free(struct key_verifier **v); /* accepts NULL and pointer to NULL */
/* As key_verify. */
enum err key_verifier_check(struct key_verifier *v, const void *msg, size_t len, const uint8_t sig[static KEY_SIG]);
#endif
