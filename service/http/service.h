/* SPDX-License-Identifier: Apache-2.0 */
/* What all requests of the running service share. Made by server.c before the first request, read-only afterwards; what
 * changes has its own lock. */
#ifndef HUIKA_SERVICE_SERVICE_H
#define HUIKA_SERVICE_SERVICE_H
#include "service/http/limits.h"
#include "service/http/poll.h"
#include "service/http/watch.h"
#include "service/http/work.h"
#include "service/settings.h"
#include "service/sign/keys.h"
#include "service/store/store.h"
#include "service/workdays.h"

struct gate;
struct misses;
struct hmacs;
struct seen;
struct public;
struct revoker;

struct service {
    const char *dir; /* where everything lies; borrowed */
    struct settings settings;
    struct http_limits limits;
    struct store *store;
    struct service_keys *keys;
    struct gate *gate;
    struct poll *poll;     /* who waits for notices */
    struct work *work;     /* threads that may block */
    struct watch watch;    /* clients that are too slow */
    struct misses *misses; /* numbers asked for in vain (service/ep/misses.h) */
    struct hmacs *hmacs;   /* keyed contexts for numbers (service/ep/hmacs.h) */
    struct seen *seen;     /* terminals heard of since the last flush (service/ep/seen.h) */
    struct workdays workdays;
    struct public *public;   /* the pages for everybody (service/public/public.h); NULL: none */
    struct revoker *revoker; /* makes the revocation list (service/sign/revoker.h) */
    atomic_bool stopping;
    atomic_bool behind_said; /* a terminal holds newer notices than there are here; logged once */
    atomic_uint open;        /* connections */
    atomic_uint busy;        /* requests that were read and not answered yet */
};
#endif
