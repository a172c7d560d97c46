/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/routes.h"
#include "proto/body.h"
#include "service/ep/ep.h"
#include <string.h>

#define JSON "application/json"
enum { IMPORT_MAX = 4 * 1024 * 1024 };
#define ANYBODY  STORE_ROLE_NONE
#define TERMINAL STORE_ROLE_TERMINAL
#define ADMIN    STORE_ROLE_ADMIN

/* The busiest first. */
static const struct route table[] = {
    {"POST", "/v1/verify", TERMINAL, 0, HTTP_JSON_MAX, JSON, ep_verify},
    {"POST", "/v1/reserve", TERMINAL, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_reserve},
    {"DELETE", "/v1/reserve/{checkout}", TERMINAL, ROUTE_WRITES, 0, NULL, ep_reserve_release},
    {"POST", "/v1/records", TERMINAL, ROUTE_WRITES, BODY_MAX, JSON, ep_records},
    {"POST", "/v1/voids", TERMINAL, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_void},
    {"GET", "/v1/notices", TERMINAL, ROUTE_WAITS, 0, NULL, ep_notices},
    {"GET", "/v1/revoked/{version}", TERMINAL, ROUTE_WRITES, 0, NULL, ep_revoked},
    {"GET", "/v1/revoked/{version}/from/{older}", TERMINAL, ROUTE_WRITES, 0, NULL, ep_revoked_delta},
    {"GET", "/v1/terminal", TERMINAL, 0, 0, NULL, ep_terminal},
    {"GET", "/healthz", ANYBODY, 0, 0, NULL, ep_healthz},
    {"GET", "/v1/trust", ANYBODY, 0, 0, NULL, ep_trust},
    {"GET", "/.well-known/est/cacerts", ANYBODY, 0, 0, NULL, ep_est_cacerts},
    {"POST", "/.well-known/est/simpleenroll", ANYBODY, ROUTE_WRITES, HTTP_JSON_MAX, "application/pkcs10",
        ep_est_enroll},
    {"POST", "/.well-known/est/simplereenroll", TERMINAL, ROUTE_WRITES, HTTP_JSON_MAX, "application/pkcs10",
        ep_est_reenroll},
    {"GET", "/v1/orgs", ADMIN, 0, 0, NULL, ep_org_list},
    {"POST", "/v1/orgs", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_org_add},
    {"POST", "/v1/members/import", ADMIN, ROUTE_WRITES, IMPORT_MAX, "text/csv", ep_member_import},
    {"POST", "/v1/members/status", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_member_status},
    {"POST", "/v1/cards/print", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_card_print},
    {"POST", "/v1/cards/reissue", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_card_reissue},
    {"GET", "/v1/cards/export", ADMIN, ROUTE_WRITES, 0, NULL, ep_card_export},
    {"GET", "/v1/shops", ADMIN, 0, 0, NULL, ep_shop_list},
    {"POST", "/v1/shops", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_shop_add},
    {"GET", "/v1/shops/{shop}", ADMIN, 0, 0, NULL, ep_shop_show},
    {"POST", "/v1/shops/{shop}/standing", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_shop_standing},
    {"GET", "/v1/shops/{shop}/offers", ADMIN, 0, 0, NULL, ep_offer_list},
    {"PUT", "/v1/shops/{shop}/offers", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_offer_set},
    {"POST", "/v1/shops/{shop}/invitations", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_shop_invite},
    {"GET", "/v1/terminals", ADMIN, 0, 0, NULL, ep_terminal_list},
    {"POST", "/v1/terminals/{terminal}/revoke", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_terminal_revoke},
    {"POST", "/v1/terminals/{terminal}/resume", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_terminal_resume},
    {"POST", "/v1/terminals/{terminal}/renew", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_terminal_renew},
    {"GET", "/v1/terminals/{terminal}/branches", ADMIN, ROUTE_WRITES, 0, NULL, ep_terminal_branches},
    {"GET", "/v1/terminals/{terminal}/records", ADMIN, ROUTE_WRITES, 0, NULL, ep_terminal_records},
    {"GET", "/v1/admins", ADMIN, 0, 0, NULL, ep_admin_list},
    {"POST", "/v1/admins", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_admin_invite},
    {"POST", "/v1/admins/{admin}/revoke", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_admin_revoke},
    {"GET", "/v1/audit/verify", ADMIN, ROUTE_WRITES, 0, NULL, ep_audit_verify},
    {"GET", "/v1/audit", ADMIN, 0, 0, NULL, ep_audit_list},
    {"GET", "/v1/shops/{shop}/evidence", ADMIN, ROUTE_WRITES, 0, NULL, ep_evidence},
    {"GET", "/v1/disputes", ADMIN, 0, 0, NULL, ep_dispute_list},
    {"GET", "/v1/disputes/{ref}", ADMIN, 0, 0, NULL, ep_dispute_show},
    {"POST", "/v1/disputes/{ref}/answer", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_dispute_answer},
    {"POST", "/v1/disputes/{ref}/close", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_dispute_close},
    {"POST", "/v1/disputes/{ref}/reopen", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_dispute_reopen},
    {"POST", "/v1/disputes/{ref}/note", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_dispute_note},
    {"POST", "/v1/disputes/{ref}/erase", ADMIN, ROUTE_WRITES, HTTP_JSON_MAX, JSON, ep_dispute_erase},
    {"GET", "/v1/report", ADMIN, ROUTE_WRITES, 0, NULL, ep_report},
};
enum { ROUTES = sizeof table / sizeof *table };

const struct route *routes_all(size_t *cnt)
{
    *cnt = ROUTES;
    return table;
}

static bool plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

bool routes_match(const char *pattern, const char *path, char param[static HTTP_PARAMS][HTTP_PARAM_MAX + 1])
{
    size_t params = 0;
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t n = 0;
        while (plain(path[n]))
            n++;
        if (n < 1 || n > HTTP_PARAM_MAX || params == HTTP_PARAMS)
            return false;
        memcpy(param[params], path, n);
        param[params++][n] = 0;
        path += n;
        pattern += strcspn(pattern, "}") + 1;
    }
    return !*path;
}

static bool method_is(const struct route *r, const char *method)
{
    return !strcmp(r->method, method) || (!strcmp(r->method, "GET") && !strcmp(method, "HEAD"));
}

/* The Allow header's value for the methods that a path has; static. */
static const char *allow_of(unsigned methods)
{
    static const char *const name[] = {"", "GET, HEAD", "POST", "GET, HEAD, POST", "PUT", "GET, HEAD, PUT", "PUT, POST",
        "GET, HEAD, POST, PUT", "DELETE"};
    return methods < sizeof name / sizeof *name ? name[methods] : "";
}

static unsigned method_bit(const char *method)
{
    return !strcmp(method, "GET") ? 1 : !strcmp(method, "POST") ? 2 : !strcmp(method, "PUT") ? 4 : 8;
}

enum err routes_find(const char *method, const char *path, const struct route **out,
    char param[static HTTP_PARAMS][HTTP_PARAM_MAX + 1], const char **allow)
{
    char found[HTTP_PARAMS][HTTP_PARAM_MAX + 1];
    unsigned methods = 0;
    for (const struct route *r = table; r < table + ROUTES; r++) {
        if (!routes_match(r->path, path, found))
            continue;
        methods |= method_bit(r->method);
        if (!method_is(r, method))
            continue;
        *out = r;
        if (strchr(r->path, '{'))
            memcpy(param, found, sizeof found);
        return ERR_OK;
    }
    *allow = allow_of(methods);
    return methods ? ERR_METHOD : ERR_NOT_FOUND;
}
