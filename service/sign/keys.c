/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sign/keys.h"
#include "base/file.h"
#include "proto/invite.h"
#include "service/sign/ca.h"
#include "service/sign/keys_parts.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WHAT = 64 };

/* Where we are, for the one who asks what failed. */
struct loading {
    const char *dir;
    struct service_keys *k;
    char what[WHAT], path[PATH_MAX];
};

static enum err path_of(struct loading *l, const char *name)
{
    snprintf(l->what, sizeof l->what, "%s", name);
    return file_path(l->dir, name, l->path, sizeof l->path);
}

static enum err load_key(struct loading *l, const char *name, EVP_PKEY **out)
{
    enum err e = path_of(l, name);
    return e ? e : key_load_pem(l->path, out);
}

static enum err load_cert(struct loading *l, const char *name, X509 **out)
{
    enum err e = path_of(l, name);
    return e ? e : ca_cert_load(l->path, out);
}

static enum err load_number_key(struct loading *l)
{
    struct buf b;
    buf_init(&b, KEYS_HMAC);
    enum err e = path_of(l, "keys/number.hmac");
    if (!e)
        e = file_read(l->path, &b);
    if (e == ERR_TOO_LARGE || (!e && b.len != KEYS_HMAC))
        e = ERR_BAD_VALUE;
    if (!e)
        memcpy(l->k->number_key, b.data, KEYS_HMAC);
    buf_wipe(&b);
    return e;
}

/* A key and the certificate made for it. */
static enum err load_ca(struct loading *l, const char *key_name, const char *cert_name, EVP_PKEY **key, X509 **cert)
{
    enum err e = load_cert(l, cert_name, cert);
    if (!e)
        e = load_key(l, key_name, key);
    return !e && X509_check_private_key(*cert, *key) != 1 ? ERR_BAD_VALUE : e;
}

static enum err load_trust(struct loading *l, int64_t at_utc_ms)
{
    struct notice n;
    struct service_keys *k = l->k;
    enum err e = path_of(l, "trust.json");
    if (!e)
        e = file_read(l->path, &k->trust);
    if (!e)
        e = notice_open(buf_str(&k->trust), k->trust.len, &n);
    if (e)
        return e;
    memcpy(k->trust_hash, n.hash, KEY_HASH);
    e = notice_trust_parse(&n, &k->trust_notice);
    if (!e)
        e = notice_verify_root(&n, k->trust_notice.root);
    if (!e && at_utc_ms > k->trust_notice.not_after_utc_ms)
        e = ERR_NOTICE_EXPIRED;
    notice_release(&n);
    return e ? e : invite_fingerprint(X509_get0_pubkey(k->server_ca), k->trust_notice.root, k->fingerprint);
}

static enum err load_cards(struct loading *l)
{
    struct service_keys *k = l->k;
    char name[32];
    enum err e = k->trust_notice.card_key_cnt && k->trust_notice.card_key_cnt <= KEYS_CARDS ? ERR_OK : ERR_BAD_NOTICE;
    for (size_t i = 0; i < k->trust_notice.card_key_cnt && !e; i++) {
        const struct card_key *named = &k->trust_notice.card_keys[i];
        k->card[i].number = named->number;
        snprintf(name, sizeof name, "keys/card-%u.key", (unsigned)named->number);
        e = load_key(l, name, &k->card[i].key);
        if (!e && EVP_PKEY_eq(named->key, k->card[i].key) != 1)
            e = ERR_UNKNOWN_KEY;
        k->card_cnt = i + 1;
    }
    return e;
}

static enum err load_all(struct loading *l, int64_t at_utc_ms)
{
    struct service_keys *k = l->k;
    enum err e = load_cert(l, "server-ca.crt", &k->server_ca);
    if (!e)
        e = load_ca(l, "terminal-ca.key", "terminal-ca.crt", &k->terminal_ca_key, &k->terminal_ca);
    if (!e)
        e = load_ca(l, "admin-ca.key", "admin-ca.crt", &k->admin_ca_key, &k->admin_ca);
    if (!e)
        e = load_trust(l, at_utc_ms);
    if (!e)
        e = load_cards(l);
    if (!e)
        e = keys_load_signers(l->dir, k, at_utc_ms, l->what);
    if (!e)
        e = keys_load_sealing(l->dir, k, l->what);
    if (!e)
        e = keys_load_changes(l->dir, k, l->what);
    if (!e)
        e = load_number_key(l);
    if (!e && !path_of(l, "offline/root.key"))
        k->offline_here = !access(l->path, F_OK);
    if (!e && !k->offline_here && !path_of(l, "offline/server-ca.key"))
        k->offline_here = !access(l->path, F_OK);
    return e;
}

enum err keys_load(const char *dir, int64_t at_utc_ms, struct service_keys **out, char what[static WHAT])
{
    struct loading l = {.dir = dir, .k = calloc(1, sizeof(struct service_keys))};
    if (!l.k)
        return ERR_NOMEM;
    buf_init(&l.k->trust, NOTICE_MAX);
    enum err e = load_all(&l, at_utc_ms);
    if (e) {
        memcpy(what, l.what, WHAT);
        keys_free(&l.k);
    } else {
        *out = l.k;
    }
    return e;
}

void keys_free(struct service_keys **k)
{
    if (!k || !*k)
        return;
    struct service_keys *s = *k;
    X509_free(s->server_ca);
    X509_free(s->terminal_ca);
    X509_free(s->admin_ca);
    key_free(&s->terminal_ca_key);
    key_free(&s->admin_ca_key);
    for (size_t i = 0; i < s->signer_cnt; i++)
        key_free(&s->signer[i].key);
    for (size_t i = 0; i < s->card_cnt; i++)
        key_free(&s->card[i].key);
    for (size_t i = 0; i < s->sealing_cnt; i++) {
        key_free(&s->sealing[i].key);
        buf_release(&s->sealing[i].cert);
    }
    for (size_t i = 0; i < s->change_cnt; i++)
        buf_release(&s->change[i].text);
    buf_release(&s->trust);
    notice_trust_release(&s->trust_notice);
    OPENSSL_cleanse(s->number_key, sizeof s->number_key);
    free(s);
    *k = NULL;
}

enum err keys_card_text(const struct service_keys *k, const uint8_t token[static CARD_TOKEN], uint16_t last4,
    int32_t expiry_day, char out[static CARD_QR_TEXT_MAX + 1])
{
    const struct card_key *key = &k->card[k->card_cnt - 1];
    struct card_qr qr = {.key_number = key->number, .last4 = last4};
    memcpy(qr.token, token, sizeof qr.token);
    enum err e = card_expiry_from_day(expiry_day, &qr.expiry_day);
    return e ? e : card_encode(&qr, k->trust_notice.card_hosts[0], key->key, out);
}
