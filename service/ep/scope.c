/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/scope.h"
#include "service/store/store_audit.h"

enum err scope_check(struct store_tx *tx, const struct http_request *rq, int64_t org)
{
    bool covers = false;
    if (rq->who->role != STORE_ROLE_ADMIN)
        return ERR_FORBIDDEN;
    enum err e = store_org_covers(tx, rq->who->org, org, &covers);
    return e != ERR_OK ? e : covers ? ERR_OK : ERR_NOT_FOUND;
}

enum err scope_shop(
    struct store_tx *tx, const struct http_request *rq, const uint8_t shop[static STORE_ID], struct store_shop *out)
{
    enum err e = store_shop_get(tx, shop, out);
    return e == ERR_OK ? scope_check(tx, rq, out->org) : e;
}

enum err scope_member(
    struct store_tx *tx, const struct http_request *rq, const uint8_t hmac[static 32], struct store_member *out)
{
    enum err e = store_member_by_number(tx, hmac, out);
    return e == ERR_OK ? scope_check(tx, rq, out->org) : e;
}

enum err scope_org(struct store_tx *tx, const struct http_request *rq, const char *code, struct store_org *out)
{
    enum err e = store_org_by_code(tx, code, out);
    return e == ERR_OK ? scope_check(tx, rq, out->org) : e;
}

enum err scope_log(struct store_tx *tx, const struct http_request *rq, int64_t org, const struct scope_act *a)
{
    char admin[ULID_LEN + 1];
    enum err e = scope_check(tx, rq, org);
    if (e != ERR_OK)
        return e;
    ulid_encode(rq->who->id, admin);
    const struct store_audit entry = {.at_utc_ms = rq->at_utc_ms,
        .org = org,
        .admin = admin,
        .act = a->act,
        .target = a->target,
        .detail = a->detail ? a->detail : ""};
    return store_audit_add(tx, &entry);
}
