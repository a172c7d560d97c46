/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: the service's own small authorities (RFC 5280, P-256 with SHA-256 throughout). Subjects, alternative
 * names and purposes are set here; nothing is copied from a request but its key. Serials are 128 random bits.
 * Thread-safe. */
#ifndef HUIKA_CA_H
#define HUIKA_CA_H
#include "base/key.h"
#include "base/ulid.h"
#include <openssl/types.h>

enum { CA_HOSTS = 16, CA_CERT_MAX = 2048, CA_CSR_MAX = 8192 };
#define CA_YEAR_MS INT64_C(31622400000) /* 366 days */

/* What a client certificate is for; it becomes the SAN URI urn:huika:terminal:<ULID> or urn:huika:admin:<ULID>. */
enum ca_role { CA_NONE, CA_TERMINAL, CA_ADMIN };
const char *ca_role_name(enum ca_role role); /* "terminal", "admin"; NULL for none */

/* A self-signed authority (path length 0, keyCertSign and cRLSign). ERR_NOMEM, ERR_INTERNAL. *out is the caller's. */
enum err ca_new(EVP_PKEY *key, const char *common_name, int64_t from_utc_ms, int64_t to_utc_ms, X509 **out);
/* A server certificate for names and addresses (serverAuth; "localhost" brings 127.0.0.1 and ::1 with it). hosts: NULL-
 * terminated, at most CA_HOSTS. ERR_BAD_VALUE (no host, or not a name or address). */
enum err ca_server(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, const char *const *hosts, int64_t from_utc_ms,
    int64_t to_utc_ms, X509 **out);
/* A self-signed certificate that numbers are sealed to (keyAgreement). */
enum err ca_sealing(EVP_PKEY *key, int64_t from_utc_ms, int64_t to_utc_ms, X509 **out);
/* A client certificate for `key` from `from` (five minutes earlier, for clocks that are a little behind) to `to`, never
 * beyond the authority's own end. */
struct ca_client {
    enum ca_role role;
    uint8_t id[ULID_SIZE];
    int64_t from_utc_ms, to_utc_ms;
};
enum err ca_client(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, const struct ca_client *c, X509 **out);

/* The public key of a certification request (RFC 2986, DER) whose own signature is good. ERR_BAD_VALUE: not one, a key
 * other than P-256, anything behind it; ERR_BAD_SIGNATURE. *key is the caller's to free. */
enum err ca_csr_key(const uint8_t *der, size_t len, EVP_PKEY **key);

/* DER, appended to b. */
enum err ca_cert_der(X509 *cert, struct buf *b);
enum err ca_cert_from_der(const uint8_t *der, size_t len, X509 **out);
/* PEM, appended to b; and from a file (the first certificate in it). */
enum err ca_cert_pem(X509 *cert, struct buf *b);
enum err ca_cert_load(const char *path, X509 **out);
int64_t ca_not_after_utc_ms(const X509 *cert);
/* Certs-only PKCS#7 (RFC 5272's degenerate SignedData, RFC 7030 section 4.1.3), DER, appended to b. certs: at least
 * one. */
enum err ca_pkcs7(X509 *const *certs, size_t cnt, struct buf *b);
#endif
