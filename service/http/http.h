/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, as an endpoint (service/ep) sees them. The listener has checked role, method, path, content
 * type and size before an endpoint runs; what stands in the body is the endpoint's to judge.
 *
 * An endpoint is `enum err ep_foo(struct http_request *rq)`: it fills rq->answer and returns ERR_OK, or returns an error,
 * which becomes a problem (service/http/problem.h). It may fill rq->problem.detail and .expected first.
 *
 * Threads: endpoints whose route has ROUTE_WRITES run on worker threads and may block; all others run on a listener's
 * thread and must not. One request is never in two threads at once. */
#ifndef HUIKA_SERVICE_HTTP_H
#define HUIKA_SERVICE_HTTP_H
#include "service/http/problem.h"
#include "service/store/store_terminal.h"

enum {
    HTTP_PARAMS = 2,
    HTTP_PARAM_MAX = 40,
    HTTP_ANSWER_MAX = 32 * 1024 * 1024,
    HTTP_JSON_MAX = 65536 /* bodies, unless the route says otherwise */
};

struct service;
struct route;
struct conn;

struct http_answer {
    unsigned status; /* 200 unless set */
    struct buf body;
    const char *type;      /* static; NULL: application/json */
    const char *encoding;  /* static; Content-Transfer-Encoding; NULL: none */
    const char *challenge; /* static; WWW-Authenticate; NULL: none */
};

struct http_request {
    struct service *service;    /* what all requests share (service/http/service.h) */
    struct conn *conn;          /* the listener's */
    const struct route *route;  /* NULL: no such path */
    struct store_identity *who; /* as the gate found it; role NONE if no certificate was shown. Never NULL */
    char param[HTTP_PARAMS][HTTP_PARAM_MAX + 1]; /* what stood at {…} in the route's path */
    struct buf body;                             /* whole; wiped after the request */
    struct http_answer answer;
    struct problem problem;
    int64_t at_utc_ms;  /* wall clock when the request was complete */
    bool on_worker;     /* this is a worker thread */
    bool to_worker;     /* set by an endpoint without ROUTE_WRITES that must write: it is run again on a worker */
    bool woken;         /* it waited (ROUTE_WAITS) and must answer now, with nothing if there is nothing */
    int64_t wait_ms;    /* set by an endpoint: nothing yet; hold it that long and run it again (ROUTE_WAITS) */
    uint64_t wait_mark; /* poll_mark, taken before it looked */
};

typedef enum err http_handler(struct http_request *rq);

/* A query parameter, decoded; NULL if absent. Borrowed. */
const char *http_query(const struct http_request *rq, const char *key);
/* *out = the parameter or `absent`. ERR_BAD_VALUE: not a whole decimal number in min..max; the problem says which. */
enum err http_query_int(
    struct http_request *rq, const char *key, int64_t min, int64_t max, int64_t absent, int64_t *out);
/* A request header; NULL if absent. Borrowed. */
const char *http_header(const struct http_request *rq, const char *name);
/* The key of the client's certificate; kept with the connection. ERR_UNAUTHORIZED without one. Borrowed. */
enum err http_peer_key(struct http_request *rq, EVP_PKEY **out);
/* Says in the problem what is wrong; returns e, so that `return http_wrong(rq, ERR_BAD_VALUE, "name");` does. `what` is
 * ours, never text of the peer's. */
enum err http_wrong(struct http_request *rq, enum err e, const char *what);
#endif
