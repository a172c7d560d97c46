/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as issued, by their hash. Private to service/store. */
#ifndef HUIKA_STORE_CERT_H
#define HUIKA_STORE_CERT_H
#include "service/store/store_terminal.h"

struct store_cert {
    enum store_role role;
    const uint8_t *holder; /* STORE_ID bytes */
    const uint8_t *der;
    size_t len;
    int64_t not_after_utc_ms;
};
/* ERR_EXISTS, ERR_TOO_LARGE. */
enum err store_cert_put(struct store_tx *tx, const struct store_cert *c);

/* An enrolment whose invitation was fresh: n->cert is what it got. */
void store_enrol_made(struct store_enrol *n);
/* The same code with the same key again: the certificate that it got then, by its hash. `sql` finds its DER while it and its holder
 * are good; ERR_INVITE_USED: they are not any more. */
enum err store_enrol_again(
    struct store_tx *tx, struct store_enrol *n, const char *sql, const uint8_t cert[static KEY_HASH]);
#endif
