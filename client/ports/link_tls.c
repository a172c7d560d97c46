/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/link_tls.h"
#include "base/file.h"
#include "base/key.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <time.h>

enum { PEM_MAX = 65536 };

static int64_t asn1_ms(const ASN1_TIME *t)
{
    struct tm tm = {0};
    return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static enum err open_pem(const char *path, struct buf *b, BIO **bio)
{
    buf_init(b, PEM_MAX);
    enum err e = file_read(path, b);
    *bio = e ? NULL : BIO_new_mem_buf(b->data, (int)b->len);
    return e ? e : *bio ? ERR_OK : ERR_NOMEM;
}

static enum err load_ca(struct link_tls *t, const char *path)
{
    struct buf b;
    BIO *bio;
    int cnt = 0;
    enum err e = open_pem(path, &b, &bio);
    if (!e && !(t->store = X509_STORE_new()))
        e = ERR_NOMEM;
    for (X509 *ca; !e && (ca = PEM_read_bio_X509(bio, NULL, NULL, NULL)); cnt++) {
        if (X509_STORE_add_cert(t->store, ca) != 1)
            e = ERR_NOMEM;
        X509_free(ca);
    }
    ERR_clear_error(); /* the end of the file is one to OpenSSL */
    BIO_free(bio);
    buf_release(&b);
    return e ? e : cnt ? ERR_OK : ERR_BAD_VALUE;
}

static enum err load_cert(struct link_tls *t, const char *path, const char *key_path)
{
    struct buf b;
    BIO *bio;
    enum err e = open_pem(path, &b, &bio);
    if (!e && !(t->cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
        e = ERR_BAD_VALUE;
    BIO_free(bio);
    buf_release(&b);
    if (!e)
        e = key_load_pem(key_path, &t->key);
    if (!e && X509_check_private_key(t->cert, t->key) != 1)
        e = ERR_BAD_VALUE;
    ERR_clear_error();
    if (!e) {
        t->cert_from_ms = asn1_ms(X509_get0_notBefore(t->cert));
        t->cert_until_ms = asn1_ms(X509_get0_notAfter(t->cert));
    }
    return e;
}

enum err link_tls_init(struct link_tls *t, const struct link_config *c)
{
    *t = (struct link_tls){.trust = c->trust, .clock = c->clock};
    if (!c->ca_path != (c->trust == LINK_TRUST_NOTHING) || !c->cert_path != !c->key_path)
        return ERR_BAD_VALUE;
    enum err e = c->ca_path ? load_ca(t, c->ca_path) : ERR_OK;
    if (!e && c->cert_path)
        e = load_cert(t, c->cert_path, c->key_path);
    return e;
}

enum err link_tls_renew(struct link_tls *t, const char *cert_path, const char *key_path)
{
    struct link_tls fresh = {0};
    enum err e = load_cert(&fresh, cert_path, key_path);
    if (e) {
        link_tls_release(&fresh);
        return e;
    }
    X509_free(t->cert);
    key_free(&t->key);
    t->cert = fresh.cert;
    t->key = fresh.key;
    t->cert_from_ms = fresh.cert_from_ms;
    t->cert_until_ms = fresh.cert_until_ms;
    return ERR_OK;
}

void link_tls_release(struct link_tls *t)
{
    X509_STORE_free(t->store);
    X509_free(t->cert);
    key_free(&t->key);
    t->store = NULL;
    t->cert = NULL;
}

static int ctx_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

/* Changes no judgement; remembers the server's dates, by which a wrong clock is told from an expired certificate. */
static int see_cert(int good, X509_STORE_CTX *x)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct link_tls *t = ssl ? SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ctx_index()) : NULL;
    X509 *leaf = X509_STORE_CTX_get0_cert(x);
    if (t && !good)
        t->why = X509_STORE_CTX_get_error(x);
    if (t && leaf) {
        t->peer_from_ms = asn1_ms(X509_get0_notBefore(leaf));
        t->peer_until_ms = asn1_ms(X509_get0_notAfter(leaf));
    }
    return good;
}

static CURLcode setup(struct link_tls *t, SSL_CTX *ctx, bool probe)
{
    X509_VERIFY_PARAM *p = SSL_CTX_get0_param(ctx);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    t->why = X509_V_OK;
    if (t->store) {
        X509_STORE_up_ref(t->store);
        SSL_CTX_set_cert_store(ctx, t->store);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, see_cert);
    }
    if (SSL_CTX_set_ex_data(ctx, ctx_index(), t) != 1)
        return CURLE_OUT_OF_MEMORY;
    if (t->trust == LINK_TRUST_CA && !probe)
        X509_VERIFY_PARAM_set_time(p, (time_t)(t->clock->utc_ms(t->clock->ctx) / 1000));
    else
        X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_NO_CHECK_TIME);
    if (t->cert && !probe && (SSL_CTX_use_certificate(ctx, t->cert) != 1 || SSL_CTX_use_PrivateKey(ctx, t->key) != 1))
        return CURLE_SSL_CERTPROBLEM;
    return CURLE_OK;
}

static CURLcode setup_request(CURL *easy, void *ctx, void *t)
{
    (void)easy;
    return setup(t, ctx, false);
}

static CURLcode setup_probe(CURL *easy, void *ctx, void *t)
{
    (void)easy;
    return setup(t, ctx, true);
}

enum err link_tls_apply(struct link_tls *t, CURL *easy, bool probe)
{
    long verify = t->trust == LINK_TRUST_NOTHING ? 0 : 1;
    unsigned bad = 0;
    bad |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify * 2);
    /* Without these two curl reads the system's authorities first. */
    bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    bad |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    bad |= curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, probe ? setup_probe : setup_request);
    bad |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
    return bad ? ERR_NOMEM : ERR_OK;
}

/* curl keeps OpenSSL's verdict only where the handshake failed for no other reason; see_cert heard it first. */
static enum err peer_err(const struct link_tls *t, CURL *easy)
{
    long why = t->why;
    if (why == X509_V_OK)
        curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &why);
    switch (why) {
    case X509_V_OK:              /* the chain is good: it was the name, which curl compares itself ... */
    case X509_V_ERR_UNSPECIFIED: /* ... before it takes over the verdict on the chain */
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return ERR_TLS_HOST;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return ERR_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return ERR_TLS_NOT_YET;
    default:
        return ERR_TLS_UNTRUSTED;
    }
}

/* In TLS 1.3 a server refuses our certificate after the handshake, so it may look like a failed read. The names are OpenSSL's
 * for the alerts of RFC 8446 section 6.2. */
static enum err broken(const char *text, enum err otherwise)
{
    static const char *const rejected[] = {"alert bad certificate", "alert certificate required", "alert unknown ca",
        "alert access denied", "alert unsupported certificate", "alert certificate revoked",
        "alert certificate expired", "alert certificate unknown", "alert decrypt error"};
    for (size_t i = 0; i < sizeof rejected / sizeof *rejected; i++)
        if (strstr(text, rejected[i]))
            return ERR_TLS_REJECTED;
    if (strstr(text, " alert "))
        return ERR_TLS_OTHER;
    if (strstr(text, "unexpected eof") || strstr(text, "SSL_ERROR_SYSCALL") || strstr(text, "reset by peer"))
        return ERR_NET_CUT;
    return otherwise;
}

enum err link_tls_err(const struct link_tls *t, CURL *easy, CURLcode rc, const char *text)
{
    switch (rc) {
    case CURLE_OK:
        return ERR_OK;
    case CURLE_COULDNT_RESOLVE_HOST:
        return ERR_NET_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return ERR_NET_REFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ERR_NET_TIMEOUT;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return broken(text, ERR_NET_CUT);
    case CURLE_PEER_FAILED_VERIFICATION:
        return peer_err(t, easy);
    case CURLE_SSL_CONNECT_ERROR:
        if (t->why != X509_V_OK)
            return peer_err(t, easy);
        return broken(text, ERR_TLS_OTHER);
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
        return broken(text, ERR_TLS_OTHER);
    case CURLE_WRITE_ERROR:
        return ERR_TOO_LARGE;
    case CURLE_OUT_OF_MEMORY:
        return ERR_NOMEM;
    default:
        return ERR_NET_PROTOCOL;
    }
}
