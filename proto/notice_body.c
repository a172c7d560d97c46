/* SPDX-License-Identifier: Apache-2.0 */
/* What trust and shop notices say. The envelope is in notice.c. */
#include "base/text.h"
#include "base/ulid.h"
#include "proto/notice.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { CERT_MAX = 4096, PREFIX_MAX = 200 };
#define TIME_MAX INT64_C(253402300799999) /* the end of year 9999 */

static const char *const standings[] = {"unknown", "listed", "suspended", "delisted"};
enum { STANDING_CNT = sizeof standings / sizeof *standings };

const char *standing_name(enum standing s)
{
    return (int)s > 0 && (int)s < STANDING_CNT ? standings[s] : standings[0];
}

enum standing standing_from_name(const char *name)
{
    for (int i = 1; name && i < STANDING_CNT; i++)
        if (!strcmp(standings[i], name))
            return (enum standing)i;
    return STANDING_UNKNOWN;
}

/* Only lack of memory is told apart; whatever else is wrong makes it a bad notice. */
static enum err bad(enum err e)
{
    return !e || e == ERR_NOMEM ? e : ERR_BAD_NOTICE;
}

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
    return bad(e ? e : spki_of(root, out));
}

static unsigned kinds_of(const json_t *list)
{
    unsigned bits = 0;
    size_t i;
    json_t *v;
    json_array_foreach (list, i, v) {
        const char *name = json_is_string(v) ? json_string_value(v) : "";
        if (!strcmp(name, "shop"))
            bits |= 1u << NOTICE_SHOP;
        else if (!strcmp(name, "head"))
            bits |= NOTICE_BIT_HEAD;
    }
    return bits;
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
    if ((e = key_id(k->key, real)))
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
    enum err e = jsonx_int(body, "issued_ms", 0, TIME_MAX, &t->issued_utc_ms);
    if (!e)
        e = jsonx_int(body, "not_after_ms", 0, TIME_MAX, &t->not_after_utc_ms);
    return !e && t->not_after_utc_ms < t->issued_utc_ms ? ERR_BAD_NOTICE : e;
}

/* It becomes part of what slips carry, so nothing but a host and a port. */
static enum err public_url(const json_t *body, char out[static NOTICE_URL_MAX + 1])
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:";
    char url[NOTICE_URL_MAX + 1];
    enum err e = jsonx_copy(body, "public_url", 9, url, sizeof url);
    if (e)
        return e;
    if (strncmp(url, "https://", 8) != 0 || url[8 + strspn(url + 8, host)])
        return ERR_BAD_NOTICE;
    memcpy(out, url, sizeof url);
    return ERR_OK;
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
    if (!e && jsonx_has(n->body, "public_url"))
        e = public_url(n->body, t->public_url);
    if (e)
        notice_trust_release(t);
    else
        *out = *t;
    free(t);
    return bad(e);
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

/* These reach screens and receipts. */
static enum err text_into(const json_t *body, const char *key, size_t min, size_t size, char *out)
{
    enum err e = jsonx_copy(body, key, min, out, size);
    if (!e)
        text_clean(out);
    return e;
}

static enum err shop_texts(const json_t *body, struct notice_shop *s)
{
    const char *standing;
    uint8_t id[ULID_SIZE];
    enum err e = text_into(body, "shop_id", ULID_LEN, sizeof s->shop_id, s->shop_id);
    if (!e)
        e = ulid_decode(s->shop_id, strlen(s->shop_id), id);
    if (!e)
        e = text_into(body, "name", 1, sizeof s->name, s->name);
    if (!e)
        e = text_into(body, "org_name", 1, sizeof s->org_name, s->org_name);
    if (!e)
        e = text_into(body, "reason", 0, sizeof s->reason, s->reason);
    if (!e)
        e = text_into(body, "category", 1, sizeof s->category, s->category);
    if (!e)
        e = jsonx_str(body, "standing", 1, 32, &standing);
    if (e)
        return e;
    s->standing = standing_from_name(standing);
    return s->standing ? ERR_OK : ERR_BAD_NOTICE;
}

static enum err shop_offers(const json_t *body, struct notice_shop *s)
{
    json_t *list, *v;
    size_t i, cnt;
    enum err e = jsonx_arr(body, "offers", OFFER_PER_SHOP, &list);
    if (e || !(cnt = json_array_size(list)))
        return e;
    if (!(s->offers = calloc(cnt, sizeof *s->offers)))
        return ERR_NOMEM;
    s->offer_cnt = cnt;
    json_array_foreach (list, i, v) {
        uint8_t id[ULID_SIZE];
        char why[64];
        if ((e = offer_parse(v, &s->offers[i], why)) || (e = ulid_decode(s->offers[i].id, strlen(s->offers[i].id), id)))
            return e;
    }
    return ERR_OK;
}

enum err notice_shop_parse(const struct notice *n, struct notice_shop *out)
{
    struct notice_shop s = {.version = n->version};
    if (n->kind != NOTICE_SHOP)
        return ERR_BAD_NOTICE;
    enum err e = shop_texts(n->body, &s);
    if (!e)
        e = jsonx_int(n->body, "since_ms", 0, TIME_MAX, &s.since_utc_ms);
    if (!e)
        e = jsonx_int(n->body, "issued_ms", 0, TIME_MAX, &s.issued_utc_ms);
    if (!e)
        e = shop_offers(n->body, &s);
    if (e)
        notice_shop_release(&s);
    else
        *out = s;
    return bad(e);
}

void notice_shop_release(struct notice_shop *s)
{
    free(s->offers);
    *s = (struct notice_shop){0};
}
