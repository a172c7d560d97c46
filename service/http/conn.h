/* SPDX-License-Identifier: Apache-2.0 */
/* A connection and the request on it (HTTP/1.1: one at a time), and the walk of a request through the listener:
 *
 *     first line -> headers -> route, gate, bounds -> body -> endpoint (here, or on a worker, or held) -> answer
 *
 * A request that is refused is still read to its end if that is near, so that the connection can go on; else it is
 * answered at once and the connection closed. */
#ifndef HUIKA_SERVICE_CONN_H
#define HUIKA_SERVICE_CONN_H
#include "proto/notice.h"
#include "service/http/gate.h"
#include "service/http/http.h"
#include "service/http/service.h"
#include <microhttpd.h>

enum conn_phase {
    CONN_NEW,     /* the first line is there */
    CONN_BODY,    /* headers are good, the body comes */
    CONN_REFUSED, /* headers were not; what is left of the request is thrown away */
    CONN_AWAY,    /* on a worker */
    CONN_WAITING, /* held for news */
    CONN_ANSWERED
};

struct conn {
    struct MHD_Connection *mhd;
    struct service *service;
    struct watched watched;
    struct gate_peer peer;
    enum conn_phase phase;
    bool escaped;      /* the path holds a %: none of ours does */
    enum err refusal;  /* CONN_REFUSED */
    const char *allow; /* with ERR_METHOD */
    enum err result;   /* of the endpoint */
    int64_t begun_mono_ms;
    int64_t seen_mono_ms; /* when the terminal was last noted as heard of; 0: never */
    bool held_known;
    struct store_held held;                                      /* what its last poll on this connection said */
    char refused[NOTICE_REFUSED_MAX * (NOTICE_ENVELOPE_ID + 1)]; /* and which envelopes it refused; "": none */
    struct http_request rq;
    struct work_item item;
    struct poll_waiter waiter;
    struct { /* offers with a limit of the terminal's shop, as of `commit` (service/ep/verify.c) */
        bool known;
        uint64_t commit;
        size_t cnt;
        struct store_offer_limit *limit; /* OFFER_PER_SHOP of them, NULL until wanted */
    } offers;
};

/* libmicrohttpd's callbacks; cls is the struct service. */
void conn_notify(
    void *cls, struct MHD_Connection *mhd, void **socket_context, enum MHD_ConnectionNotificationCode what);
void *conn_begin(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result conn_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **con_cls);
void conn_end(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode why);

/* For service->work and service->poll. */
void conn_work(void *ctx, struct work_item *item);
void conn_resume(void *ctx, struct poll_waiter *w);
#endif
