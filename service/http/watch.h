/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts off clients that are too slow. libmicrohttpd ends a connection that is silent; this bounds the whole of a handshake
 * and of a request, so that a client sending a byte now and then cannot hold a place for hours. Between requests the
 * kernel's count of received bytes tells that a request has begun, even while its first line is not whole. */
#ifndef HUIKA_SERVICE_WATCH_H
#define HUIKA_SERVICE_WATCH_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum watch_state {
    WATCH_FRESH,   /* handshake, until the first request begins */
    WATCH_IDLE,    /* between two requests */
    WATCH_READING, /* the request is being read */
    WATCH_HELD,    /* it is complete: our turn; no limit here */
    WATCH_SENDING  /* the answer is under way */
};

/* Embedded in a connection; fields are watch.c's. */
struct watched {
    struct watched *next, **link;
    int fd;
    _Atomic int state;             /* enum watch_state; stored after since_mono_ms */
    _Atomic int64_t since_mono_ms; /* of the state */
    atomic_bool rebase;            /* a request ended since the last look */
    uint64_t bytes_seen;           /* received, at the last look while idle */
    int64_t growing_mono_ms;       /* since when bytes came without a request; 0: they did not */
    atomic_bool named;             /* id is set, for good */
    uint8_t id[16];                /* whose certificate it showed */
    atomic_bool guest;             /* silence is bounded, too: no certificate that holds. Its owner sets it */
    bool cut;
};

enum { WATCH_SHARDS = 16 };

struct watch {
    struct {
        pthread_mutex_t lock;
        struct watched *first;
    } shard[WATCH_SHARDS]; /* by descriptor, so that a look at many connections never stops them all */
    int64_t limit_ms;
};

/* limit_ms: the longest that handshake and beginning a first request, the reading of a request, and the sending of its
 * answer may each take. */
void watch_init(struct watch *w, int64_t limit_ms);
void watch_release(struct watch *w);
void watch_add(struct watch *w, struct watched *c, int fd, int64_t now_mono_ms);
/* Before the descriptor is closed. */
void watch_remove(struct watch *w, struct watched *c);
/* By the connection's own thread; takes no lock. */
void watch_state(struct watched *c, enum watch_state state, int64_t now_mono_ms);
/* By the connection's own thread, once: whose it is. */
void watch_name(struct watched *c, const uint8_t id[static 16]);
/* Shuts down every connection of that holder. Any thread. Returns how many. */
unsigned watch_cut(struct watch *w, const uint8_t id[static 16]);
/* Shuts down what has gone over its time; the listener then closes it. Returns how many. Call about once a second. */
unsigned watch_tick(struct watch *w, int64_t now_mono_ms);
#endif
