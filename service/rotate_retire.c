/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are no longer believed, and validity that is begun anew. */
#include "base/config.h"
#include "base/file.h"
#include "service/rotate.h"
#include "service/rotate_parts.h"
#include "service/sign/ca.h"
#include "service/sign/keys.h"
#include <errno.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_kind(const json_t *key, const char *kind)
{
    size_t i;
    json_t *v;
    json_array_foreach (json_object_get(key, "kinds"), i, v)
        if (json_is_string(v) && !strcmp(json_string_value(v), kind))
            return true;
    return false;
}

/* Does another key than number `but` sign that kind now? */
static bool covered(const struct rotating *t, const json_t *keys, size_t but, const char *kind)
{
    size_t i;
    json_t *v;
    json_array_foreach (keys, i, v) {
        json_int_t from = json_integer_value(json_object_get(v, "not_before_ms"));
        if (i != but && has_kind(v, kind) && (!from || from + KEYS_WAIT_MS <= t->r->at_utc_ms))
            return true;
    }
    return false;
}

static enum err drop_signer(struct rotating *t, const char *id)
{
    json_t *keys = json_object_get(t->body, "keys"), *v, *kind;
    size_t i, k;
    json_array_foreach (keys, i, v) {
        const char *have = json_string_value(json_object_get(v, "id"));
        if (!have || strcmp(have, id) != 0)
            continue;
        json_array_foreach (json_object_get(v, "kinds"), k, kind)
            if (!covered(t, keys, i, json_string_value(kind)))
                return ERR_WRONG_STATE;
        json_array_remove(keys, i);
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

/* The newest card key signs new cards: it stays. */
static enum err drop_card(struct rotating *t, const char *number)
{
    json_t *keys = json_object_get(t->body, "card_keys"), *v;
    size_t i, cnt = json_array_size(keys);
    json_array_foreach (keys, i, v) {
        char have[16];
        snprintf(have, sizeof have, "%d", (int)json_integer_value(json_object_get(v, "number")));
        if (strcmp(have, number) != 0)
            continue;
        if (i + 1 == cnt)
            return ERR_WRONG_STATE;
        json_array_remove(keys, i);
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

/* The key's file is the one that holds this key, whatever its name. */
static bool is_key(const char *path, const char *id)
{
    EVP_PKEY *k = NULL;
    char real[KEY_ID_LEN + 1] = "";
    bool same = !key_load_pem(path, &k) && !key_id(k, real) && !strcmp(real, id);
    key_free(&k);
    return same;
}

static enum err put_away(struct rotating *t, const char *name)
{
    char from[ROTATE_PATH] = "", dir[ROTATE_PATH], to[ROTATE_PATH] = "";
    enum err e = rotating_path(t, t->r->dir, "keys/retired", dir);
    if (!e)
        e = file_mkdir(dir, 0700);
    e = e == ERR_EXISTS ? ERR_OK : e;
    if (!e)
        e = rotating_path(t, t->r->dir, name, from);
    if (!e)
        e = file_path(dir, strrchr(name, '/') + 1, to, sizeof to);
    return !e && rename(from, to) ? file_err(errno) : e;
}

static enum err put_signer_away(struct rotating *t, const char *id)
{
    static const char *const names[] = {"keys/notice-%s.key", "keys/lease-%s.key", "keys/notice.key", "keys/lease.key"};
    char path[ROTATE_PATH], name[ROTATE_WHY];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *hole = strstr(names[i], "%s");
        if (hole)
            snprintf(name, sizeof name, "%.*s%s.key", (int)(hole - names[i]), names[i], id);
        else
            snprintf(name, sizeof name, "%s", names[i]);
        if (!file_path(t->r->dir, name, path, sizeof path) && is_key(path, id))
            return put_away(t, name);
    }
    return ERR_OK;
}

enum err rotate_retire(struct rotate *r, const char *id, char why[static ROTATE_WHY])
{
    struct rotating t;
    char name[ROTATE_WHY];
    bool card = strlen(id) <= 3;
    enum err e = rotating_open(&t, r, why);
    if (!e) {
        snprintf(why, ROTATE_WHY, "KEYID");
        e = card ? drop_card(&t, id) : drop_signer(&t, id);
    }
    if (!e)
        e = rotating_put(&t);
    snprintf(name, sizeof name, "keys/card-%.3s.key", id);
    if (!e)
        e = card ? put_away(&t, name) : put_signer_away(&t, id);
    rotating_release(&t);
    return e;
}

/* What notices of before leases lack. */
static enum err complete(struct rotating *t)
{
    static const char *const more[][4] = {{"shop", "revoked", "answer", NULL}, {"head", "lease", NULL, NULL}};
    json_t *v;
    size_t i;
    json_array_foreach (json_object_get(t->body, "keys"), i, v)
        for (size_t m = 0; m < 2; m++)
            for (const char *const *kind = more[m] + 1; has_kind(v, more[m][0]) && *kind; kind++)
                if (!has_kind(v, *kind) && json_array_append_new(json_object_get(v, "kinds"), json_string(*kind)))
                    return ERR_NOMEM;
    if (!json_object_get(t->body, "offline") &&
        json_object_set_new(t->body, "offline", json_pack("{s:b, s:b}", "qr", 1, "keyed", 0)))
        return ERR_NOMEM;
    if (!json_object_get(t->body, "issuers") && json_object_set_new(t->body, "issuers", json_array()))
        return ERR_NOMEM;
    return ERR_OK;
}

enum { HTTPS_PORT = 443 };

/* Hosts of the certificate and the public pages' address come from service.ini. */
static enum err read_ini(struct rotating *t, char *text, const char *host[CA_HOSTS + 1])
{
    struct config c;
    char path[ROTATE_PATH], url[400];
    int64_t port = 0;
    enum err e = rotating_path(t, t->r->dir, "service.ini", path);
    if (e)
        return e;
    e = config_load(&c, path);
    if (!e)
        e = config_int(&c, "public", "port", 1, UINT16_MAX, 8444, &port);
    const char *public = e ? NULL : config_text(&c, "public", "host", NULL);
    const char *hosts = e ? NULL : config_text(&c, "service", "hosts", NULL);
    if (!e && (!hosts || strlen(hosts) >= ROTATE_PATH || !public || strlen(public) > 255))
        e = ERR_BAD_VALUE;
    size_t cnt = 0;
    if (!e) {
        snprintf(text, ROTATE_PATH, "%s", hosts);
        char *save = NULL;
        for (char *h = strtok_r(text, ", ", &save); h && cnt < CA_HOSTS; h = strtok_r(NULL, ", ", &save))
            host[cnt++] = h;
        host[cnt] = NULL;
        if (port == HTTPS_PORT)
            snprintf(url, sizeof url, "https://%s", public);
        else
            snprintf(url, sizeof url, "https://%s:%d", public, (int)port);
        if (!json_object_get(t->body, "public_url") && json_object_set_new(t->body, "public_url", json_string(url)))
            e = ERR_NOMEM;
    }
    config_release(&c);
    return e;
}

static enum err load_ca(struct rotating *t, X509 **ca, EVP_PKEY **key)
{
    char path[ROTATE_PATH];
    enum err e = rotating_path(t, t->r->dir, "server-ca.crt", path);
    if (!e)
        e = ca_cert_load(path, ca);
    if (!e)
        e = rotating_path(t, t->offline, "server-ca.key", path);
    if (!e)
        e = key_load_pem(path, key);
    return !e && X509_check_private_key(*ca, *key) != 1 ? ERR_UNKNOWN_KEY : e;
}

/* The certificate is for the key that is there: replacing one file is one step, replacing two would not be. */
static enum err renew_server(struct rotating *t, const char *const *host)
{
    X509 *ca = NULL, *cert = NULL;
    EVP_PKEY *ca_key = NULL, *key = NULL;
    struct buf pem;
    char path[ROTATE_PATH];
    buf_init(&pem, 16384);
    enum err e = load_ca(t, &ca, &ca_key);
    if (!e)
        e = rotating_path(t, t->r->dir, "server.key", path);
    if (!e)
        e = key_load_pem(path, &key);
    if (!e)
        e = ca_server(ca, ca_key, key, host, t->r->at_utc_ms, t->r->at_utc_ms + 5 * CA_YEAR_MS, &cert);
    if (!e)
        e = ca_cert_pem(cert, &pem);
    if (!e)
        e = ca_cert_pem(ca, &pem);
    if (!e)
        e = rotating_path(t, t->r->dir, "server.crt", path);
    if (!e)
        e = file_write(path, pem.data, pem.len, 0600);
    key_free(&ca_key);
    key_free(&key);
    X509_free(ca);
    X509_free(cert);
    buf_release(&pem);
    return e;
}

enum err rotate_renew(struct rotate *r, char why[static ROTATE_WHY])
{
    struct rotating t;
    char text[ROTATE_PATH];
    const char *host[CA_HOSTS + 1] = {NULL};
    enum err e = rotating_open(&t, r, why);
    if (!e)
        e = complete(&t);
    if (!e)
        e = read_ini(&t, text, host);
    if (!e)
        e = renew_server(&t, host);
    if (!e)
        e = rotating_put(&t);
    r->key_id[0] = 0;
    rotating_release(&t);
    return e;
}
