/* SPDX-License-Identifier: Apache-2.0 */
/* Load on one server: CONNECTIONS kept open over mutual TLS, each sending the next request when its answer is there.
 *
 *     load PORT CA CERT KEY CONNECTIONS BODIES
 *
 * BODIES: a file with one JSON body per line, taken in turn. Prints "ready"; for each line "SECONDS" on standard input loads that
 * long and prints "REQUESTS MEMBERS NANOSECONDS MEDIAN_NS P99_NS", MEMBERS being the answers that said so. */
#include "tests/bench/tls.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { ANSWER_MAX = 16384, SAMPLES = 1 << 20 };

struct text {
    char *p;
    size_t len;
};

struct connection {
    SSL *ssl;
    const struct text *request;
    int64_t sent_ns;
    size_t len;
    char in[ANSWER_MAX];
};

struct load {
    int epoll;
    long connection_cnt;
    struct connection *connection;
    struct text *request;
    size_t request_cnt, next, samples, members;
    int64_t *sample;
    uint64_t done;
    long open; /* requests on their way */
};

static void read_requests(struct load *l, const char *path, int port)
{
    FILE *f = fopen(path, "r");
    char line[1024];
    if (!f)
        bench_die(path);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if ((l->request_cnt & (l->request_cnt + 1)) == 0)
            l->request = realloc(l->request, (2 * l->request_cnt + 2) * sizeof *l->request);
        if (!l->request)
            bench_die("memory");
        struct text *t = &l->request[l->request_cnt++];
        t->p = tls_request(port, line, &t->len);
    }
    fclose(f);
    if (!l->request_cnt)
        bench_die("reading requests");
}

static void connect_all(struct load *l, SSL_CTX *ctx, int port)
{
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->connection = calloc((size_t)l->connection_cnt, sizeof *l->connection);
    l->sample = calloc(SAMPLES, sizeof *l->sample);
    if (!l->connection || !l->sample || l->epoll < 0)
        bench_die("memory");
    for (long i = 0; i < l->connection_cnt; i++) {
        struct connection *c = &l->connection[i];
        c->ssl = tls_connect(ctx, port);
        int fd = SSL_get_fd(c->ssl);
        struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data = {.ptr = c}};
        if (fcntl(fd, F_SETFL, O_NONBLOCK) || epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev))
            bench_die("epoll");
    }
}

/* A request is far below what a socket takes at once. */
static void send_next(struct load *l, struct connection *c)
{
    c->request = &l->request[l->next++ % l->request_cnt];
    c->sent_ns = bench_ns();
    c->len = 0;
    l->open++;
    if (SSL_write(c->ssl, c->request->p, (int)c->request->len) != (int)c->request->len)
        bench_die("sending");
}

/* True when the answer is whole. */
static bool receive(struct load *l, struct connection *c)
{
    for (;;) {
        int n = SSL_read(c->ssl, c->in + c->len, (int)(sizeof c->in - 1 - c->len));
        if (n <= 0) {
            if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
                bench_die("receiving");
            return false;
        }
        c->len += (size_t)n;
        c->in[c->len] = 0;
        if (!tls_answer(c->in, c->len))
            continue;
        l->sample[l->samples++ % SAMPLES] = bench_ns() - c->sent_ns;
        l->members += strstr(c->in, "\"verdict\":\"member\"") != NULL;
        l->done++;
        l->open--;
        return true;
    }
}

static void run(struct load *l, long seconds)
{
    struct epoll_event ev[64];
    int64_t from = bench_ns(), until = from + seconds * INT64_C(1000000000);
    l->done = l->samples = l->members = 0;
    for (long i = 0; i < l->connection_cnt; i++)
        send_next(l, &l->connection[i]);
    while (l->open > 0) {
        int n = epoll_wait(l->epoll, ev, 64, 10000);
        if (n == 0 || (n < 0 && errno != EINTR))
            bench_die("waiting for an answer");
        for (int i = 0; i < n; i++) {
            struct connection *c = ev[i].data.ptr;
            if (receive(l, c) && bench_ns() < until)
                send_next(l, c);
        }
    }
    int64_t took = bench_ns() - from;
    size_t cnt = l->samples < SAMPLES ? l->samples : SAMPLES;
    qsort(l->sample, cnt, sizeof *l->sample, bench_by_value);
    printf("%lu %zu %ld %ld %ld\n", (unsigned long)l->done, l->members, (long)took, (long)l->sample[cnt / 2],
        (long)l->sample[cnt * 99 / 100]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[32];
    struct load l = {0};
    if (argc != 7)
        bench_die("usage");
    int port = (int)bench_number(argv[1]);
    l.connection_cnt = bench_number(argv[5]);
    read_requests(&l, argv[6], port);
    connect_all(&l, tls_context(argv[2], argv[3], argv[4]), port);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        run(&l, bench_number(line));
    }
    return 0;
}
