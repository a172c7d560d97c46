/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sign/notices.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

/* Fills `obj` under `key` with the base64 of n bytes; false if out of memory. */
static bool set_base64(json_t *obj, const char *key, const void *p, size_t n)
{
    char *text = malloc(TEXT_BASE64_LEN(n) + 1);
    if (!text)
        return false;
    text_base64(p, n, text);
    bool good = json_object_set_new(obj, key, json_string(text)) == 0;
    free(text);
    return good;
}

static bool set_spki(json_t *obj, const EVP_PKEY *key)
{
    struct buf spki;
    buf_init(&spki, KEY_SPKI_MAX);
    bool good = !key_spki(key, &spki) && set_base64(obj, "spki", spki.data, spki.len);
    buf_release(&spki);
    return good;
}

/* One of "keys", with the kinds that it may sign (taken). */
static bool add_key(json_t *keys, const EVP_PKEY *key, json_t *kinds)
{
    char id[KEY_ID_LEN + 1];
    json_t *v = key_id(key, id) ? NULL : json_pack("{s:s, s:s}", "id", id, "alg", "ecdsa-p256-sha256");
    bool good = !json_object_set_new(v, "kinds", kinds);
    if (good && set_spki(v, key))
        return !json_array_append_new(keys, v);
    json_decref(v);
    return false;
}

static bool add_card_key(json_t *keys, const struct card_key *k)
{
    json_t *v = json_pack("{s:i}", "number", (int)k->number);
    if (v && set_spki(v, k->key))
        return !json_array_append_new(keys, v);
    json_decref(v);
    return false;
}

static json_t *strings(const char *const *list)
{
    json_t *a = json_array();
    for (; a && list && *list; list++)
        if (json_array_append_new(a, json_string(*list))) {
            json_decref(a);
            return NULL;
        }
    return a;
}

static bool fill_keys(json_t *v, const struct notices_trust *t)
{
    json_t *root = json_object(), *keys = json_array(), *cards = json_array();
    /* json_object_set_new takes them even when it fails. */
    bool good = !json_object_set_new(v, "root", root) && !json_object_set_new(v, "keys", keys) &&
                !json_object_set_new(v, "card_keys", cards);
    good = good && set_spki(root, t->root) &&
           add_key(keys, t->notice, json_pack("[s, s, s]", "shop", "revoked", "answer")) &&
           add_key(keys, t->lease, json_pack("[s, s]", "lease", "head"));
    for (size_t i = 0; i < t->card_cnt && good; i++)
        good = add_card_key(cards, &t->card[i]);
    return good && set_base64(v, "sealing_cert", t->sealing_cert->data, t->sealing_cert->len);
}

/* NULL: the trust notice allows no key for that kind. */
static EVP_PKEY *signer_of(const struct service_keys *k, enum notice_kind kind, int64_t at_utc_ms)
{
    const struct keys_signer *s = keys_signer(k, 1u << kind, at_utc_ms);
    return s ? s->key : NULL;
}

/* hash: of the payload; NULL: not wanted. */
static enum err seal(enum notice_kind kind, const json_t *v, EVP_PKEY *key, struct buf *out, uint8_t *hash)
{
    struct buf payload;
    buf_init(&payload, NOTICE_MAX);
    enum err e = key ? jsonx_write(v, &payload) : ERR_UNKNOWN_KEY;
    if (!e)
        e = notice_seal(kind, payload.data, payload.len, key, out);
    if (!e && hash)
        key_sha256(payload.data, payload.len, hash);
    buf_release(&payload);
    return e;
}

enum err notices_trust(const struct notices_trust *t, struct buf *out)
{
    json_t *v = json_pack("{s:I, s:I, s:I}", "version", (json_int_t)t->version, "issued_ms",
        (json_int_t)t->issued_utc_ms, "not_after_ms", (json_int_t)t->not_after_utc_ms);
    bool good = v && fill_keys(v, t) && !json_object_set_new(v, "card_hosts", strings(t->card_hosts)) &&
                !json_object_set_new(v, "legacy_prefixes", strings(t->legacy)) &&
                !json_object_set_new(v, "public_url", json_string(t->public_url)) &&
                !json_object_set_new(v, "offline", json_pack("{s:b, s:b}", "qr", 1, "keyed", 0)) &&
                !json_object_set_new(v, "issuers", json_array());
    enum err e = good ? seal(NOTICE_TRUST, v, t->root, out, NULL) : ERR_NOMEM;
    json_decref(v);
    return e;
}

static json_t *shop_json(const struct store_shop *s, int64_t at_utc_ms)
{
    char id[ULID_LEN + 1];
    ulid_encode(s->shop, id);
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:[]}", "version", (json_int_t)s->version,
        "shop_id", id, "name", s->name, "category", s->category, "region", s->region, "org_name", s->org_name,
        "standing", standing_name(s->standing), "reason", s->reason, "since_ms", (json_int_t)s->since_utc_ms,
        "issued_ms", (json_int_t)at_utc_ms, "offers");
}

static enum err add_offers(struct store_tx *tx, const uint8_t *shop, json_t *list)
{
    size_t cnt = 0;
    struct offer *offers = calloc(OFFER_PER_SHOP, sizeof *offers);
    enum err e = offers ? store_offer_list(tx, shop, offers, &cnt) : ERR_NOMEM;
    for (size_t i = 0; i < cnt && !e; i++)
        e = json_array_append_new(list, offer_to_json(&offers[i])) ? ERR_NOMEM : ERR_OK;
    free(offers);
    return e;
}

enum err notices_publish(
    struct store_tx *tx, const struct service_keys *k, const uint8_t shop[static STORE_ID], int64_t at_utc_ms)
{
    struct store_shop s;
    struct buf envelope;
    uint8_t hash[KEY_HASH];
    enum err e = store_shop_get(tx, shop, &s);
    if (e)
        return e;
    buf_init(&envelope, NOTICE_MAX);
    json_t *v = shop_json(&s, at_utc_ms);
    e = v ? add_offers(tx, shop, json_object_get(v, "offers")) : ERR_NOMEM;
    if (!e)
        e = seal(NOTICE_SHOP, v, signer_of(k, NOTICE_SHOP, at_utc_ms), &envelope, hash);
    if (!e)
        e = store_notice_put(tx, shop, s.version, buf_str(&envelope), envelope.len, hash);
    json_decref(v);
    buf_release(&envelope);
    return e;
}

static json_t *deltas(const struct notices_revoked *r)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < r->delta_cnt; i++) {
        char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
        text_hex(r->delta[i].sha256, KEY_HASH, hash);
        if (json_array_append_new(list, json_pack("{s:I, s:I, s:s}", "from", (json_int_t)r->delta[i].from, "len",
                                            (json_int_t)r->delta[i].len, "sha256", hash))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

enum err notices_revoked(
    const struct service_keys *k, const struct notices_revoked *r, struct buf *out, uint8_t hash[static KEY_HASH])
{
    char sha256[TEXT_HEX_LEN(KEY_HASH) + 1];
    text_hex(r->sha256, KEY_HASH, sha256);
    json_t *v = json_pack("{s:I, s:I, s:I, s:I, s:s, s:o}", "version", (json_int_t)r->version, "issued_ms",
        (json_int_t)r->issued_utc_ms, "count", (json_int_t)r->count, "len", (json_int_t)r->len, "sha256", sha256,
        "deltas", deltas(r));
    enum err e = v ? seal(NOTICE_REVOKED, v, signer_of(k, NOTICE_REVOKED, r->issued_utc_ms), out, hash) : ERR_NOMEM;
    json_decref(v);
    return e;
}

/* "version" and "sha256" of a notice that a lease names. */
static json_t *named(const struct notices_named *n)
{
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    text_hex(n->hash, KEY_HASH, hash);
    return json_pack("{s:I, s:s}", "version", (json_int_t)n->version, "sha256", hash);
}

enum err notices_lease(const struct service_keys *k, const struct notices_lease *l, struct buf *out)
{
    char terminal[ULID_LEN + 1], shop[ULID_LEN + 1];
    const struct store_lease *s = &l->lease;
    ulid_encode(l->terminal, terminal);
    ulid_encode(l->shop_id, shop);
    json_t *v = json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:o, s:o, s:o}", "version",
        (json_int_t)s->version, "terminal_id", terminal, "shop_id", shop, "epoch", (json_int_t)s->epoch, "issued_ms",
        (json_int_t)s->issued_utc_ms, "stop_at_ms", (json_int_t)s->stop_utc_ms, "allowance", "sales",
        (json_int_t)s->sales, "amount_fen", (json_int_t)s->amount_fen, "starts", (json_int_t)l->starts, "per_card_day",
        (json_int_t)s->per_card_day, "keyed_sales", (json_int_t)s->keyed_sales, "keyed_amount_fen",
        (json_int_t)s->keyed_amount_fen, "trust", named(&l->trust), "shop", named(&l->shop), "revoked",
        named(&l->revoked));
    enum err e = v ? seal(NOTICE_LEASE, v, signer_of(k, NOTICE_LEASE, s->issued_utc_ms), out, NULL) : ERR_NOMEM;
    json_decref(v);
    return e;
}

enum err notices_countersign(
    const struct service_keys *k, const struct record_head *h, int64_t at_utc_ms, struct notices_countersigned *out)
{
    const struct keys_signer *s = keys_signer(k, NOTICE_BIT_HEAD, at_utc_ms);
    if (!s)
        return ERR_UNKNOWN_KEY;
    memcpy(out->keyid, s->id, sizeof out->keyid);
    return record_countersign(h, at_utc_ms, s->key, out->sig);
}
