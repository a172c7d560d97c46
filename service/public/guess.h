/* SPDX-License-Identifier: Apache-2.0 */
/* How often an address showed a slip that is none, so that secrets cannot be tried out: after GUESS_LIMIT misses within
 * GUESS_WINDOW_MS nothing is looked up for it until the window is over. An IPv6 address counts as its /64. Any thread. In
 * memory and bounded: of many addresses the table keeps those seen last. */
#ifndef HUIKA_PUBLIC_GUESS_H
#define HUIKA_PUBLIC_GUESS_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { GUESS_LIMIT = 20, GUESS_WINDOW_MS = 600000, GUESS_PLACES = 8192 };

struct guess {
    pthread_mutex_t lock;
    uint64_t seed;
    struct guess_place {
        uint64_t who; /* 0: free */
        int64_t since_mono_ms;
        int misses;
    } place[GUESS_PLACES];
};

void guess_init(struct guess *g, uint64_t seed);
void guess_release(struct guess *g);
/* False: too many misses. sa NULL counts as one address of its own. */
bool guess_may(struct guess *g, const struct sockaddr *sa, int64_t now_mono_ms);
void guess_missed(struct guess *g, const struct sockaddr *sa, int64_t now_mono_ms);
#endif
