/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/seal.h"
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#define TAG "huika-number-v1"
enum { PLAIN = sizeof TAG + 2 * ULID_SIZE + CARD_NUMBER_MAX, NUMBER_AT = PLAIN - CARD_NUMBER_MAX };

static void prefix(const uint8_t *terminal, const uint8_t *sale, uint8_t plain[static PLAIN])
{
    memcpy(plain, TAG, sizeof TAG);
    memcpy(plain + sizeof TAG, terminal, ULID_SIZE);
    memcpy(plain + sizeof TAG + ULID_SIZE, sale, ULID_SIZE);
}

static X509 *certificate(const struct buf *der)
{
    const unsigned char *p = der->data;
    X509 *x = p ? d2i_X509(NULL, &p, (long)der->len) : NULL;
    if (x && (p != der->data + der->len || !EVP_PKEY_is_a(X509_get0_pubkey(x), "EC"))) {
        X509_free(x);
        x = NULL;
    }
    return x;
}

/* OpenSSL's default KDF digest is SHA-1; RFC 5753 lets the sender name SHA-256. */
static bool add_recipient(CMS_ContentInfo *cms, X509 *x)
{
    CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms, x, CMS_KEY_PARAM);
    EVP_PKEY_CTX *ctx = ri ? CMS_RecipientInfo_get0_pkey_ctx(ri) : NULL;
    return ctx && EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) > 0;
}

static enum err encrypt(X509 *x, const uint8_t *plain, struct buf *out)
{
    enum err e = ERR_INTERNAL;
    unsigned char *der = NULL;
    BIO *in = BIO_new_mem_buf(plain, PLAIN);
    CMS_ContentInfo *cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
    if (!in || !cms || !CMS_set_detached(cms, 0) || !add_recipient(cms, x) || CMS_final(cms, in, NULL, CMS_BINARY) != 1)
        goto out;
    int n = i2d_CMS_ContentInfo(cms, &der);
    if (n > 0 && n <= SEAL_MAX)
        e = buf_add(out, der, (size_t)n);
out:
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return e;
}

enum err seal_number(const struct buf *cert, const uint8_t terminal[static ULID_SIZE],
    const uint8_t sale[static ULID_SIZE], const char *digits, struct buf *out)
{
    uint8_t plain[PLAIN];
    size_t n = strlen(digits);
    enum err e = card_number_check(digits, n);
    if (e)
        return ERR_BAD_NUMBER;
    X509 *x = certificate(cert);
    if (!x)
        return ERR_BAD_VALUE;
    prefix(terminal, sale, plain);
    for (size_t i = 0; i < CARD_NUMBER_MAX; i++)
        plain[NUMBER_AT + i] = i < n ? (uint8_t)digits[i] : ' ';
    e = encrypt(x, plain, out);
    OPENSSL_cleanse(plain, sizeof plain);
    X509_free(x);
    ERR_clear_error();
    return e;
}

static bool is_ours(CMS_ContentInfo *cms, const unsigned char *p, const uint8_t *end)
{
    return cms && p == end && OBJ_obj2nid(CMS_get0_type(cms)) == NID_id_smime_ct_authEnvelopedData;
}

static bool decrypt(const uint8_t *der, size_t len, X509 *x, EVP_PKEY *key, uint8_t plain[static PLAIN])
{
    bool good = false;
    const unsigned char *p = der;
    char *text;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)len);
    BIO *out = BIO_new(BIO_s_secmem());
    /* CMS_decrypt would give nonsense for a wrong key rather than say so; GCM's tag says so. */
    if (out && is_ours(cms, p, der + len) && CMS_decrypt(cms, key, x, NULL, out, CMS_BINARY) == 1 &&
        BIO_get_mem_data(out, &text) == PLAIN) {
        memcpy(plain, text, PLAIN);
        good = true;
    }
    BIO_free(out);
    CMS_ContentInfo_free(cms);
    return good;
}

enum err seal_open(const uint8_t *cms, size_t len, const struct buf *cert, EVP_PKEY *key,
    const uint8_t terminal[static ULID_SIZE], const uint8_t sale[static ULID_SIZE],
    char number[static CARD_NUMBER_MAX + 1])
{
    enum err e = ERR_BAD_VALUE;
    uint8_t plain[PLAIN] = {0}, want[PLAIN];
    X509 *x = certificate(cert);
    size_t n = CARD_NUMBER_MAX;
    if (!x || !len || len > SEAL_MAX || !decrypt(cms, len, x, key, plain))
        goto out;
    prefix(terminal, sale, want);
    while (n && plain[NUMBER_AT + n - 1] == ' ')
        n--;
    if (memcmp(plain, want, NUMBER_AT) || card_number_check((const char *)plain + NUMBER_AT, n))
        goto out;
    memcpy(number, plain + NUMBER_AT, n);
    number[n] = 0;
    e = ERR_OK;
out:
    OPENSSL_cleanse(plain, sizeof plain);
    X509_free(x);
    ERR_clear_error();
    return e;
}
