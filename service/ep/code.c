/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/code.h"
#include "service/ep/ep.h"
#include "service/http/service.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define LIFE_MS INT64_C(86400000)

enum err code_new(struct http_request *rq, struct code *out)
{
    const struct service *s = rq->service;
    struct invite v = {.port = s->settings.port};
    snprintf(v.host, sizeof v.host, "%s", s->settings.host);
    memcpy(v.fingerprint, s->keys->fingerprint, sizeof v.fingerprint);
    enum err e = RAND_bytes(v.secret, sizeof v.secret) == 1 ? invite_encode(&v, out->text) : ERR_INTERNAL;
    if (e == ERR_OK) {
        store_invite_hash(v.secret, out->hash);
        out->expires_utc_ms = rq->at_utc_ms + LIFE_MS;
    }
    OPENSSL_cleanse(&v, sizeof v);
    return e;
}

enum err code_answer(struct http_request *rq, const struct code *c)
{
    return ep_answer(rq, 201, json_pack("{ss sI}", "code", c->text, "expires_ms", (json_int_t)c->expires_utc_ms));
}
