/* SPDX-License-Identifier: Apache-2.0 */
/* The counter: the terminal's HTTP API for the cashier's command line and POS software (docs/protocol.md "Counter API",
 * proto/counter-api.yaml), on a Unix socket without a token and on a loopback address with one.
 *
 *     counter_new(&config, &c)                     both sockets are bound and listening
 *     loop: n = counter_fds(c, fds, COUNTER_FDS)   poll them, at most counter_timeout_ms(c)
 *           counter_run(c)                         answers what came in; calls the functions of counter_ops
 *     counter_checkout(c, checkout) ...            something changed: waiting requests and listeners hear of it
 *     counter_free(&c)
 *
 * One thread, the loop's; never blocks. Deliberately not here: decisions (client/core) and whom they are asked of
 * (client/terminal). */
#ifndef HUIKA_COUNTER_H
#define HUIKA_COUNTER_H
#include "client/core/checkout.h"
#include "client/counter/after.h"
#include <poll.h>
#include <sys/socket.h>

enum {
    COUNTER_FDS = 4,
    COUNTER_BODY_MAX = 65536,
    COUNTER_WAIT_S = 30,
    COUNTER_LISTENERS = 16,
    COUNTER_CONNECTIONS = 320, /* at each door; Chromium opens 256 in all, so that no page in it can take them all */
    COUNTER_KEY_MAX = 64,
    COUNTER_TOKEN_MAX = 64
};

struct counter;

/* How a request shows a card: a scanned text or a number. Borrowed, wiped by the counter. */
struct counter_card {
    const char *scan; /* NULL: none */
    size_t scan_len;
    struct checkout_digits number; /* text NULL: none */
};

/* POST /v1/checkouts */
struct counter_order {
    const char *key;                   /* Idempotency-Key, 1 .. COUNTER_KEY_MAX visible characters */
    const uint8_t *request;            /* KEY_HASH bytes: hash of the request's body */
    struct checkout_purchase purchase; /* its lines are taken by a successful begin that returns a new checkout */
    struct counter_card card;
};

/* A sale as the journal holds it; borrowed. */
struct counter_sale {
    const struct checkout *checkout; /* APPLIED */
    uint32_t epoch;
    enum body_outcome outcome; /* NONE: not sent yet */
    enum err code;             /* why held */
    int64_t returned_fen;      /* taken back so far, as this terminal knows */
};
/* Not 0 ends the walk, which returns it. */
typedef enum err counter_sale_fn(void *ctx, const struct counter_sale *s);

/* How a receipt is wanted. */
struct counter_paper {
    enum err_lang lang;
    size_t columns;
    bool copy;
};

/* What the terminal does for the counter. Checkouts given back are borrowed until the next call of anything. */
struct counter_ops {
    /* A new checkout, or the one that this key began, with ERR_OK as well; ERR_IDEMPOTENCY_REUSE if that one's request was
     * another. Errors of checkout_amount and checkout_number: nothing was begun. */
    enum err (*begin)(void *ctx, struct counter_order *o, const struct checkout **out);
    /* By checkout id; also a sale of an earlier run. ERR_NOT_FOUND. */
    enum err (*find)(void *ctx, const char *id, const struct checkout **out);
    /* The one at the counter. ERR_NOT_FOUND. */
    enum err (*current)(void *ctx, const struct checkout **out);
    /* ERR_NOT_FOUND, and the errors of client/core/checkout.h. */
    enum err (*card)(void *ctx, const char *id, const struct counter_card *card, const struct checkout **out);
    enum err (*amount)(void *ctx, const char *id, const struct checkout_purchase *p, const struct checkout **out);
    /* ERR_OK only for an applied one; ERR_DISK_FULL, ERR_IO: not recorded, it can be confirmed again. */
    enum err (*confirm)(void *ctx, const char *id, const struct checkout **out);
    enum err (*cancel)(void *ctx, const char *id, const struct checkout **out);
    /* As if a reader had read it. */
    enum err (*scan)(void *ctx, const char *text, size_t len, const struct checkout **out);
    /* The body of GET /v1/status. New reference; NULL if out of memory. */
    json_t *(*status)(void *ctx);
    /* Sales of a Shanghai day (base/tm.h), oldest first; the one of that id (ERR_NOT_FOUND). */
    enum err (*day)(void *ctx, int32_t day, counter_sale_fn *each, void *each_ctx);
    enum err (*sale)(void *ctx, const char *sale_id, counter_sale_fn *each, void *each_ctx);
    /* The receipt of an applied checkout, appended to `out`. ERR_BAD_VALUE: columns. */
    enum err (*receipt)(void *ctx, const struct checkout *k, const struct counter_paper *p, struct buf *out);
    /* The same as a PNG picture. */
    enum err (*picture)(void *ctx, const struct checkout *k, const struct counter_paper *p, struct buf *out);
    /* The receipt of an applied checkout, to the printer: queued when it returns. ERR_PRINTER_MISSING: printing is off, or no printer was ever there;
     * ERR_TOO_MANY. */
    enum err (*print)(void *ctx, const struct checkout *k, bool copy);
    enum err (*print_test)(void *ctx);
    /* ERR_OK, or why a receipt would not come out (ERR_PRINTER_*): the cashier should say that it may do without. */
    enum err (*printer_check)(void *ctx);
    /* A first run: how enrolling goes (the body of GET /v1/enrolment; new reference). NULL in both: this is an enrolled terminal. Where
     * they are not NULL, only these, `token` and the clocks are ever called. */
    json_t *(*enrolment)(void *ctx);
    /* ERR_INVITE_UNKNOWN: no code; ERR_BUSY: one is under way. */
    enum err (*enrol)(void *ctx, const char *code);
    /* The test cards (the body of GET /v1/sandbox; new reference), whose being there makes this a sandbox: checkouts say so, and scans
     * are taken on TCP as well. NULL: the real thing. */
    json_t *(*sandbox)(void *ctx);
    /* A new token for TCP, durable; the old one ends. */
    enum err (*token)(void *ctx, char out[static COUNTER_TOKEN_MAX + 1]);
    const struct counter_after *after; /* what comes after a sale; NULL: not offered */
    int64_t (*utc_ms)(void *ctx);
    int64_t (*mono_ms)(void *ctx);
    void *ctx;
};

/* `ops` is borrowed and must outlive the counter. */
struct counter_config {
    const char *socket;                    /* path, copied; NULL: no Unix socket */
    const struct sockaddr_storage *listen; /* loopback only, port 0: any free one; NULL: no TCP */
    const char *token;                     /* for TCP; copied */
    const char *sessions;                  /* file of the page's sessions, copied; NULL: they end with the counter */
    const struct counter_ops *ops;
};

/* "127.0.0.1:8730", "localhost:8730", "[::1]:8730". ERR_BAD_VALUE: no such form; ERR_FORBIDDEN: not a loopback address. */
enum err counter_address(const char *text, struct sockaddr_storage *out);

/* ERR_ADDRESS_BUSY: another program listens there; ERR_TOO_LARGE: socket path; ERR_IO, ERR_NOMEM. The socket's mode is 0660, its
 * group huika where there is such a group. */
enum err counter_new(const struct counter_config *c, struct counter **out);
void counter_free(struct counter **c);

size_t counter_fds(const struct counter *c, struct pollfd *fds, size_t max);
int counter_timeout_ms(const struct counter *c);
void counter_run(struct counter *c);
/* "127.0.0.1:8730", as bound; "" without TCP. */
const char *counter_bound(const struct counter *c);

/* News. Cheap when nobody listens. */
void counter_checkout(struct counter *c, const struct checkout *checkout);
void counter_status(struct counter *c);
/* What a request waits for (counter_after's ERR_BUSY) may be known now. */
void counter_again(struct counter *c);
void counter_scan(struct counter *c, const char *kind);
/* A command code, scanned off the sheet in docs/cashier.md: "HUIKA-KEY/" and 0-9, DOT, DEL, OK, BACK, NEXT (to the next thing that
 * can be pressed; OK presses it), or the name of a view: TILL, DAY, DISPUTES, STATUS. The page that is looked at does it. NULL: the
 * text is none; else its name in small letters, static. */
const char *counter_command(const char *text, size_t len);
void counter_key(struct counter *c, const char *name);
/* A reader lost a code or a swipe; `e` says what the cashier can do. device NULL: nothing was lost, but what was read is no card,
 * while one is in hand. */
void counter_lost(struct counter *c, const char *device, enum err e);
/* A device came, went or changed; its row of `status`, taken. */
void counter_device(struct counter *c, json_t *taken);
#endif
