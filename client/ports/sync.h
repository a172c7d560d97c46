/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on between terminal and service besides checkouts: records up, countersigned heads back, notices down. A
 * state machine on top of link and journal, without a thread.
 *
 *     sync_new(&config, &s)       the notices on disk are verified again; sync_shop(s) is what to obey
 *     sync_start(s)
 *     loop: sync_tick(s) when sync_timeout_ms(s) is over, after link_dispatch; sync_kick(s) after each journal_append
 *     sync_free(&s)               before link_free and journal_close
 *
 * Uploading is a state, not an event: while there are unsent records it sends, or waits for its next try (back-off 1 s
 * to 60 s with jitter; a link that comes back ends the wait). A repeated batch carries the same records. A notice is
 * verified, newer, and on disk before the callback hears of it; what is refused is reported in the status and logged
 * once. */
#ifndef HUIKA_SYNC_H
#define HUIKA_SYNC_H
#include "client/ports/journal.h"
#include "client/ports/link.h"
#include "client/ports/state.h"

struct sync;

/* All borrowed, and must outlive the sync. */
struct sync_config {
    struct link *link;
    struct journal *journal;
    const struct state *state;
    const struct clock *clock;
    EVP_PKEY *device; /* signs heads */
    /* A newly verified notice, on disk already: obey it and append notice_applied (sync_kick is then implied). From
     * link_dispatch. sync_trust and sync_shop give the new one. */
    void (*notice)(void *ctx, const struct notice *n);
    void (*changed)(void *ctx); /* something in the status changed; may be NULL */
    void *ctx;
};

/* ERR_STATE_MISSING (no trust notice), ERR_BAD_NOTICE, ERR_BAD_SIGNATURE, ERR_UNKNOWN_KEY (a notice on disk was
 * changed), ERR_NOMEM, ERR_IO. Sends nothing yet. */
enum err sync_new(const struct sync_config *c, struct sync **out);
void sync_free(struct sync **s);
void sync_start(struct sync *s);
/* There are new records. Cheap; they are sent from the next sync_tick on, several together. */
void sync_kick(struct sync *s);
/* ms until sync_tick wants to be called; 0: at once, -1: only after an event. */
int sync_timeout_ms(const struct sync *s);
void sync_tick(struct sync *s);

/* In force; borrowed until the next `notice` callback. The trust notice is never NULL, the shop's is until there was
 * one. */
const struct notice_trust *sync_trust(const struct sync *s);
const struct notice_shop *sync_shop(const struct sync *s);
/* version and hash of that shop notice, for notice_applied; false if none. */
bool sync_shop_hash(const struct sync *s, uint8_t out[static KEY_HASH]);

struct sync_status {
    enum err upload_error; /* why records are not going up; ERR_OK: they are, or there are none. ERR_CHAIN_FORK: the
                              service refuses this journal, an administrator must act */
    enum err notice_error; /* why notices are not coming, or why the last one was refused */
    int64_t skew_ms;       /* service's time minus ours at the last countersigned head; 0: not known */
    int64_t notice_utc_ms; /* when the service last answered about notices; 0: not since start */
};
const struct sync_status *sync_status(const struct sync *s);
#endif
