/* SPDX-License-Identifier: Apache-2.0 */
#include "service/settings.h"
#include "base/config.h"
#include "base/file.h"
#include <stdio.h>
#include <string.h>

enum {
    WHY = 64,
    MISSES_MAX = 100000,
    CONNECTIONS_MAX = 1000000,
    THREADS_MAX = 256,
    LEASE_HOURS_MAX = 720,
    COUNT_MAX = 1000000,
    YEAR_S = 31622400
};
#define AMOUNT_MAX INT64_C(1000000000000)

struct reading {
    const struct config *c;
    char *why;
    enum err e;
};

/* The first thing that is wrong is what is reported. */
static void wrong(struct reading *r, enum err e, const char *section, const char *key)
{
    if (!e || r->e)
        return;
    r->e = e;
    snprintf(r->why, WHY, "service.ini [%s] %s", section, key);
}

static int64_t whole(struct reading *r, const char *section, const char *key, int64_t max, int64_t absent)
{
    int64_t v = absent;
    wrong(r, config_int(r->c, section, key, key[0] == 'p' ? 1 : 0, max, absent, &v), section, key);
    return v;
}

static void text(struct reading *r, const char *section, const char *key, char *out, size_t size)
{
    const char *v = config_text(r->c, section, key, "");
    if ((size_t)snprintf(out, size, "%s", v) >= size)
        wrong(r, ERR_BAD_VALUE, section, key);
}

static int64_t bounded(struct reading *r, const char *key, int64_t min, int64_t max, int64_t absent)
{
    int64_t v = absent;
    wrong(r, config_int(r->c, "policy", key, min, max, absent, &v), "policy", key);
    return v;
}

static void read_policy(struct reading *r, struct policy *p)
{
    *p = (struct policy){.lease_hours = bounded(r, "lease_hours", 1, LEASE_HOURS_MAX, 72),
        .lease_renew_s = bounded(r, "lease_renew_s", 1, LEASE_HOURS_MAX * 3600, 3600),
        .offline_sales = bounded(r, "offline_sales", 0, COUNT_MAX, 200),
        .offline_amount_fen = bounded(r, "offline_amount_fen", 0, AMOUNT_MAX, 2000000),
        .offline_starts = bounded(r, "offline_starts", 0, COUNT_MAX, 20),
        .offline_per_card_day = bounded(r, "offline_per_card_day", 0, COUNT_MAX, 3),
        .keyed_sales = bounded(r, "keyed_sales", 0, COUNT_MAX, 20),
        .keyed_amount_fen = bounded(r, "keyed_amount_fen", 0, AMOUNT_MAX, 200000),
        .revoked_every_s = bounded(r, "revoked_every_s", 0, 7 * 86400, 600),
        .return_days = bounded(r, "return_days", 0, 365, 30),
        .dispute_days = bounded(r, "dispute_days", 1, 60, 7),
        .erase_days = bounded(r, "erase_days", 1, 3650, 30),
        .certificate_s = bounded(r, "certificate_s", 60, YEAR_S * 3, YEAR_S)};
}

static void read_all(struct reading *r, struct settings *s)
{
    char hosts[4096];
    text(r, "service", "hosts", hosts, sizeof hosts);
    hosts[strcspn(hosts, ", ")] = 0;
    if (!*hosts || !invite_host_ok(hosts))
        wrong(r, ERR_BAD_VALUE, "service", "hosts");
    else
        memcpy(s->host, hosts, strlen(hosts) + 1);
    text(r, "service", "listen", s->listen, sizeof s->listen);
    s->port = (uint16_t)whole(r, "service", "port", UINT16_MAX, 8443);
    text(r, "public", "host", s->public_host, sizeof s->public_host);
    text(r, "public", "listen", s->public_listen, sizeof s->public_listen);
    s->public_port = (uint16_t)whole(r, "public", "port", UINT16_MAX, 8444);
    text(r, "public", "certificate", s->public_cert, sizeof s->public_cert);
    text(r, "public", "key", s->public_key, sizeof s->public_key);
    s->number_miss_limit = (int)whole(r, "limits", "number_miss_limit", MISSES_MAX, 10);
    s->connections = (int)whole(r, "limits", "connections", CONNECTIONS_MAX, 4096);
    s->threads = (int)whole(r, "limits", "threads", THREADS_MAX, 0);
    read_policy(r, &s->policy);
}

enum err settings_load(const char *dir, struct settings *out, char why[static WHY])
{
    char path[SETTINGS_PATH_MAX];
    struct config c;
    struct settings s = {.port = 0};
    snprintf(why, WHY, "service.ini");
    enum err e = file_path(dir, "service.ini", path, sizeof path);
    if (e)
        return e;
    e = config_load(&c, path);
    if (e == ERR_BAD_VALUE)
        snprintf(why, WHY, "service.ini line %d", c.bad_line);
    if (!e) {
        struct reading r = {.c = &c, .why = why};
        read_all(&r, &s);
        e = r.e;
    }
    config_release(&c);
    if (!e)
        *out = s;
    return e;
}
