/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/slip.h"
#include "base/text.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

enum { FORMAT = 1, SIGNED = 45 };

static const char tag[] = "huika-slip-v1", secret_tag[] = "huika-slip-secret-v1"; /* hashed with their closing 0 */

enum err slip_secret(
    const uint8_t key[static SLIP_KEY], const uint8_t id[static ULID_SIZE], uint8_t out[static SLIP_SECRET])
{
    uint8_t ikm[SLIP_KEY], info[ULID_SIZE];
    char salt[sizeof tag], digest[] = "SHA256";
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    memcpy(ikm, key, sizeof ikm);
    memcpy(info, id, sizeof info);
    memcpy(salt, tag, sizeof salt);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm, sizeof ikm),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info), OSSL_PARAM_construct_end()};
    bool good = ctx && EVP_KDF_derive(ctx, out, SLIP_SECRET, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    OPENSSL_cleanse(ikm, sizeof ikm);
    return good ? ERR_OK : ERR_INTERNAL;
}

void slip_secret_hash(const uint8_t secret[static SLIP_SECRET], uint8_t out[static KEY_HASH])
{
    key_sha256_pieces((const struct key_piece[]){{secret_tag, sizeof secret_tag}, {secret, SLIP_SECRET}}, 2, out);
}

static void put(uint8_t *at, uint64_t v, size_t n)
{
    for (; n; v >>= 8)
        at[--n] = (uint8_t)v;
}

static uint64_t get(const uint8_t *at, size_t n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | *at++;
    return v;
}

/* format .. hash */
static void head(const struct slip *s, uint8_t out[static SIGNED])
{
    out[0] = FORMAT;
    memcpy(out + 1, s->terminal, ULID_SIZE);
    put(out + 17, s->epoch, 4);
    put(out + 21, s->seq, 8);
    memcpy(out + 29, s->hash, SLIP_HASH);
}

static void message(const struct slip *s, uint8_t out[static sizeof tag + SIGNED])
{
    memcpy(out, tag, sizeof tag);
    head(s, out + sizeof tag);
}

enum err slip_sign(struct slip *s, EVP_PKEY *device)
{
    uint8_t m[sizeof tag + SIGNED];
    message(s, m);
    return key_sign(device, m, sizeof m, s->sig);
}

enum err slip_verify(const struct slip *s, EVP_PKEY *device)
{
    uint8_t m[sizeof tag + SIGNED];
    message(s, m);
    return key_verify(device, m, sizeof m, s->sig);
}

void slip_encode(const struct slip *s, char out[static SLIP_TEXT_LEN + 1])
{
    uint8_t b[SLIP_SIZE];
    head(s, b);
    memcpy(b + SIGNED, s->secret, SLIP_SECRET);
    memcpy(b + SIGNED + SLIP_SECRET, s->sig, KEY_SIG);
    text_base32(b, sizeof b, out);
    OPENSSL_cleanse(b, sizeof b);
}

enum err slip_decode(const char *text, size_t len, struct slip *out)
{
    uint8_t b[SLIP_SIZE];
    if (len != SLIP_TEXT_LEN || text_unbase32(text, len, b, sizeof b) || b[0] != FORMAT)
        return ERR_BAD_VALUE;
    struct slip s = {.epoch = (uint32_t)get(b + 17, 4), .seq = get(b + 21, 8)};
    if (!s.epoch || !s.seq || s.seq > UINT64_C(1) << 53)
        return ERR_BAD_VALUE;
    memcpy(s.terminal, b + 1, ULID_SIZE);
    memcpy(s.hash, b + 29, SLIP_HASH);
    memcpy(s.secret, b + SIGNED, SLIP_SECRET);
    memcpy(s.sig, b + SIGNED + SLIP_SECRET, KEY_SIG);
    OPENSSL_cleanse(b, sizeof b);
    *out = s;
    return ERR_OK;
}

enum err slip_url(const struct slip *s, const char *public_url, char out[static SLIP_URL_MAX + 1])
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
    size_t n = strlen(public_url);
    if (n <= 8 || n > SLIP_HOST_MAX || strncmp(public_url, "https://", 8) != 0 ||
        public_url[8 + strspn(public_url + 8, host)])
        return ERR_BAD_VALUE;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(public_url[i] >= 'a' && public_url[i] <= 'z' ? public_url[i] - 'a' + 'A' : public_url[i]);
    memcpy(out + n, "/S/", sizeof "/S/");
    slip_encode(s, out + n + 3);
    return ERR_OK;
}
