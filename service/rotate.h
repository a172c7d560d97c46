/* SPDX-License-Identifier: Apache-2.0 */
/* New keys, old keys out, new validity: each is a new trust notice, signed with the root key, which lies offline. The running
 * service reads keys once: restart it afterwards (docs/operations.md "Keys").
 *
 * A new notice or lease key is announced first and signs from `from` on, when terminals that were connected since know it;
 * until it is retired the old one is believed, too. Card and sealing keys are used at once. A new root is signed by the old
 * one, and every such notice is kept in DIR/trust, for terminals that missed it. */
#ifndef HUIKA_ROTATE_H
#define HUIKA_ROTATE_H
#include "base/buf.h"
#include "proto/notice.h"

enum { ROTATE_WHY = 64 };

struct rotate {
    const char *dir;
    const char *offline; /* where root.key lies; NULL: DIR/offline */
    int64_t at_utc_ms;
    int64_t from_utc_ms;   /* of a new notice or lease key; at or before at_utc_ms: at once */
    int64_t above_version; /* the new trust notice's version is above this one, too */
    /* out */
    int64_t version;             /* of the new trust notice */
    char key_id[KEY_ID_LEN + 1]; /* of the new key; a card key's number in digits */
};
/* kind: notice, lease, card, sealing, root. ERR_BAD_VALUE: none of these; ERR_NOT_FOUND, ERR_IO; ERR_UNKNOWN_KEY: the root key
 * there is not the one that terminals know; why names the file. Whole or not at all. */
enum err rotate_key(struct rotate *r, const char *kind, char why[static ROTATE_WHY]);
/* The key of that id (a card key: its number) is no longer believed; its file goes to DIR/keys/retired. ERR_NOT_FOUND: no such
 * key; ERR_WRONG_STATE: nothing else that signs now could take its place. */
enum err rotate_retire(struct rotate *r, const char *id, char why[static ROTATE_WHY]);
/* Five more years for trust notice and server certificate (the same key, the names in service.ini; wants server-ca.key beside root.key), and
 * whatever a trust notice of an older version lacks. */
enum err rotate_renew(struct rotate *r, char why[static ROTATE_WHY]);
/* What terminals that are cut off may sell by: "nothing", "qr", or "numbers" (by QR, and by number alone within the keyed allowance).
 * ERR_BAD_VALUE with why "WHAT": none of these. */
enum err rotate_allow(struct rotate *r, const char *what, char why[static ROTATE_WHY]);
/* Terminals whose time stands after at_utc_ms go back to it, once: the service's clock had run ahead, and a lease had taken
 * them with it. They ask for a new lease. forget: kinds whose held version they forget as well, "shop,revoked"; NULL: none.
 * ERR_BAD_VALUE with why "forget": not shop, revoked or answer; ERR_WRONG_STATE: the service can keep no more notices that no
 * terminal may miss (KEYS_CHANGES). */
enum err rotate_floor_reset(struct rotate *r, const char *forget, char why[static ROTATE_WHY]);
#endif
