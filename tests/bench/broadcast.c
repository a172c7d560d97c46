/* SPDX-License-Identifier: Apache-2.0 */
/* The least that could tell a herd: epoll and OpenSSL, nothing stored, nothing signed. Connections that asked to wait for notices wait;
 * each line "FILE" on standard input sends that file's bytes to all of them; what is posted is answered with one fixed text.
 *
 *     broadcast PORT SERVER-DIR ANSWER-LENGTH */
#include "base/file.h"
#include "tests/bench/tls.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_MAX = 65536, EVENTS = 256, FDS = 8192 };

struct one {
    SSL *ssl;
    bool shaken, waits;
    char *in;
    size_t len;
};

static struct one *of[FDS];
static char *answer;
static size_t answer_len;

static int listen_on(int port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) || bind(fd, (struct sockaddr *)&at, sizeof at) ||
        listen(fd, 4096))
        bench_die("listening");
    return fd;
}

static SSL_CTX *context(const char *dir)
{
    char cert[4096], key[4096], ca[4096];
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (file_path(dir, "server.crt", cert, sizeof cert) || file_path(dir, "server.key", key, sizeof key) ||
        file_path(dir, "terminal-ca.crt", ca, sizeof ca) || !ctx ||
        !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_load_verify_file(ctx, ca) != 1)
        bench_die("reading certificates");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_num_tickets(ctx, 0);
    return ctx;
}

static void take(int listener, SSL_CTX *ctx, int epoll)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct one *o = calloc(1, sizeof *o);
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = o};
        if (!o || fd >= FDS || !(o->in = malloc(IN_MAX + 1)) || !(o->ssl = SSL_new(ctx)) || !SSL_set_fd(o->ssl, fd))
            bench_die("memory");
        SSL_set_accept_state(o->ssl);
        of[fd] = o;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
    }
}

static void send_all(struct one *o, const char *p, size_t n)
{
    if (SSL_write(o->ssl, p, (int)n) != (int)n)
        bench_die("sending");
}

/* True if a whole request is there; it is dropped. */
static bool request(struct one *o, bool *post)
{
    o->in[o->len] = 0;
    const char *end = strstr(o->in, "\r\n\r\n"), *length = strcasestr(o->in, "\r\nContent-Length:");
    if (!end || o->len < (size_t)(end + 4 - o->in) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0))
        return false;
    *post = !strncmp(o->in, "POST", 4) || strstr(o->in, "wait=0 ");
    o->len = 0;
    return true;
}

static void serve(struct one *o)
{
    int n;
    bool post;
    if (!o->shaken) {
        n = SSL_do_handshake(o->ssl);
        if (n != 1 && SSL_get_error(o->ssl, n) == SSL_ERROR_WANT_READ)
            return;
        if (n != 1)
            bench_die("the TLS handshake");
        o->shaken = true;
    }
    while ((n = SSL_read(o->ssl, o->in + o->len, (int)(IN_MAX - o->len))) > 0)
        o->len += (size_t)n;
    if (SSL_get_error(o->ssl, n) != SSL_ERROR_WANT_READ)
        exit(0); /* the herd has gone */
    if (!o->len || !request(o, &post))
        return;
    if (post)
        send_all(o, answer, answer_len);
    else
        o->waits = true;
}

static void broadcast(char *path)
{
    struct buf b;
    buf_init(&b, IN_MAX);
    path[strcspn(path, "\n")] = 0;
    if (file_read(path, &b))
        bench_die(path);
    for (int fd = 0; fd < FDS; fd++)
        if (of[fd] && of[fd]->waits) {
            of[fd]->waits = false;
            send_all(of[fd], buf_str(&b), b.len);
        }
    buf_release(&b);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    struct epoll_event ev[EVENTS], in = {.events = EPOLLIN, .data.fd = -1}, listening = {.events = EPOLLIN};
    static int standard_input, listener_mark;
    char line[4096];
    if (argc != 4)
        bench_die("usage");
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int text = (int)bench_number(argv[3]);
    answer_len = (size_t)asprintf(
        &answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%*s", text, text, "");
    SSL_CTX *ctx = context(argv[2]);
    int epoll = epoll_create1(EPOLL_CLOEXEC), listener = listen_on((int)bench_number(argv[1]));
    in.data.ptr = &standard_input;
    listening.data.ptr = &listener_mark;
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &in);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);
    for (;;) {
        int n = epoll_wait(epoll, ev, EVENTS, -1);
        if (n < 0 && errno != EINTR)
            bench_die("waiting");
        for (int i = 0; i < n; i++) {
            if (ev[i].data.ptr == &listener_mark)
                take(listener, ctx, epoll);
            else if (ev[i].data.ptr != &standard_input)
                serve(ev[i].data.ptr);
            else if (fgets(line, sizeof line, stdin))
                broadcast(line);
            else
                return 0;
        }
    }
}
