/* SPDX-License-Identifier: Apache-2.0 */
/* What trust notices say. The envelope is in notice.c. */
#include "base/text.h"
#include "proto/notice_parts.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { CERT_MAX = 4096, PREFIX_MAX = 200 };
static enum err der_of(const json_t *obj, const char *key, size_t max, uint8_t *out, size_t *n)
{
    const char *s;
    enum err e = jsonx_str(obj, key, 4, TEXT_BASE64_LEN(max), &s);
    return e ? e : text_unbase64(s, strlen(s), out, max, n);
}

static enum err spki_of(const json_t *obj, EVP_PKEY **out)
{
    uint8_t der[KEY_SPKI_MAX];
    size_t n = 0;
    enum err e = der_of(obj, "spki", sizeof der, der, &n);
    return e ? e : key_from_spki(der, n, out);
}

enum err notice_root(const struct notice *n, EVP_PKEY **out)
{
    json_t *root;
    enum err e = n->kind == NOTICE_TRUST ? jsonx_obj(n->body, "root", &root) : ERR_BAD_NOTICE;
    return notice_bad(e ? e : spki_of(root, out));
}

/* Names that we do not know are left out. No key signs trust notices but the root. */
static unsigned kinds_of(const json_t *list)
{
    unsigned bits = 0;
    size_t i;
    json_t *v;
    json_array_foreach (list, i, v) {
        const char *name = json_is_string(v) ? json_string_value(v) : "";
        enum notice_kind kind = notice_kind_from_name(name);
        if (kind != NOTICE_NONE && kind != NOTICE_TRUST)
            bits |= 1u << kind;
        else if (!strcmp(name, "head"))
            bits |= NOTICE_BIT_HEAD;
    }
    return bits;
}

static enum err key_times(const json_t *v, struct notice_key *k)
{
    enum err e = ERR_OK;
    k->not_after_utc_ms = INT64_MAX;
    if (jsonx_has(v, "not_before_ms"))
        e = jsonx_int(v, "not_before_ms", 0, NOTICE_TIME_MAX, &k->not_before_utc_ms);
    if (!e && jsonx_has(v, "not_after_ms"))
        e = jsonx_int(v, "not_after_ms", 0, NOTICE_TIME_MAX, &k->not_after_utc_ms);
    return e;
}

/* A key of an algorithm that we do not know is left out: what only it signs will be refused. */
static enum err one_key(const json_t *v, struct notice_trust *t)
{
    struct notice_key *k = &t->keys[t->key_cnt];
    const char *alg, *id;
    char real[KEY_ID_LEN + 1];
    json_t *list;
    enum err e = jsonx_str(v, "alg", 1, 64, &alg);
    if (e || strcmp(alg, "ecdsa-p256-sha256"))
        return e;
    if ((e = jsonx_str(v, "id", KEY_ID_LEN, KEY_ID_LEN, &id)) || (e = jsonx_arr(v, "kinds", NOTICE_KEYS, &list)) ||
        (e = spki_of(v, &k->key)))
        return e;
    t->key_cnt++;
    k->kinds = kinds_of(list);
    if ((e = key_times(v, k)) || (e = key_id(k->key, real)))
        return e;
    return strcmp(id, real) ? ERR_BAD_NOTICE : text_copy(k->id, sizeof k->id, id);
}

static enum err one_card_key(const json_t *v, struct notice_trust *t)
{
    struct card_key *k = &t->card_keys[t->card_key_cnt];
    int64_t number;
    enum err e = jsonx_int(v, "number", 0, UINT8_MAX, &number);
    for (size_t i = 0; !e && i < t->card_key_cnt; i++)
        if (t->card_keys[i].number == number)
            e = ERR_BAD_NOTICE;
    if (e || (e = spki_of(v, &k->key)))
        return e;
    t->card_key_cnt++;
    k->number = (uint8_t)number;
    k->verifier = key_verifier_new(k->key);
    return k->verifier ? ERR_OK : ERR_NOMEM;
}

static enum err each(
    const json_t *body, const char *key, struct notice_trust *t, enum err one(const json_t *, struct notice_trust *))
{
    json_t *list, *v;
    size_t i;
    enum err e = jsonx_arr(body, key, NOTICE_KEYS, &list);
    if (e)
        return e;
    json_array_foreach (list, i, v)
        if ((e = one(v, t)))
            return e;
    return ERR_OK;
}

static enum err texts(const json_t *body, const char *key, size_t max, size_t len_max, char **out)
{
    json_t *list, *v;
    size_t i;
    enum err e = jsonx_arr(body, key, max, &list);
    if (e)
        return e;
    json_array_foreach (list, i, v) {
        if (!json_is_string(v) || !json_string_length(v) || json_string_length(v) > len_max)
            return ERR_BAD_NOTICE;
        if (!(out[i] = strdup(json_string_value(v))))
            return ERR_NOMEM;
    }
    return ERR_OK;
}

static bool hosts_ok(char *const *host)
{
    if (!*host)
        return false;
    for (; *host; host++)
        if (strspn(*host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(*host))
            return false;
    return true;
}

static enum err sealing_cert(const json_t *body, struct buf *out)
{
    uint8_t der[CERT_MAX];
    size_t n = 0;
    enum err e = der_of(body, "sealing_cert", sizeof der, der, &n);
    if (e)
        return e;
    const unsigned char *p = der;
    X509 *x = d2i_X509(NULL, &p, (long)n);
    if (!x || p != der + n || !EVP_PKEY_is_a(X509_get0_pubkey(x), "EC"))
        e = ERR_BAD_NOTICE;
    X509_free(x);
    ERR_clear_error();
    return e ? e : buf_add(out, der, n);
}

static enum err trust_times(const json_t *body, struct notice_trust *t)
{
    enum err e = jsonx_int(body, "issued_ms", 0, NOTICE_TIME_MAX, &t->issued_utc_ms);
    if (!e)
        e = jsonx_int(body, "not_after_ms", 0, NOTICE_TIME_MAX, &t->not_after_utc_ms);
    return !e && t->not_after_utc_ms < t->issued_utc_ms ? ERR_BAD_NOTICE : e;
}

static enum err offline_of(const json_t *body, struct notice_trust *t)
{
    json_t *v;
    if (!jsonx_has(body, "offline"))
        return ERR_OK;
    enum err e = jsonx_obj(body, "offline", &v);
    if (!e)
        e = jsonx_bool(v, "qr", &t->offline_qr);
    return e ? e : jsonx_bool(v, "keyed", &t->offline_keyed);
}

static enum err issuers_of(const json_t *body, struct notice_trust *t)
{
    json_t *list, *v;
    size_t i;
    enum err e = ERR_OK;
    if (!jsonx_has(body, "issuers"))
        return ERR_OK;
    if ((e = jsonx_arr(body, "issuers", NOTICE_ISSUERS, &list)))
        return e;
    json_array_foreach (list, i, v) {
        struct notice_issuer *to = &t->issuers[i];
        e = jsonx_copy(v, "prefix", 1, to->prefix, sizeof to->prefix);
        if (!e && to->prefix[strspn(to->prefix, "0123456789")])
            e = ERR_BAD_NOTICE;
        if (!e)
            e = notice_text(v, "name", 1, sizeof to->name, to->name);
        if (e)
            return e;
        t->issuer_cnt = i + 1;
    }
    return ERR_OK;
}

static enum err floor_reset_of(const json_t *body, struct notice_trust *t)
{
    json_t *v, *list, *kind;
    size_t i;
    t->reset_floor_utc_ms = -1;
    if (!jsonx_has(body, "floor_reset"))
        return ERR_OK;
    enum err e = jsonx_obj(body, "floor_reset", &v);
    if (!e && jsonx_has(v, "floor_ms"))
        e = jsonx_int(v, "floor_ms", 0, NOTICE_TIME_MAX, &t->reset_floor_utc_ms);
    if (e || !jsonx_has(v, "versions"))
        return e;
    if ((e = jsonx_arr(v, "versions", NOTICE_KEYS, &list)))
        return e;
    json_array_foreach (list, i, kind) {
        enum notice_kind k = json_is_string(kind) ? notice_kind_from_name(json_string_value(kind)) : NOTICE_NONE;
        if (k == NOTICE_TRUST) /* whoever can sign a trust notice counts its versions himself */
            return ERR_BAD_NOTICE;
        if (k)
            t->reset_kinds |= 1u << k;
    }
    return ERR_OK;
}

/* Nothing but a scheme, a name and a port: what is made of it is printed and scanned. */
static bool url_ok(const char *url)
{
    if (strncmp(url, "https://", 8) != 0)
        return false;
    const char *host = url + 8, *end = host + strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-");
    if (end == host || *host == '.' || *host == '-' || end[-1] == '.' || end[-1] == '-')
        return false;
    if (!*end)
        return true;
    size_t digits = *end == ':' ? strspn(end + 1, "0123456789") : 0;
    return digits >= 1 && digits <= 5 && !end[1 + digits] && end[1] != '0';
}

static enum err policy_of(const json_t *body, struct notice_trust *t)
{
    enum err e = ERR_OK;
    if (jsonx_has(body, "public_url"))
        e = jsonx_copy(body, "public_url", 1, t->public_url, sizeof t->public_url);
    if (!e && *t->public_url && !url_ok(t->public_url))
        e = ERR_BAD_NOTICE;
    if (!e)
        e = offline_of(body, t);
    if (!e)
        e = issuers_of(body, t);
    return e ? e : floor_reset_of(body, t);
}

const char *notice_issuer(const struct notice_trust *t, const char *digits)
{
    const struct notice_issuer *best = NULL;
    size_t best_len = 0;
    for (size_t i = 0; i < t->issuer_cnt; i++) {
        size_t n = strlen(t->issuers[i].prefix);
        if (n > best_len && !strncmp(digits, t->issuers[i].prefix, n)) {
            best = &t->issuers[i];
            best_len = n;
        }
    }
    return best ? best->name : NULL;
}

enum err notice_trust_parse(const struct notice *n, struct notice_trust *out)
{
    if (n->kind != NOTICE_TRUST)
        return ERR_BAD_NOTICE;
    struct notice_trust *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_NOMEM;
    t->version = n->version;
    buf_init(&t->sealing_cert, CERT_MAX);
    enum err e = notice_root(n, &t->root);
    if (!e)
        e = trust_times(n->body, t);
    if (!e)
        e = each(n->body, "keys", t, one_key);
    if (!e)
        e = each(n->body, "card_keys", t, one_card_key);
    if (!e)
        e = texts(n->body, "card_hosts", NOTICE_HOSTS, CARD_HOST_MAX, t->card_hosts);
    if (!e && !hosts_ok(t->card_hosts))
        e = ERR_BAD_NOTICE;
    if (!e)
        e = texts(n->body, "legacy_prefixes", NOTICE_PREFIXES, PREFIX_MAX, t->legacy);
    if (!e)
        e = sealing_cert(n->body, &t->sealing_cert);
    if (!e)
        e = policy_of(n->body, t);
    if (e)
        notice_trust_release(t);
    else
        *out = *t;
    free(t);
    return notice_bad(e);
}

void notice_trust_release(struct notice_trust *t)
{
    key_free(&t->root);
    for (size_t i = 0; i < t->key_cnt; i++)
        key_free(&t->keys[i].key);
    for (size_t i = 0; i < t->card_key_cnt; i++) {
        key_verifier_free(&t->card_keys[i].verifier);
        key_free(&t->card_keys[i].key);
    }
    for (size_t i = 0; i < NOTICE_HOSTS; i++)
        free(t->card_hosts[i]);
    for (size_t i = 0; i < NOTICE_PREFIXES; i++)
        free(t->legacy[i]);
    buf_release(&t->sealing_cert);
    *t = (struct notice_trust){0};
}
