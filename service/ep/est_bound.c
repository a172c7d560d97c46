/* SPDX-License-Identifier: Apache-2.0 */
/* The supervised way back is for the state that lapsed: a renewal code works with the key that the terminal already has. Typed into another
 * machine it changes nothing, is not used up, and the administrator sees the try. */
#include "base/log.h"
#include "service/ep/est.h"
#include "service/http/service.h"
#include "service/sign/ca.h"
#include "service/store/store_audit.h"
#include <openssl/x509.h>
#include <string.h>

struct wanted {
    EVP_PKEY *key;
    bool found;
};

static enum err compare(void *ctx, const uint8_t *der, size_t len)
{
    struct wanted *w = ctx;
    X509 *cert = NULL;
    enum err e = ca_cert_from_der(der, len, &cert);
    if (e == ERR_OK)
        w->found = w->found || EVP_PKEY_eq(X509_get0_pubkey(cert), w->key) == 1;
    X509_free(cert);
    return e;
}

struct tried {
    struct http_request *rq;
    const uint8_t *terminal;
};

static enum err note(struct store_tx *tx, void *ctx)
{
    const struct tried *t = ctx;
    struct store_terminal row;
    char id[ULID_LEN + 1];
    enum err e = store_terminal_get(tx, t->terminal, &row);
    if (e != ERR_OK)
        return e;
    ulid_encode(t->terminal, id);
    const struct store_audit a = {.at_utc_ms = t->rq->at_utc_ms,
        .org = row.org,
        .admin = "service",
        .act = "terminal renew refused",
        .target = id,
        .detail = "its renewal code was tried on another machine"};
    return store_audit_add(tx, &a);
}

enum err est_bound_key(struct http_request *rq, const uint8_t terminal[static STORE_ID], EVP_PKEY *key)
{
    struct wanted w = {.key = key};
    struct tried t = {rq, terminal};
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e == ERR_OK)
        e = store_terminal_certs(tx, terminal, compare, &w);
    store_read_end(&tx);
    if (e != ERR_OK || w.found)
        return e;
    log_warn("a renewal code was tried on a machine that is not its terminal");
    e = store_write(rq->service->store, note, &t);
    return e == ERR_OK ? ERR_INVITE_OTHER : e;
}
