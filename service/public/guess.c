/* SPDX-License-Identifier: Apache-2.0 */
#include "service/public/guess.h"
#include <netinet/in.h>
#include <string.h>

void guess_init(struct guess *g, uint64_t seed)
{
    memset(g, 0, sizeof *g);
    g->seed = seed;
    pthread_mutex_init(&g->lock, NULL);
}

void guess_release(struct guess *g)
{
    pthread_mutex_destroy(&g->lock);
}

/* Mixed with a seed of this run, so that nobody can aim at another's place. (Steele, Lea, Flood 2014: splitmix64.) */
static uint64_t mix(uint64_t v)
{
    v += UINT64_C(0x9e3779b97f4a7c15);
    v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
    return v ^ v >> 31;
}

static uint64_t who(const struct guess *g, const struct sockaddr *sa)
{
    uint64_t v = 0;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (sa && sa->sa_family == AF_INET) {
        memcpy(&v4, sa, sizeof v4);
        v = v4.sin_addr.s_addr;
    } else if (sa && sa->sa_family == AF_INET6) {
        memcpy(&v6, sa, sizeof v6);
        memcpy(&v, v6.sin6_addr.s6_addr, sizeof v);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
            memcpy(&v, v6.sin6_addr.s6_addr + 8, sizeof v);
    }
    v = mix(v ^ g->seed);
    return v ? v : 1;
}

bool guess_may(struct guess *g, const struct sockaddr *sa, int64_t now_mono_ms)
{
    uint64_t w = who(g, sa);
    pthread_mutex_lock(&g->lock);
    const struct guess_place *p = &g->place[w % GUESS_PLACES];
    bool ok = p->who != w || p->misses < GUESS_LIMIT || now_mono_ms - p->since_mono_ms >= GUESS_WINDOW_MS;
    pthread_mutex_unlock(&g->lock);
    return ok;
}

void guess_missed(struct guess *g, const struct sockaddr *sa, int64_t now_mono_ms)
{
    uint64_t w = who(g, sa);
    pthread_mutex_lock(&g->lock);
    struct guess_place *p = &g->place[w % GUESS_PLACES];
    if (p->who != w || now_mono_ms - p->since_mono_ms >= GUESS_WINDOW_MS)
        *p = (struct guess_place){.who = w, .since_mono_ms = now_mono_ms};
    p->misses++;
    pthread_mutex_unlock(&g->lock);
}
