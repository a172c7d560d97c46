/* SPDX-License-Identifier: Apache-2.0 */
/* The way to the service: HTTP/1.1 over TLS 1.3 with client certificate (libcurl, OpenSSL), connections kept warm.
 *
 *     link_new(&config, &l)
 *     link_keep_warm(l)                         from now on there is a connection, or one is being tried with back-off
 *     link_request(l, &request, &id)            on its way when this returns; request.done is called once
 *     loop: fds[k] = {link_fd(l), CURL_WAIT_POLLIN}; curl_multi_poll(link_multi(l), fds, n, min(link_timeout_ms(l),
 * ...)); link_dispatch(l) link_free(&l)
 *
 * One thread, the loop's. `done` is only ever called from link_dispatch or link_call, never from link_request. In
 * `done` new requests and cancels are fine, link_free and link_dispatch are not. A connection that is lost while idle
 * is noticed through link_fd and made anew in the background, so that the next request finds it warm. An answer that has
 * begun and stops for five seconds is ERR_NET_TIMEOUT, whatever the deadline; after an answer that did not come only
 * connections that were used since, or new ones, are used. Requests never queue behind each other: a long poll has its connection, what comes meanwhile another. Proxies of the environment are
 * ignored. Redirects are not followed.
 *
 * The server is believed if its chain ends in ca_path (nothing else), its name is the URL's, and the dates hold at
 * config.clock. No session resumption: a certificate is judged at every connection. */
#ifndef HUIKA_LINK_H
#define HUIKA_LINK_H
#include "base/buf.h"
#include "client/ports/clock.h"
#include <curl/curl.h>
#include <stdbool.h>

enum {
    LINK_REQUESTS = 8,
    LINK_ANSWER_MAX = 4 * 1024 * 1024,
    LINK_BODY_MAX = 5 * 1024 * 1024,
    LINK_FILE_MAX = 64 * 1024 * 1024
};

struct link;

enum link_trust {
    LINK_TRUST_CA,      /* the default: chain, name and dates */
    LINK_TRUST_UNDATED, /* chain and name; enrolment, where the code's fingerprint stands in for dates */
    LINK_TRUST_NOTHING  /* enrolment's first look; send no secret over it */
};

struct link_config {
    const char *url;           /* "https://host:port"; copied */
    const char *ca_path;       /* PEM; NULL only with LINK_TRUST_NOTHING. Files are read once, by link_new */
    const char *cert_path;     /* client certificate, PEM; NULL: none */
    const char *key_path;      /* its key, PEM */
    const struct clock *clock; /* borrowed */
    int64_t
        known_past_utc_ms; /* an instant that has surely passed (our certificate's start, a verified notice's date); a
                              clock before it is what is wrong, not the server's certificate. 0: only the build's */
    size_t answer_max;     /* bytes of one answer; 0: 1 MiB; at most LINK_ANSWER_MAX */
    enum link_trust trust;
};

/* ERR_NOT_FOUND, ERR_IO (files), ERR_BAD_VALUE (url, or a file that is not what it should be), ERR_NOMEM. */
enum err link_new(const struct link_config *c, struct link **out);
/* Open requests end without a call of `done`. */
void link_free(struct link **l);

/* One answer. Everything is borrowed until `done` returns. */
struct link_answer {
    enum err err; /* ERR_OK: status is 200-299. Else why not, for people: the problem's own code if the service sent one
                     (RFC 9457; unknown codes and other bodies are ERR_NET_PROTOCOL), or what kept it from answering:
                     ERR_NET_RESOLVE, _REFUSED, _TIMEOUT, _CUT, _PROTOCOL, ERR_TLS_UNTRUSTED, _HOST, _EXPIRED, _NOT_YET,
                     _REJECTED, _OTHER, ERR_CLOCK_SKEW, ERR_TOO_LARGE, ERR_NOMEM */
    int status;   /* HTTP; 0: no answer */
    const char *type; /* content type without parameters; "" if none */
    const char *body; /* closed by 0 */
    size_t len;
};
typedef void link_done_fn(void *ctx, const struct link_answer *a);

struct link_request {
    const char *method;       /* "GET", "POST", "PUT", "DELETE" */
    const char *path;         /* "/v1/verify", with its query, already escaped; copied */
    const char *type;         /* content type of the body; NULL: application/json */
    const void *body;         /* copied, and wiped afterwards; NULL: none */
    size_t len;               /* at most LINK_BODY_MAX */
    const char *userpwd;      /* "user:password" for HTTP Basic; NULL: none. Copied, and wiped afterwards */
    int64_t deadline_mono_ms; /* absolute, of config.clock->mono_ms; then ERR_NET_TIMEOUT. 0: in 15 s */
    size_t answer_max;        /* bytes of the answer, where more than the link's is expected; at most LINK_FILE_MAX */
    bool waits;               /* a long poll: it holds its connection for long, so another one is kept warm beside it */
    link_done_fn *done;
    void *ctx;
};
/* Sends at once if the connection is warm. ERR_BUSY: LINK_REQUESTS are under way already; ERR_TOO_LARGE, ERR_NOMEM. *id
 * is never 0; NULL if nobody will cancel. */
enum err link_request(struct link *l, const struct link_request *r, uint64_t *id);
/* Ends it without a call of `done`; an id that is finished is ignored. The connection it was on is closed. */
void link_cancel(struct link *l, uint64_t id);

CURLM *link_multi(struct link *l);
/* Readable when an idle connection was lost: one extra descriptor for curl_multi_poll. */
int link_fd(const struct link *l);
/* At most so long may the loop sleep for our sake (ms, 0: not at all, -1: as long as it likes); curl's own timers are
 * heeded by curl_multi_poll. */
int link_timeout_ms(const struct link *l);
void link_dispatch(struct link *l);

/* Keeps one idle connection open from now on (GET /healthz when there is none; back-off 0.5 s to 30 s with jitter). */
void link_keep_warm(struct link *l);

struct link_status {
    bool online;             /* the last thing that happened was an answer of the service, whatever it said */
    enum err error;          /* why not; ERR_OK while online, and before the first attempt */
    int64_t since_mono_ms;   /* of `online` or its contrary */
    int64_t contact_mono_ms; /* last answer; 0: never */
    int64_t contact_utc_ms;
};
/* Borrowed, changes in place. */
const struct link_status *link_status(const struct link *l);
/* Called from link_dispatch when `online` or `error` changed. One function; NULL to stop. Same rules as for `done`. */
void link_on_change(struct link *l, void (*changed)(void *ctx), void *ctx);

/* notAfter and notBefore of our own certificate, UTC ms; 0 if there is none. */
int64_t link_cert_until_ms(const struct link *l);
int64_t link_cert_from_ms(const struct link *l);

/* A renewed certificate: new connections are made with it, those that are open go on. Errors of link_new; then the old one stays. */
enum err link_use_cert(struct link *l, const char *cert_path, const char *key_path);

/* For programs without a loop: sends and waits (r->done is not used). Returns what link_answer.err would be; the body,
 * also a problem's, is appended to `body` (NULL: dropped), *status is the HTTP status (NULL: not wanted). */
enum err link_call(struct link *l, const struct link_request *r, int *status, struct buf *body);
#endif
