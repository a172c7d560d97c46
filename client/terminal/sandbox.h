/* SPDX-License-Identifier: Apache-2.0 */
/* `huika-terminal run --sandbox`: a terminal for those who build POS software. The checkout, the journal, the counter and the
 * receipts are the real ones; what is invented is the shop (a state directory made here, with keys of its own) and the service:
 * till.ask answers from a list of test cards, each of which reaches one verdict or failure.
 *
 *     sandbox_prepare(dir, path)            the state directory; NULL: a temporary one, removed by sandbox_free
 *     sandbox_new(&till, &s)                after the till's parts are open, before its counter
 *     loop: sandbox_timeout_ms, sandbox_tick
 *     sandbox_free(&s)
 *
 * Nothing of it is ever sent anywhere, receipts and page say 测试, answers say "sandbox": true, and neither kind of run accepts the
 * other's state directory. */
#ifndef HUIKA_SANDBOX_H
#define HUIKA_SANDBOX_H
#include "client/terminal/till.h"

#define SANDBOX_LISTEN "127.0.0.1:8739" /* not where POS software looks for the real one */
#define SANDBOX_URL    "https://sandbox.huika.invalid"
#define SANDBOX_HOST   "sandbox.huika.example"

enum { SANDBOX_ASKS = LINK_REQUESTS };

/* What a test card does. */
enum sandbox_kind {
    SANDBOX_MEMBER,
    SANDBOX_SLOW,    /* a member, after two seconds */
    SANDBOX_USED_UP, /* a member whose uses of every offer are up */
    SANDBOX_PRINTER, /* a member; at the cashier's yes the printer is out of paper */
    SANDBOX_DISK,    /* a member; at the cashier's yes the disk is full */
    SANDBOX_CLOCK,   /* the service's time is an hour off ours */
    SANDBOX_REFUSED, /* with `reason` */
    SANDBOX_SILENT,  /* no answer */
    SANDBOX_FAILED,  /* no answer, with `reason` */
    SANDBOX_FORGED,  /* a QR that another key signed */
    SANDBOX_FOREIGN, /* a QR of another host */
    SANDBOX_EXPIRED, /* a QR past its day */
    SANDBOX_OFFLINE, /* no answer, and a lease: checked offline, provisional */
    SANDBOX_TEXT     /* not a card: `text` is scanned */
};

struct sandbox_card {
    enum sandbox_kind kind;
    enum err reason;
    const char *number; /* 16 digits of the test range; NULL: none */
    const char *name_masked;
    const char *text;
    const char *zh, *en; /* what it shows */
};

extern const struct sandbox_card sandbox_cards[];
extern const size_t sandbox_card_cnt;
/* The text of its QR, or what it is scanned as. ERR_INTERNAL. */
enum err sandbox_card_text(size_t i, EVP_PKEY *key, int32_t day, char out[static CARD_QR_TEXT_MAX + 1]);
/* The one that a question of the till is about; NULL: none of ours. Number or token, the other NULL. */
const struct sandbox_card *sandbox_card_find(const char *number, const uint8_t *token);

/* The union's card key of the sandbox: the same everywhere, so that printed test cards work everywhere; it signs nothing else, and no
 * real trust notice names it. NULL: out of memory. */
EVP_PKEY *sandbox_card_key(void);

/* Makes the directory and everything in it, if there is no terminal yet. `out`: its path. ERR_SANDBOX: a real terminal's directory. */
enum err sandbox_prepare(const char *dir, char out[static STATE_DIR_MAX + 1]);
/* True if that state is a sandbox's: nothing real may run on it. */
bool sandbox_is(const struct state_info *info);

struct sandbox;
/* Takes the place of the service in `t`, and of what can fail in its counter_ops. `made` (may be NULL): a directory to remove at the end. */
enum err sandbox_new(struct till *t, const char *made, struct sandbox **out);
void sandbox_free(struct sandbox **s);
int sandbox_timeout_ms(const struct sandbox *s);
void sandbox_tick(struct sandbox *s);
/* What a status would say if there were a service. */
void sandbox_status(json_t *status);
#endif
