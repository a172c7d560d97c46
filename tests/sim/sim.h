/* SPDX-License-Identifier: Apache-2.0 */
/* A shop through months in milliseconds: the real client/core and proto, driven by a seed; network, clocks, disks, power and people
 * are invented, and the service is a model (service.c).
 *
 *     main.c      options, the loop over shops, what is printed
 *     world.c     one shop: the queue of events, and what happens to it
 *     till.c      one terminal: what is on its disk, what it has in memory, starts, power cuts
 *     exchange.c  what it sends to the service, and what it takes from it
 *     counter.c   one customer after another through client/core/checkout.h
 *     service.c   the model of the service
 *     oracle.c    what must never happen; knows the true time, which nobody else does
 *
 * Everything that is random comes from the shop's own generator, so seed and shop number repeat a run exactly. Signatures are
 * stood in for by a hash (a real one takes a hundred times as long as the rest together); what is signed is tested elsewhere. The
 * terminal around the decisions is written here a second time, for speed; tests/sim/whole runs the real one, for fewer shops. */
#ifndef HUIKA_SIM_H
#define HUIKA_SIM_H
#include "base/tm.h"
#include "client/core/checkout.h"
#include "client/core/offline.h"
#include "client/core/offline_time.h"
#include "client/core/sale.h"
#include "proto/record.h"
#include "proto/revoked.h"
#include "tests/sim/dice.h"

enum {
    TERMINALS = 2,
    CARDS = 6,
    OFFERS = 2, /* the first one once per card and day, the second one unlimited */
    PENDING = 32,
    LEASES = 4096,
    VERSIONS = 1024,
    HOUR_MS = 3600000,
    MINUTE_MS = 60000
};

/* A record on a terminal's disk. */
struct rec {
    enum record_kind kind;
    const char *body;
    size_t len;
    uint8_t hash[KEY_HASH];
    int64_t at_utc_ms, total_fen;
    int card; /* -1: none */
    bool has_tag, provisional, keyed, shown;
    uint8_t tag[BODY_TAG];
    int64_t lease;
    int32_t key_day; /* whose key the tag was made with */
    uint32_t sale;   /* number of the sale, from 1; 0: no sale */
};

/* A notice about the shop, as it is held. */
struct shop_notice {
    int64_t version;
    enum standing standing;
};

/* What survives a power cut. */
struct disk {
    struct record_head head; /* of the present epoch */
    struct rec *rec;         /* all of that epoch; rec[i] has seq i + 1 */
    size_t rec_cnt, rec_cap;
    uint64_t sent_seq;
    struct shop_notice shop;
    struct notice trust_held, shop_held, revoked_held, lease_held; /* version and hash only */
    unsigned revoked;                                              /* bit i: card i is on the list held */
    struct notice_lease lease;
    bool has_lease, forked;
    uint64_t lease_since;
    int64_t floor_utc_ms;
    int32_t day;
    uint8_t day_key[OFFLINE_KEY];
    bool has_day;
    /* for the oracle */
    int64_t ran_at_lease_ms; /* how long the terminal had run when the lease came */
    int64_t starts_at_lease;
};

struct question {
    unsigned act; /* CHECKOUT_ASK_*; 0: free */
    uint32_t ask;
    int card;
    bool forged;
    uint32_t checkout;
    int offer;
};

struct till {
    int n;
    struct disk disk, snapshot;
    bool has_snapshot, rolled_back;
    bool on, online, known_cut;
    bool clock_1970;
    int64_t wall_off_ms; /* wall clock less true time */
    int64_t booted_at, ran_ms, starts;
    /* memory */
    struct offline offline;
    struct offline_time time;
    struct buf list;
    struct notice_shop shop;
    struct checkout c;
    bool busy, told_no, was_provisional;
    uint32_t checkout; /* its number, from 1 */
    int card;          /* in hand */
    bool forged;
    int64_t shown_utc_ms; /* when the card was, by this terminal's clock */
    struct question pending[PENDING];
    uint32_t boot_no; /* answers to an earlier life are dropped */
};

struct reservation {
    uint32_t checkout;
    int card, offer, terminal;
    int32_t day;
    int64_t expires_utc_ms;
    bool consumed;
};

/* The service's view of one terminal. */
struct account {
    uint32_t epoch;
    struct record_head head;
    uint8_t (*hash)[KEY_HASH]; /* [seq - 1], of the present epoch */
    size_t hash_cap;
    bool forked;
    struct notice_lease *lease; /* [version - 1]: every one given */
    struct offline_used *used;
    int64_t lease_cnt;
};

struct service {
    int64_t shop_version;
    enum standing standing[VERSIONS]; /* by version */
    int64_t revoked_version;
    unsigned revoked[VERSIONS]; /* by version */
    unsigned inactive;          /* bit i: card i is not active */
    struct notice_allowance policy;
    int lease_hours;
    struct account account[TERMINALS];
    struct reservation *use;
    size_t use_cnt, use_cap;
    uint8_t *said_member; /* [checkout]: card + 1 that the service called a member's for it, 0: none */
    size_t checkout_cap;
    uint8_t *counted; /* [sale]: how often */
    uint8_t *branch;  /* [sale]: kept apart, the terminal's journal forked */
    size_t sale_cap;
};

enum event_kind {
    EV_CUSTOMER,
    EV_CASHIER,
    EV_TICK,
    EV_ANSWER,
    EV_SYNC,
    EV_LINK,
    EV_POWER,
    EV_ON,
    EV_CLOCK,
    EV_CARD,
    EV_SHOP,
    EV_RESUME,
    EV_DISK,
    EV_KINDS
};

struct event {
    enum event_kind kind;
    int terminal;
    uint32_t arg, boot_no;
    struct body_verdict *verdict; /* of an answer; NULL: none came */
    struct body_reserved reserved;
    bool answered;
    struct question q;
};

/* What happened. Each must have happened in a long run: an invariant that nothing came near to says nothing.
 *     *_refused: a checkout ended so, for that reason    cut_sales: provisional, with the network really down
 *     last_of_allowance, last_of_card: the very last sale that a lease, or a card's day, allows
 *     just_in_time: within a minute of stop_at           refused_at_counter: by a notice, with the quote on the screen
 *     told_no: a late no took a provisional quote back   replaced: a late yes took its place
 *     clock_*: with a clock of 1970 (sales), of 2090 (refusals), a day or more behind (sales)
 *     shows: a sale that went down with a disk, and shows against its slip    known: records sent twice */
/* clang-format off */
#define TALLIES(X)                                                                                                     \
    X(events)                                                                                                          \
    X(checkouts)                                                                                                       \
    X(sales) X(provisional) X(keyed) X(limited) X(refused) X(failed) X(cuts) X(torn) X(half_seen) X(disk_full)         \
        X(rollbacks) X(forks) X(stale) X(cut_sales) X(last_of_allowance) X(last_of_card) X(just_in_time)               \
            X(late_refused) X(allowance_refused) X(card_day_refused) X(delisted_refused) X(revoked_refused)            \
                X(number_refused) X(expired_refused) X(forged_refused) X(stale_refused) X(fork_refused)                \
                    X(limit_refused) X(delisted_at_counter) X(revoked_at_counter) X(refused_at_counter) X(told_no)     \
                        X(replaced) X(clock_1970) X(clock_2090) X(clock_behind) X(shows) X(known)
/* clang-format on */
struct tally {
#define X(name) uint64_t name;
    TALLIES(X)
#undef X
};

struct sim {
    uint64_t seed, rng;
    uint32_t number;         /* of the shop */
    int64_t now, start, end; /* the true time */
    struct till till[TERMINALS];
    struct service service;
    struct queue queue;
    struct event *event; /* by number of the queue's entries */
    size_t event_cap;
    uint32_t checkouts, sales; /* given so far */
    struct rec *shown;         /* every sale that a cashier saw applied */
    struct shown_at {
        int terminal;
        uint32_t epoch;
        uint64_t seq;
        bool lost; /* its disk was put back to before it */
    } * shown_at;
    size_t shown_cnt, shown_cap;
    struct tally tally;
    struct notice_trust trust; /* sim_cards' with this shop's policy; owns nothing */
    bool quiet;                /* nothing gets lost any more */
    bool trace;
    char why[256]; /* "": all is well */
};

/* The cards and keys of all shops. */
struct sim_cards {
    EVP_PKEY *key, *foreign;
    struct notice_trust trust;
    struct offer offers[OFFERS];
    uint8_t token[CARDS][CARD_TOKEN];
    uint64_t value[CARDS];
    char qr[CARDS][CARD_QR_TEXT_MAX + 1], forged[CARDS][CARD_QR_TEXT_MAX + 1];
    char number[CARDS][CARD_NUMBER_MAX + 1];
};
extern struct sim_cards sim_cards;
void sim_cards_make(void);

/* main.c */
static inline uint32_t sim_pick(struct sim *s, uint32_t n) /* 0 .. n-1 */
{
    return dice_pick(&s->rng, n);
}
static inline int64_t sim_between(struct sim *s, int64_t lo, int64_t hi)
{
    return dice_between(&s->rng, lo, hi);
}
__attribute__((format(printf, 2, 3))) void sim_trace(struct sim *s, const char *fmt, ...);
/* Notes the first thing that must not have happened. */
__attribute__((format(printf, 2, 3))) void sim_broken(struct sim *s, const char *fmt, ...);
void sim_id(char kind, uint32_t shop, uint32_t n, char out[static ULID_LEN + 1]);

/* world.c */
struct event *world_at(struct sim *s, int64_t at, enum event_kind kind, int terminal);
void world_shop(struct sim *s, enum standing standing);
void world_card(struct sim *s, unsigned inactive); /* bit i: card i is not active from now on */
void world_run(struct sim *s, int days);

/* till.c */
void till_init(struct sim *s, struct till *t, int n);
void till_release(struct till *t);
void till_on(struct sim *s, struct till *t);
void till_off(struct sim *s, struct till *t);
int64_t till_boot_ms(const struct sim *s, const struct till *t);
int64_t till_wall_ms(const struct sim *s, const struct till *t);
struct checkout_env till_env(const struct sim *s, const struct till *t);
/* False: the power went; nothing is in memory any more. *e: what the journal said. */
bool till_append(struct sim *s, struct till *t, struct rec *r, enum err *e);
void till_new_day(struct sim *s, struct till *t);
void till_sync(struct sim *s, struct till *t); /* exchange.c */
void till_snapshot(struct till *t);
void till_roll_back(struct sim *s, struct till *t);

/* for exchange.c */
void till_notice(enum notice_kind kind, int64_t version, struct notice *out); /* version and hash of one */
void till_obey(struct sim *s, struct till *t);                                /* what is on disk comes into force */
void till_store_floor(const struct sim *s, struct till *t, int64_t boot_ms);
void till_begin_epoch(struct sim *s, struct till *t);
void till_started(struct sim *s, struct till *t);
void till_free_records(struct rec *rec, size_t cnt);

/* counter.c */
void counter_customer(struct sim *s, struct till *t, int card); /* below 0: any */
void counter_cashier(struct sim *s, struct till *t, uint32_t checkout);
void counter_tick(struct sim *s, struct till *t);
void counter_answer(struct sim *s, struct till *t, const struct event *ev);
void counter_shop_changed(struct sim *s, struct till *t);
void counter_gone(struct till *t);

/* service.c */
void service_init(struct sim *s);
void service_release(struct service *v);
void service_verify(struct sim *s, const struct question *q, struct body_verdict *out);
void service_reserve(struct sim *s, const struct question *q, int terminal, struct body_reserved *out);
void service_give_back(struct sim *s, uint32_t checkout);
bool service_holds(const struct sim *s, uint32_t checkout, int card, int offer);
/* What a terminal sends: all records behind `from` (exclusive). ERR_CHAIN_FORK: nothing was taken. */
enum err service_records(struct sim *s, const struct till *t, uint64_t from, uint64_t *countersigned);
/* NULL: none for this terminal now. */
const struct notice_lease *service_lease(struct sim *s, const struct till *t);
void service_resume(struct sim *s, int terminal);

/* oracle.c */
void oracle_sale(struct sim *s, struct till *t, const struct body_sale *sale);
void oracle_end(struct sim *s);
#endif
