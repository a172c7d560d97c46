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
 * verified, newer, and on disk before the callback hears of it (leases: nobody but `offline`); what is refused is reported in the status
 * and logged once. */
#ifndef HUIKA_SYNC_H
#define HUIKA_SYNC_H
#include "client/core/offline.h"
#include "client/ports/floor.h"
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
    EVP_PKEY *device;    /* signs heads */
    struct floor *floor; /* `clock` is this one's; NULL: none is kept */
    struct offline *
        offline; /* made by sync_new, kept up to date as notices come and days pass; released by the caller. NULL: nothing
                                is sold offline */
    /* A newly verified notice, on disk already: obey it and append notice_applied (sync_kick is then implied). From
     * link_dispatch. sync_trust and sync_shop give the new one. */
    void (*notice)(void *ctx, const struct notice *n);
    void (*changed)(void *ctx); /* something in the status changed; may be NULL */
    /* The service has begun a new epoch for this terminal (supervised resume): close everything and begin again with it. From
     * link_dispatch; may be NULL. */
    void (*resumed)(void *ctx, uint32_t epoch);
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
/* Version and hash of the notice of that kind that is in force; version 0: none. */
const struct notice_pin *sync_held(const struct sync *s, enum notice_kind kind);
/* When the list of revoked cards in force was made; 0: none. */
int64_t sync_list_utc_ms(const struct sync *s);
/* The union's newest word about a record (a dispute's or sale's ULID). ERR_NOT_FOUND. */
enum err sync_answer(const struct sync *s, const char *record_id, struct notice_answer *out);

/* A notice that was refused; version 0: none since one of its kind was taken. */
struct sync_refused {
    int64_t version;
    enum err why;
    int64_t at_utc_ms;
};
struct sync_status {
    enum err upload_error; /* why records are not going up; ERR_OK: they are, or there are none. ERR_CHAIN_FORK: the
                              service refuses this journal, an administrator must act */
    enum err notice_error; /* why notices are not coming, or why the last one was refused */
    enum err cert_error;   /* why the certificate is not renewed, though it is time */
    enum err list_error;   /* why the list of revoked cards is not coming */
    struct sync_refused refused[NOTICE_KINDS]; /* [NOTICE_NONE]: what was no notice */
    int64_t skew_ms;       /* service's time minus ours at the last countersigned head; 0: not known */
    int64_t notice_utc_ms; /* when the service last answered about notices; 0: not since start */
};
const struct sync_status *sync_status(const struct sync *s);
#endif
