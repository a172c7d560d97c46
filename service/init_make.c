/* SPDX-License-Identifier: Apache-2.0 */
#include "service/init_make.h"
#include "base/file.h"
#include "service/sign/notices.h"
#include "service/store/store_audit.h"
#include "service/store/store_org.h"
#include "service/store/store_terminal.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define YEARS(n) ((n)*CA_YEAR_MS)
/* An authority outlives what it signs; the server's key and the trust notice are renewed with the offline keys at hand. */
#define CA_LIFE     YEARS(20)
#define SERVER_LIFE YEARS(5)
#define TRUST_LIFE  YEARS(5)
#define ADMIN_LIFE  YEARS(3)

enum { HTTPS_PORT = 443 };

#define PROVINCE      "410000"
#define PROVINCE_NAME "河南省总工会"
#define ADMIN_NAME    "河南省总工会管理员"

static enum err make_file(const struct init_work *m, const char *name, const void *p, size_t n)
{
    char path[PATH_MAX];
    enum err e = file_path(m->dir, name, path, sizeof path);
    return e ? e : file_create(path, p, n, 0600);
}

static enum err make_dir(const struct init_work *m, const char *name)
{
    char path[PATH_MAX];
    enum err e = file_path(m->dir, name, path, sizeof path);
    return e ? e : file_mkdir(path, 0700);
}

/* A new key, saved. *out is set as soon as there is one to free. */
static enum err make_key(const struct init_work *m, const char *name, EVP_PKEY **out)
{
    char path[PATH_MAX];
    if (!(*out = key_generate()))
        return ERR_NOMEM;
    enum err e = file_path(m->dir, name, path, sizeof path);
    return e ? e : key_save_pem(path, *out);
}

static enum err make_cert(const struct init_work *m, const char *name, X509 *cert, X509 *issuer)
{
    struct buf pem;
    buf_init(&pem, 16384);
    enum err e = ca_cert_pem(cert, &pem);
    if (!e && issuer)
        e = ca_cert_pem(issuer, &pem);
    if (!e)
        e = make_file(m, name, pem.data, pem.len);
    buf_release(&pem);
    return e;
}

static enum err make_ca(
    const struct init_work *m, const char *common_name, const char *const names[2], EVP_PKEY **key, X509 **cert)
{
    enum err e = make_key(m, names[0], key);
    if (!e)
        e = ca_new(*key, common_name, m->at_utc_ms, m->at_utc_ms + CA_LIFE, cert);
    return e ? e : make_cert(m, names[1], *cert, NULL);
}

static enum err make_authorities(struct init_work *m)
{
    EVP_PKEY *terminal_key = NULL;
    X509 *terminal = NULL;
    enum err e = make_ca(m, "Huika server CA", (const char *const[]){"offline/server-ca.key", "server-ca.crt"},
        &m->server_ca_key, &m->server_ca);
    if (!e)
        e = make_ca(m, "Huika terminal CA", (const char *const[]){"terminal-ca.key", "terminal-ca.crt"}, &terminal_key,
            &terminal);
    if (!e)
        e = make_ca(m, "Huika administrator CA", (const char *const[]){"admin-ca.key", "admin-ca.crt"},
            &m->admin_ca_key, &m->admin_ca);
    key_free(&terminal_key);
    X509_free(terminal);
    return e;
}

/* For a start: browsers want a certificate of an authority that they know; service.ini takes one. */
static enum err make_public(const struct init_work *m)
{
    EVP_PKEY *ca_key = NULL, *key = NULL;
    X509 *ca = NULL, *cert = NULL;
    const char *const hosts[] = {m->public_host, NULL};
    if (m->public_cert[0])
        return ERR_OK;
    enum err e =
        make_ca(m, "Huika public CA", (const char *const[]){"offline/public-ca.key", "public-ca.crt"}, &ca_key, &ca);
    if (!e)
        e = make_key(m, "public.key", &key);
    if (!e)
        e = ca_server(ca, ca_key, key, hosts, m->at_utc_ms, m->at_utc_ms + SERVER_LIFE, &cert);
    if (!e)
        e = make_cert(m, "public.crt", cert, ca);
    key_free(&ca_key);
    key_free(&key);
    X509_free(ca);
    X509_free(cert);
    return e;
}

static enum err make_server(struct init_work *m)
{
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    enum err e = make_key(m, "server.key", &key);
    if (!e)
        e = ca_server(m->server_ca, m->server_ca_key, key, m->host, m->at_utc_ms, m->at_utc_ms + SERVER_LIFE, &cert);
    if (!e)
        e = make_cert(m, "server.crt", cert, m->server_ca);
    key_free(&key);
    X509_free(cert);
    return e;
}

static enum err make_sealing(struct init_work *m)
{
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    enum err e = make_key(m, "keys/sealing.key", &key);
    if (!e)
        e = ca_sealing(key, m->at_utc_ms, m->at_utc_ms + CA_LIFE, &cert);
    if (!e)
        e = make_cert(m, "keys/sealing.crt", cert, NULL);
    if (!e)
        e = ca_cert_der(cert, &m->sealing_cert);
    key_free(&key);
    X509_free(cert);
    return e;
}

static enum err make_keys(struct init_work *m)
{
    uint8_t number[32];
    enum err e = make_key(m, "offline/root.key", &m->root);
    if (!e)
        e = make_key(m, "keys/notice.key", &m->notice);
    if (!e)
        e = make_key(m, "keys/lease.key", &m->lease);
    if (!e)
        e = make_key(m, "keys/card-1.key", &m->card);
    if (!e)
        e = make_sealing(m);
    if (!e && RAND_priv_bytes(number, sizeof number) != 1)
        e = ERR_IO;
    if (!e)
        e = make_file(m, "keys/number.hmac", number, sizeof number);
    OPENSSL_cleanse(number, sizeof number);
    return e;
}

/* An IPv6 address stands in brackets in a URL (RFC 3986 section 3.2.2). */
static enum err make_profile(const struct init_work *m)
{
    struct buf b;
    bool v6 = strchr(m->host[0], ':') != NULL;
    buf_init(&b, 4096);
    enum err e = buf_printf(&b, "[service]\nurl = https://%s%s%s:%u\n\n[admin]\nname = %s\n", v6 ? "[" : "", m->host[0],
        v6 ? "]" : "", (unsigned)m->port, ADMIN_NAME);
    if (!e)
        e = make_file(m, "admin/profile.ini", b.data, b.len);
    buf_release(&b);
    return e;
}

static enum err make_admin(struct init_work *m)
{
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    struct ca_client c = {.role = CA_ADMIN, .from_utc_ms = m->at_utc_ms, .to_utc_ms = m->at_utc_ms + ADMIN_LIFE};
    enum err e = ulid_new(m->at_utc_ms, m->admin);
    memcpy(c.id, m->admin, sizeof c.id);
    if (!e)
        e = make_key(m, "admin/admin.key", &key);
    if (!e)
        e = ca_client(m->admin_ca, m->admin_ca_key, key, &c, &cert);
    if (!e)
        e = ca_cert_der(cert, &m->admin_cert);
    if (!e)
        e = make_cert(m, "admin/admin.crt", cert, NULL);
    if (!e)
        e = make_cert(m, "admin/ca.crt", m->server_ca, NULL);
    if (!e)
        e = make_profile(m);
    key_free(&key);
    X509_free(cert);
    return e;
}

static enum err make_settings(const struct init_work *m)
{
    struct buf b;
    buf_init(&b, 65536);
    enum err e =
        buf_adds(&b, "; The service's configuration. Restart the service after a change.\n[service]\n"
                     "; names and addresses that terminals dial; the first stands in enrolment codes\nhosts = ");
    for (size_t i = 0; m->host[i] && !e; i++)
        e = buf_printf(&b, "%s%s", i ? "," : "", m->host[i]);
    if (!e)
        e = buf_printf(&b,
            "\n; address to listen on; empty: every address\nlisten =\nport = %u\n\n"
            "[public]\n; the host in card QRs, and the listener for the public\nhost = %s\nport = %u\n",
            (unsigned)m->port, m->public_host, (unsigned)m->public_port);
    if (!e && m->public_cert[0])
        e = buf_printf(&b, "certificate = %s\nkey = %s\n", m->public_cert, m->public_key);
    if (!e)
        e = buf_adds(&b, "\n[limits]\n; unknown card numbers an hour and terminal before numbers are locked there\n"
                         "number_miss_limit = 10\n; open connections\nconnections = 4096\n"
                         "; 0: as many as there are processors\nthreads = 0\n");
    if (!e)
        e = make_file(m, "service.ini", b.data, b.len);
    buf_release(&b);
    return e;
}

static enum err first_rows(struct store_tx *tx, void *ctx)
{
    const struct init_work *m = ctx;
    int64_t org = 0;
    struct store_admin a = {.name = ADMIN_NAME,
        .cert = m->admin_cert.data,
        .cert_len = m->admin_cert.len,
        .not_after_utc_ms = m->at_utc_ms + ADMIN_LIFE};
    struct store_audit entry = {
        .at_utc_ms = m->at_utc_ms, .admin = "service", .act = "init", .target = PROVINCE, .detail = ""};
    enum err e = store_org_add(tx, PROVINCE, PROVINCE_NAME, 0, &org);
    a.org = entry.org = org;
    memcpy(a.admin, m->admin, sizeof a.admin);
    if (!e)
        e = store_admin_add(tx, &a, m->at_utc_ms);
    return e ? e : store_audit_add(tx, &entry);
}

static enum err make_database(struct init_work *m)
{
    char path[PATH_MAX];
    struct store *s = NULL;
    enum err e = file_path(m->dir, "service.db", path, sizeof path);
    if (!e)
        e = store_create(path);
    if (!e)
        e = store_open(path, &s);
    if (!e)
        e = store_write(s, first_rows, m);
    store_close(&s);
    return e;
}

static enum err make_trust(const struct init_work *m)
{
    struct buf b;
    struct card_key card = {.number = 1, .key = m->card};
    const char *const hosts[] = {m->public_host, NULL};
    char url[CARD_HOST_MAX + 32];
    if (m->public_port == HTTPS_PORT)
        snprintf(url, sizeof url, "https://%s", m->public_host);
    else
        snprintf(url, sizeof url, "https://%s:%u", m->public_host, (unsigned)m->public_port);
    struct notices_trust t = {.version = 1,
        .issued_utc_ms = m->at_utc_ms,
        .not_after_utc_ms = m->at_utc_ms + TRUST_LIFE,
        .root = m->root,
        .notice = m->notice,
        .lease = m->lease,
        .card = &card,
        .card_cnt = 1,
        .sealing_cert = &m->sealing_cert,
        .card_hosts = hosts,
        .public_url = url};
    buf_init(&b, NOTICE_MAX);
    enum err e = notices_trust(&t, &b);
    if (!e)
        e = make_file(m, "trust.json", b.data, b.len);
    buf_release(&b);
    return e;
}

enum err init_make_all(struct init_work *m)
{
    buf_init(&m->sealing_cert, CA_CERT_MAX);
    buf_init(&m->admin_cert, CA_CERT_MAX);
    enum err e = make_dir(m, "offline");
    if (!e)
        e = make_dir(m, "keys");
    if (!e)
        e = make_dir(m, "admin");
    if (!e)
        e = make_authorities(m);
    if (!e)
        e = make_server(m);
    if (!e)
        e = make_public(m);
    if (!e)
        e = make_keys(m);
    if (!e)
        e = make_admin(m);
    if (!e)
        e = make_settings(m);
    if (!e)
        e = make_database(m);
    return e ? e : make_trust(m);
}

void init_work_release(struct init_work *m)
{
    EVP_PKEY **const keys[] = {&m->root, &m->server_ca_key, &m->admin_ca_key, &m->notice, &m->lease, &m->card};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        key_free(keys[i]);
    X509_free(m->server_ca);
    X509_free(m->admin_ca);
    buf_release(&m->sealing_cert);
    buf_release(&m->admin_cert);
}
