/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sign/keys_parts.h"
#include "base/file.h"
#include "service/sign/ca.h"
#include <dirent.h>
#include <limits.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WHAT = 64, NAME_MAX_LEN = 96 };

static bool is_file(const char *dir, const char *name)
{
    char path[PATH_MAX];
    return !file_path(dir, name, path, sizeof path) && !access(path, F_OK);
}

/* keys/KIND-KEYID.key if there is one, else keys/KIND.key, as init makes it. */
static enum err load_signer(const char *dir, const char *kind, struct keys_signer *s, char *what)
{
    char path[PATH_MAX], real[KEY_ID_LEN + 1];
    snprintf(what, WHAT, "keys/%s-%s.key", kind, s->id);
    if (!is_file(dir, what))
        snprintf(what, WHAT, "keys/%s.key", kind);
    enum err e = file_path(dir, what, path, sizeof path);
    if (!e)
        e = key_load_pem(path, &s->key);
    if (!e)
        e = key_id(s->key, real);
    return !e && strcmp(real, s->id) != 0 ? ERR_UNKNOWN_KEY : e;
}

enum err keys_load_signers(const char *dir, struct service_keys *k, int64_t at_utc_ms, char what[static WHAT])
{
    const struct notice_trust *t = &k->trust_notice;
    const unsigned notice = 1u << NOTICE_SHOP | 1u << NOTICE_REVOKED | 1u << NOTICE_ANSWER;
    enum err e = ERR_OK;
    for (size_t i = 0; i < t->key_cnt && !e; i++) {
        struct keys_signer *s = &k->signer[k->signer_cnt];
        *s = (struct keys_signer){.kinds = t->keys[i].kinds,
            .not_before_utc_ms = t->keys[i].not_before_utc_ms,
            .not_after_utc_ms = t->keys[i].not_after_utc_ms};
        if (!s->kinds)
            continue;
        memcpy(s->id, t->keys[i].id, sizeof s->id);
        k->signer_cnt++; /* released also if loading fails half way */
        e = load_signer(dir, s->kinds & notice ? "notice" : "lease", s, what);
    }
    if (!e && !keys_signer(k, 1u << NOTICE_SHOP, at_utc_ms)) {
        snprintf(what, WHAT, "keys/notice.key");
        e = ERR_UNKNOWN_KEY;
    }
    if (!e && !keys_signer(k, NOTICE_BIT_HEAD, at_utc_ms)) {
        snprintf(what, WHAT, "keys/lease.key");
        e = ERR_UNKNOWN_KEY;
    }
    return e;
}

const struct keys_signer *keys_signer(const struct service_keys *k, unsigned kind, int64_t at_utc_ms)
{
    const struct keys_signer *best = NULL;
    for (size_t i = 0; i < k->signer_cnt; i++) {
        const struct keys_signer *s = &k->signer[i];
        int64_t from = s->not_before_utc_ms ? s->not_before_utc_ms + KEYS_WAIT_MS : 0;
        if (!(s->kinds & kind) || at_utc_ms < from || at_utc_ms > s->not_after_utc_ms)
            continue;
        if (!best || s->not_before_utc_ms >= best->not_before_utc_ms)
            best = s;
    }
    return best;
}

/* stem: the file's name without ".key". */
static enum err load_one_sealing(const char *dir, const char *stem, struct service_keys *k, char *what)
{
    char path[PATH_MAX];
    X509 *cert = NULL;
    struct keys_sealing *s = &k->sealing[k->sealing_cnt];
    if (k->sealing_cnt == KEYS_SEALING)
        return ERR_TOO_LARGE;
    *s = (struct keys_sealing){.key = NULL};
    buf_init(&s->cert, CA_CERT_MAX);
    k->sealing_cnt++;
    snprintf(what, WHAT, "keys/%.32s.key", stem);
    enum err e = file_path(dir, what, path, sizeof path);
    if (!e)
        e = key_load_pem(path, &s->key);
    snprintf(what, WHAT, "keys/%.32s.crt", stem);
    if (!e)
        e = file_path(dir, what, path, sizeof path);
    if (!e)
        e = ca_cert_load(path, &cert);
    if (!e && X509_check_private_key(cert, s->key) != 1)
        e = ERR_BAD_VALUE;
    if (!e)
        e = ca_cert_der(cert, &s->cert);
    X509_free(cert);
    return e;
}

/* "sealing.key" or "sealing-….key": its stem. */
static bool is_sealing(const char *name, char stem[static 40])
{
    size_t n = strlen(name);
    if (strncmp(name, "sealing", 7) != 0 || (name[7] != '.' && name[7] != '-') || n < 11 || n - 4 >= 40 ||
        strcmp(name + n - 4, ".key") != 0)
        return false;
    memcpy(stem, name, n - 4);
    stem[n - 4] = 0;
    return true;
}

/* The one that the trust notice names comes first. */
static enum err put_first(struct service_keys *k, char *what)
{
    const struct buf *want = &k->trust_notice.sealing_cert;
    for (size_t i = 0; i < k->sealing_cnt; i++) {
        struct keys_sealing s = k->sealing[i];
        if (s.cert.len != want->len || memcmp(s.cert.data, want->data, want->len) != 0)
            continue;
        k->sealing[i] = k->sealing[0];
        k->sealing[0] = s;
        return ERR_OK;
    }
    snprintf(what, WHAT, "keys/sealing.crt");
    return ERR_UNKNOWN_KEY;
}

enum err keys_load_sealing(const char *dir, struct service_keys *k, char what[static WHAT])
{
    char path[PATH_MAX], stem[40];
    snprintf(what, WHAT, "keys/sealing.key");
    enum err e = file_path(dir, "keys", path, sizeof path);
    DIR *d = e ? NULL : opendir(path);
    if (!d)
        return e ? e : ERR_NOT_FOUND;
    for (struct dirent *f; !e && (f = readdir(d));)
        if (is_sealing(f->d_name, stem))
            e = load_one_sealing(dir, stem, k, what);
    closedir(d);
    if (!e && !k->sealing_cnt)
        e = ERR_NOT_FOUND;
    return e ? e : put_first(k, what);
}

static enum err load_change(const char *dir, const char *name, struct service_keys *k)
{
    struct keys_change c = {.version = 0};
    struct notice n = {0};
    char path[PATH_MAX];
    buf_init(&c.text, NOTICE_MAX);
    enum err e = file_path(dir, name, path, sizeof path);
    if (!e)
        e = file_read(path, &c.text);
    if (!e)
        e = notice_open(buf_str(&c.text), c.text.len, &n);
    if (!e && n.kind != NOTICE_TRUST)
        e = ERR_BAD_NOTICE;
    /* two signatures are what makes a change of the root */
    bool wanted = !e && (n.sig_cnt > 1 || jsonx_has(n.body, "floor_reset"));
    if (wanted && k->change_cnt == KEYS_CHANGES)
        e = ERR_TOO_LARGE;
    c.version = n.version;
    notice_release(&n);
    if (e || !wanted) {
        buf_release(&c.text);
        return e;
    }
    k->change[k->change_cnt++] = c;
    return ERR_OK;
}

static int by_version(const void *a, const void *b)
{
    const struct keys_change *x = a, *y = b;
    return (x->version > y->version) - (x->version < y->version);
}

enum err keys_load_changes(const char *dir, struct service_keys *k, char what[static WHAT])
{
    char path[PATH_MAX];
    enum err e = file_path(dir, "trust", path, sizeof path);
    DIR *d = e ? NULL : opendir(path);
    if (!d)
        return e;
    for (struct dirent *f; !e && (f = readdir(d));) {
        size_t n = strlen(f->d_name);
        if (n <= 5 || n > 32 || strcmp(f->d_name + n - 5, ".json") != 0)
            continue;
        snprintf(what, WHAT, "trust/%.40s", f->d_name);
        e = load_change(path, f->d_name, k);
    }
    closedir(d);
    qsort(k->change, k->change_cnt, sizeof *k->change, by_version);
    return e;
}
