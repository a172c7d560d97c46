/* SPDX-License-Identifier: Apache-2.0 */
/* Making the contents of a service's directory, one group of files after the other. Private to service/init.c. */
#ifndef HUIKA_INIT_MAKE_H
#define HUIKA_INIT_MAKE_H
#include "proto/card.h"
#include "proto/invite.h"
#include "service/sign/ca.h"
#include <limits.h>

enum { INIT_WHY = 64 };

struct init_work {
    char dir[PATH_MAX]; /* where everything is made */
    int64_t at_utc_ms;
    char host_text[4096];
    const char *host[CA_HOSTS + 1]; /* NULL-terminated, lower case, in host_text */
    char public_host[CARD_HOST_MAX + 1];
    uint16_t port, public_port;
    char public_cert[PATH_MAX], public_key[PATH_MAX]; /* absolute; "" if none */
    /* made on the way; freed by init_work_release */
    EVP_PKEY *root, *server_ca_key, *admin_ca_key, *notice, *lease, *card;
    X509 *server_ca, *admin_ca;
    struct buf sealing_cert, admin_cert; /* DER */
    uint8_t admin[ULID_SIZE];
};

/* Everything below m->dir, which is there, empty and 0700. The trust notice, without which `run` refuses, comes last. */
enum err init_make_all(struct init_work *m);
void init_work_release(struct init_work *m);
#endif
