/* SPDX-License-Identifier: Apache-2.0 */
/* The state directory: what makes this machine one enrolled terminal.
 *
 *     terminal.ini  service URL, ids, epoch, machine; written last at enrolment: without it there is no terminal here
 *     terminal.key  the device key (PKCS#8, 0600)       terminal.crt  its certificate      ca.crt  the service's CA
 *     trust.json    the trust notice's envelope         shop.json, lease.json, revoked.json   the others', once there was one
 *     revoked-N.bin what the revoked notice describes   answers/      unions' words on disputes (client/ports/notices.h)
 *     offline.ini, day.key   what must outlive a restart beside those (client/ports/keep.h)
 *     head.json     the last countersigned head, kept apart from the journal
 *     journal.db    the journal (client/ports/journal.h)              counter.token  what POS software shows
 *     unprinted     sales whose receipt has not come out (client/ports/printer_list.h)
 *     lock          held by the one process that works on the directory
 *
 * Bound to the machine: terminal.ini keeps SHA-256(tag | /etc/machine-id), another machine is refused, so that a copied
 * disk does not become a second terminal. Not a defence against somebody who owns both machines. */
#ifndef HUIKA_STATE_H
#define HUIKA_STATE_H
#include "base/buf.h"
#include "base/key.h"
#include "base/ulid.h"

#define STATE_KEY     "terminal.key"
#define STATE_CERT    "terminal.crt"
#define STATE_CA      "ca.crt"
#define STATE_INI     "terminal.ini"
#define STATE_TRUST   "trust.json"
#define STATE_SHOP    "shop.json"
#define STATE_LEASE   "lease.json"
#define STATE_REVOKED "revoked.json"
#define STATE_HEAD    "head.json"
#define STATE_JOURNAL "journal.db"
#define STATE_TOKEN   "counter.token"
#define STATE_SOCKET  "huika.sock"
#define STATE_PAGE    "page.json" /* sessions of the cashier's page: hashes */
#define STATE_LOCK    "lock"
#define STATE_MACHINE "/etc/machine-id"

enum { STATE_DIR_MAX = 1024, STATE_PATH_MAX = STATE_DIR_MAX + 64, STATE_URL_MAX = 300, STATE_TOKEN_LEN = 43 };

/* What terminal.ini says. */
struct state_info {
    char url[STATE_URL_MAX + 1]; /* https://host:port, without a path */
    char terminal_id[ULID_LEN + 1], shop_id[ULID_LEN + 1];
    uint8_t terminal[ULID_SIZE]; /* terminal_id as bytes */
    int64_t number;              /* the short number, 1 .. 2^31-1 */
    uint32_t epoch;              /* 1 or more */
    uint8_t machine[KEY_HASH];
};

struct state {
    char dir[STATE_DIR_MAX + 1]; /* without a trailing slash */
    struct state_info info;
    int lock_fd; /* -1: read only */
};

/* Takes the lock and reads terminal.ini. machine_path: NULL for STATE_MACHINE. ERR_STATE_MISSING (nothing enrolled
 * there), ERR_STATE_LOCKED (another process has it), ERR_STATE_MACHINE (enrolled on another machine), ERR_MACHINE_ID (this one has none), ERR_BAD_VALUE
 * (terminal.ini damaged), ERR_TOO_LARGE (path), ERR_IO. On error nothing is held and *out is untouched; else
 * state_release it. */
enum err state_open(const char *dir, const char *machine_path, struct state *out);
/* Only reads terminal.ini: for `huika`, beside a running terminal. No lock, the machine is not asked. Same errors. */
enum err state_peek(const char *dir, struct state *out);
void state_release(struct state *s);

/* dir/name; `out` holds STATE_PATH_MAX bytes, which always suffices for the names above. */
void state_path(const struct state *s, const char *name, char out[static STATE_PATH_MAX]);
/* Appends that file to b, bounded by b's maximum. ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO. */
enum err state_read(const struct state *s, const char *name, struct buf *b);
/* Replaces it (0600): the old one or the new one after a power cut. ERR_DISK_FULL, ERR_IO. */
enum err state_write(const struct state *s, const char *name, const void *p, size_t n);
/* counter.token, made from 32 random bytes when absent: 43 characters of base64url. Wipe it after use. */
enum err state_token(const struct state *s, char out[static STATE_TOKEN_LEN + 1]);
/* Another one in its place. */
enum err state_token_new(const struct state *s, char out[static STATE_TOKEN_LEN + 1]);

/* For enrolment. Makes the directory (0700) if absent and takes its lock; ERR_STATE_EXISTS if terminal.ini is there,
 * ERR_STATE_LOCKED. `info` stays zero. */
enum err state_begin(const char *dir, struct state *out);
/* Writes terminal.ini, after everything else is in place: the terminal exists from here on. Fills info->machine. */
enum err state_commit(struct state *s, const struct state_info *info, const char *machine_path);
#endif
