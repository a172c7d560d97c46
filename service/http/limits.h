/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds of the listener, from section [http] of DIR/service.ini; all have defaults that need no thought. */
#ifndef HUIKA_SERVICE_LIMITS_H
#define HUIKA_SERVICE_LIMITS_H
#include "err.h"
#include <stdint.h>

struct http_limits {
    int64_t workers;     /* threads that wait for the disk: 16 */
    int64_t queue;       /* requests that wait for one of them: 4096; beyond it 429 */
    int64_t per_address; /* connections from one address (many shops may share one): 1024; 0: no limit */
    int64_t idle_s;      /* silence that ends a connection whose certificate is good: 300 */
    int64_t
        request_s; /* a handshake, a request, the sending of an answer, each as a whole, and silence of anybody else: 30 */
};

/* ERR_NOT_FOUND, ERR_IO; ERR_BAD_VALUE with the key's name in what. */
enum err limits_load(const char *dir, struct http_limits *out, char what[static 64]);
#endif
