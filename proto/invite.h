/* SPDX-License-Identifier: Apache-2.0 */
/* Invitation codes: HUIKA1/HOST:PORT/ and 52 base32 characters (RFC 4648), shown in fours: a fingerprint that pins the
 * service's CA and the notice root, then a one-time secret. Pure. */
#ifndef HUIKA_INVITE_H
#define HUIKA_INVITE_H
#include "base/key.h"

enum {
    INVITE_FINGERPRINT = 16,
    INVITE_SECRET = 16,
    INVITE_SECRET_LEN = 26,
    INVITE_HOST_MAX = 253,
    INVITE_TEXT_MAX = 7 + INVITE_HOST_MAX + 2 + 1 + 5 + 1 + 64
};

struct invite {
    char host[INVITE_HOST_MAX +
              1];  /* lower case; a name (RFC 1123), an IPv4 address, or an IPv6 address without brackets */
    uint16_t port; /* 1-65535 */
    uint8_t fingerprint[INVITE_FINGERPRINT];
    uint8_t secret[INVITE_SECRET]; /* wipe it */
};

/* Upper case, the 52 characters in fours joined by '-': QR alphanumeric. ERR_BAD_VALUE: host or port. */
enum err invite_encode(const struct invite *v, char out[static INVITE_TEXT_MAX + 1]);
/* Any case; white space and '-' are ignored in and around the 52 characters; 0, 1 and 8, which are not in base32, are
 * taken for O, I and B. Without ":PORT" it is 8443. ERR_INVITE_UNKNOWN: not a whole code; *out untouched. */
enum err invite_decode(const char *text, size_t len, struct invite *out);
/* First 16 bytes of SHA-256(CA SPKI | root SPKI), both DER. ERR_NOMEM. */
enum err invite_fingerprint(EVP_PKEY *ca, EVP_PKEY *root, uint8_t out[static INVITE_FINGERPRINT]);
/* The secret as EST's password (26 base32 characters), and back. ERR_INVITE_UNKNOWN. */
void invite_password(const uint8_t secret[static INVITE_SECRET], char out[static INVITE_SECRET_LEN + 1]);
enum err invite_password_decode(const char *s, size_t len, uint8_t secret[static INVITE_SECRET]);
/* True for what may stand in `host` above. */
bool invite_host_ok(const char *host);
#endif
