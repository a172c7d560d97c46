/* SPDX-License-Identifier: Apache-2.0 */
/* POST /.well-known/est/simplereenroll (RFC 7030 section 4.2.2): a terminal's certificate is renewed while it still holds, with
 * the same key or a new one. The answer may be lost, so the certificate that asked stays good until its own end; any older
 * one ends here. */
#include "service/ep/ep.h"
#include "service/ep/est.h"
#include "service/http/conn.h"
#include <string.h>

static enum err put(struct store_tx *tx, void *ctx)
{
    return store_terminal_recert(tx, ctx);
}

enum err ep_est_reenroll(struct http_request *rq)
{
    struct est_holder h = {.role = STORE_ROLE_TERMINAL};
    struct est_cert cert;
    EVP_PKEY *key = NULL;
    buf_init(&cert.der, STORE_CERT_MAX);
    memcpy(h.id, rq->who->id, STORE_ID);
    enum err e = est_key(&rq->body, &key);
    if (e == ERR_OK)
        e = est_issue(rq, key, &h, &cert);
    if (e == ERR_OK) {
        struct store_recert r = {.cert = cert.der.data,
            .cert_len = cert.der.len,
            .not_after_utc_ms = cert.not_after_utc_ms,
            .used = rq->conn->peer.hash};
        memcpy(r.terminal, rq->who->id, STORE_ID);
        e = store_write(rq->service->store, put, &r);
    }
    if (e == ERR_OK)
        e = est_answer(rq, cert.der.data, cert.der.len);
    key_free(&key);
    buf_release(&cert.der);
    return e;
}
