/* SPDX-License-Identifier: Apache-2.0 */
/* `huika-terminal enroll CODE --state DIR`: EST (RFC 7030: cacerts, simpleenroll) with a key made on this machine.
 *
 * In this order: the CA and the trust notice over a connection that proves nothing, no secret sent; both checked
 * against the code's fingerprint; key made; reconnected with that CA alone (TLS 1.3, name checked; dates are not, the
 * fingerprint stands in for them); secret and certificate request sent; certificate checked; who we are and the first
 * notices with the new certificate; terminal.ini last. Interrupted anywhere, the same code goes on with the same key.
 */
#ifndef HUIKA_ENROLL_H
#define HUIKA_ENROLL_H
#include "client/ports/clock.h"
#include "client/ports/state.h"

enum enroll_step {
    ENROLL_CONNECT, /* fetching CA and trust notice */
    ENROLL_KEY,     /* the service is the one that the code names; making the key */
    ENROLL_CERT,    /* asking for the certificate */
    ENROLL_NOTICES, /* who we are, first notices */
    ENROLL_DONE
};

struct enroll_config {
    const char *code;         /* HUIKA1/..., as typed or scanned */
    const char *dir;          /* the state directory; made if absent */
    const char *machine_path; /* NULL: STATE_MACHINE */
    const struct clock *clock;
    int64_t timeout_ms;                             /* for each request; 0: 15,000 */
    void (*step)(void *ctx, enum enroll_step step); /* may be NULL; before each step */
    void *ctx;
};

/* Blocks. ERR_INVITE_UNKNOWN (not a code, wrong, or past its 24 hours), ERR_INVITE_USED, ERR_INVITE_OTHER (it renews a terminal that exists), ERR_INVITE_FINGERPRINT
 * (another server), ERR_NET_*, ERR_TLS_*, ERR_CLOCK_SKEW (this machine's clock is outside the new certificate's dates:
 * set it and use the same code again), ERR_STATE_EXISTS, ERR_STATE_LOCKED, ERR_CHAIN_FORK (the service already has
 * records of this terminal: its journal is gone, it must be resumed), ERR_NET_PROTOCOL, ERR_DISK_FULL, ERR_IO. *out as
 * in terminal.ini. */
enum err enroll_run(const struct enroll_config *c, struct state_info *out);

/* The supervised way back of a terminal whose certificate has lapsed: a new certificate for the key and the terminal that
 * are there; nothing else in the directory changes. The code must name the CA that is kept there, and the root that the
 * service shows. One file is replaced, last and whole, and the same code with the same key gets the same certificate, so
 * that an interrupted try is simply made again. Blocks. ERR_STATE_MISSING, ERR_STATE_LOCKED (the terminal runs),
 * ERR_STATE_MACHINE, ERR_INVITE_OTHER (the code is for a new terminal or for another one), and ERR_INVITE_*, ERR_NET_*,
 * ERR_TLS_*, ERR_CLOCK_SKEW, ERR_DISK_FULL, ERR_IO as above. */
enum err enroll_renew(const struct enroll_config *c, struct state_info *out);
#endif
