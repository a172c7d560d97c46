/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/watch.h"
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

void watch_init(struct watch *w, int64_t limit_ms)
{
    *w = (struct watch){.limit_ms = limit_ms};
    for (size_t i = 0; i < WATCH_SHARDS; i++)
        pthread_mutex_init(&w->shard[i].lock, NULL);
}

void watch_release(struct watch *w)
{
    for (size_t i = 0; i < WATCH_SHARDS; i++)
        pthread_mutex_destroy(&w->shard[i].lock);
}

void watch_add(struct watch *w, struct watched *c, int fd, int64_t now_mono_ms)
{
    size_t i = (size_t)fd % WATCH_SHARDS;
    *c = (struct watched){.fd = fd};
    atomic_init(&c->state, WATCH_FRESH);
    atomic_init(&c->since_mono_ms, now_mono_ms);
    pthread_mutex_lock(&w->shard[i].lock);
    c->next = w->shard[i].first;
    c->link = &w->shard[i].first;
    if (c->next)
        c->next->link = &c->next;
    w->shard[i].first = c;
    pthread_mutex_unlock(&w->shard[i].lock);
}

void watch_remove(struct watch *w, struct watched *c)
{
    size_t i = (size_t)c->fd % WATCH_SHARDS;
    pthread_mutex_lock(&w->shard[i].lock);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    pthread_mutex_unlock(&w->shard[i].lock);
}

void watch_state(struct watched *c, enum watch_state state, int64_t now_mono_ms)
{
    atomic_store_explicit(&c->since_mono_ms, now_mono_ms, memory_order_relaxed);
    if (state == WATCH_IDLE)
        atomic_store_explicit(&c->rebase, true, memory_order_relaxed);
    atomic_store_explicit(&c->state, (int)state, memory_order_release);
}

void watch_name(struct watched *c, const uint8_t id[static 16])
{
    if (atomic_load_explicit(&c->named, memory_order_relaxed))
        return;
    memcpy(c->id, id, sizeof c->id);
    atomic_store_explicit(&c->named, true, memory_order_release);
}

unsigned watch_cut(struct watch *w, const uint8_t id[static 16])
{
    unsigned cnt = 0;
    for (size_t i = 0; i < WATCH_SHARDS; i++) {
        pthread_mutex_lock(&w->shard[i].lock);
        for (struct watched *c = w->shard[i].first; c; c = c->next)
            if (atomic_load_explicit(&c->named, memory_order_acquire) && !memcmp(c->id, id, sizeof c->id)) {
                shutdown(c->fd, SHUT_RDWR);
                cnt++;
            }
        pthread_mutex_unlock(&w->shard[i].lock);
    }
    return cnt;
}

/* Bytes received since the connection was made; 0 if the kernel does not say (then silence alone ends it). */
static uint64_t received(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        len < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
        return 0;
    return info.tcpi_bytes_received;
}

static bool idle_too_long(const struct watch *w, struct watched *c, int64_t now)
{
    uint64_t bytes = received(c->fd);
    if (atomic_exchange_explicit(&c->rebase, false, memory_order_relaxed))
        c->growing_mono_ms = 0;
    else if (bytes > c->bytes_seen && !c->growing_mono_ms)
        c->growing_mono_ms = now;
    c->bytes_seen = bytes;
    return c->growing_mono_ms && now - c->growing_mono_ms >= w->limit_ms;
}

static bool too_long(const struct watch *w, struct watched *c, int64_t now)
{
    int state = atomic_load_explicit(&c->state, memory_order_acquire);
    if (state == WATCH_IDLE && !atomic_load_explicit(&c->guest, memory_order_relaxed))
        return idle_too_long(w, c, now);
    return state != WATCH_HELD && now - atomic_load_explicit(&c->since_mono_ms, memory_order_relaxed) >= w->limit_ms;
}

unsigned watch_tick(struct watch *w, int64_t now_mono_ms)
{
    unsigned cnt = 0;
    for (size_t i = 0; i < WATCH_SHARDS; i++) {
        pthread_mutex_lock(&w->shard[i].lock);
        for (struct watched *c = w->shard[i].first; c; c = c->next)
            if (!c->cut && too_long(w, c, now_mono_ms)) {
                c->cut = true;
                shutdown(c->fd, SHUT_RDWR);
                cnt++;
            }
        pthread_mutex_unlock(&w->shard[i].lock);
    }
    return cnt;
}
