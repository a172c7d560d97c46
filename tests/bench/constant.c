/* SPDX-License-Identifier: Apache-2.0 */
/* The service's listener with nothing behind it: libmicrohttpd with the options of service/http/daemon.c, whose every answer is
 * the same text.
 *
 *     constant PORT SERVER-DIR TEXT        runs until its standard input ends */
#include "base/file.h"
#include "tests/bench/tls.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POOL = 8192, FILE_MAX = 65536, THREADS = 2 };

static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"
                               "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305";

static enum MHD_Result answer(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **con_cls)
{
    static int begun;
    (void)url, (void)method, (void)version, (void)data;
    if (!*con_cls) {
        *con_cls = &begun;
        return MHD_YES;
    }
    if (*size) {
        *size = 0;
        return MHD_YES;
    }
    return MHD_queue_response(c, MHD_HTTP_OK, cls);
}

static const char *file(const char *dir, const char *name, struct buf *b)
{
    char path[4096];
    if (file_path(dir, name, path, sizeof path) || file_read(path, b))
        bench_die(name);
    return buf_str(b);
}

static int listen_on(int port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) || bind(fd, (struct sockaddr *)&at, sizeof at) ||
        listen(fd, 1024))
        bench_die("listening");
    return fd;
}

int main(int argc, char **argv)
{
    struct buf key, cert, trust;
    char byte;
    if (argc != 4)
        bench_die("usage");
    buf_init(&key, FILE_MAX);
    buf_init(&cert, FILE_MAX);
    buf_init(&trust, FILE_MAX);
    file(argv[2], "terminal-ca.crt", &trust);
    struct MHD_Response *m = MHD_create_response_from_buffer(strlen(argv[3]), argv[3], MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(m, "Content-Type", "application/json");
    MHD_add_response_header(m, "Cache-Control", "no-store");
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer,
            m, MHD_OPTION_LISTEN_SOCKET, listen_on((int)bench_number(argv[1])), MHD_OPTION_HTTPS_MEM_KEY,
            file(argv[2], "server.key", &key), MHD_OPTION_HTTPS_MEM_CERT, file(argv[2], "server.crt", &cert),
            MHD_OPTION_HTTPS_MEM_TRUST, file(argv[2], "admin-ca.crt", &trust), MHD_OPTION_HTTPS_PRIORITIES, priority,
            MHD_OPTION_THREAD_POOL_SIZE, THREADS, MHD_OPTION_CONNECTION_LIMIT, 4096U, MHD_OPTION_CONNECTION_TIMEOUT,
            300U, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!d)
        bench_die("starting libmicrohttpd");
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    MHD_stop_daemon(d);
    MHD_destroy_response(m);
    buf_wipe(&key);
    buf_release(&cert);
    buf_release(&trust);
    return 0;
}
