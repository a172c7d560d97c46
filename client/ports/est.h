/* SPDX-License-Identifier: Apache-2.0 */
/* EST's documents (RFC 7030 section 4): certs-only PKCS#7 and PKCS#10, base64. Pure. */
#ifndef HUIKA_EST_H
#define HUIKA_EST_H
#include "base/buf.h"
#include "base/ulid.h"
#include <openssl/x509.h>

enum { EST_CERTS = 4 };

/* A certificate request for this key, base64 DER, appended. The subject is the service's to give. ERR_INTERNAL, ERR_NOMEM. */
enum err est_request(EVP_PKEY *key, struct buf *out);
/* At most EST_CERTS certificates of an answer; the caller X509_free()s each. ERR_NET_PROTOCOL. */
enum err est_certs(const char *text, size_t len, X509 *out[static EST_CERTS], size_t *cnt);
/* The terminal that a certificate names: one SAN URI urn:huika:terminal:<ULID>. ERR_NET_PROTOCOL. */
enum err est_terminal(const X509 *cert, char out[static ULID_LEN + 1]);
/* PEM, appended. ERR_NOMEM. */
enum err est_pem(X509 *cert, struct buf *out);
#endif
