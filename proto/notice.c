/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope; what the payloads say is in notice_trust.c, notice_shop.c and notice_lease.c. */
#include "proto/notice.h"
#include "base/jsonw.h"
#include "base/text.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_HEAD "application/vnd.huika."
#define TYPE_TAIL ".v1+json"
/* PAYLOAD_TEXT_MAX: what NOTICE_MAX leaves beside type and signatures. */
enum {
    TYPE_MAX = 64,
    PAYLOAD_TEXT_MAX = NOTICE_MAX - 1024,
    SIGNATURES = sizeof((struct notice *)0)->keyid / sizeof((struct notice *)0)->keyid[0]
};

static const char *const kinds[NOTICE_KINDS] = {NULL, "trust", "shop", "lease", "revoked", "answer"};

const char *notice_kind_name(enum notice_kind kind)
{
    return (int)kind > 0 && kind < NOTICE_KINDS ? kinds[kind] : NULL;
}

enum notice_kind notice_kind_from_name(const char *name)
{
    for (int i = 1; name && i < NOTICE_KINDS; i++)
        if (!strcmp(kinds[i], name))
            return (enum notice_kind)i;
    return NOTICE_NONE;
}

static bool type_of(enum notice_kind kind, char type[static TYPE_MAX])
{
    const char *name = notice_kind_name(kind);
    if (!name)
        return false;
    stpcpy(stpcpy(stpcpy(type, TYPE_HEAD), name), TYPE_TAIL);
    return true;
}

static enum notice_kind kind_of(const char *type)
{
    char want[TYPE_MAX];
    for (int i = 1; i < NOTICE_KINDS; i++)
        if (type_of((enum notice_kind)i, want) && !strcmp(type, want))
            return (enum notice_kind)i;
    return NOTICE_NONE;
}

/* DSSE protocol.md, "Signature Definition". */
static enum err pae(enum notice_kind kind, const void *payload, size_t len, struct buf *out)
{
    char type[TYPE_MAX];
    buf_init(out, NOTICE_MAX + 128);
    if (!type_of(kind, type))
        return ERR_BAD_NOTICE;
    enum err e = buf_printf(out, "DSSEv1 %zu %s %zu ", strlen(type), type, len);
    return e ? e : buf_add(out, payload, len);
}

enum err notice_seal(enum notice_kind kind, const void *payload, size_t len, EVP_PKEY *key, struct buf *out)
{
    char type[TYPE_MAX], id[KEY_ID_LEN + 1], sig_text[TEXT_BASE64_LEN(KEY_SIG) + 1], *text = NULL;
    uint8_t sig[KEY_SIG];
    struct buf msg;
    enum err e = pae(kind, payload, len, &msg);
    if (!e)
        e = key_sign(key, msg.data, msg.len, sig);
    if (!e)
        e = key_id(key, id);
    if (!e && !(text = malloc(TEXT_BASE64_LEN(len) + 1)))
        e = ERR_NOMEM;
    if (e)
        goto out;
    type_of(kind, type);
    text_base64(payload, len, text);
    text_base64(sig, sizeof sig, sig_text);
    if (strlen(text) > PAYLOAD_TEXT_MAX)
        e = ERR_TOO_LARGE;
    else
        e = buf_printf(out,
            "{\"payload\":\"%s\",\"payloadType\":\"%s\",\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"%s\"}]}", text,
            type, id, sig_text);
out:
    free(text);
    buf_release(&msg);
    return e;
}

enum err notice_envelope_id(const json_t *envelope, char out[static NOTICE_ENVELOPE_ID + 1])
{
    uint8_t hash[KEY_HASH];
    struct buf text;
    buf_init(&text, NOTICE_MAX);
    enum err e = jsonx_write(envelope, &text);
    if (!e) {
        key_sha256(text.data, text.len, hash);
        text_hex(hash, NOTICE_ENVELOPE_ID / 2, out);
    }
    buf_release(&text);
    return e;
}

static enum err signature(const json_t *v, struct notice *n)
{
    const char *id;
    uint8_t raw[KEY_ID_LEN / 2];
    if (jsonx_str(v, "keyid", KEY_ID_LEN, KEY_ID_LEN, &id) || text_unhex(id, KEY_ID_LEN, raw, sizeof raw))
        return ERR_BAD_NOTICE;
    for (size_t i = 0; i < n->sig_cnt; i++)
        if (!strcmp(n->keyid[i], id)) /* one key must not count twice */
            return ERR_BAD_NOTICE;
    if (jsonx_base64(v, "sig", n->sig[n->sig_cnt], KEY_SIG))
        return ERR_BAD_NOTICE;
    return text_copy(n->keyid[n->sig_cnt++], sizeof n->keyid[0], id);
}

static enum err payload_of(const json_t *envelope, struct notice *n)
{
    const char *text;
    if (jsonx_str(envelope, "payload", 4, PAYLOAD_TEXT_MAX, &text))
        return ERR_BAD_NOTICE;
    size_t len = strlen(text), got = 0;
    uint8_t *raw = malloc(len);
    if (!raw)
        return ERR_NOMEM;
    enum err e = text_unbase64(text, len, raw, len, &got) ? ERR_BAD_NOTICE : buf_add(&n->payload, raw, got);
    free(raw);
    if (e)
        return e;
    e = jsonx_parse(buf_str(&n->payload), n->payload.len, &n->body);
    if (e)
        return e == ERR_NOMEM ? e : ERR_BAD_NOTICE;
    if (!json_is_object(n->body) || jsonx_int(n->body, "version", 1, JSONX_INT_MAX, &n->version))
        return ERR_BAD_NOTICE;
    key_sha256(n->payload.data, n->payload.len, n->hash);
    return ERR_OK;
}

enum err notice_open(const char *text, size_t len, struct notice *out)
{
    struct notice n = {0};
    json_t *envelope = NULL, *sigs, *v;
    const char *type;
    size_t i;
    if (len > NOTICE_MAX)
        return ERR_TOO_LARGE;
    buf_init(&n.payload, NOTICE_MAX);
    enum err e = jsonx_parse(text, len, &envelope);
    if (e) {
        e = e == ERR_NOMEM ? e : ERR_BAD_NOTICE;
        goto out;
    }
    e = ERR_BAD_NOTICE;
    if (jsonx_str(envelope, "payloadType", 1, TYPE_MAX, &type) || !(n.kind = kind_of(type)))
        goto out;
    if (jsonx_arr(envelope, "signatures", SIGNATURES, &sigs) || !json_array_size(sigs))
        goto out;
    json_array_foreach (sigs, i, v)
        if (signature(v, &n))
            goto out;
    e = payload_of(envelope, &n);
out:
    json_decref(envelope);
    if (e)
        notice_release(&n);
    else
        *out = n;
    return e;
}

void notice_release(struct notice *n)
{
    json_decref(n->body);
    buf_release(&n->payload);
    *n = (struct notice){0};
}

static enum err write_signatures(const struct notice *n, struct jsonw *w)
{
    jsonw_open(w, "signatures", '[');
    for (size_t i = 0; i < n->sig_cnt; i++) {
        jsonw_open(w, NULL, '{');
        jsonw_str(w, "keyid", n->keyid[i]);
        jsonw_base64(w, "sig", n->sig[i], KEY_SIG);
        jsonw_close(w, '}');
    }
    jsonw_close(w, ']');
    return w->err;
}

static enum err write_envelope(const struct notice *n, struct buf *out)
{
    char type[TYPE_MAX], *text = malloc(TEXT_BASE64_LEN(n->payload.len) + 1);
    if (!text || !type_of(n->kind, type)) {
        free(text);
        return ERR_NOMEM;
    }
    struct jsonw w = jsonw_begin(out);
    text_base64(n->payload.data, n->payload.len, text);
    jsonw_str(&w, "payload", text);
    jsonw_str(&w, "payloadType", type);
    write_signatures(n, &w);
    free(text);
    return jsonw_end(&w);
}

static enum err add_signature(struct notice *n, EVP_PKEY *key)
{
    struct buf msg;
    char id[KEY_ID_LEN + 1];
    enum err e = key_id(key, id);
    for (size_t i = 0; !e && i < n->sig_cnt; i++)
        if (!strcmp(n->keyid[i], id))
            e = ERR_EXISTS;
    if (!e && n->sig_cnt == SIGNATURES)
        e = ERR_BAD_NOTICE;
    if (e)
        return e;
    e = pae(n->kind, n->payload.data, n->payload.len, &msg);
    if (!e)
        e = key_sign(key, msg.data, msg.len, n->sig[n->sig_cnt]);
    if (!e)
        e = text_copy(n->keyid[n->sig_cnt++], sizeof n->keyid[0], id);
    buf_release(&msg);
    return e;
}

enum err notice_cosign(const char *envelope, size_t len, EVP_PKEY *key, struct buf *out)
{
    struct notice n;
    enum err e = notice_open(envelope, len, &n);
    if (e)
        return e;
    e = add_signature(&n, key);
    if (!e)
        e = write_envelope(&n, out);
    notice_release(&n);
    return e;
}

/* ERR_UNKNOWN_KEY if that key did not sign at all. */
static enum err signed_by(const struct notice *n, const char *id, EVP_PKEY *key)
{
    struct buf msg = {0};
    enum err e = ERR_UNKNOWN_KEY;
    for (size_t i = 0; i < n->sig_cnt; i++)
        if (!strcmp(n->keyid[i], id)) {
            e = pae(n->kind, n->payload.data, n->payload.len, &msg);
            if (!e)
                e = key_verify(key, msg.data, msg.len, n->sig[i]);
            break;
        }
    buf_release(&msg);
    return e;
}

static enum err signed_by_key(const struct notice *n, EVP_PKEY *key)
{
    char id[KEY_ID_LEN + 1];
    enum err e = key_id(key, id);
    return e ? e : signed_by(n, id, key);
}

/* A root change is signed by the old root and by the new one (TUF 1.0, 5.3.4). */
static enum err verify_trust(const struct notice *n, EVP_PKEY *held, bool may_change)
{
    EVP_PKEY *root = NULL;
    enum err e = signed_by_key(n, held);
    if (!e)
        e = notice_root(n, &root);
    if (!e && EVP_PKEY_eq(root, held) != 1)
        e = may_change ? signed_by_key(n, root) : ERR_UNKNOWN_KEY;
    key_free(&root);
    return e;
}

enum err notice_verify_root(const struct notice *n, EVP_PKEY *root)
{
    return n->kind == NOTICE_TRUST ? verify_trust(n, root, false) : ERR_UNKNOWN_KEY;
}

static enum err verify(const struct notice *n, const struct notice_trust *trust, const int64_t *now_utc_ms)
{
    enum err e = ERR_UNKNOWN_KEY;
    if (!trust || !n->kind)
        return ERR_UNKNOWN_KEY;
    if (n->kind == NOTICE_TRUST)
        return trust->root ? verify_trust(n, trust->root, true) : ERR_UNKNOWN_KEY;
    for (size_t i = 0; i < trust->key_cnt && e == ERR_UNKNOWN_KEY; i++) {
        const struct notice_key *k = &trust->keys[i];
        bool in_time = !now_utc_ms || (*now_utc_ms >= k->not_before_utc_ms && *now_utc_ms <= k->not_after_utc_ms);
        if (in_time && k->kinds & 1u << n->kind)
            e = signed_by(n, k->id, k->key);
    }
    return e;
}

enum err notice_verify(const struct notice *n, const struct notice_trust *trust)
{
    return verify(n, trust, NULL);
}

enum err notice_verify_at(const struct notice *n, const struct notice_trust *trust, int64_t now_utc_ms)
{
    return verify(n, trust, &now_utc_ms);
}

enum err notice_newer(const struct notice *n, int64_t held_version, const uint8_t held_hash[static KEY_HASH])
{
    if (n->version > held_version)
        return ERR_OK;
    if (n->version < held_version)
        return ERR_NOTICE_OLDER;
    return memcmp(n->hash, held_hash, KEY_HASH) ? ERR_NOTICE_EQUIVOCATION : ERR_EXISTS;
}
