/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rotate.h"
#include "base/file.h"
#include "base/text.h"
#include "service/rotate_parts.h"
#include "service/sign/ca.h"
#include <errno.h>
#include <inttypes.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *list_of(struct rotating *t, const char *key)
{
    json_t *list = json_object_get(t->body, key);
    return json_is_array(list) ? list : NULL;
}

static enum err add_signer(struct rotating *t, const char *file, json_t *kinds)
{
    EVP_PKEY *key = NULL;
    json_t *v = json_object(), *keys = list_of(t, "keys");
    bool later = t->r->from_utc_ms > t->r->at_utc_ms;
    enum err e = rotating_new_key(t, file, &key, t->r->key_id);
    if (!e &&
        (!keys || json_object_set_new(v, "id", json_string(t->r->key_id)) ||
            json_object_set_new(v, "alg", json_string("ecdsa-p256-sha256")) || json_object_set(v, "kinds", kinds) ||
            (later && json_object_set_new(v, "not_before_ms", json_integer(t->r->from_utc_ms)))))
        e = ERR_NOMEM;
    if (!e)
        e = rotating_spki(v, "spki", key);
    if (!e && json_array_append(keys, v))
        e = ERR_NOMEM;
    json_decref(v);
    json_decref(kinds);
    key_free(&key);
    return e;
}

static enum err new_notice(struct rotating *t)
{
    return add_signer(t, "keys/notice-%s.key", json_pack("[s, s, s]", "shop", "revoked", "answer"));
}

static enum err new_lease(struct rotating *t)
{
    return add_signer(t, "keys/lease-%s.key", json_pack("[s, s]", "lease", "head"));
}

static enum err new_card(struct rotating *t)
{
    json_t *keys = list_of(t, "card_keys"), *v;
    size_t i;
    json_int_t number = 0;
    char file[32], id[KEY_ID_LEN + 1];
    EVP_PKEY *key = NULL;
    json_array_foreach (keys, i, v)
        if (json_integer_value(json_object_get(v, "number")) > number)
            number = json_integer_value(json_object_get(v, "number"));
    if (++number > UINT8_MAX)
        return ERR_TOO_LARGE;
    snprintf(file, sizeof file, "keys/card-%d.key", (int)number);
    snprintf(t->r->key_id, sizeof t->r->key_id, "%d", (int)number);
    enum err e = rotating_new_key(t, file, &key, id);
    v = json_pack("{s:I}", "number", number);
    if (!e && !v)
        e = ERR_NOMEM;
    if (!e)
        e = rotating_spki(v, "spki", key);
    if (!e && json_array_append(keys, v))
        e = ERR_NOMEM;
    json_decref(v);
    key_free(&key);
    return e;
}

static enum err set_sealing(struct rotating *t, const struct buf *der)
{
    char *text = malloc(TEXT_BASE64_LEN(der->len) + 1);
    if (!text)
        return ERR_NOMEM;
    text_base64(der->data, der->len, text);
    enum err e = json_object_set_new(t->body, "sealing_cert", json_string(text)) ? ERR_NOMEM : ERR_OK;
    free(text);
    return e;
}

static enum err new_sealing(struct rotating *t)
{
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    struct buf der, pem;
    char path[ROTATE_PATH], file[ROTATE_WHY];
    buf_init(&der, CA_CERT_MAX);
    buf_init(&pem, 16384);
    enum err e = rotating_new_key(t, "keys/sealing-%s.key", &key, t->r->key_id);
    if (!e)
        e = ca_sealing(key, t->r->at_utc_ms, t->r->at_utc_ms + 20 * CA_YEAR_MS, &cert);
    if (!e)
        e = ca_cert_pem(cert, &pem);
    if (!e)
        e = ca_cert_der(cert, &der);
    snprintf(file, sizeof file, "keys/sealing-%s.crt", t->r->key_id);
    if (!e)
        e = rotating_path(t, t->r->dir, file, path);
    if (!e)
        e = file_create(path, pem.data, pem.len, 0600);
    if (!e)
        e = set_sealing(t, &der);
    X509_free(cert);
    key_free(&key);
    buf_release(&der);
    buf_release(&pem);
    return e;
}

/* The new key waits as root-new.key until the notice that names it is in place. */
static enum err new_root(struct rotating *t)
{
    char path[ROTATE_PATH];
    json_t *root = json_object_get(t->body, "root");
    if (!(t->new_root = key_generate()))
        return ERR_NOMEM;
    enum err e = key_id(t->new_root, t->r->key_id);
    if (!e)
        e = rotating_path(t, t->offline, "root-new.key", path);
    if (!e && !strcmp(path, t->root_path)) /* the present one still has that name */
        e = rotating_path(t, t->offline, "root.key", path);
    if (!e && remove(path) && errno != ENOENT) /* of an attempt that came to nothing */
        e = file_err(errno);
    if (!e)
        e = key_save_pem(path, t->new_root);
    return e ? e : rotating_spki(root, "spki", t->new_root);
}

/* root.key is the new one, the one before is kept under its id. */
static enum err settle_root(struct rotating *t)
{
    char from[ROTATE_PATH] = "", to[ROTATE_PATH] = "", old[ROTATE_PATH] = "", id[KEY_ID_LEN + 1], name[ROTATE_WHY];
    enum err e = key_id(t->root, id);
    snprintf(name, sizeof name, "root-%s.key", id);
    if (!e)
        e = rotating_path(t, t->offline, name, old);
    if (!e)
        e = rotating_path(t, t->offline, "root-new.key", from);
    if (!e)
        e = rotating_path(t, t->offline, "root.key", to);
    if (!e && rename(t->root_path, old))
        e = file_err(errno);
    if (!e && strcmp(t->root_path, from) != 0 && rename(from, to))
        e = file_err(errno);
    return e;
}

enum err rotate_key(struct rotate *r, const char *kind, char why[static ROTATE_WHY])
{
    static const struct {
        const char *name;
        enum err (*make)(struct rotating *t);
    } kinds[] = {
        {"notice", new_notice}, {"lease", new_lease}, {"card", new_card}, {"sealing", new_sealing}, {"root", new_root}};
    struct rotating t;
    size_t i = 0;
    while (i < sizeof kinds / sizeof *kinds && strcmp(kinds[i].name, kind) != 0)
        i++;
    snprintf(why, ROTATE_WHY, "KIND");
    if (i == sizeof kinds / sizeof *kinds)
        return ERR_BAD_VALUE;
    enum err e = rotating_open(&t, r, why);
    if (!e)
        e = kinds[i].make(&t);
    if (!e)
        e = rotating_put(&t);
    if (!e && t.new_root)
        e = settle_root(&t);
    rotating_release(&t);
    return e;
}
