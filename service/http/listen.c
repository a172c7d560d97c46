/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/listen.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static enum err parse(const char *text, uint16_t port, union address *a, socklen_t *len)
{
    *a = (union address){0};
    if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
        a->v4.sin_family = AF_INET;
        a->v4.sin_port = htons(port);
        *len = sizeof a->v4;
        return ERR_OK;
    }
    if (inet_pton(AF_INET6, *text ? text : "::", &a->v6.sin6_addr) != 1)
        return ERR_BAD_VALUE;
    a->v6.sin6_family = AF_INET6;
    a->v6.sin6_port = htons(port);
    *len = sizeof a->v6;
    return ERR_OK;
}

static int bound(const union address *a, socklen_t len)
{
    int on = 1, off = 0;
    int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    bool ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
    if (ok && a->any.sa_family == AF_INET6)
        ok = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
    if (ok && bind(fd, &a->any, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

enum err listen_open(const char *address, uint16_t port, int *fd)
{
    union address a;
    socklen_t len;
    enum err e = parse(address, port, &a, &len);
    if (e != ERR_OK)
        return e;
    int got = bound(&a, len);
    if (got < 0 && !*address && errno == EAFNOSUPPORT && parse("0.0.0.0", port, &a, &len) == ERR_OK)
        got = bound(&a, len); /* a machine without IPv6 */
    if (got < 0)
        return errno == EADDRINUSE ? ERR_ADDRESS_BUSY : ERR_IO;
    *fd = got;
    return ERR_OK;
}
