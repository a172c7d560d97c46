/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a request by its first line and headers, before any of its body is read: path, method, gate, bounds, type. */
#ifndef HUIKA_SERVICE_HEAD_H
#define HUIKA_SERVICE_HEAD_H
#include "service/http/conn.h"

enum {
    HEAD_HEADERS = 64,             /* at most */
    HEAD_DISCARD = 2 * 1024 * 1024 /* what is left of a refused request is read to its end up to here */
};

struct head {
    uint64_t length; /* of the body, as announced; 0: none */
    bool expect;     /* the client waits for our word before it sends the body */
    bool unbounded;  /* the body's end is not known in advance */
};

/* ERR_OK: read the body, then run rq->route. Otherwise the problem to answer with; c->allow is set with ERR_METHOD.
 * ERR_NOT_FOUND, ERR_METHOD, the gate's errors, ERR_TOO_LARGE, ERR_LENGTH_REQUIRED, ERR_UNSUPPORTED_MEDIA, ERR_HEADERS_LARGE,
 * ERR_STOPPING. *out is filled in any case. */
enum err head_judge(struct conn *c, const char *method, const char *url, struct head *out);
/* The gate for the route that was found; also notes that a terminal was heard of. */
enum err head_admit(struct conn *c);
#endif
