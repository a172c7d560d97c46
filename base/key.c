/* SPDX-License-Identifier: Apache-2.0 */
#include "base/key.h"
#include "base/file.h"
#include "base/text.h"
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DER_SIG_MAX = 80 };

/* A failure must not lie in OpenSSL's queue until a TLS connection of this thread takes it for its own. */
static enum err failed(enum err e)
{
    if (e)
        ERR_clear_error();
    return e;
}

/* Fetched once: an implicit fetch costs more than hashing a short message. */
static EVP_MD *sha256_md;

static void fetch_md(void)
{
    sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static const EVP_MD *md(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch_md);
    return sha256_md ? sha256_md : EVP_sha256();
}

void key_sha256(const void *p, size_t n, uint8_t out[static KEY_HASH])
{
    unsigned len = KEY_HASH;
    if (EVP_Digest(n ? p : "", n, out, &len, md(), NULL) != 1)
        abort(); /* an all-zero hash must never pass for one */
}

void key_sha256_pieces(const struct key_piece *piece, size_t cnt, uint8_t out[static KEY_HASH])
{
    unsigned len = KEY_HASH;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex2(ctx, md(), NULL) == 1;
    for (size_t i = 0; good && i < cnt; i++)
        good = EVP_DigestUpdate(ctx, piece[i].p, piece[i].n) == 1;
    if (!good || EVP_DigestFinal_ex(ctx, out, &len) != 1)
        abort(); /* as above */
    EVP_MD_CTX_free(ctx);
}

EVP_PKEY *key_generate(void)
{
    return EVP_EC_gen("P-256");
}

void key_free(EVP_PKEY **k)
{
    if (!k)
        return;
    EVP_PKEY_free(*k);
    *k = NULL;
}

static bool is_p256(const EVP_PKEY *k)
{
    char group[32];
    size_t n;
    return EVP_PKEY_is_a(k, "EC") && EVP_PKEY_get_group_name((EVP_PKEY *)k, group, sizeof group, &n) == 1 &&
           OBJ_sn2nid(group) == NID_X9_62_prime256v1;
}

enum err key_load_pem(const char *path, EVP_PKEY **out)
{
    struct buf pem;
    buf_init(&pem, 8192);
    enum err e = file_read(path, &pem);
    if (e)
        goto out;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *k = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;
    BIO_free(bio);
    if (k && is_p256(k)) {
        *out = k;
    } else {
        EVP_PKEY_free(k);
        e = ERR_BAD_VALUE;
    }
out:
    buf_wipe(&pem);
    return failed(e);
}

enum err key_save_pem(const char *path, const EVP_PKEY *k)
{
    enum err e = ERR_NOMEM;
    char *pem;
    BIO *bio = BIO_new(BIO_s_secmem());
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, (EVP_PKEY *)k, NULL, NULL, 0, NULL, NULL) != 1)
        goto out;
    long n = BIO_get_mem_data(bio, &pem);
    e = n > 0 ? file_create(path, pem, (size_t)n, 0600) : ERR_INTERNAL;
out:
    BIO_free(bio);
    return e;
}

enum err key_spki(const EVP_PKEY *k, struct buf *b)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(k, &der);
    if (n <= 0)
        return ERR_NOMEM;
    enum err e = buf_add(b, der, (size_t)n);
    OPENSSL_free(der);
    return e;
}

enum err key_from_spki(const uint8_t *der, size_t len, EVP_PKEY **out)
{
    const unsigned char *p = der;
    if (len > KEY_SPKI_MAX)
        return ERR_BAD_VALUE;
    EVP_PKEY *k = d2i_PUBKEY(NULL, &p, (long)len);
    if (!k || p != der + len || !is_p256(k)) {
        EVP_PKEY_free(k);
        return failed(ERR_BAD_VALUE);
    }
    *out = k;
    return ERR_OK;
}

enum err key_id(const EVP_PKEY *k, char out[static KEY_ID_LEN + 1])
{
    struct buf spki;
    uint8_t hash[KEY_HASH];
    buf_init(&spki, KEY_SPKI_MAX);
    enum err e = key_spki(k, &spki);
    if (!e) {
        key_sha256(spki.data, spki.len, hash);
        text_hex(hash, KEY_ID_LEN / 2, out);
    }
    buf_release(&spki);
    return e;
}

enum err key_sign(EVP_PKEY *k, const void *msg, size_t len, uint8_t sig[static KEY_SIG])
{
    enum err e = ERR_INTERNAL;
    uint8_t hash[KEY_HASH];
    unsigned char der[DER_SIG_MAX];
    size_t n = sizeof der;
    ECDSA_SIG *rs = NULL;
    key_sha256(msg, len, hash);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k, NULL);
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_sign(ctx, der, &n, hash, sizeof hash) != 1)
        goto out;
    const unsigned char *p = der;
    rs = d2i_ECDSA_SIG(NULL, &p, (long)n);
    if (rs && BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig, 32) == 32 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig + 32, 32) == 32)
        e = ERR_OK;
out:
    ECDSA_SIG_free(rs);
    EVP_PKEY_CTX_free(ctx);
    return failed(e);
}

/* ECDSA-Sig-Value of RFC 3279 section 2.2.3: at most 72 bytes, so that every length takes one. */
static size_t der_integer(const uint8_t n[static 32], unsigned char *out)
{
    size_t skip = 0;
    while (skip < 31 && n[skip] == 0)
        skip++;
    size_t pad = n[skip] >> 7, len = 32 - skip;
    out[0] = 0x02;
    out[1] = (unsigned char)(pad + len);
    out[2] = 0;
    memcpy(out + 2 + pad, n + skip, len);
    return 2 + pad + len;
}

static enum err verify(EVP_PKEY_CTX *ctx, const void *msg, size_t len, const uint8_t sig[static KEY_SIG])
{
    unsigned char der[DER_SIG_MAX] = {0x30};
    uint8_t hash[KEY_HASH];
    size_t n = der_integer(sig, der + 2);
    n += der_integer(sig + 32, der + 2 + n);
    der[1] = (unsigned char)n;
    key_sha256(msg, len, hash);
    return failed(EVP_PKEY_verify(ctx, der, n + 2, hash, sizeof hash) == 1 ? ERR_OK : ERR_BAD_SIGNATURE);
}

static EVP_PKEY_CTX *verifying(EVP_PKEY *k)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k, NULL);
    if (ctx && EVP_PKEY_verify_init(ctx) == 1)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return NULL;
}

enum err key_verify(EVP_PKEY *k, const void *msg, size_t len, const uint8_t sig[static KEY_SIG])
{
    EVP_PKEY_CTX *ctx = verifying(k);
    enum err e = ctx ? verify(ctx, msg, len, sig) : ERR_BAD_SIGNATURE;
    EVP_PKEY_CTX_free(ctx);
    return e;
}

struct key_verifier {
    EVP_PKEY_CTX *ctx;
};

struct key_verifier *key_verifier_new(EVP_PKEY *k)
{
    struct key_verifier *v = calloc(1, sizeof *v);
    if (v && !(v->ctx = verifying(k)))
        key_verifier_free(&v);
    return v;
}

void key_verifier_free(struct key_verifier **v)
{
    if (!v || !*v)
        return;
    EVP_PKEY_CTX_free((*v)->ctx);
    free(*v);
    *v = NULL;
}

enum err key_verifier_check(struct key_verifier *v, const void *msg, size_t len, const uint8_t sig[static KEY_SIG])
{
    return verify(v->ctx, msg, len, sig);
}
