/* SPDX-License-Identifier: Apache-2.0 */
/* What enrolling (enroll.c) and the supervised way back (enroll_renew.c) share. */
#ifndef HUIKA_ENROLL_PARTS_H
#define HUIKA_ENROLL_PARTS_H
#include "client/ports/enroll.h"
#include "client/ports/link.h"
#include "client/ports/notices.h"
#include "proto/invite.h"
#include <openssl/x509.h>

enum { ENROLL_ANSWER_MAX = 1024 * 1024 };

struct enroll {
    const struct enroll_config *c;
    struct invite invite;
    struct state state;
    bool begun;
    struct state_info info; /* terminal_id is set beforehand: a certificate for that terminal and no other */
    EVP_PKEY *key;
    struct buf ca_pem, trust_text;
    struct notices notices;
    char cert_terminal[ULID_LEN + 1];
};

void enroll_say(const struct enroll *n, enum enroll_step s);
/* One request; its deadline is set here, *out emptied first. Errors of link_call. */
enum err enroll_get(const struct enroll *n, struct link *l, struct link_request *r, struct buf *out);
/* ca, cert: use what is in the state directory already. Errors of link_new. */
enum err enroll_dial(const struct enroll *n, bool ca, bool cert, struct link **out);
/* True if this CA and that root are the ones whose hash is in the code. */
bool enroll_fits(const struct enroll *n, X509 *ca, EVP_PKEY *root);
/* Asks with the code's secret and n->key; the certificate is checked and written. ERR_INVITE_*, ERR_CLOCK_SKEW,
 * ERR_NET_*, ERR_TLS_*, ERR_DISK_FULL, ERR_IO: the one that was there stays. */
enum err enroll_ask_cert(struct enroll *n);
#endif
