/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/est.h"
#include "base/text.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define TERMINAL_URN "urn:huika:terminal:"

enum { DER_MAX = 65536 };

enum err est_request(EVP_PKEY *key, struct buf *out)
{
    unsigned char *der = NULL;
    X509_REQ *req = X509_REQ_new();
    int len = -1;
    enum err e = req ? ERR_INTERNAL : ERR_NOMEM;
    if (req && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 && X509_REQ_set_pubkey(req, key) == 1 &&
        X509_REQ_sign(req, key, EVP_sha256()) > 0)
        len = i2d_X509_REQ(req, &der);
    X509_REQ_free(req);
    char *text = len > 0 ? malloc(TEXT_BASE64_LEN((size_t)len) + 1) : NULL;
    if (text) {
        text_base64(der, (size_t)len, text);
        e = buf_adds(out, text);
    }
    free(text);
    OPENSSL_free(der);
    return e;
}

/* RFC 4648 base64, lines or not (RFC 8951 allows both). */
static enum err unbase64(const char *text, size_t len, struct buf *der)
{
    struct buf b;
    size_t n = 0;
    buf_init(&b, DER_MAX * 2);
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < len; i++)
        if (!strchr(" \t\r\n", text[i]))
            e = buf_add(&b, &text[i], 1);
    uint8_t *raw = e ? NULL : malloc(DER_MAX);
    if (!e && !raw)
        e = ERR_NOMEM;
    if (!e)
        e = text_unbase64(buf_str(&b), b.len, raw, DER_MAX, &n);
    if (!e)
        e = buf_add(der, raw, n);
    free(raw);
    buf_release(&b);
    return e == ERR_NOMEM ? e : e ? ERR_NET_PROTOCOL : ERR_OK;
}

enum err est_certs(const char *text, size_t len, X509 *out[static EST_CERTS], size_t *cnt)
{
    struct buf der;
    buf_init(&der, DER_MAX);
    enum err e = unbase64(text, len, &der);
    const unsigned char *at = der.data;
    PKCS7 *p7 = e || !der.len ? NULL : d2i_PKCS7(NULL, &at, (long)der.len);
    STACK_OF(X509) *certs = p7 && PKCS7_type_is_signed(p7) && p7->d.sign ? p7->d.sign->cert : NULL;
    int n = certs ? sk_X509_num(certs) : 0;
    if (!e && (n < 1 || n > EST_CERTS))
        e = ERR_NET_PROTOCOL;
    for (int i = 0; !e && i < n; i++) {
        out[i] = sk_X509_value(certs, i);
        X509_up_ref(out[i]);
    }
    if (!e)
        *cnt = (size_t)n;
    PKCS7_free(p7);
    ERR_clear_error();
    buf_release(&der);
    return e;
}

enum err est_terminal(const X509 *cert, char out[static ULID_LEN + 1])
{
    uint8_t id[ULID_SIZE];
    enum err e = ERR_NET_PROTOCOL;
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    if (names && sk_GENERAL_NAME_num(names) == 1) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, 0);
        const size_t skip = sizeof TERMINAL_URN - 1;
        if (g->type == GEN_URI && ASN1_STRING_length(g->d.uniformResourceIdentifier) == (int)skip + ULID_LEN) {
            const char *uri = (const char *)ASN1_STRING_get0_data(g->d.uniformResourceIdentifier);
            if (memcmp(uri, TERMINAL_URN, skip) == 0 && ulid_decode(uri + skip, ULID_LEN, id) == ERR_OK) {
                memcpy(out, uri + skip, ULID_LEN);
                out[ULID_LEN] = 0;
                e = ERR_OK;
            }
        }
    }
    GENERAL_NAMES_free(names);
    return e;
}

enum err est_pem(X509 *cert, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p = NULL;
    enum err e = ERR_NOMEM;
    if (bio && PEM_write_bio_X509(bio, cert) == 1) {
        long n = BIO_get_mem_data(bio, &p);
        e = buf_add(out, p, (size_t)n);
    }
    BIO_free(bio);
    return e;
}
