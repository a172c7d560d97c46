/* SPDX-License-Identifier: Apache-2.0 */
/* Who may speak to the counter. The Unix socket is guarded by its mode. On TCP any page of any browser on this machine can
 * reach us: the Host header keeps out rebound names, the Origin and Sec-Fetch-Site headers foreign pages, token or cookie everybody
 * else. */
#include "client/counter/parts.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { GATE_PER_SECOND = 500, GATE_BURST = 1000 };

static bool within_rate(struct door *d, int64_t now_mono_ms)
{
    int64_t gained = (now_mono_ms - d->tokens_mono_ms) * GATE_PER_SECOND;
    d->tokens_mono_ms = now_mono_ms;
    d->tokens = gained > GATE_BURST * 1000 - d->tokens ? GATE_BURST * 1000 : d->tokens + gained;
    if (d->tokens < 1000)
        return false;
    d->tokens -= 1000;
    return true;
}

/* "localhost:8730" and the like: a loopback name or address with our port. */
static bool is_us(const char *host, unsigned port)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    char want[32];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(want, sizeof want, "%s:%u", names[i], port);
        if (!strcasecmp(host, want) || (port == 80 && !strcasecmp(host, names[i])))
            return true;
    }
    return false;
}

static bool has_token(const struct counter *c, const char *header)
{
    uint8_t hash[KEY_HASH];
    if (!header || strncasecmp(header, "Bearer ", 7))
        return false;
    header += 7 + strspn(header + 7, " ");
    key_sha256(header, strlen(header), hash);
    return !CRYPTO_memcmp(hash, c->token_hash, KEY_HASH);
}

/* What one must reach to get in: the page itself, which holds nothing, and the exchange of a code for a cookie. */
static bool is_entrance(const struct request *r)
{
    if (!strcmp(r->method, "POST"))
        return !strcmp(r->url, "/v1/session");
    return (!strcmp(r->method, "GET") || !strcmp(r->method, "HEAD")) && page_find(r->url);
}

/* A browser sends the cookie along with requests of other pages of this host too, whatever their port; it says so (Fetch Metadata
 * Request Headers, W3C). A cookie without that word is not the page's. */
static bool has_cookie(struct request *r)
{
    const char *site = route_header(r, "Sec-Fetch-Site");
    return site && !strcmp(site, "same-origin") && page_signed_in(r);
}

enum err gate_check(struct request *r)
{
    struct counter *c = r->counter;
    if (!r->door->tcp)
        return ERR_OK;
    const char *host = route_header(r, MHD_HTTP_HEADER_HOST), *origin = route_header(r, MHD_HTTP_HEADER_ORIGIN);
    if (!within_rate(r->door, counter_now(c)))
        return ERR_TOO_MANY;
    if (!host || !is_us(host, c->port))
        return ERR_BAD_HOST;
    if (origin && (strncmp(origin, "http://", 7) || !is_us(origin + 7, c->port)))
        return ERR_BAD_HOST;
    if (is_entrance(r) || has_token(c, route_header(r, MHD_HTTP_HEADER_AUTHORIZATION)) || has_cookie(r))
        return ERR_OK;
    return ERR_UNAUTHORIZED;
}
