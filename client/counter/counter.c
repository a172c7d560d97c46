/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/counter.h"
#include "client/counter/parts.h"
#include "client/counter/sockets.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { IDLE_S = 30, CONNECTION_MEMORY = 12288 };

enum err counter_address(const char *text, struct sockaddr_storage *out)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof host)
        return ERR_BAD_VALUE;
    size_t digits = strspn(colon + 1, "0123456789");
    if (!digits || digits > 5 || colon[1 + digits])
        return ERR_BAD_VALUE;
    unsigned long port = strtoul(colon + 1, NULL, 10);
    if (port > 65535)
        return ERR_BAD_VALUE;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    struct sockaddr_storage ss = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&ss;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&ss;
    size_t n = strlen(host);
    if (host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = 0;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1)
            return ERR_BAD_VALUE;
        if (!IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr))
            return ERR_FORBIDDEN;
    } else {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        if (inet_pton(AF_INET, !strcasecmp(host, "localhost") ? "127.0.0.1" : host, &v4->sin_addr) != 1)
            return ERR_FORBIDDEN; /* a name may mean anything tomorrow */
        if (ntohl(v4->sin_addr.s_addr) >> 24 != 127)
            return ERR_FORBIDDEN;
    }
    *out = ss;
    return ERR_OK;
}

/* libmicrohttpd closes the listening socket when the daemon stops. */
static enum err open_door(struct counter *c, struct door *d, int fd, bool tcp)
{
    *d = (struct door){.counter = c, .fd = fd, .tcp = tcp, .tokens_mono_ms = counter_now(c)};
    d->tokens_mono_ms -= 60000;
    d->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, route_handle, d,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)COUNTER_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, route_done, NULL, MHD_OPTION_END);
    if (d->daemon)
        return ERR_OK;
    close(fd);
    return ERR_NOMEM;
}

static enum err open_unix(struct counter *c)
{
    int fd;
    enum err e = sockets_unix(c->config.socket, &fd);
    return e ? e : open_door(c, &c->unix_door, fd, false);
}

static enum err open_tcp(struct counter *c)
{
    int fd;
    char host[INET6_ADDRSTRLEN] = "";
    const struct sockaddr_storage *sa = c->config.listen;
    enum err e = sockets_tcp(sa, &fd, &c->port);
    if (e)
        return e;
    if (sa->ss_family == AF_INET6)
        snprintf(c->bound, sizeof c->bound, "[::1]:%u", c->port);
    else {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, host, sizeof host);
        snprintf(c->bound, sizeof c->bound, "%s:%u", host, c->port);
    }
    key_sha256(c->config.token, strlen(c->config.token), c->token_hash);
    return open_door(c, &c->tcp_door, fd, true);
}

enum err counter_new(const struct counter_config *config, struct counter **out)
{
    struct counter *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    c->config = *config;
    c->config.socket = config->socket ? strdup(config->socket) : NULL;
    c->events = events_new();
    c->sessions = sessions_new(config->sessions);
    c->config.sessions = NULL;
    enum err e = !c->events || !c->sessions || (config->socket && !c->config.socket) ? ERR_NOMEM : ERR_OK;
    if (!e && config->socket)
        e = open_unix(c);
    if (!e && config->listen)
        e = open_tcp(c);
    c->config.token = NULL; /* its hash is enough */
    if (e)
        counter_free(&c);
    else
        *out = c;
    return e;
}

void counter_free(struct counter **cp)
{
    struct counter *c = *cp;
    if (!c)
        return;
    *cp = NULL;
    if (c->unix_door.daemon || c->tcp_door.daemon) {
        c->closing = true;
        wait_expire(c, true);
        events_hang_up(c);
        counter_run(c);
    }
    if (c->unix_door.daemon) {
        unlink(c->config.socket);
        MHD_stop_daemon(c->unix_door.daemon);
    }
    if (c->tcp_door.daemon)
        MHD_stop_daemon(c->tcp_door.daemon);
    events_free(&c->events);
    sessions_free(&c->sessions);
    free((char *)(uintptr_t)c->config.socket);
    free(c);
}

size_t counter_fds(const struct counter *c, struct pollfd *fds, size_t max)
{
    const struct door *const doors[] = {&c->unix_door, &c->tcp_door};
    size_t n = 0;
    for (size_t i = 0; i < 2 && n < max; i++) {
        if (!doors[i]->daemon)
            continue;
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(doors[i]->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        if (info)
            fds[n++] = (struct pollfd){.fd = info->epoll_fd, .events = POLLIN};
    }
    return n;
}

static int sooner(int a, int64_t b)
{
    if (b > INT32_MAX)
        return a;
    int ms = b < 0 ? 0 : (int)b;
    return a < 0 || ms < a ? ms : a;
}

int counter_timeout_ms(const struct counter *c)
{
    const struct door *const doors[] = {&c->unix_door, &c->tcp_door};
    int64_t now = counter_now(c), due = wait_due_mono_ms(c), alive = events_due_mono_ms(c);
    int ms = -1;
    MHD_UNSIGNED_LONG_LONG t;
    for (size_t i = 0; i < 2; i++)
        if (doors[i]->daemon && MHD_get_timeout(doors[i]->daemon, &t) == MHD_YES)
            ms = sooner(ms, t > INT32_MAX ? INT32_MAX : (int64_t)t);
    if (alive < due)
        due = alive;
    return due == INT64_MAX ? ms : sooner(ms, due - now);
}

void counter_run(struct counter *c)
{
    wait_expire(c, false);
    events_tick(c);
    if (c->unix_door.daemon)
        MHD_run(c->unix_door.daemon);
    if (c->tcp_door.daemon)
        MHD_run(c->tcp_door.daemon);
    events_part(c);
}

const char *counter_bound(const struct counter *c)
{
    return c->bound;
}

void counter_checkout(struct counter *c, const struct checkout *checkout)
{
    wait_changed(c, checkout);
    if (events_wanted(c))
        events_add(c, "checkout", view_checkout(c, checkout, ERR_LANG_ZH));
}

void counter_again(struct counter *c)
{
    wait_run_again(c);
}

void counter_status(struct counter *c)
{
    if (events_wanted(c))
        events_add(c, "status", c->config.ops->status(c->config.ops->ctx));
}

void counter_scan(struct counter *c, const char *kind)
{
    if (events_wanted(c))
        events_add(c, "scan", json_pack("{s:s}", "kind", kind));
}

void counter_lost(struct counter *c, const char *device, enum err e)
{
    if (events_wanted(c))
        events_add(c, "scan",
            json_pack("{s:s, s:s*, s:s, s:o}", "kind", device ? "lost" : "other", "device", device, "code", err_code(e),
                "text", view_text(e)));
}

void counter_device(struct counter *c, json_t *taken)
{
    if (events_wanted(c))
        events_add(c, "device", taken);
    else
        json_decref(taken);
}

const char *counter_command(const char *text, size_t len)
{
    static const char prefix[] = "HUIKA-KEY/";
    static const char *const names[][2] = {{"0", "0"}, {"1", "1"}, {"2", "2"}, {"3", "3"}, {"4", "4"}, {"5", "5"},
        {"6", "6"}, {"7", "7"}, {"8", "8"}, {"9", "9"}, {"DOT", "dot"}, {"DEL", "del"}, {"OK", "ok"}, {"BACK", "back"},
        {"NEXT", "next"}, {"TILL", "till"}, {"DAY", "day"}, {"DISPUTES", "disputes"}, {"STATUS", "status"}};
    size_t n = sizeof prefix - 1;
    if (len <= n || memcmp(text, prefix, n))
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i][0]) == len - n && !memcmp(text + n, names[i][0], len - n))
            return names[i][1];
    return NULL;
}

void counter_key(struct counter *c, const char *name)
{
    if (events_wanted(c))
        events_add(c, "key", json_pack("{s:s}", "key", name));
}
