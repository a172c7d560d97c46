/* SPDX-License-Identifier: Apache-2.0 */
/* A card number sealed to the service: CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC 5084), key agreement ECDH
 * with SHA-256 KDF (RFC 5753) on P-256. The plaintext is "huika-number-v1\0" | terminal 16 | sale id 16 | number padded
 * with spaces to 19: a sealed number moved to another terminal or sale does not open. Plaintexts are wiped. No I/O but
 * randomness. */
#ifndef HUIKA_SEAL_H
#define HUIKA_SEAL_H
#include "base/key.h"
#include "base/ulid.h"
#include "proto/card.h"

enum { SEAL_MAX = 1024 }; /* bytes of a sealed number; about 330 in fact */

/* Appends the CMS (DER) to `out`. cert: the sealing certificate, DER, with a P-256 key. digits: 16-19 of them.
 * ERR_BAD_NUMBER, ERR_BAD_VALUE (certificate), ERR_TOO_LARGE, ERR_NOMEM, ERR_INTERNAL. */
enum err seal_number(const struct buf *cert, const uint8_t terminal[static ULID_SIZE],
    const uint8_t sale[static ULID_SIZE], const char *digits, struct buf *out);
/* ERR_BAD_VALUE: not such a CMS, not for this key, changed, or of another terminal or sale; `number` is untouched. The
 * caller wipes `number`. */
enum err seal_open(const uint8_t *cms, size_t len, const struct buf *cert, EVP_PKEY *key,
    const uint8_t terminal[static ULID_SIZE], const uint8_t sale[static ULID_SIZE],
    char number[static CARD_NUMBER_MAX + 1]);
#endif
