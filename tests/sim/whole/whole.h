/* SPDX-License-Identifier: Apache-2.0 */
/* The whole terminal in an invented world: client/terminal, the journal, the state directory, notices, sync and everything below
 * them are the real ones, with real files; invented are the link (link.c), the clock, power, people, and the service, which is a
 * model that speaks the real bodies and notices. tests/sim looks at the decisions alone, for many more shops.
 *
 *     main.c      options, the loop over shops, what is printed
 *     keys.c      keys, cards, and what stands in for signatures, sealing and randomness
 *     world.c     one shop: its events, and the disasters among them
 *     box.c       one terminal: opening, power cuts, disks put back, turns of its loop
 *     people.c    customers, and those who bring things back
 *     link.c      client/ports/link.h, with losses, delays and replays
 *     service.c   the model: verdicts, reservations, voids      records.c   ... what is sent up      notices.c   ... what it signs
 *     oracle.c    what must never happen
 *
 * Seed and shop number repeat a run exactly. Signatures are stood in for by hashes; what is signed is tested elsewhere. */
#ifndef HUIKA_WHOLE_H
#define HUIKA_WHOLE_H
#include "base/tm.h"
#include "client/ports/sync_parts.h"
#include "client/terminal/after.h"
#include "tests/sim/dice.h"

enum {
    BOXES = 2,
    CARDS = 6,
    OFFERS = 2, /* the first one once per card and day */
    KEYS = 6,   /* so many times each key can be replaced */
    EPOCHS = 16,
    ROWS = 4096, /* records of one epoch */
    LEASES = 4096,
    SALES = 2048,
    SENT = 8192, /* notices signed */
    MINUTE_MS = 60000,
    HOUR_MS = 3600000,
    TEXT_MAX = 96
};

struct whole;

/* One customer at one terminal; what the oracle knows of it. */
struct visit {
    char checkout_id[ULID_LEN + 1];
    int card;
    int said_card; /* card + 1 that the service last called a member's for it; 0: none */
    bool forged, told_no, was_provisional;
    uint64_t asked;       /* the link's number of its newest question for a verdict */
    int64_t shown_utc_ms; /* when the card was, by the terminal's clock */
};

/* A sale that reached a disk. */
struct sold {
    char id[ULID_LEN + 1];
    int box, card;
    uint32_t epoch;
    uint64_t seq;
    uint8_t hash[KEY_HASH];
    int64_t total_fen, discount_fen, lease;
    bool shown, provisional, keyed, lost, branch; /* branch: kept apart by the service, with a fork */
};
struct taken {
    char id[ULID_LEN + 1];
    int box;
    size_t sold;
    uint32_t epoch;
    uint64_t seq;
    uint8_t hash[KEY_HASH];
    int64_t amount_fen;
    uint64_t order; /* whose it was said to be; 0: nobody was told */
    bool shown, granted, lost, branch;
};

/* What is on a box's disk, as the oracle read it while it was written. */
struct disk {
    enum standing standing;
    int64_t trust_version, shop_version, revoked_version;
    unsigned inactive; /* on the list held */
    bool keyed;        /* by the trust notice held */
    uint32_t epoch, forked_epoch, head_epoch;
    uint64_t head_seq; /* of head.json: what the service countersigned */
    struct notice_lease lease;
    size_t lease_sent; /* its place in `sent`, from 1; 0: none */
    struct row {
        uint32_t epoch;
        enum record_kind kind;
        int sold, taken;   /* -1: none */
        size_t lease_sent; /* of a provisional sale, and of a start */
        int32_t key_day, day;
    } * row;
    size_t row_cnt, row_cap;
};

struct box {
    struct whole *w;
    int n;
    char dir[TEXT_MAX], snap[TEXT_MAX];
    struct clock clock;
    struct state state;
    struct till till;
    EVP_PKEY *device;
    struct disk disk, disk_snap;
    bool on, online, dying, has_snap, rolled_back, clock_1970;
    int64_t wall_off_ms, booted_at, ran_ms, starts, turn_at;
    int64_t lease_seen, ran_at_lease_ms, starts_at_lease; /* when the lease in force came */
    uint32_t life;                                        /* events of an earlier one are dropped */
    uint64_t poll;                                        /* the link's number of the poll that is held; 0: none */
    int64_t poll_at;
    size_t visit; /* at the counter, from 1; 0: nobody */
};

enum sent_kind { SENT_ANY, SENT_ROOT /* a trust notice that changes the root */, SENT_RESET /* or resets the floor */ };
struct sent {
    enum notice_kind kind;
    enum sent_kind what;
    int box; /* of a lease */
    int64_t version;
    uint8_t hash[KEY_HASH];
    enum standing standing; /* of a shop's */
    unsigned inactive;      /* of a list of revoked cards */
    bool lost;              /* signed after the backup that was put back */
    char *text;
};

struct srv_sale {
    char id[ULID_LEN + 1];
    int box, card, offer;
    int32_t day;
    int64_t at_utc_ms, total_fen, discount_fen, returned_fen, back_fen;
    int64_t lease;
    bool provisional, keyed, given_back; /* its use of the limited offer */
    enum err code;                       /* contested */
    uint32_t counted;
};
struct srv_use {
    char checkout_id[ULID_LEN + 1];
    int card, offer;
    int32_t day;
    int64_t expires_utc_ms;
    bool consumed, released;
    size_t sale; /* consumed: of which, from 0 */
};
struct srv_grant {
    char void_id[ULID_LEN + 1];
    size_t sale;
    int64_t amount_fen, until_utc_ms;
    struct body_void_answer answer;
    bool used;
};
struct srv_row {
    uint8_t hash[KEY_HASH];
    enum body_outcome outcome;
    enum err code;
};
struct srv_lease {
    int64_t version, issued_utc_ms, stop_at_utc_ms;
    int64_t trust, shop, revoked, starts, sales, amount_fen, keyed, keyed_fen;
    uint32_t epoch;
    size_t sent;
};
struct account {
    uint32_t epoch;
    bool forked;
    struct chain {
        size_t cnt;
        struct srv_row row[ROWS];
    } chain[EPOCHS];
    struct srv_lease lease[LEASES]; /* in the order they were given */
    size_t lease_cnt;
    struct branch { /* one record that is kept apart */
        uint32_t epoch;
        uint64_t seq;
        uint8_t hash[KEY_HASH];
    } branch[ROWS];
    size_t branch_cnt;
    int64_t lease_base;         /* versions begin above it */
    int64_t seen[NOTICE_KINDS]; /* highest versions that the terminal named */
};
/* One block, so that a backup is a copy. */
struct service {
    int64_t trust_version, shop_version, revoked_version;
    size_t trust_sent, shop_sent, revoked_sent; /* the newest of each */
    enum standing standing;
    unsigned inactive;
    int root, notice_key, lease_key, notice_old, lease_old; /* generation in use; -1: none is on its way out */
    struct account account[BOXES];
    struct srv_sale sale[SALES];
    size_t sale_cnt;
    struct srv_void {
        char id[ULID_LEN + 1];
        uint32_t counted;
        enum err code;
    } back[SALES];
    size_t back_cnt;
    struct srv_use use[2 * SALES];
    size_t use_cnt;
    struct srv_grant grant[SALES];
    size_t grant_cnt;
    struct history {
        int64_t at_utc_ms;
        enum standing standing;
        unsigned inactive;
    } history[4096];
    size_t history_cnt;
};

enum event_kind {
    EV_CUSTOMER,
    EV_CASHIER,
    EV_TURN,
    EV_POLL,
    EV_VOID,
    EV_VOID_AGAIN,
    EV_LINK,
    EV_POWER,
    EV_ON,
    EV_CLOCK,
    EV_CARD,
    EV_SHOP,
    EV_RESUME,
    EV_DISK,
    EV_KEYS,
    EV_KEYS_END,
    EV_BACKUP,
    EV_RESTORE,
    EV_AHEAD,
    EV_AHEAD_END,
    EV_RECOVER,
    EV_KINDS
};
struct event {
    enum event_kind kind;
    int box;
    uint32_t life;
    uint64_t arg;
};

/* What happened, printed; those that tests/sim/whole/main.c marks must have happened in every long run. */
/* clang-format off */
#define TALLIES(X)                                                                                                     \
    X(events)                                                                                                          \
    X(checkouts)                                                                                                       \
    X(sales)                                                                                                           \
    X(provisional)                                                                                                     \
    X(keyed)                                                                                                           \
    X(limited) X(refused) X(failed) X(voids) X(returns) X(voids_offline) X(voids_over) X(contested) X(late_refused)    \
        X(allowance_refused) X(delisted_refused) X(provisional_replaced) X(power_cuts) X(torn) X(half_seen)            \
            X(disk_full) X(rollbacks) X(forks) X(resumes) X(notices_refused) X(roots) X(roots_missed) X(key_changes)   \
                X(keys_missed) X(restores) X(resent) X(recovers) X(floor_resets) X(floors_lowered) X(relistings)       \
                    X(delisted_at_counter) X(clock_1970_sales) X(clock_2090) X(trust_over) X(uses_released) X(retries)
/* clang-format on */
struct tally {
#define X(name) uint64_t name;
    TALLIES(X)
#undef X
};

struct whole {
    uint64_t seed, dice, chaos; /* chaos: what the terminal's own randomness is made of */
    uint32_t number;
    int64_t now, start, end, ahead_ms; /* the true time; by how much the service's clock is ahead of it */
    const char *root_dir;
    struct box box[BOXES];
    struct service *service, *backup;
    bool has_backup, restored;
    size_t backup_sent_cnt;
    struct sent *sent; /* everything ever signed, for who replays it */
    size_t sent_cnt, sent_cap;
    struct queue queue;
    struct event *event; /* by number of the queue's entries */
    size_t event_cap;
    struct visit *visit;
    size_t visit_cnt, visit_cap;
    struct sold *sold;
    size_t sold_cnt, sold_cap;
    struct taken *taken;
    size_t taken_cnt, taken_cap;
    uint64_t orders; /* idempotency keys so far */
    struct notice_allowance policy;
    int lease_hours;
    bool keyed, rolls;
    struct tally tally;
    bool quiet, trace;
    char why[256];
};

struct whole_keys {
    EVP_PKEY *root[KEYS], *notice[KEYS], *lease[KEYS], *card, *foreign, *device[BOXES];
    uint8_t token[CARDS][CARD_TOKEN];
    uint64_t value[CARDS];
    char qr[CARDS][CARD_QR_TEXT_MAX + 1], forged[CARDS][CARD_QR_TEXT_MAX + 1], number[CARDS][CARD_NUMBER_MAX + 1];
    char *sealing; /* base64 */
    char offers[1024];
};
extern struct whole_keys whole_keys;
extern struct whole *whole_now; /* the shop that is running: wrapped calls have no other way to know */
void keys_make(void);
int keys_card(const struct body_card *c); /* -1: none */
void keys_spki64(EVP_PKEY *k, char out[static TEXT_MAX * 2]);

/* main.c */
__attribute__((format(printf, 2, 3))) void whole_trace(struct whole *w, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void whole_broken(struct whole *w, const char *fmt, ...);
static inline uint32_t pick(struct whole *w, uint32_t n)
{
    return dice_pick(&w->dice, n);
}
static inline int64_t between(struct whole *w, int64_t lo, int64_t hi)
{
    return dice_between(&w->dice, lo, hi);
}

/* world.c */
struct event *world_at(struct whole *w, int64_t at, enum event_kind kind, int box);
void world_run(struct whole *w, int days);
void world_wake(struct whole *w); /* there is news: polls that are held are answered */
void world_shop(struct whole *w, enum standing s);
void world_card(struct whole *w, unsigned inactive);

/* box.c */
void box_init(struct whole *w, struct box *b, int n);
void box_release(struct box *b);
void box_on(struct box *b);
void box_off(struct box *b);
void box_turn(struct box *b);
void box_snapshot(struct box *b);
void box_roll_back(struct box *b);
void box_link(struct box *b, bool up); /* link.c */
int64_t box_wall_ms(const struct box *b);
void box_id(char kind, uint32_t shop, int n, char out[static ULID_LEN + 1]);

/* link.c */
struct link *link_fake_new(struct box *b);
void link_fake_poll(struct box *b);             /* EV_POLL */
int64_t link_fake_due_ms(const struct link *l); /* true time of the next answer; INT64_MAX: none */

/* people.c */
void people_customer(struct box *b);
void people_cashier(struct box *b, size_t visit);
void people_brings_back(struct box *b);
void people_again(struct box *b, uint64_t order);
struct visit *people_visit(struct whole *w, const char *checkout_id);

/* service.c: an answer as the link gives it. status 200 or 204: `out` is its body; else *e is the problem's code. */
struct asked {
    const char *method, *path;
    const void *body;
    size_t len;
    uint64_t number; /* the link's */
};
int service_answer(struct box *b, const struct asked *q, struct buf *out, enum err *e);
void service_init(struct whole *w);
bool service_holds(const struct whole *w, const char *checkout_id, int card);
int64_t service_now(const struct whole *w);
void service_note(struct whole *w); /* standing and cards changed: into its history */
const struct history *service_then(const struct service *v, int64_t at_utc_ms);
void service_consume(struct whole *w, size_t sale, const char *checkout_id);
enum err service_records(struct box *b, const struct asked *q, struct buf *out); /* records.c */
void service_resume(struct box *b);

/* notices.c */
void notices_sign_trust(struct whole *w, bool resets);
void notices_sign_shop(struct whole *w);
void notices_sign_revoked(struct whole *w);
/* Envelopes for a poll, {"notices": [...]}; false: nothing to say. *next_ms: true time at which there may be. */
bool notices_answer_poll(struct box *b, const char *path, struct buf *out, int64_t *next_ms);
enum err notices_list(struct whole *w, const char *path, struct buf *out);
void notices_recover(struct whole *w);

/* oracle.c */
void oracle_record(struct box *b, const struct journal_entry *e, const struct record_head *head, bool seen);
void oracle_file(struct box *b, const char *name, const void *p, size_t n);
void oracle_before_sale(struct box *b, const struct body_sale *s);
void oracle_end(struct whole *w);
#endif
