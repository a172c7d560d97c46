/* SPDX-License-Identifier: Apache-2.0 */
/* A bare TLS 1.3 client for benchmarks: OpenSSL and a socket, nothing between. Ends the program if something fails. */
#ifndef HUIKA_BENCH_TLS_H
#define HUIKA_BENCH_TLS_H
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A client certificate and the one CA that is believed; PEM files. */
SSL_CTX *tls_context(const char *ca, const char *cert, const char *key);
/* Connects to 127.0.0.1:port, name "localhost", handshake done. */
SSL *tls_connect(SSL_CTX *ctx, int port);

/* "POST /v1/verify" with this body, as our client sends it; the length goes to *len. malloc'd. */
char *tls_request(int port, const char *body, size_t *len);
/* Bytes of the whole answer at p, 0 if it is not all there yet. Ends the program if it is not a 200 with Content-Length. */
size_t tls_answer(const char *p, size_t len);

int64_t bench_ns(void);
_Noreturn void bench_die(const char *what);
/* Whole decimal number of a command line. */
long bench_number(const char *s);
int bench_by_value(const void *a, const void *b); /* int64_t, for qsort */
#endif
