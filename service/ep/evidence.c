/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/shops/{shop}/evidence?blob=REF: what speaks for or against a shop, as one signed document: its notices, disputes, refusals,
 * voids, sales that are contested. Cards stand under pseudonyms of this document alone; of what somebody wrote only the texts of the
 * disputes named by `blob` (separated by commas) are disclosed. */
#include "service/ep/evidence.h"
#include "base/text.h"
#include "proto/ref.h"
#include "service/ep/disputes.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/store/store_audit.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>

enum { DOCUMENT_MAX = 24 * 1024 * 1024, SIG_MAX = 80 };

static enum err push(json_t *list, json_t *v)
{
    return json_array_append_new(list, v) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err add_notice(void *ctx, int64_t version, const char *envelope, size_t len)
{
    struct evidence *w = ctx;
    return push(
        w->notices, json_pack("{sI so}", "version", (json_int_t)version, "envelope", json_stringn(envelope, len)));
}

static bool chosen(const struct evidence *w, const char *ref)
{
    size_t n = strlen(ref);
    for (const char *s = w->blobs; s && *s; s += strcspn(s, ",") + (s[strcspn(s, ",")] == ','))
        if (strcspn(s, ",") == n && !memcmp(s, ref, n))
            return true;
    return false;
}

static enum err add_word(void *ctx, const struct store_word *o)
{
    if (o->act == STORE_WORD_NOTE)
        return ERR_OK;
    return push(ctx, json_pack("{sI ss ss ss}", "at_ms", (json_int_t)o->at_utc_ms, "act", store_word_act_name(o->act),
                         "org_name", o->org_name, "text", o->text));
}

static enum err add_dispute(void *ctx, const struct store_dispute *d)
{
    struct evidence *w = ctx;
    struct buf text;
    json_t *v = disputes_row(d, w->rq->at_utc_ms), *words = json_array();
    buf_init(&text, STORE_DISPUTE_TEXT_MAX);
    enum err e = v && words ? store_word_list(w->tx, d->dispute, add_word, words) : ERR_NOMEM;
    bool disclosed = !e && chosen(w, json_string_value(json_object_get(v, "ref")));
    if (disclosed)
        e = store_dispute_text(w->tx, d->dispute, false, &text);
    if (!e && text.len)
        json_object_set_new(v, "text", json_string(buf_str(&text)));
    if (!e && disclosed && d->second_utc_ms) {
        buf_reset(&text);
        e = store_dispute_text(w->tx, d->dispute, true, &text);
        json_object_set_new(v, "second_text", json_string(buf_str(&text)));
    }
    if (!e && d->second_utc_ms)
        json_object_set_new(v, "second_kind", json_string(d->second_kind));
    if (v)
        json_object_set_new(v, "words", words);
    buf_wipe(&text);
    if (!e)
        return push(w->disputes, v);
    json_decref(v);
    return e;
}

static enum err collect(struct evidence *w, const uint8_t id[static STORE_ID])
{
    struct store_dispute_query q = {.scope = w->rq->who->org, .shop = id, .limit = STORE_DISPUTE_PAGE_MAX};
    uint8_t last[STORE_ID];
    size_t before = SIZE_MAX;
    enum err e = store_evidence_notices(w->tx, id, add_notice, w);
    while (!e && json_array_size(w->disputes) != before) {
        before = json_array_size(w->disputes);
        e = store_dispute_list(w->tx, &q, add_dispute, w);
        const json_t *row = json_array_get(w->disputes, json_array_size(w->disputes) - 1);
        struct ref ref;
        struct store_dispute d;
        const char *text = json_string_value(json_object_get(row, "ref"));
        if (e || !text || json_array_size(w->disputes) - before < STORE_DISPUTE_PAGE_MAX)
            break;
        e = ref_parse(text, strlen(text), &ref);
        if (!e)
            e = store_dispute_get(w->tx, ref.number, ref.epoch, ref.seq, &d);
        memcpy(last, d.dispute, STORE_ID);
        q.after = last;
    }
    return e ? e : evidence_chain(w, id);
}

/* How many of the disputes a holder of the slip said that it was not they who complained. */
static int objected(const struct evidence *w)
{
    const json_t *d;
    size_t i;
    int n = 0;
    json_array_foreach (w->disputes, i, d)
        n += json_integer_value(json_object_get(d, "objections")) > 0;
    return n;
}

static json_t *document(const struct evidence *w)
{
    const struct store_shop *s = &w->shop;
    return json_pack("{ss sI so ss ss ss ss si sO sO sO sO sO}", "what", "huika-evidence-v2", "made_ms",
        (json_int_t)w->rq->at_utc_ms, "shop", ep_id(s->shop), "name", s->name, "org_name", s->org_name, "standing",
        standing_name(s->standing), "reason", s->reason, "objected", objected(w), "notices", w->notices, "disputes",
        w->disputes, "records", w->records, "terminals", w->terminals, "countersigners", w->countersigners);
}

/* ECDSA with SHA-256, DER: as `openssl dgst -verify` wants it. */
static enum err sign(EVP_PKEY *key, const struct buf *text, json_t *out)
{
    uint8_t der[SIG_MAX];
    char base64[TEXT_BASE64_LEN(SIG_MAX) + 1];
    size_t len = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    BIO *pem = BIO_new(BIO_s_mem());
    char *p = NULL;
    bool good = ctx && pem && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(ctx, der, &len, text->data, text->len) == 1 && PEM_write_bio_PUBKEY(pem, key) == 1;
    if (good) {
        text_base64(der, len, base64);
        long n = BIO_get_mem_data(pem, &p);
        good = !json_object_set_new(out, "signature", json_string(base64)) &&
               !json_object_set_new(out, "key", json_stringn(p, (size_t)n));
    }
    EVP_MD_CTX_free(ctx);
    BIO_free(pem);
    return good ? ERR_OK : ERR_INTERNAL;
}

static enum err answer(struct http_request *rq, const struct evidence *w)
{
    const struct keys_signer *signer = keys_signer(rq->service->keys, 1u << NOTICE_SHOP, rq->at_utc_ms);
    struct buf text;
    json_t *v = document(w), *out = json_object();
    buf_init(&text, DOCUMENT_MAX);
    enum err e = !signer ? ERR_UNKNOWN_KEY : v && out ? jsonx_write(v, &text) : ERR_NOMEM;
    if (!e)
        e = sign(signer->key, &text, out);
    if (!e && (json_object_set_new(out, "document", json_stringn(buf_str(&text), text.len)) ||
                  json_object_set_new(out, "keyid", json_string(signer->id))))
        e = ERR_NOMEM;
    json_decref(v);
    buf_wipe(&text);
    if (!e)
        return ep_answer(rq, 200, out);
    json_decref(out);
    return e;
}

static enum err log_it(struct store_tx *tx, void *ctx)
{
    struct evidence *w = ctx;
    return scope_log(
        tx, w->rq, w->shop.org, &(struct scope_act){"shop evidence", w->rq->param[0], w->blobs ? w->blobs : ""});
}

enum err ep_evidence(struct http_request *rq)
{
    struct evidence w = {.rq = rq,
        .blobs = http_query(rq, "blob"),
        .notices = json_array(),
        .disputes = json_array(),
        .records = json_array(),
        .terminals = json_array(),
        .countersigners = json_array()};
    uint8_t id[STORE_ID];
    enum err e =
        w.notices && w.disputes && w.records && w.terminals && w.countersigners ? ep_param_id(rq, 0, id) : ERR_NOMEM;
    if (!e && w.blobs &&
        (strlen(w.blobs) > STORE_AUDIT_TEXT_MAX || w.blobs[strspn(w.blobs, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-,")]))
        e = http_wrong(rq, ERR_BAD_VALUE, "blob");
    if (!e && RAND_bytes(w.key, sizeof w.key) != 1)
        e = ERR_INTERNAL;
    if (!e)
        e = store_read_begin(rq->service->store, &w.tx);
    if (!e)
        e = scope_shop(w.tx, rq, id, &w.shop);
    if (!e)
        e = collect(&w, id);
    store_read_end(&w.tx);
    if (!e)
        e = store_write(rq->service->store, log_it, &w);
    if (!e)
        e = answer(rq, &w);
    OPENSSL_cleanse(w.key, sizeof w.key);
    json_decref(w.notices);
    json_decref(w.disputes);
    json_decref(w.records);
    json_decref(w.terminals);
    json_decref(w.countersigners);
    return e;
}
