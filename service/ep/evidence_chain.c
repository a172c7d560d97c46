/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "service/ep/ep.h"
#include "service/ep/evidence.h"
#include "service/sign/ca.h"
#include "service/sign/notices.h"
#include "service/store/store_slip.h"
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <string.h>

enum { PSEUDONYM = 8, DER_MAX = 80, LEAD_MAX = 128 };

static enum err push(json_t *list, json_t *v)
{
    return json_array_append_new(list, v) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hash_text(const uint8_t hash[static KEY_HASH])
{
    char text[TEXT_HEX_LEN(KEY_HASH) + 1];
    text_hex(hash, KEY_HASH, text);
    return json_string(text);
}

/* r and s as openssl wants them (RFC 3279, 2.2.3), in base64. */
static json_t *der_text(const uint8_t sig[static KEY_SIG])
{
    uint8_t der[DER_MAX], *at = der;
    char text[TEXT_BASE64_LEN(DER_MAX) + 1];
    ECDSA_SIG *s = ECDSA_SIG_new();
    BIGNUM *r1 = BN_bin2bn(sig, KEY_SIG / 2, NULL), *s1 = BN_bin2bn(sig + KEY_SIG / 2, KEY_SIG / 2, NULL);
    json_t *out = NULL;
    if (s && r1 && s1 && ECDSA_SIG_set0(s, r1, s1) == 1) {
        r1 = s1 = NULL; /* its own now */
        int n = i2d_ECDSA_SIG(s, NULL);
        if (n > 0 && n <= DER_MAX && i2d_ECDSA_SIG(s, &at) == n) {
            text_base64(der, (size_t)n, text);
            out = json_string(text);
        }
    }
    BN_free(r1);
    BN_free(s1);
    ECDSA_SIG_free(s);
    return out;
}

/* The head at that record as its terminal signed it, and what the service says to it: the same as it told the terminal then. */
static enum err put_head(struct evidence *w, const struct store_evidence *r, json_t *v)
{
    struct record_head h = {.epoch = r->epoch, .seq = r->seq};
    struct notices_countersigned c;
    memcpy(h.terminal, r->terminal_id, sizeof h.terminal);
    memcpy(h.hash, r->hash, sizeof h.hash);
    const struct keys_signer *k = keys_signer(w->rq->service->keys, NOTICE_BIT_HEAD, w->rq->at_utc_ms);
    if (!k || record_countersign(&h, r->received_utc_ms, k->key, c.sig))
        return ERR_UNKNOWN_KEY;
    return json_object_set_new(v, "head",
               json_pack("{so sI so ss}", "sig", der_text(r->sig), "at_ms", (json_int_t)r->received_utc_ms,
                   "countersig", der_text(c.sig), "keyid", k->id)) == 0
               ? ERR_OK
               : ERR_NOMEM;
}

/* The same card, the same name within this document; nothing outside it. */
static enum err put_card(const struct evidence *w, const struct store_evidence *r, json_t *v)
{
    json_t *body = NULL;
    const char *id;
    uint8_t sale[STORE_ID], member[STORE_MEMBER_ID], mac[32] = {0};
    unsigned n = sizeof mac;
    char card[2 * PSEUDONYM + 1];
    enum err e = jsonx_parse(r->body, r->body_len, &body);
    if (!e)
        e = jsonx_str(body, "sale_id", ULID_LEN, ULID_LEN, &id);
    if (!e)
        e = ulid_decode(id, ULID_LEN, sale);
    json_decref(body);
    if (!e)
        e = store_evidence_member(w->tx, sale, w->shop.shop, member);
    if (e) /* a sale that cannot be read, or whose card could not be told, has none */
        return e == ERR_NOT_FOUND || err_class(e) != ERR_CLASS_SYSTEM ? ERR_OK : e;
    HMAC(EVP_sha256(), w->key, sizeof w->key, member, STORE_MEMBER_ID, mac, &n);
    text_hex(mac, PSEUDONYM, card);
    return json_object_set_new(v, "card", json_string(card)) == 0 ? ERR_OK : ERR_NOMEM;
}

/* between: it is here only because it stands between others and the head that covers them. */
static enum err put_record(struct evidence *w, const struct store_evidence *r, bool between)
{
    json_t *v = json_pack("{sI sI sI ss so so so ss sI}", "terminal", (json_int_t)r->terminal, "epoch",
        (json_int_t)r->epoch, "seq", (json_int_t)r->seq, "kind", record_kind_name(r->kind), "hash", hash_text(r->hash),
        "previous", hash_text(r->previous), "body", json_stringn(r->body, r->body_len), "outcome",
        r->code ? err_code(r->code) : "counted", "received_ms", (json_int_t)r->received_utc_ms);
    if (!v)
        return ERR_NOMEM;
    if (between)
        json_object_set_new(v, "between", json_true());
    if (r->erased)
        json_object_set_new(v, "erased", json_true());
    enum err e = !between && r->kind == RECORD_SALE ? put_card(w, r, v) : ERR_OK;
    if (!e && r->has_sig)
        e = put_head(w, r, v);
    w->terminal = r->terminal;
    w->epoch = r->epoch;
    w->seq = r->seq;
    w->loose = !r->has_sig;
    enum err pushed = push(w->records, v);
    return e ? e : pushed;
}

static enum err put_between(void *ctx, const struct store_evidence *r)
{
    struct evidence *w = ctx;
    enum err e = put_record(w, r, true);
    return e ? e : w->loose ? ERR_OK : ERR_EXISTS;
}

/* On from the last record to the next signed head, before `to` (0: whatever comes). */
static enum err lead(struct evidence *w, uint64_t to)
{
    if (!w->loose || !w->terminal)
        return ERR_OK;
    enum err e = store_evidence_after(w->tx, w->terminal, w->epoch, w->seq, to, LEAD_MAX, put_between, w);
    return e == ERR_EXISTS ? ERR_OK : e;
}

static enum err add_record(void *ctx, const struct store_evidence *r)
{
    struct evidence *w = ctx;
    bool same = w->terminal == r->terminal && w->epoch == r->epoch;
    enum err e = lead(w, same ? r->seq : 0);
    return e ? e : put_record(w, r, false);
}

static enum err add_cert(void *ctx, const uint8_t *der, size_t len)
{
    X509 *cert = NULL;
    BIO *pem = BIO_new(BIO_s_mem());
    char *p = NULL;
    enum err e = pem ? ca_cert_from_der(der, len, &cert) : ERR_NOMEM;
    if (!e)
        e = PEM_write_bio_X509(pem, cert) == 1 ? ERR_OK : ERR_INTERNAL;
    if (!e) {
        long n = BIO_get_mem_data(pem, &p);
        e = push(ctx, json_stringn(p, (size_t)n));
    }
    X509_free(cert);
    BIO_free(pem);
    return e;
}

static enum err add_terminal(void *ctx, const struct store_terminal *t)
{
    struct evidence *w = ctx;
    json_t *certs = json_array();
    enum err e = certs ? store_cert_each(w->tx, t->terminal, add_cert, certs) : ERR_NOMEM;
    json_t *v = json_pack(
        "{sI so so}", "number", (json_int_t)t->number, "terminal_id", ep_id(t->terminal), "certificates", certs);
    enum err pushed = push(w->terminals, v);
    return e ? e : pushed;
}

static enum err add_countersigner(struct evidence *w)
{
    const struct keys_signer *k = keys_signer(w->rq->service->keys, NOTICE_BIT_HEAD, w->rq->at_utc_ms);
    BIO *pem = BIO_new(BIO_s_mem());
    char *p = NULL;
    enum err e = !k                                       ? ERR_UNKNOWN_KEY
                 : !pem                                   ? ERR_NOMEM
                 : PEM_write_bio_PUBKEY(pem, k->key) == 1 ? ERR_OK
                                                          : ERR_INTERNAL;
    if (!e) {
        long n = BIO_get_mem_data(pem, &p);
        e = push(w->countersigners, json_pack("{ss so}", "keyid", k->id, "key", json_stringn(p, (size_t)n)));
    }
    BIO_free(pem);
    return e;
}

enum err evidence_chain(struct evidence *w, const uint8_t shop[static STORE_ID])
{
    const struct store_terminal_page all = {.scope = w->shop.org, .shop = shop, .limit = INT64_MAX};
    enum err e = store_evidence_records(w->tx, shop, add_record, w);
    if (!e)
        e = lead(w, 0);
    if (!e)
        e = store_terminal_list(w->tx, &all, add_terminal, w);
    return e ? e : add_countersigner(w);
}
