/* SPDX-License-Identifier: Apache-2.0 */
/* The notices in force: held in memory, kept in the state directory, replaced only by what is signed and newer (TUF's client
 * rules, see proto/notice.h), and only after the replacement is on disk. */
#ifndef HUIKA_NOTICES_H
#define HUIKA_NOTICES_H
#include "client/ports/state.h"
#include "proto/notice.h"

struct notices {
    char shop_id[ULID_LEN + 1]; /* notices for other shops are refused */
    bool has_trust, has_shop;
    struct notice_trust trust;
    struct notice_shop shop;
    uint8_t trust_hash[KEY_HASH], shop_hash[KEY_HASH];
};

void notices_init(struct notices *n, const char *shop_id);
void notices_release(struct notices *n);
/* What is on disk, verified again. A shop notice that does not verify is left aside, as if there were none: nobody sells by it and
 * the service will send one. ERR_STATE_MISSING: no trust notice; ERR_BAD_NOTICE, ERR_UNKNOWN_KEY, ERR_BAD_SIGNATURE: it was
 * changed; ERR_IO, ERR_NOMEM. */
enum err notices_load(struct notices *n, const struct state *s);
/* The first trust notice, as it came (text): signed by the root key that it names, whose fingerprint the caller has compared. */
enum err notices_pin(struct notices *n, const struct state *s, const char *text, size_t len);
/* One envelope of GET /v1/notices. ERR_OK: it is on disk and in force, *out is it (notice_release). ERR_EXISTS: held already.
 * ERR_BAD_NOTICE (also: another shop's), ERR_UNKNOWN_KEY, ERR_BAD_SIGNATURE, ERR_NOTICE_OLDER, ERR_NOTICE_EQUIVOCATION,
 * ERR_DISK_FULL, ERR_IO, ERR_NOMEM: nothing changed. */
enum err notices_take(struct notices *n, const struct state *s, const json_t *envelope, struct notice *out);
#endif
