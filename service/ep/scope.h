/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that decides what an administrator may act on, and the one that writes it down. */
#ifndef HUIKA_SERVICE_SCOPE_H
#define HUIKA_SERVICE_SCOPE_H
#include "service/http/http.h"
#include "service/store/store_member.h"

/* ERR_OK if `org` is the administrator's own or below it. ERR_NOT_FOUND otherwise: what is foreign does not exist. */
enum err scope_check(struct store_tx *tx, const struct http_request *rq, int64_t org);
/* The same for a shop, a member by number (16-19 digits; found by its HMAC), an org by code; *out is what was found. */
enum err scope_shop(
    struct store_tx *tx, const struct http_request *rq, const uint8_t shop[static STORE_ID], struct store_shop *out);
enum err scope_member(
    struct store_tx *tx, const struct http_request *rq, const uint8_t hmac[static 32], struct store_member *out);
enum err scope_org(struct store_tx *tx, const struct http_request *rq, const char *code, struct store_org *out);

/* An act, for the audit log. Texts are borrowed and hold no number, token or name of a member. */
struct scope_act {
    const char *act;    /* "shop delist" */
    const char *target; /* an id or code */
    const char *detail; /* may be NULL */
};
/* Checks the scope again and appends to the audit log: the last thing a write job does. */
enum err scope_log(struct store_tx *tx, const struct http_request *rq, int64_t org, const struct scope_act *a);
#endif
