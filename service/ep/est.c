/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment over Secure Transport (RFC 7030): cacerts (4.1) and simpleenroll (4.2), authenticated by a one-time invitation
 * in HTTP Basic (3.2.3). The same invitation with the same key gets the same certificate again, for an answer may be lost;
 * with another key it suspends the terminal: one of the two is a thief. */
#include "base/log.h"
#include "base/text.h"
#include "proto/invite.h"
#include "service/ep/ep.h"
#include "service/http/service.h"
#include "service/sign/ca.h"
#include "service/store/store_audit.h"
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PKCS7_MAX = 16384, BASIC_MAX = 128 };

/* Certs-only PKCS#7 in base64, as 4.1.3 and 4.2.3 want it. */
static enum err send_certs(struct http_request *rq, X509 *const *certs, size_t cnt)
{
    struct buf der;
    char *text = NULL;
    buf_init(&der, PKCS7_MAX);
    enum err e = ca_pkcs7(certs, cnt, &der);
    if (e == ERR_OK && !(text = malloc(TEXT_BASE64_LEN(der.len) + 1)))
        e = ERR_NOMEM;
    if (e == ERR_OK) {
        text_base64(der.data, der.len, text);
        rq->answer.type = "application/pkcs7-mime; smime-type=certs-only";
        rq->answer.encoding = "base64";
        e = buf_adds(&rq->answer.body, text);
    }
    free(text);
    buf_release(&der);
    return e;
}

enum err ep_est_cacerts(struct http_request *rq)
{
    X509 *const certs[] = {rq->service->keys->server_ca};
    return send_certs(rq, certs, 1);
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

/* The request's key: base64, with line breaks or without (RFC 8951 section 3.1), of a PKCS#10. */
static enum err read_key(const struct buf *body, EVP_PKEY **key)
{
    char *text = malloc(body->len + 1);
    uint8_t *der = malloc(CA_CSR_MAX);
    size_t n = 0, len = 0;
    enum err e = text && der ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < body->len; i++)
        if (!strchr(" \t\r\n", (char)body->data[i]) || !body->data[i])
            text[n++] = (char)body->data[i];
    if (e == ERR_OK && text_unbase64(text, n, der, CA_CSR_MAX, &len) != ERR_OK)
        e = ERR_BAD_VALUE;
    if (e == ERR_OK)
        e = ca_csr_key(der, len, key);
    free(der);
    free(text);
    return e;
}

struct enrol {
    struct http_request *rq;
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
static enum err issue(struct http_request *rq, EVP_PKEY *key, struct store_enrol *e, struct buf *der)
{
    const struct service_keys *k = rq->service->keys;
    struct ca_client c = {.role = CA_TERMINAL, .from_utc_ms = rq->at_utc_ms, .to_utc_ms = rq->at_utc_ms + CA_YEAR_MS};
    X509 *cert = NULL;
    enum err r = ulid_new(rq->at_utc_ms, c.id);
    if (r == ERR_OK)
        r = ca_client(k->terminal_ca, k->terminal_ca_key, key, &c, &cert);
    if (r == ERR_OK)
        r = ca_cert_der(cert, der);
    if (r == ERR_OK) {
        memcpy(e->terminal, c.id, STORE_ID);
        e->cert = der->data;
        e->cert_len = der->len;
        e->not_after_utc_ms = ca_not_after_utc_ms(cert);
        e->at_utc_ms = rq->at_utc_ms;
    }
    X509_free(cert);
    return r;
}

static enum err answer(struct http_request *rq, const struct store_enrol *e)
{
    X509 *cert = NULL;
    if (e->outcome != STORE_ENROL_NEW && e->outcome != STORE_ENROL_AGAIN) {
        log_warn("an invitation was used with a second key; its terminal is suspended");
        return ERR_INVITE_USED;
    }
    enum err r = ca_cert_from_der(e->cert_out, e->cert_out_len, &cert);
    if (r == ERR_OK)
        r = send_certs(rq, (X509 *const[]){cert}, 1);
    X509_free(cert);
    return r;
}

static enum err enrol(struct http_request *rq, struct enrol *j, EVP_PKEY *key)
{
    struct buf der, spki;
    buf_init(&der, STORE_CERT_MAX);
    buf_init(&spki, KEY_SPKI_MAX);
    enum err e = key_spki(key, &spki);
    if (e == ERR_OK)
        e = issue(rq, key, &j->e, &der);
    if (e == ERR_OK) {
        j->e.spki = spki.data;
        j->e.spki_len = spki.len;
        e = store_write(rq->service->store, write_enrol, j);
    }
    if (e == ERR_OK)
        e = answer(rq, &j->e);
    buf_release(&spki);
    buf_release(&der);
    return e;
}

static enum err check(struct http_request *rq, const uint8_t hash[static KEY_HASH])
{
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e != ERR_OK)
        return e;
    e = store_invite_check(tx, hash, rq->at_utc_ms);
    store_read_end(&tx);
    return e;
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
    e = check(rq, j->e.hash);
    if (e == ERR_OK)
        e = read_key(&rq->body, &key);
    if (e == ERR_OK)
        e = enrol(rq, j, key);
    key_free(&key);
    free(j);
    return e;
}
