/* SPDX-License-Identifier: Apache-2.0 */
#include "service/public/found.h"
#include "base/jsonx.h"
#include "base/text.h"
#include "proto/record.h"
#include "service/sign/ca.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>
#include <string.h>

struct signer {
    const struct slip *slip;
    bool good;
};

/* A renewed terminal has another key; slips of the old one stay good. */
static enum err try_key(void *ctx, const uint8_t *der, size_t len)
{
    struct signer *s = ctx;
    X509 *cert = NULL;
    enum err e = ca_cert_from_der(der, len, &cert);
    EVP_PKEY *key = e ? NULL : X509_get_pubkey(cert);
    s->good = key && slip_verify(s->slip, key) == ERR_OK;
    key_free(&key);
    X509_free(cert);
    return s->good ? ERR_EXISTS : ERR_OK;
}

/* The hash of the secret as the record has it; zeros if it has none. */
static void secret_of(const struct store_slip *r, uint8_t out[static KEY_HASH])
{
    json_t *body = NULL;
    memset(out, 0, KEY_HASH);
    if (!jsonx_parse(buf_str(&r->body), r->body.len, &body) && jsonx_hex(body, "slip", out, KEY_HASH))
        memset(out, 0, KEY_HASH);
    json_decref(body);
}

/* Compared in constant time, and nothing is told of which part was wrong. */
static bool opens(const struct found *f)
{
    uint8_t shown[KEY_HASH], kept[KEY_HASH];
    slip_secret_hash(f->slip.secret, shown);
    secret_of(&f->record, kept);
    bool secret = CRYPTO_memcmp(shown, kept, KEY_HASH) == 0;
    bool hash = CRYPTO_memcmp(f->slip.hash, f->record.hash, SLIP_HASH) == 0;
    return secret & hash;
}

static enum err look(struct found *f)
{
    struct signer s = {.slip = &f->slip};
    enum err e = store_terminal_get(f->tx, f->slip.terminal, &f->terminal);
    if (!e)
        e = store_cert_each(f->tx, f->slip.terminal, try_key, &s);
    if (s.good)
        e = store_slip_get(f->tx, f->terminal.number, f->slip.epoch, f->slip.seq, &f->record);
    if (e == ERR_NOT_FOUND && s.good)
        f->what = FOUND_NOT_YET;
    if (e == ERR_NOT_FOUND || !s.good)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (e || !opens(f))
        return e;
    f->what = FOUND_RECORD;
    e = store_dispute_get(f->tx, f->terminal.number, f->slip.epoch, f->slip.seq, &f->dispute);
    f->has_dispute = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err found_look(struct visit *v, struct found *f)
{
    memset(f, 0, sizeof *f);
    buf_init(&f->record.body, RECORD_BODY_MAX);
    if (!guess_may(&v->public->guess, visit_address(v), v->now_mono_ms))
        return ERR_TOO_MANY;
    if (slip_decode(v->slip, strlen(v->slip), &f->slip))
        return ERR_OK;
    enum err e = store_read_begin(v->public->service->store, &f->tx);
    return e ? e : look(f);
}

void found_release(struct found *f)
{
    store_read_end(&f->tx);
    buf_release(&f->record.body);
    OPENSSL_cleanse(&f->slip, sizeof f->slip);
}

bool found_refused(struct visit *v, const struct found *f, enum err e)
{
    if (!e && f->what != FOUND_NOTHING)
        return false;
    if (!e)
        guess_missed(&v->public->guess, visit_address(v), v->now_mono_ms);
    page_nothing(v, !e                  ? MHD_HTTP_NOT_FOUND
                    : e == ERR_TOO_MANY ? MHD_HTTP_TOO_MANY_REQUESTS
                                        : MHD_HTTP_SERVICE_UNAVAILABLE);
    return true;
}

void found_token(const struct found *f, int64_t until_utc_ms, char out[static FOUND_TOKEN_LEN + 1])
{
    static const char tag[] = "huika-form-v1";
    uint8_t m[sizeof tag + 8 + SLIP_HASH], mac[32] = {0};
    unsigned n = sizeof mac;
    memcpy(m, tag, sizeof tag);
    for (int i = 0; i < 8; i++)
        m[sizeof tag + (size_t)i] = (uint8_t)((uint64_t)until_utc_ms >> (56 - 8 * i));
    memcpy(m + sizeof tag + 8, f->slip.hash, SLIP_HASH);
    HMAC(EVP_sha256(), f->slip.secret, SLIP_SECRET, m, sizeof m, mac, &n);
    text_hex(m + sizeof tag, 8, out);
    text_hex(mac, 16, out + 16);
}

bool found_token_ok(const struct found *f, int64_t now_utc_ms, const char *token)
{
    uint8_t until[8];
    char right[FOUND_TOKEN_LEN + 1];
    int64_t ms = 0;
    if (!token || strlen(token) != FOUND_TOKEN_LEN || text_unhex(token, 16, until, sizeof until))
        return false;
    for (size_t i = 0; i < sizeof until; i++)
        ms = (int64_t)((uint64_t)ms << 8 | until[i]);
    found_token(f, ms, right);
    return now_utc_ms < ms && ms - now_utc_ms <= FOUND_FORM_MS && !CRYPTO_memcmp(right, token, FOUND_TOKEN_LEN);
}
