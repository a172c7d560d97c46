/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and requests as bytes. */
#include "base/file.h"
#include "base/tm.h"
#include "service/sign/ca.h"
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

/* A named P-256 key with its point uncompressed (RFC 5480): the one form that everybody reads alike. */
enum { SPKI_LEN = 91 };

enum err ca_csr_key(const uint8_t *der, size_t len, EVP_PKEY **key)
{
    const unsigned char *p = der;
    struct buf spki;
    EVP_PKEY *k = NULL;
    if (len > CA_CSR_MAX)
        return ERR_BAD_VALUE;
    X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)len);
    EVP_PKEY *own = req && p == der + len ? X509_REQ_get0_pubkey(req) : NULL;
    buf_init(&spki, KEY_SPKI_MAX);
    enum err e = own ? key_spki(own, &spki) : ERR_BAD_VALUE;
    if (e == ERR_TOO_LARGE || (!e && spki.len != SPKI_LEN))
        e = ERR_BAD_VALUE;
    if (!e)
        e = key_from_spki(spki.data, spki.len, &k);
    if (!e && X509_REQ_verify(req, k) != 1)
        e = ERR_BAD_SIGNATURE;
    if (e)
        key_free(&k);
    else
        *key = k;
    buf_release(&spki);
    X509_REQ_free(req);
    return e;
}

enum err ca_cert_der(X509 *cert, struct buf *b)
{
    unsigned char *der = NULL;
    int n = i2d_X509(cert, &der);
    if (n <= 0)
        return ERR_NOMEM;
    enum err e = buf_add(b, der, (size_t)n);
    OPENSSL_free(der);
    return e;
}

enum err ca_cert_from_der(const uint8_t *der, size_t len, X509 **out)
{
    const unsigned char *p = der;
    X509 *x = len <= CA_CERT_MAX ? d2i_X509(NULL, &p, (long)len) : NULL;
    if (!x || p != der + len) {
        X509_free(x);
        return ERR_BAD_VALUE;
    }
    *out = x;
    return ERR_OK;
}

enum err ca_cert_pem(X509 *cert, struct buf *b)
{
    char *pem;
    BIO *bio = BIO_new(BIO_s_mem());
    enum err e = bio && PEM_write_bio_X509(bio, cert) == 1 ? ERR_OK : ERR_NOMEM;
    long n = e ? 0 : BIO_get_mem_data(bio, &pem);
    if (!e)
        e = n > 0 ? buf_add(b, pem, (size_t)n) : ERR_NOMEM;
    BIO_free(bio);
    return e;
}

enum err ca_cert_load(const char *path, X509 **out)
{
    struct buf pem;
    buf_init(&pem, 65536);
    enum err e = file_read(path, &pem);
    BIO *bio = e ? NULL : BIO_new_mem_buf(buf_str(&pem), (int)pem.len);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (!e && !x)
        e = ERR_BAD_VALUE;
    if (!e)
        *out = x;
    BIO_free(bio);
    buf_release(&pem);
    return e;
}

int64_t ca_not_after_utc_ms(const X509 *cert)
{
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(cert)) != 1)
        days = seconds = 0;
    ASN1_TIME_free(epoch);
    return (int64_t)days * TM_DAY_MS + (int64_t)seconds * 1000;
}

enum err ca_pkcs7(X509 *const *certs, size_t cnt, struct buf *b)
{
    unsigned char *der = NULL;
    PKCS7 *p7 = PKCS7_new();
    /* Degenerate: signed data with nobody's signature; its content type must be named all the same. */
    bool good = cnt && p7 && PKCS7_set_type(p7, NID_pkcs7_signed) == 1 &&
                PKCS7_set_type(p7->d.sign->contents, NID_pkcs7_data) == 1 && PKCS7_set_detached(p7, 1);
    for (size_t i = 0; i < cnt && good; i++)
        good = PKCS7_add_certificate(p7, certs[i]) == 1;
    int n = good ? i2d_PKCS7(p7, &der) : -1;
    enum err e = n > 0 ? buf_add(b, der, (size_t)n) : ERR_INTERNAL;
    OPENSSL_free(der);
    PKCS7_free(p7);
    return e;
}
