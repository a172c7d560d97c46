/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's certificate, renewed at two thirds of its life (RFC 7030 section 4.2.2) with the same key: so nothing but one file changes,
 * and heads stay signed by the key that the service knows. Connections that are open go on with the old one. */
#include "base/log.h"
#include "client/ports/est.h"
#include "client/ports/sync_parts.h"
#include <string.h>

enum { RENEW_ANSWER_MS = 30000, RENEW_AGAIN_MS = 600000 };

bool sync_wants_cert(const struct sync *s)
{
    int64_t from = link_cert_from_ms(s->c.link), until = link_cert_until_ms(s->c.link);
    return until > from && sync_utc(s) >= from + (until - from) / 3 * 2;
}

/* For this terminal and its key, or it is of no use. */
static enum err check(const struct sync *s, X509 *cert)
{
    char id[ULID_LEN + 1];
    EVP_PKEY *key = X509_get0_pubkey(cert);
    bool ours =
        key && EVP_PKEY_eq(key, s->c.device) == 1 && !est_terminal(cert, id) && !strcmp(id, s->notices.terminal_id);
    return ours ? ERR_OK : ERR_NET_PROTOCOL;
}

static enum err take(struct sync *s, const struct link_answer *a)
{
    X509 *cert[EST_CERTS] = {0};
    char cert_path[STATE_PATH_MAX], key_path[STATE_PATH_MAX];
    struct buf pem;
    size_t cnt = 0;
    buf_init(&pem, 65536);
    enum err e = est_certs(a->body, a->len, cert, &cnt);
    if (!e)
        e = check(s, cert[0]);
    if (!e)
        e = est_pem(cert[0], &pem);
    if (!e)
        e = state_write(s->c.state, STATE_CERT, pem.data, pem.len);
    state_path(s->c.state, STATE_CERT, cert_path);
    state_path(s->c.state, STATE_KEY, key_path);
    if (!e)
        e = link_use_cert(s->c.link, cert_path, key_path);
    for (size_t i = 0; i < cnt; i++)
        X509_free(cert[i]);
    buf_release(&pem);
    return e;
}

static void renew_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    s->cert.id = 0;
    int64_t was_from = link_cert_from_ms(s->c.link);
    enum err e = a->err ? a->err : take(s, a);
    /* Must not make us spin: the old one again; or a new one, and it is our clock that is ahead. */
    if (!e && sync_wants_cert(s))
        e = link_cert_from_ms(s->c.link) > was_from ? ERR_CLOCK_SKEW : ERR_NET_PROTOCOL;
    if (e)
        sync_failed(s, &s->cert, RENEW_AGAIN_MS);
    else
        sync_good(s, &s->cert, 0);
    if (!e)
        log_info("the certificate was renewed");
    sync_say(s, &s->status.cert_error, e, "the certificate is not renewed");
    if (!e)
        sync_changed(s);
}

void sync_renew(struct sync *s)
{
    struct buf request;
    buf_init(&request, 4096);
    enum err e = est_request(s->c.device, &request);
    struct link_request r = {.method = "POST",
        .path = "/.well-known/est/simplereenroll",
        .type = "application/pkcs10",
        .body = request.data,
        .len = request.len,
        .deadline_mono_ms = sync_mono(s) + RENEW_ANSWER_MS,
        .done = renew_done,
        .ctx = s};
    if (!e)
        e = link_request(s->c.link, &r, &s->cert.id);
    if (e) {
        sync_failed(s, &s->cert, 0);
        sync_say(s, &s->status.cert_error, e, "the certificate is not renewed");
    }
    buf_release(&request);
}
