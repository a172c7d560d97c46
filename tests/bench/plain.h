/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl by itself, for benchmarks: one multi handle, one easy handle, every option set once, nothing of ours around them. What
 * it takes longer than a bare client is what any user of libcurl pays. Ends the program if something fails. */
#ifndef HUIKA_BENCH_PLAIN_H
#define HUIKA_BENCH_PLAIN_H
#include <stddef.h>

struct plain;

/* A client certificate and the one CA that is believed; PEM files. */
struct plain *plain_new(int port, const char *ca, const char *cert, const char *key);
void plain_free(struct plain *p);
/* "POST /v1/verify"; returns the answer's body, which the next request overwrites. */
const char *plain_verify(struct plain *p, const char *body);
#endif
