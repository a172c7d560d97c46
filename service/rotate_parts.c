/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rotate_parts.h"
#include "base/file.h"
#include "base/text.h"
#include "service/sign/ca.h"
#include "service/sign/keys_parts.h"
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIFE_MS (5 * CA_YEAR_MS)

enum err rotating_path(struct rotating *t, const char *dir, const char *name, char out[static ROTATE_PATH])
{
    snprintf(t->why, ROTATE_WHY, "%s", name);
    return file_path(dir, name, out, ROTATE_PATH);
}

/* A rotation of the root that was cut short may have left the present one under the new one's name. */
static enum err find_root(struct rotating *t, EVP_PKEY *named)
{
    static const char *const names[] = {"root.key", "root-new.key"};
    enum err e = ERR_NOT_FOUND;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        EVP_PKEY *k = NULL;
        enum err e2 = rotating_path(t, t->offline, names[i], t->root_path);
        if (!e2)
            e2 = key_load_pem(t->root_path, &k);
        if (!e2 && EVP_PKEY_eq(k, named) == 1) {
            t->root = k;
            return ERR_OK;
        }
        key_free(&k);
        if (!i || e2 != ERR_NOT_FOUND)
            e = e2 ? e2 : ERR_UNKNOWN_KEY;
    }
    snprintf(t->why, ROTATE_WHY, "root.key");
    return e;
}

enum err rotating_open(struct rotating *t, struct rotate *r, char *why)
{
    struct notice n = {0};
    EVP_PKEY *named = NULL;
    char path[ROTATE_PATH];
    *t = (struct rotating){.r = r, .why = why};
    buf_init(&t->before, NOTICE_MAX);
    enum err e = r->offline ? text_copy(t->offline, sizeof t->offline, r->offline)
                            : file_path(r->dir, "offline", t->offline, sizeof t->offline);
    if (!e)
        e = rotating_path(t, r->dir, "trust.json", path);
    if (!e)
        e = file_read(path, &t->before);
    if (!e)
        e = notice_open(buf_str(&t->before), t->before.len, &n);
    if (!e)
        e = notice_root(&n, &named);
    if (!e)
        e = notice_verify_root(&n, named);
    if (!e && !(t->body = json_deep_copy(n.body)))
        e = ERR_NOMEM;
    if (!e)
        json_object_del(t->body, "floor_reset"); /* it was for its own notice alone */
    r->version = n.version;
    notice_release(&n);
    if (!e)
        e = find_root(t, named);
    key_free(&named);
    return e;
}

void rotating_release(struct rotating *t)
{
    key_free(&t->root);
    key_free(&t->new_root);
    buf_release(&t->before);
    json_decref(t->body);
}

enum err rotating_spki(json_t *obj, const char *key, const EVP_PKEY *k)
{
    char text[TEXT_BASE64_LEN(KEY_SPKI_MAX) + 1];
    struct buf spki;
    buf_init(&spki, KEY_SPKI_MAX);
    enum err e = key_spki(k, &spki);
    if (!e) {
        text_base64(spki.data, spki.len, text);
        e = json_object_set_new(obj, key, json_string(text)) ? ERR_NOMEM : ERR_OK;
    }
    buf_release(&spki);
    return e;
}

enum err rotating_new_key(struct rotating *t, const char *name, EVP_PKEY **out, char id[static KEY_ID_LEN + 1])
{
    char path[ROTATE_PATH], file[ROTATE_WHY];
    const char *hole = strstr(name, "%s");
    if (!(*out = key_generate()))
        return ERR_NOMEM;
    enum err e = key_id(*out, id);
    snprintf(file, sizeof file, "%.*s%s%s", hole ? (int)(hole - name) : (int)strlen(name), name, hole ? id : "",
        hole ? hole + 2 : "");
    if (!e)
        e = rotating_path(t, t->r->dir, file, path);
    return e ? e : key_save_pem(path, *out);
}

static enum err seal(struct rotating *t, struct buf *out)
{
    struct buf payload, once;
    buf_init(&payload, NOTICE_MAX);
    buf_init(&once, NOTICE_MAX);
    enum err e = jsonx_write(t->body, &payload);
    if (!e)
        e = notice_seal(NOTICE_TRUST, payload.data, payload.len, t->root, t->new_root ? &once : out);
    if (!e && t->new_root)
        e = notice_cosign(buf_str(&once), once.len, t->new_root, out);
    buf_release(&payload);
    buf_release(&once);
    return e;
}

/* Versions are never reused, so what lies there already is the same. */
static enum err keep(struct rotating *t, int64_t version, const struct buf *envelope)
{
    char dir[ROTATE_PATH], path[ROTATE_PATH], name[32];
    enum err e = rotating_path(t, t->r->dir, "trust", dir);
    if (!e)
        e = file_mkdir(dir, 0700);
    e = e == ERR_EXISTS ? ERR_OK : e;
    snprintf(name, sizeof name, "%" PRId64 ".json", version);
    if (!e)
        e = rotating_path(t, dir, name, path);
    return e ? e : file_write(path, envelope->data, envelope->len, 0600);
}

/* Of those that no terminal may miss: one more than the service can hold, and it would not start again. */
static enum err room(const struct rotating *t)
{
    struct service_keys *k = calloc(1, sizeof *k);
    char what[64] = "";
    enum err e = k ? keys_load_changes(t->r->dir, k, what) : ERR_NOMEM;
    snprintf(t->why, ROTATE_WHY, "%s", e ? what : "trust");
    if (!e && k->change_cnt == KEYS_CHANGES)
        e = ERR_WRONG_STATE;
    keys_free(&k);
    return e;
}

enum err rotating_put(struct rotating *t)
{
    struct rotate *r = t->r;
    struct buf envelope;
    char path[ROTATE_PATH];
    int64_t before = r->version;
    r->version = (r->above_version > before ? r->above_version : before) + 1;
    buf_init(&envelope, NOTICE_MAX);
    bool good = !json_object_set_new(t->body, "version", json_integer(r->version)) &&
                !json_object_set_new(t->body, "issued_ms", json_integer(r->at_utc_ms)) &&
                !json_object_set_new(t->body, "not_after_ms", json_integer(r->at_utc_ms + LIFE_MS));
    enum err e = good ? ERR_OK : ERR_NOMEM;
    if (!e && (t->new_root || jsonx_has(t->body, "floor_reset")))
        e = room(t);
    if (!e)
        e = seal(t, &envelope);
    if (!e)
        e = keep(t, before, &t->before);
    if (!e)
        e = keep(t, r->version, &envelope);
    if (!e)
        e = rotating_path(t, r->dir, "trust.json", path);
    if (!e)
        e = file_write(path, envelope.data, envelope.len, 0600);
    buf_release(&envelope);
    return e;
}
