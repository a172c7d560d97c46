/* SPDX-License-Identifier: Apache-2.0 */
/* One-time invitation codes, as they are made and answered. The secret is in the answer and nowhere else. */
#ifndef HUIKA_SERVICE_CODE_H
#define HUIKA_SERVICE_CODE_H
#include "proto/invite.h"
#include "service/http/http.h"

struct code {
    char text[INVITE_TEXT_MAX + 1]; /* wipe it */
    uint8_t hash[KEY_HASH];         /* store_invite_hash of its secret */
    int64_t expires_utc_ms;         /* in 24 hours */
};
/* ERR_INTERNAL: no randomness. */
enum err code_new(struct http_request *rq, struct code *out);
/* 201 {"code","expires_ms"} */
enum err code_answer(struct http_request *rq, const struct code *c);
#endif
