/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tls.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t bench_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void bench_die(const char *what)
{
    fprintf(stderr, "bench: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

long bench_number(const char *s)
{
    char *end;
    long v = strtol(s, &end, 10);
    if (*end || end == s)
        bench_die(s);
    return v;
}

int bench_by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

SSL_CTX *tls_context(const char *ca, const char *cert, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) || !SSL_CTX_load_verify_file(ctx, ca) ||
        SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        bench_die("reading certificates");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return ctx;
}

SSL *tls_connect(SSL_CTX *ctx, int port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
        bench_die("connecting");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    SSL *ssl = SSL_new(ctx);
    if (!ssl || !SSL_set_fd(ssl, fd) || !SSL_set_tlsext_host_name(ssl, "localhost") ||
        !SSL_set1_host(ssl, "localhost") || SSL_connect(ssl) != 1)
        bench_die("the TLS handshake");
    return ssl;
}

char *tls_request(int port, const char *body, size_t *len)
{
    char *out = NULL;
    int n = asprintf(&out,
        "POST /v1/verify HTTP/1.1\r\nHost: localhost:%d\r\nAccept: application/json\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        port, strlen(body), body);
    if (n < 0)
        bench_die("memory");
    *len = (size_t)n;
    return out;
}

size_t tls_answer(const char *p, size_t len)
{
    static const char ok[] = "HTTP/1.1 200";
    const char *end = memmem(p, len, "\r\n\r\n", 4);
    if (len >= sizeof ok && memcmp(p, ok, sizeof ok - 1))
        bench_die("the request: not answered with 200");
    if (!end)
        return 0;
    const char *length = strcasestr(p, "\r\nContent-Length:");
    if (!length || length > end)
        bench_die("reading the answer's length");
    size_t whole = (size_t)(end + 4 - p) + (size_t)strtoul(length + 17, NULL, 10);
    return len >= whole ? whole : 0;
}
