/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/text.h"
#include "client/ports/enroll_parts.h"
#include "client/ports/est.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Which code the unfinished key belongs to: SHA-256 of it, hex. */
#define ENROLL_ID "enrol.id"

enum { TIMEOUT_MS = 15000, SKEW_MS = 300000 };

void enroll_say(const struct enroll *n, enum enroll_step s)
{
    if (n->c->step)
        n->c->step(n->c->ctx, s);
}

enum err enroll_get(const struct enroll *n, struct link *l, struct link_request *r, struct buf *out)
{
    const struct clock *k = n->c->clock;
    r->deadline_mono_ms = k->mono_ms(k->ctx) + (n->c->timeout_ms ? n->c->timeout_ms : TIMEOUT_MS);
    buf_reset(out);
    return link_call(l, r, NULL, out);
}

enum err enroll_dial(const struct enroll *n, bool ca, bool cert, struct link **out)
{
    char ca_path[STATE_PATH_MAX], cert_path[STATE_PATH_MAX], key_path[STATE_PATH_MAX];
    struct link_config c = {.url = n->info.url, .clock = n->c->clock, .answer_max = ENROLL_ANSWER_MAX};
    c.trust = ca ? LINK_TRUST_UNDATED : LINK_TRUST_NOTHING;
    if (ca) {
        state_path(&n->state, STATE_CA, ca_path);
        c.ca_path = ca_path;
    }
    if (cert) {
        state_path(&n->state, STATE_CERT, cert_path);
        state_path(&n->state, STATE_KEY, key_path);
        c.cert_path = cert_path;
        c.key_path = key_path;
    }
    return link_new(&c, out);
}

static enum err make_url(struct enroll *n)
{
    bool v6 = strchr(n->invite.host, ':') != NULL;
    int len = snprintf(n->info.url, sizeof n->info.url, v6 ? "https://[%s]:%u" : "https://%s:%u", n->invite.host,
        (unsigned)n->invite.port);
    return len > 0 && (size_t)len < sizeof n->info.url ? ERR_OK : ERR_TOO_LARGE;
}

bool enroll_fits(const struct enroll *n, X509 *ca, EVP_PKEY *root)
{
    uint8_t print[INVITE_FINGERPRINT];
    EVP_PKEY *key = X509_get_pubkey(ca);
    bool good = key && invite_fingerprint(key, root, print) == ERR_OK &&
                CRYPTO_memcmp(print, n->invite.fingerprint, sizeof print) == 0;
    EVP_PKEY_free(key);
    return good;
}

static enum err check_fingerprint(struct enroll *n, const struct buf *cacerts)
{
    struct notice trust = {0};
    EVP_PKEY *root = NULL;
    X509 *ca[EST_CERTS] = {0};
    size_t cnt = 0;
    enum err e = notice_open(buf_str(&n->trust_text), n->trust_text.len, &trust);
    if (e)
        return e;
    e = trust.kind == NOTICE_TRUST ? notice_root(&trust, &root) : ERR_BAD_NOTICE;
    if (!e)
        e = notice_verify_root(&trust, root);
    if (!e)
        e = est_certs(buf_str(cacerts), cacerts->len, ca, &cnt);
    bool found = false;
    for (size_t i = 0; !e && i < cnt && !found; i++)
        if ((found = enroll_fits(n, ca[i], root)))
            e = est_pem(ca[i], &n->ca_pem);
    if (!e && !found)
        e = ERR_INVITE_FINGERPRINT;
    for (size_t i = 0; i < cnt; i++)
        X509_free(ca[i]);
    key_free(&root);
    notice_release(&trust);
    return e;
}

/* Whatever answers there but does not speak Huika is another server, too. */
static enum err find_service(struct enroll *n)
{
    struct link *l = NULL;
    struct buf cacerts;
    struct link_request ca = {.method = "GET", .path = "/.well-known/est/cacerts"};
    struct link_request trust = {.method = "GET", .path = "/v1/trust"};
    buf_init(&cacerts, ENROLL_ANSWER_MAX);
    enum err e = enroll_dial(n, false, false, &l);
    if (!e)
        e = enroll_get(n, l, &ca, &cacerts);
    if (!e)
        e = enroll_get(n, l, &trust, &n->trust_text);
    if (!e)
        e = check_fingerprint(n, &cacerts);
    link_free(&l);
    buf_release(&cacerts);
    switch (e) {
    case ERR_BAD_NOTICE:
    case ERR_BAD_SIGNATURE:
    case ERR_UNKNOWN_KEY:
    case ERR_BAD_JSON:
    case ERR_NET_PROTOCOL:
    case ERR_NOT_FOUND:
    case ERR_TLS_OTHER:
        return ERR_INVITE_FINGERPRINT;
    default:
        return e;
    }
}

static void code_id(const struct enroll *n, char out[static TEXT_HEX_LEN(KEY_HASH) + 1])
{
    uint8_t both[INVITE_FINGERPRINT + INVITE_SECRET], hash[KEY_HASH];
    memcpy(both, n->invite.fingerprint, INVITE_FINGERPRINT);
    memcpy(both + INVITE_FINGERPRINT, n->invite.secret, INVITE_SECRET);
    key_sha256(both, sizeof both, hash);
    text_hex(hash, sizeof hash, out);
    OPENSSL_cleanse(both, sizeof both);
}

/* The key of an earlier try with the same code, or a new one. */
static enum err make_key(struct enroll *n)
{
    char id[TEXT_HEX_LEN(KEY_HASH) + 1], path[STATE_PATH_MAX];
    struct buf was;
    buf_init(&was, 256);
    code_id(n, id);
    state_path(&n->state, STATE_KEY, path);
    enum err e = state_read(&n->state, ENROLL_ID, &was);
    bool same = !e && strcmp(buf_str(&was), id) == 0;
    buf_release(&was);
    if (same && key_load_pem(path, &n->key) == ERR_OK)
        return ERR_OK;
    if (unlink(path) && access(path, F_OK) == 0)
        return ERR_IO;
    if (!(n->key = key_generate()))
        return ERR_NOMEM;
    e = state_write(&n->state, ENROLL_ID, id, strlen(id));
    return e ? e : key_save_pem(path, n->key);
}

static enum err begin(struct enroll *n)
{
    enum err e = state_begin(n->c->dir, &n->state);
    n->begun = !e;
    if (!e)
        e = make_key(n);
    if (!e)
        e = state_write(&n->state, STATE_CA, n->ca_pem.data, n->ca_pem.len);
    return e;
}

/* Nothing came of this code: leaves no key behind, nor a directory that was made for it. */
static void give_up(struct enroll *n)
{
    static const char *const files[] = {
        STATE_KEY, ENROLL_ID, STATE_CA, STATE_TRUST, STATE_CERT, STATE_SHOP, STATE_LOCK};
    char path[STATE_PATH_MAX];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        state_path(&n->state, files[i], path);
        unlink(path);
    }
    rmdir(n->state.dir);
}

static enum err check_cert(struct enroll *n, X509 *cert)
{
    const struct clock *k = n->c->clock;
    EVP_PKEY *key = X509_get0_pubkey(cert);
    time_t early = (time_t)((k->utc_ms(k->ctx) + SKEW_MS) / 1000),
           late = (time_t)((k->utc_ms(k->ctx) - SKEW_MS) / 1000);
    if (!key || EVP_PKEY_eq(key, n->key) != 1 || est_terminal(cert, n->cert_terminal))
        return ERR_NET_PROTOCOL;
    if (n->info.terminal_id[0] && strcmp(n->info.terminal_id, n->cert_terminal) != 0)
        return ERR_INVITE_OTHER;
    if (X509_cmp_time(X509_get0_notBefore(cert), &early) > 0 || X509_cmp_time(X509_get0_notAfter(cert), &late) < 0)
        return ERR_CLOCK_SKEW;
    return ERR_OK;
}

enum err enroll_ask_cert(struct enroll *n)
{
    char userpwd[sizeof "invitation:" + INVITE_SECRET_LEN] = "invitation:";
    char path[96];
    const char *bound = n->info.terminal_id;
    snprintf(path, sizeof path, "/.well-known/est/simpleenroll%s%s", *bound ? "?terminal=" : "", bound);
    struct link *l = NULL;
    struct buf request, answer, pem;
    X509 *cert[EST_CERTS] = {0};
    size_t cnt = 0;
    buf_init(&request, 4096);
    buf_init(&answer, ENROLL_ANSWER_MAX);
    buf_init(&pem, 65536);
    enum err e = est_request(n->key, &request);
    if (!e)
        e = enroll_dial(n, true, false, &l);
    invite_password(n->invite.secret, userpwd + strlen(userpwd));
    struct link_request r = {.method = "POST", .path = path, .type = "application/pkcs10"};
    r.body = request.data;
    r.len = request.len;
    r.userpwd = userpwd;
    if (!e)
        e = enroll_get(n, l, &r, &answer);
    OPENSSL_cleanse(userpwd, sizeof userpwd);
    link_free(&l);
    if (!e)
        e = est_certs(buf_str(&answer), answer.len, cert, &cnt);
    if (!e)
        e = check_cert(n, cert[0]);
    if (!e)
        e = est_pem(cert[0], &pem);
    if (!e)
        e = state_write(&n->state, STATE_CERT, pem.data, pem.len);
    for (size_t i = 0; i < cnt; i++)
        X509_free(cert[i]);
    buf_release(&request);
    buf_release(&answer);
    buf_release(&pem);
    return e;
}

static enum err read_terminal(struct enroll *n, const struct buf *answer)
{
    json_t *root = NULL, *head = NULL;
    const char *id = NULL, *shop = NULL;
    int64_t epoch = 0, seq = 0;
    enum err e = jsonx_parse(buf_str(answer), answer->len, &root);
    if (!e)
        e = jsonx_str(root, "terminal_id", ULID_LEN, ULID_LEN, &id);
    if (!e)
        e = jsonx_str(root, "shop_id", ULID_LEN, ULID_LEN, &shop);
    if (!e)
        e = jsonx_int(root, "number", 1, INT32_MAX, &n->info.number);
    if (!e)
        e = jsonx_int(root, "epoch", 1, INT32_MAX, &epoch);
    if (!e)
        e = jsonx_obj(root, "head", &head);
    if (!e)
        e = jsonx_int(head, "seq", 0, JSONX_INT_MAX, &seq);
    if (!e && (strcmp(id, n->cert_terminal) != 0 || ulid_decode(id, ULID_LEN, n->info.terminal)))
        e = ERR_NET_PROTOCOL;
    if (!e) {
        memcpy(n->info.terminal_id, id, ULID_LEN + 1);
        memcpy(n->info.shop_id, shop, ULID_LEN + 1);
        n->info.epoch = (uint32_t)epoch;
    }
    json_decref(root);
    return e ? ERR_NET_PROTOCOL : seq ? ERR_CHAIN_FORK : ERR_OK;
}

/* Only what the terminal cannot begin without; leases and lists come when it runs. */
static enum err take_notice(struct enroll *n, const json_t *envelope)
{
    const struct clock *k = n->c->clock;
    struct notice in = {0};
    struct buf text;
    enum err e = notices_open(envelope, &in, &text);
    if (e)
        return e;
    if (in.kind == NOTICE_TRUST || in.kind == NOTICE_SHOP) {
        e = notices_judge(&n->notices, &in, k->utc_ms(k->ctx));
        if (!e)
            e = notices_put(&n->notices, &n->state, &in, &text);
    }
    notice_release(&in);
    buf_release(&text);
    return e == ERR_EXISTS ? ERR_OK : e;
}

static enum err read_notices(struct enroll *n, const struct buf *answer)
{
    json_t *root = NULL, *list = NULL;
    enum err e = jsonx_parse(buf_str(answer), answer->len, &root);
    if (!e)
        e = jsonx_arr(root, "notices", 16, &list);
    for (size_t i = 0; !e && i < json_array_size(list); i++)
        e = take_notice(n, json_array_get(list, i));
    json_decref(root);
    return e == ERR_BAD_JSON || e == ERR_BAD_VALUE ? ERR_NET_PROTOCOL : e;
}

static enum err first_notices(struct enroll *n)
{
    char path[96];
    struct link *l = NULL;
    struct buf answer;
    struct link_request who = {.method = "GET", .path = "/v1/terminal"}, what = {.method = "GET", .path = path};
    buf_init(&answer, ENROLL_ANSWER_MAX);
    enum err e = enroll_dial(n, true, true, &l);
    if (!e)
        e = enroll_get(n, l, &who, &answer);
    if (!e)
        e = read_terminal(n, &answer);
    notices_init(&n->notices, &n->info);
    if (!e)
        e = notices_pin(&n->notices, &n->state, buf_str(&n->trust_text), n->trust_text.len);
    snprintf(path, sizeof path, "/v1/notices?trust=%lld&shop=0&wait=0", (long long)n->notices.trust.version);
    if (!e)
        e = enroll_get(n, l, &what, &answer);
    if (!e)
        e = read_notices(n, &answer);
    link_free(&l);
    buf_release(&answer);
    return e;
}

static enum err commit(struct enroll *n)
{
    char path[STATE_PATH_MAX];
    enum err e = state_commit(&n->state, &n->info, n->c->machine_path);
    state_path(&n->state, ENROLL_ID, path);
    if (!e)
        unlink(path);
    return e;
}

static enum err enroll(struct enroll *n)
{
    struct state was;
    enum err e = state_peek(n->c->dir, &was);
    if (e != ERR_STATE_MISSING)
        return e == ERR_OK || e == ERR_BAD_VALUE ? ERR_STATE_EXISTS : e;
    e = invite_decode(n->c->code, strlen(n->c->code), &n->invite);
    if (!e)
        e = make_url(n);
    enroll_say(n, ENROLL_CONNECT);
    if (!e)
        e = find_service(n);
    if (e)
        return e;
    enroll_say(n, ENROLL_KEY);
    e = begin(n);
    if (e)
        return e;
    enroll_say(n, ENROLL_CERT);
    e = enroll_ask_cert(n);
    if (e)
        return e;
    enroll_say(n, ENROLL_NOTICES);
    e = first_notices(n);
    if (!e)
        e = commit(n);
    if (!e)
        enroll_say(n, ENROLL_DONE);
    return e;
}

enum err enroll_run(const struct enroll_config *c, struct state_info *out)
{
    struct enroll n = {.c = c, .state.lock_fd = -1};
    buf_init(&n.ca_pem, 65536);
    buf_init(&n.trust_text, NOTICE_MAX);
    enum err e = enroll(&n);
    if (!e)
        *out = n.state.info;
    if (n.begun && (e == ERR_INVITE_UNKNOWN || e == ERR_INVITE_USED || e == ERR_INVITE_OTHER))
        give_up(&n);
    state_release(&n.state);
    notices_release(&n.notices);
    key_free(&n.key);
    buf_release(&n.ca_pem);
    buf_release(&n.trust_text);
    OPENSSL_cleanse(&n.invite, sizeof n.invite);
    return e;
}
