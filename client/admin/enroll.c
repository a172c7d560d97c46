/* SPDX-License-Identifier: Apache-2.0 */
/* admin enroll CODE: a new administrator's profile. As a terminal does it (RFC 7030): the service's CA and root are compared
 * with the code's fingerprint over a connection that proves nothing, the key is made here, then the secret goes out over one
 * that proves that CA. */
#include "base/file.h"
#include "client/admin/admin.h"
#include "client/ports/est.h"
#include "client/ports/link.h"
#include "proto/invite.h"
#include "proto/notice.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, TIMEOUT_MS = 30000, PEM_MAX = 65536, URL_SIZE = INVITE_HOST_MAX + 32 };

struct joining {
    const char *dir;
    struct invite invite;
    char url[URL_SIZE];
    char ca_path[PATH_SIZE], key_path[PATH_SIZE];
    EVP_PKEY *key;
};

static enum err ask(const struct link_config *lc, struct link_request *r, struct buf *out)
{
    struct link *l = NULL;
    enum err e = link_new(lc, &l);
    r->deadline_mono_ms = clock_system.mono_ms(clock_system.ctx) + TIMEOUT_MS;
    if (!e)
        e = link_call(l, r, NULL, out);
    link_free(&l);
    return e;
}

static bool fits(const struct joining *j, X509 *ca, EVP_PKEY *root)
{
    uint8_t print[INVITE_FINGERPRINT];
    EVP_PKEY *key = X509_get_pubkey(ca);
    bool good = key && invite_fingerprint(key, root, print) == ERR_OK &&
                CRYPTO_memcmp(print, j->invite.fingerprint, sizeof print) == 0;
    EVP_PKEY_free(key);
    return good;
}

/* The CA among these that the code names, as PEM. */
static enum err choose_ca(const struct joining *j, const struct buf *cacerts, EVP_PKEY *root, struct buf *pem)
{
    X509 *ca[EST_CERTS] = {0};
    size_t cnt = 0;
    enum err e = est_certs(buf_str(cacerts), cacerts->len, ca, &cnt);
    bool found = false;
    for (size_t i = 0; !e && i < cnt && !found; i++)
        if ((found = fits(j, ca[i], root)))
            e = est_pem(ca[i], pem);
    for (size_t i = 0; i < cnt; i++)
        X509_free(ca[i]);
    return !e && !found ? ERR_INVITE_FINGERPRINT : e;
}

static enum err check_service(const struct joining *j, struct buf *ca_pem)
{
    const struct link_config lc = {.url = j->url, .clock = &clock_system, .trust = LINK_TRUST_NOTHING};
    struct link_request ca = {.method = "GET", .path = "/.well-known/est/cacerts"};
    struct link_request trust = {.method = "GET", .path = "/v1/trust"};
    struct buf cacerts, text;
    struct notice n = {0};
    EVP_PKEY *root = NULL;
    buf_init(&cacerts, NOTICE_MAX);
    buf_init(&text, NOTICE_MAX);
    enum err e = ask(&lc, &ca, &cacerts);
    if (!e)
        e = ask(&lc, &trust, &text);
    if (!e)
        e = notice_open(buf_str(&text), text.len, &n);
    if (!e)
        e = notice_root(&n, &root);
    if (!e)
        e = notice_verify_root(&n, root);
    if (!e)
        e = choose_ca(j, &cacerts, root, ca_pem);
    key_free(&root);
    notice_release(&n);
    buf_release(&cacerts);
    buf_release(&text);
    return e == ERR_BAD_NOTICE || e == ERR_BAD_SIGNATURE || e == ERR_UNKNOWN_KEY ? ERR_INVITE_FINGERPRINT : e;
}

static enum err put(const struct joining *j, const char *name, const struct buf *b)
{
    char path[PATH_SIZE];
    enum err e = file_path(j->dir, name, path, sizeof path);
    return e ? e : file_write(path, b->data, b->len, 0600);
}

/* The same code again after a lost answer: with the key of then. */
static enum err make_key(struct joining *j)
{
    if (!access(j->key_path, F_OK))
        return key_load_pem(j->key_path, &j->key);
    if (!(j->key = key_generate()))
        return ERR_NOMEM;
    return key_save_pem(j->key_path, j->key);
}

static enum err save_cert(const struct joining *j, const struct buf *answer)
{
    X509 *cert[EST_CERTS] = {0};
    size_t cnt = 0;
    struct buf pem;
    buf_init(&pem, PEM_MAX);
    enum err e = est_certs(buf_str(answer), answer->len, cert, &cnt);
    if (!e && EVP_PKEY_eq(X509_get0_pubkey(cert[0]), j->key) != 1)
        e = ERR_NET_PROTOCOL;
    if (!e)
        e = est_pem(cert[0], &pem);
    if (!e)
        e = put(j, "admin.crt", &pem);
    for (size_t i = 0; i < cnt; i++)
        X509_free(cert[i]);
    buf_release(&pem);
    return e;
}

static enum err ask_cert(const struct joining *j)
{
    char userpwd[sizeof "invitation:" + INVITE_SECRET_LEN] = "invitation:";
    const struct link_config lc = {
        .url = j->url, .clock = &clock_system, .ca_path = j->ca_path, .trust = LINK_TRUST_UNDATED};
    struct link_request r = {
        .method = "POST", .path = "/.well-known/est/simpleenroll", .type = "application/pkcs10", .userpwd = userpwd};
    struct buf request, answer;
    buf_init(&request, 4096);
    buf_init(&answer, NOTICE_MAX);
    enum err e = est_request(j->key, &request);
    invite_password(j->invite.secret, userpwd + strlen(userpwd));
    r.body = request.data;
    r.len = request.len;
    if (!e)
        e = ask(&lc, &r, &answer);
    OPENSSL_cleanse(userpwd, sizeof userpwd);
    if (!e)
        e = save_cert(j, &answer);
    buf_release(&request);
    buf_release(&answer);
    return e;
}

/* The profile's last file: a directory without it is not one yet. */
static enum err save_profile(const struct joining *j)
{
    struct buf b;
    buf_init(&b, 1024);
    enum err e = buf_printf(&b, "[service]\nurl = %s\n", j->url);
    if (!e)
        e = put(j, "profile.ini", &b);
    buf_release(&b);
    return e;
}

static enum err begin(struct joining *j, const char *code)
{
    char ini[PATH_SIZE];
    enum err e = invite_decode(code, strlen(code), &j->invite);
    bool v6 = !e && strchr(j->invite.host, ':');
    if (!e)
        snprintf(
            j->url, sizeof j->url, v6 ? "https://[%s]:%u" : "https://%s:%u", j->invite.host, (unsigned)j->invite.port);
    e = e ? e : file_path(j->dir, "profile.ini", ini, sizeof ini);
    e = e ? e : file_path(j->dir, "ca.crt", j->ca_path, sizeof j->ca_path);
    e = e ? e : file_path(j->dir, "admin.key", j->key_path, sizeof j->key_path);
    return !e && !access(ini, F_OK) ? ERR_STATE_EXISTS : e;
}

static enum err join(struct joining *j, const char *code)
{
    struct buf ca;
    buf_init(&ca, PEM_MAX);
    enum err e = begin(j, code);
    if (!e)
        e = check_service(j, &ca);
    if (!e)
        e = file_mkdir(j->dir, 0700);
    e = e == ERR_EXISTS ? ERR_OK : e;
    if (!e)
        e = put(j, "ca.crt", &ca);
    if (!e)
        e = make_key(j);
    if (!e)
        e = ask_cert(j);
    if (!e)
        e = save_profile(j);
    key_free(&j->key);
    buf_release(&ca);
    return e;
}

int admin_enroll(struct cli *c)
{
    struct joining j = {.dir = cli_text(c, "profile")};
    if (!j.dir)
        j.dir = getenv("HUIKA_ADMIN");
    if (!j.dir || !*j.dir)
        return cli_usage(c, _("--profile DIR (or HUIKA_ADMIN) names the administrator's profile."));
    enum err e = join(&j, c->arg[0]);
    OPENSSL_cleanse(&j.invite, sizeof j.invite);
    if (e)
        return cli_fail(c, e, _("accepting the invitation"));
    if (!c->json)
        printf(_("The profile is in %s.\n"), j.dir);
    else
        puts("{}");
    return CLI_OK;
}
