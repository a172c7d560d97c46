/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/daemon.h"
#include "base/file.h"
#include "base/log.h"
#include "service/http/conn.h"
#include "service/http/listen.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum {
    FILE_MAX = 65536,
    POOL = 8192 /* bytes of memory per connection; also bounds first line and headers together */
};

/* RFC 8446 only; what a P-256 world needs and, for clients that prefer them, X25519 and ChaCha20. */
static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"
                               "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305";

__attribute__((format(printf, 2, 0))) static void quiet(void *cls, const char *fmt, va_list ap)
{
    char line[256];
    (void)cls;
    vsnprintf(line, sizeof line, fmt, ap);
    log_debug("listener: %s", line);
}

struct pem {
    struct buf key, cert, trust;
};

static enum err read_pem(const char *dir, const char *name, struct buf *b, char what[static 64])
{
    char path[4096];
    snprintf(what, 64, "%s", name);
    enum err e = file_path(dir, name, path, sizeof path);
    return e == ERR_OK ? file_read(path, b) : e;
}

static enum err read_all(const char *dir, struct pem *p, char what[static 64])
{
    enum err e = read_pem(dir, "server.key", &p->key, what);
    if (e == ERR_OK)
        e = read_pem(dir, "server.crt", &p->cert, what);
    if (e == ERR_OK)
        e = read_pem(dir, "terminal-ca.crt", &p->trust, what);
    return e == ERR_OK ? read_pem(dir, "admin-ca.crt", &p->trust, what) : e;
}

static unsigned thread_count(const struct service *s)
{
    long n = s->settings.threads ? s->settings.threads : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 2 ? 2 : n > 256 ? 256 : (unsigned)n;
}

static struct MHD_Daemon *start(struct service *s, const struct pem *p, int fd)
{
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
        0, NULL, NULL, conn_request, s, MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_HTTPS_MEM_KEY, buf_str(&p->key), MHD_OPTION_HTTPS_MEM_CERT, buf_str(&p->cert),
        MHD_OPTION_HTTPS_MEM_TRUST, buf_str(&p->trust), MHD_OPTION_HTTPS_PRIORITIES, priority,
        MHD_OPTION_THREAD_POOL_SIZE, thread_count(s), MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->settings.connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)s->limits.per_address, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)s->limits.idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_CONNECTION, conn_notify, s, MHD_OPTION_URI_LOG_CALLBACK,
        conn_begin, s, MHD_OPTION_NOTIFY_COMPLETED, conn_end, s, MHD_OPTION_END);
}

enum err daemon_start(const char *dir, struct service *s, struct MHD_Daemon **out, char what[static 64])
{
    struct pem p;
    int fd = -1;
    buf_init(&p.key, FILE_MAX);
    buf_init(&p.cert, FILE_MAX);
    buf_init(&p.trust, FILE_MAX);
    enum err e = read_all(dir, &p, what);
    if (e == ERR_OK) {
        snprintf(what, 64, "port %u", (unsigned)s->settings.port);
        e = listen_open(s->settings.listen, s->settings.port, &fd);
    }
    if (e == ERR_OK) {
        snprintf(what, 64, "server.key, server.crt");
        *out = start(s, &p, fd); /* copies the keys, takes the socket */
        if (!*out) {
            close(fd);
            e = ERR_BAD_VALUE;
        }
    }
    buf_wipe(&p.key);
    buf_release(&p.cert);
    buf_release(&p.trust);
    return e;
}
