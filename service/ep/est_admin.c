/* SPDX-License-Identifier: Apache-2.0 */
/* simpleenroll with an administrator's invitation: the same rules as for a terminal. */
#include "base/log.h"
#include "service/ep/est.h"
#include "service/http/service.h"
#include "service/store/store_admin.h"
#include "service/store/store_audit.h"
#include <stdlib.h>
#include <string.h>

struct job {
    struct http_request *rq;
    struct store_enrol e;
};

static enum err enrol(struct store_tx *tx, void *ctx)
{
    static const char *const act[] = {[STORE_ENROL_NEW] = "admin enrol", [STORE_ENROL_CLASH] = "admin suspend"};
    struct job *j = ctx;
    char id[ULID_LEN + 1];
    int64_t org = 0;
    enum err e = store_admin_enrol(tx, &j->e, &org);
    if (e != ERR_OK || (j->e.outcome != STORE_ENROL_NEW && j->e.outcome != STORE_ENROL_CLASH))
        return e;
    ulid_encode(j->e.terminal_out, id);
    const struct store_audit a = {.at_utc_ms = j->rq->at_utc_ms,
        .org = org,
        .admin = "service",
        .act = act[j->e.outcome],
        .target = id,
        .detail = j->e.outcome == STORE_ENROL_CLASH ? "the invitation was used with another key" : ""};
    return store_audit_add(tx, &a);
}

static enum err check(struct http_request *rq, const uint8_t hash[static KEY_HASH])
{
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e == ERR_OK)
        e = store_admin_invite_check(tx, hash, rq->at_utc_ms);
    store_read_end(&tx);
    return e;
}

static enum err issue(struct job *j, EVP_PKEY *key, struct est_cert *cert)
{
    struct est_holder h = {.role = STORE_ROLE_ADMIN};
    enum err e = ulid_new(j->rq->at_utc_ms, h.id);
    if (e == ERR_OK)
        e = est_issue(j->rq, key, &h, cert);
    memcpy(j->e.terminal, h.id, STORE_ID);
    j->e.cert = cert->der.data;
    j->e.cert_len = cert->der.len;
    j->e.not_after_utc_ms = cert->not_after_utc_ms;
    j->e.at_utc_ms = j->rq->at_utc_ms;
    return e;
}

static enum err run(struct job *j, EVP_PKEY *key)
{
    struct est_cert cert = {0};
    struct buf spki;
    buf_init(&cert.der, STORE_CERT_MAX);
    buf_init(&spki, KEY_SPKI_MAX);
    enum err e = key_spki(key, &spki);
    if (e == ERR_OK)
        e = issue(j, key, &cert);
    j->e.spki = spki.data;
    j->e.spki_len = spki.len;
    if (e == ERR_OK)
        e = store_write(j->rq->service->store, enrol, j);
    if (e == ERR_OK && j->e.outcome == STORE_ENROL_CLASH) {
        log_warn("an administrator's invitation was used with a second key; both are suspended");
        e = ERR_INVITE_USED;
    }
    if (e == ERR_OK)
        e = est_answer(j->rq, j->e.cert_out, j->e.cert_out_len);
    buf_release(&spki);
    buf_release(&cert.der);
    return e;
}

enum err est_admin(struct http_request *rq, const uint8_t hash[static KEY_HASH])
{
    EVP_PKEY *key = NULL;
    struct job *j = calloc(1, sizeof *j);
    enum err e = j ? check(rq, hash) : ERR_NOMEM;
    if (e == ERR_OK)
        e = est_key(&rq->body, &key);
    if (e == ERR_OK) {
        j->rq = rq;
        memcpy(j->e.hash, hash, KEY_HASH);
        e = run(j, key);
    }
    key_free(&key);
    free(j);
    return e;
}
