/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment over Secure Transport (RFC 7030): cacerts (4.1) and simpleenroll (4.2), authenticated by a one-time invitation
 * in HTTP Basic (3.2.3). The same invitation with the same key gets the same certificate again, for an answer may be lost;
 * with another key it suspends the terminal: one of the two is a thief. A renewal code is for the key that its terminal has. */
#include "service/ep/est.h"
#include "base/log.h"
#include "base/text.h"
#include "proto/invite.h"
#include "service/ep/ep.h"
#include "service/http/service.h"
#include "service/store/store_audit.h"
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BASIC_MAX = 128 };
static const uint8_t nobody[STORE_ID];

enum err ep_est_cacerts(struct http_request *rq)
{
    X509 *const certs[] = {rq->service->keys->server_ca};
    return est_send(rq, certs, 1);
}

/* "Basic " base64("invitation:" 26 characters) */
static enum err read_secret(const char *header, uint8_t secret[static INVITE_SECRET])
{
    static const char user[] = "invitation:";
    uint8_t raw[BASIC_MAX];
    size_t n = 0, u = sizeof user - 1;
    if (!header || strncasecmp(header, "Basic ", 6) != 0)
        return ERR_UNAUTHORIZED;
    header += 6;
    header += strspn(header, " ");
    enum err e = text_unbase64(header, strlen(header), raw, sizeof raw, &n);
    if (e != ERR_OK || n <= u || memcmp(raw, user, u) != 0)
        e = ERR_UNAUTHORIZED;
    else
        e = invite_password_decode((const char *)raw + u, n - u, secret);
    OPENSSL_cleanse(raw, sizeof raw);
    return e;
}

struct enrol {
    struct http_request *rq;
    uint8_t bound[STORE_ID]; /* the terminal that the invitation is for; zeros: a new one */
    struct store_enrol e;
};

static enum err note(struct store_tx *tx, const struct enrol *j)
{
    static const char *const act[] = {[STORE_ENROL_NEW] = "terminal enrol", [STORE_ENROL_CLASH] = "terminal suspend"};
    struct store_terminal t;
    char id[ULID_LEN + 1], shop[ULID_LEN + 1];
    if (j->e.outcome != STORE_ENROL_NEW && j->e.outcome != STORE_ENROL_CLASH)
        return ERR_OK;
    enum err e = store_terminal_get(tx, j->e.terminal_out, &t);
    if (e != ERR_OK)
        return e;
    ulid_encode(j->e.terminal_out, id);
    ulid_encode(j->e.shop_out, shop);
    char detail[128];
    snprintf(detail, sizeof detail, "shop %s%s", shop,
        j->e.outcome == STORE_ENROL_CLASH ? "; its invitation was used with another key" : "");
    const struct store_audit a = {.at_utc_ms = j->rq->at_utc_ms,
        .org = t.org,
        .admin = "service",
        .act = act[j->e.outcome],
        .target = id,
        .detail = detail};
    return store_audit_add(tx, &a);
}

static enum err write_enrol(struct store_tx *tx, void *ctx)
{
    struct enrol *j = ctx;
    enum err e = store_terminal_enrol(tx, &j->e);
    return e == ERR_OK ? note(tx, j) : e;
}

/* Makes the certificate that will be used if the invitation is fresh. */
static enum err issue(
    struct http_request *rq, EVP_PKEY *key, const uint8_t *bound, struct store_enrol *e, struct est_cert *c)
{
    struct est_holder h = {.role = STORE_ROLE_TERMINAL};
    enum err r = ERR_OK;
    if (memcmp(bound, nobody, STORE_ID) != 0)
        memcpy(h.id, bound, STORE_ID);
    else
        r = ulid_new(rq->at_utc_ms, h.id);
    if (r == ERR_OK)
        r = est_issue(rq, key, &h, c);
    memcpy(e->terminal, h.id, STORE_ID);
    e->cert = c->der.data;
    e->cert_len = c->der.len;
    e->not_after_utc_ms = c->not_after_utc_ms;
    e->at_utc_ms = rq->at_utc_ms;
    return r;
}

static enum err answer(struct http_request *rq, const struct store_enrol *e)
{
    if (e->outcome == STORE_ENROL_NEW || e->outcome == STORE_ENROL_AGAIN)
        return est_answer(rq, e->cert_out, e->cert_out_len);
    log_warn("an invitation was used with a second key; its terminal is suspended");
    return ERR_INVITE_USED;
}

static enum err enrol(struct http_request *rq, struct enrol *j, EVP_PKEY *key)
{
    struct est_cert cert = {0};
    struct buf spki;
    buf_init(&cert.der, STORE_CERT_MAX);
    buf_init(&spki, KEY_SPKI_MAX);
    enum err e = key_spki(key, &spki);
    if (e == ERR_OK)
        e = issue(rq, key, j->bound, &j->e, &cert);
    if (e == ERR_OK) {
        j->e.spki = spki.data;
        j->e.spki_len = spki.len;
        e = store_write(rq->service->store, write_enrol, j);
    }
    if (e == ERR_OK)
        e = answer(rq, &j->e);
    buf_release(&spki);
    buf_release(&cert.der);
    return e;
}

static enum err check(struct http_request *rq, const uint8_t hash[static KEY_HASH], uint8_t bound[static STORE_ID])
{
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e != ERR_OK)
        return e;
    e = store_invite_check(tx, hash, rq->at_utc_ms, bound);
    store_read_end(&tx);
    return e;
}

/* "?terminal=ID", of one that wants its own way back: a code for anybody else is refused before it is used up. */
static enum err check_wanted(const char *wanted, const uint8_t bound[static STORE_ID])
{
    uint8_t id[STORE_ID];
    enum err e = wanted ? ulid_decode(wanted, strlen(wanted), id) : ERR_OK;
    return e || !wanted || memcmp(id, bound, STORE_ID) == 0 ? e : ERR_INVITE_OTHER;
}

enum err ep_est_enroll(struct http_request *rq)
{
    uint8_t secret[INVITE_SECRET];
    EVP_PKEY *key = NULL;
    rq->answer.challenge = "Basic realm=\"huika\"";
    enum err e = read_secret(http_header(rq, "Authorization"), secret);
    if (e != ERR_OK)
        return e;
    struct enrol *j = calloc(1, sizeof *j);
    if (!j) {
        OPENSSL_cleanse(secret, sizeof secret);
        return ERR_NOMEM;
    }
    j->rq = rq;
    store_invite_hash(secret, j->e.hash);
    OPENSSL_cleanse(secret, sizeof secret);
    const char *wanted = http_query(rq, "terminal");
    e = check(rq, j->e.hash, j->bound);
    if (e == ERR_OK)
        e = check_wanted(wanted, j->bound);
    if (e == ERR_OK)
        e = est_key(&rq->body, &key);
    if (e == ERR_OK && memcmp(j->bound, nobody, STORE_ID) != 0)
        e = est_bound_key(rq, j->bound, key);
    if (e == ERR_OK)
        e = enrol(rq, j, key);
    else if (e == ERR_INVITE_UNKNOWN && !wanted)
        e = est_admin(rq, j->e.hash);
    key_free(&key);
    free(j);
    return e;
}
