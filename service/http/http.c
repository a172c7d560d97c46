/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/http.h"
#include "service/http/conn.h"
#include "service/sign/ca.h"
#include <gnutls/gnutls.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

const char *http_query(const struct http_request *rq, const char *key)
{
    return rq->conn ? MHD_lookup_connection_value(rq->conn->mhd, MHD_GET_ARGUMENT_KIND, key) : NULL;
}

const char *http_header(const struct http_request *rq, const char *name)
{
    return rq->conn ? MHD_lookup_connection_value(rq->conn->mhd, MHD_HEADER_KIND, name) : NULL;
}

enum err http_query_int(
    struct http_request *rq, const char *key, int64_t min, int64_t max, int64_t absent, int64_t *out)
{
    const char *s = http_query(rq, key);
    int64_t v = 0;
    size_t n = s ? strlen(s) : 0;
    if (!s) {
        *out = absent;
        return ERR_OK;
    }
    if (n < 1 || n > 18 || strspn(s, "0123456789") != n)
        return http_wrong(rq, ERR_BAD_VALUE, key);
    for (; *s; s++)
        v = v * 10 + (*s - '0');
    if (v < min || v > max)
        return http_wrong(rq, ERR_BAD_VALUE, key);
    *out = v;
    return ERR_OK;
}

enum err http_peer_key(struct http_request *rq, EVP_PKEY **out)
{
    struct gate_peer *p = &rq->conn->peer;
    if (!p->key) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(rq->conn->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
        unsigned cnt = 0;
        const gnutls_datum_t *chain = info ? gnutls_certificate_get_peers(info->tls_session, &cnt) : NULL;
        X509 *cert = NULL;
        if (!chain || !cnt || ca_cert_from_der(chain[0].data, chain[0].size, &cert) != ERR_OK)
            return ERR_UNAUTHORIZED;
        p->key = X509_get_pubkey(cert);
        X509_free(cert);
        if (!p->key)
            return ERR_UNAUTHORIZED;
    }
    *out = p->key;
    return ERR_OK;
}

enum err http_wrong(struct http_request *rq, enum err e, const char *what)
{
    snprintf(rq->problem.detail, sizeof rq->problem.detail, "%s", what);
    return e;
}
