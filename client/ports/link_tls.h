/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the link only: certificates, and what curl's results mean. */
#ifndef HUIKA_LINK_TLS_H
#define HUIKA_LINK_TLS_H
#include "client/ports/link.h"
#include <openssl/ssl.h>

struct link_tls {
    enum link_trust trust;
    const struct clock *clock;
    X509_STORE *store; /* the pinned CA; NULL: nothing is trusted */
    X509 *cert;        /* ours, NULL: none */
    EVP_PKEY *key;
    int64_t cert_from_ms, cert_until_ms;
    int why; /* X509_V_ERR_*: what was wrong with the server's chain in the last handshake */
    int64_t peer_from_ms, peer_until_ms; /* dates of the server's certificate as last seen; 0: not yet */
};

/* Reads the files of the configuration. Errors as link_new. Release in any case. */
enum err link_tls_init(struct link_tls *t, const struct link_config *c);
/* Another certificate and its key in place of ours; on error the old ones stay. */
enum err link_tls_renew(struct link_tls *t, const char *cert_path, const char *key_path);
void link_tls_release(struct link_tls *t);
/* Sets TLS options of one handle, which keeps a pointer to t. probe: without dates and without our certificate. */
enum err link_tls_apply(struct link_tls *t, CURL *easy, bool probe);

/* curl's result as ours; `text` is its error buffer. Of dates it only says _EXPIRED and _NOT_YET. */
enum err link_tls_err(const struct link_tls *t, CURL *easy, CURLcode rc, const char *text);
#endif
