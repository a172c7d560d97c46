/* SPDX-License-Identifier: Apache-2.0 */
/* The one gate that every request passes before it is routed anywhere. The TLS layer asks for a client certificate and
 * judges nothing; here, once per connection: chain, validity, purpose, and role, which is the issuing authority's and
 * must be that of the name in the certificate; and at each request: validity in time, and the state of certificate and
 * holder by the certificate's hash (kept while the store's commit number stands). */
#ifndef HUIKA_SERVICE_GATE_H
#define HUIKA_SERVICE_GATE_H
#include "service/store/store_terminal.h"
#include <gnutls/gnutls.h>
#include <openssl/types.h>

struct gate;

/* What the gate keeps with a connection; all zero at first. */
struct gate_peer {
    bool judged;            /* the certificate was looked at */
    enum err verdict;       /* of chain, validity, purpose, name; ERR_OK also if none was shown */
    enum store_role role;   /* of the issuing authority; NONE: no certificate */
    uint8_t id[STORE_ID];   /* in its name */
    uint8_t hash[KEY_HASH]; /* of the certificate */
    int64_t not_after_utc_ms;
    EVP_PKEY *key; /* its public key, decoded when first wanted */
    bool known;    /* who is what the store said at `commit` */
    uint64_t commit;
    enum err state;            /* ERR_OK, or why it is refused */
    struct store_identity who; /* role NONE: nobody */
};

/* terminal_ca, admin_ca: DER of the two authorities. NULL: they are no certificates, or out of memory. */
struct gate *gate_new(const struct buf *terminal_ca, const struct buf *admin_ca);
void gate_free(struct gate **g);

/* May this connection ask for something that wants `role`? ERR_OK; ERR_UNAUTHORIZED: no certificate, or one that does not
 * hold; ERR_CERT_EXPIRED, ERR_CERT_NOT_YET; ERR_CERT_REVOKED: revoked, suspended, or never issued; ERR_FORBIDDEN: of another role. For role
 * NONE always ERR_OK. p->who is filled where the certificate is good. session: NULL without TLS (no certificate then). */
enum err gate_admit(struct gate *g, gnutls_session_t session, struct store *store, struct gate_peer *p,
    enum store_role role, int64_t now_utc_ms);
void gate_peer_release(struct gate_peer *p);

/* "urn:huika:terminal:<ULID>" or "urn:huika:admin:<ULID>", nothing else: the role and the id. Pure. ERR_BAD_VALUE. */
enum err gate_uri(const char *uri, size_t len, enum store_role *role, uint8_t id[static STORE_ID]);
/* Judges one chain as a peer shows it (leaf first, DER). Fills all but key, known, commit, state, who. */
void gate_judge(struct gate *g, const gnutls_datum_t *chain, unsigned cnt, struct gate_peer *p);
#endif
