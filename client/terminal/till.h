/* SPDX-License-Identifier: Apache-2.0 */
/* The till: checkouts under way, between the counter and readers on one side, and service and journal on the other. It does
 * what client/core decides: asks, appends, tells.
 *
 *     struct till t = {.clock = ...}       its parts are filled in as they are opened
 *     t.counter = ...                      the counter is made with till_ops(&t), so it comes later
 *     till_started(&t)                     the record of this start
 *     loop: till_tick(&t) by till_timeout_ms(&t);  till_scan, till_notice from callbacks
 *     till_release(&t)                     after link_free, so that no answer comes any more
 *
 * One thread. Not here: the loop (run.c), what the counter's answers look like. */
#ifndef HUIKA_TILL_H
#define HUIKA_TILL_H
#include "client/core/checkout.h"
#include "client/counter/counter.h"
#include "client/ports/clock.h"
#include "client/ports/journal.h"
#include "client/ports/link.h"
#include "client/ports/state.h"
#include "client/ports/sync.h"
#include "client/ports/usb/bus.h"
#include "client/terminal/paper.h"
#include "client/terminal/slips.h"

enum { TILL_SEATS = 32, READ_HASH = 32, READ_AGAIN_MS = 1500, TILL_ASKS = 2 * TILL_SEATS };

/* One checkout and what belongs to it here. */
struct seat {
    struct checkout c;
    char key[JOURNAL_KEY_MAX + 1]; /* Idempotency-Key; "" when a scan began it */
    uint8_t request[KEY_HASH];
    int64_t touched_mono_ms;
};

enum ask_kind { ASK_FREE, ASK_VERIFY, ASK_RESERVE, ASK_RELEASE };

struct till;
/* One question on its way to the service. */
struct ask {
    struct till *till;
    enum ask_kind kind;
    char checkout_id[ULID_LEN + 1];
    uint32_t ask;
    uint64_t queued; /* its place among those that found the link busy; 0: it is on its way */
};

struct sandbox;

struct after;
struct till {
    struct floor floor;        /* what `clock` is made of */
    const struct clock *clock; /* max(wall clock, floor) */
    const struct state *state;
    struct journal *journal;
    struct link *link;
    struct sync *sync;
    struct offline offline;  /* kept by sync and records.c */
    struct counter *counter; /* NULL until it is made */
    struct usb_bus *usb;     /* NULL: none */
    struct paper *paper;     /* NULL: none */
    struct slips slips;
    struct after *after; /* after.h; NULL until it is made */
    struct counter_ops ops;
    struct sandbox *sandbox; /* NULL: the real thing */
    /* Instead of the link, with the same contract as link_request; NULL: the link. */
    enum err (*ask)(void *ctx, const struct link_request *r);
    struct seat *seats[TILL_SEATS];
    struct ask asks[TILL_ASKS];
    uint64_t queued; /* questions so far that found the link busy */
    bool was_online;
    uint32_t resume_epoch;      /* the service has begun this one: the loop ends, to begin again with it; 0: no */
    int64_t erase_mono_ms;      /* when blobs past their term are next erased */
    char current[ULID_LEN + 1]; /* checkout at the counter; "" none */
    uint8_t read[READ_HASH];    /* of what was read last */
    int64_t read_mono_ms;       /* 0: nothing yet */
};

/* Frees the checkouts; the parts are the caller's. */
void till_release(struct till *t);
/* The checkout that takes the next card; NULL: a new one would begin. */
struct seat *till_wants_card(struct till *t);
/* For counter_new. */
const struct counter_ops *till_ops(struct till *t);

/* A reader delivered a text: to the checkout at the counter, or it begins one. *out (may be NULL): that checkout. What is no card
 * does not take the place of one in hand: it is told, and changes nothing. */
enum err till_scan(struct till *t, const char *text, size_t len, enum body_input input, const struct checkout **out);
/* A newly verified notice, on disk already. */
void till_notice(struct till *t, const struct notice *n);
/* The link came or went. */
void till_link(struct till *t);
void till_tick(struct till *t);
int till_timeout_ms(const struct till *t);

/* seats.c */
struct seat *till_find(struct till *t, const char *checkout_id);
struct seat *till_find_key(struct till *t, const char *key);
/* A checkout has its quote: the cashier may confirm. */
bool till_may_confirm(const struct till *t);
/* A free one, zeroed; the oldest ended one gives way. NULL: all are busy, or out of memory. */
struct seat *till_sit(struct till *t);
void till_leave(struct till *t, struct seat *s);
/* New ids, WAITING. */
enum err till_begin(struct till *t, struct seat **out);

/* act.c: does what the core wants done, and what follows from it; then tells the counter. */
void till_act(struct till *t, struct seat *s, unsigned acts);
struct checkout_env till_env(const struct till *t);

/* ask.c: on its way, or waiting for the link to have room (LINK_REQUESTS), or the reason why not. The answer reaches the core through
 * till_act. */
enum err till_ask(struct till *t, const struct seat *s, enum ask_kind kind);
/* Sends what waits, oldest first, as far as there is room: after each link_dispatch. */
void till_ask_waiting(struct till *t);

/* records.c. Durable when they return. */
enum err till_append_sale(struct till *t, const struct seat *s, uint64_t *seq);
enum err till_append_refusal(struct till *t, const struct seat *s);
enum err till_append_notice(struct till *t, const struct notice *n);
enum err till_started(struct till *t);
/* The wall clock was set: says so in the journal. */
enum err till_clock_step(struct till *t, int64_t by_ms);

/* status.c: for the counter. */
json_t *till_status(void *ctx);
/* A device's row in it; NULL: out of memory. */
json_t *till_device(const struct usb_device_info *i);

/* read.c: what a reader read, to the checkout at the counter, or it begins one. The same again within READ_AGAIN_MS of the last
 * time, a card left under the scanner, is shown once; unless the checkout at the counter waits for a card. */
enum err till_read(struct till *t, const struct usb_scan *scan);
/* A reader lost what it read: said to everybody who listens, and to who waits for the card. */
void till_lost(struct till *t, const char *device, enum err why);

/* printing.c: the receipt of an applied checkout as text, and to the printer. */
enum err till_receipt(void *ctx, const struct checkout *k, const struct counter_paper *p, struct buf *out);
enum err till_picture(void *ctx, const struct checkout *k, const struct counter_paper *p, struct buf *out);
enum err till_print(void *ctx, const struct checkout *k, bool copy);
enum err till_print_test(void *ctx);
enum err till_printer_check(void *ctx);
json_t *till_printer_json(const struct till *t);

static inline int64_t till_utc(const struct till *t)
{
    return t->clock->utc_ms(t->clock->ctx);
}

static inline int64_t till_mono(const struct till *t)
{
    return t->clock->mono_ms(t->clock->ctx);
}
#endif
