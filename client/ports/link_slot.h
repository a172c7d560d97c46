/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the link only: its state; link_slot.c's part of it, connections and curl handles; link_stall.c's, answers that do not go on. */
#ifndef HUIKA_LINK_SLOT_H
#define HUIKA_LINK_SLOT_H
#include "client/ports/backoff.h"
#include "client/ports/link_tls.h"

enum {
    LINK_SOCKETS = 32,
    LINK_TYPES = 4,
    LINK_TIMEOUT_MS = 15000,
    LINK_STALL_MS = 5000,
    LINK_PING = LINK_REQUESTS,
    LINK_PROBE,
    LINK_SLOTS
};

/* One request under way, with a handle that is set up once and used again. */
struct link_slot {
    struct link *link;
    CURL *easy;
    uint64_t id; /* 0: free */
    bool waits, probe;
    int64_t quiet_mono_ms; /* since when nothing came of an answer that has begun; 0: it has not */
    uint64_t heard;        /* bytes of its connection, at the last look */
    struct buf url, body, answer;
    link_done_fn *done;
    void *ctx;
    char text[CURL_ERROR_SIZE];
};

/* Headers that go with a content type; made once. */
struct link_type {
    char name[64];
    struct curl_slist *headers;
};

struct link {
    struct link_tls tls;
    char *url;
    size_t answer_max;
    int64_t known_past_utc_ms;
    CURLM *multi;
    struct link_slot slot[LINK_SLOTS]; /* the last two are for ping and probe */
    struct link_type type[LINK_TYPES];
    struct curl_slist *bare;
    uint64_t next_id;
    int epoll, socket[LINK_SOCKETS]; /* open connections: fd, or ~fd once the other side has closed */
    size_t socket_cnt;
    bool warm, clock_wrong, probing;
    bool unread; /* a request has ended that link_dispatch did not see yet */
    int64_t next_ping_ms;
    int64_t lost_mono_ms; /* when a request was last without an answer; 0: none was */
    struct backoff backoff;
    struct link_status status;
    void (*changed)(void *ctx);
    void *changed_ctx;
};

/* Sets the slot's handle up for this request: url, body, headers, deadline. On error the slot may hold parts: link_slot_clear. */
enum err link_slot_prepare(struct link *l, struct link_slot *s, const struct link_request *r);
/* Free for the next request; what was sent and received is wiped. */
void link_slot_clear(struct link_slot *s);
void link_slot_release(struct link_slot *s);

/* From its first answer on a connection is watched for being closed by the other side. */
void link_slot_watch(struct link *l, CURL *easy);
/* Notes what was closed meanwhile. */
void link_slot_see_lost(struct link *l);
/* Connections that are open, or being opened, as far as is known. */
size_t link_slot_alive(const struct link *l);

/* Looks at every request under way: has its answer begun, and did more of it come since the last look? After each curl_multi_perform. */
void link_stall_look(struct link *l, int64_t now_mono_ms);
/* Until the first of them has been silent for LINK_STALL_MS in the middle of its answer; -1: none is in the middle of one. */
int link_stall_ms(const struct link *l, int64_t now_mono_ms);
bool link_stall_is(const struct link_slot *s, int64_t now_mono_ms);
#endif
