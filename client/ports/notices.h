/* SPDX-License-Identifier: Apache-2.0 */
/* The notices in force: held in memory, kept in the state directory, replaced only by what is signed and newer (TUF's client
 * rules, see proto/notice.h), and only after the replacement is on disk.
 *
 *     notices_init(&n, info)
 *     notices_known(&n, kind, pin)          newest that ever was in force, from elsewhere (client/ports/keep.h, the journal)
 *     notices_load(&n, state)
 *     notices_judge(&n, &in, now)           may it take the place of what is held? Nothing changes
 *     revfile_base or revfile_delta         a revoked notice wants its file first
 *     notices_put(&n, state, &in, text)     on disk, then in force
 *     notices_release(&n)
 *
 * trust.json, shop.json, lease.json, revoked.json are envelopes as they came; answers/RECORD-ID.json the newest answer about that
 * record. */
#ifndef HUIKA_NOTICES_H
#define HUIKA_NOTICES_H
#include "client/ports/revfile.h"
#include "client/ports/state.h"
#include "proto/notice.h"

struct notices {
    char terminal_id[ULID_LEN + 1], shop_id[ULID_LEN + 1]; /* notices for others are refused */
    uint32_t epoch;
    struct notice_pin held[NOTICE_KINDS]; /* in force; version 0: none */
    struct notice_pin
        newest[NOTICE_KINDS];  /* that ever was in force, though its file may be lost: nothing older is taken */
    struct notice_trust trust; /* these are what `held` says there is */
    struct notice_shop shop;
    struct notice_lease lease;
    struct revfile list; /* of held[NOTICE_REVOKED] */
    int64_t list_utc_ms; /* when it was made */
};

void notices_init(struct notices *n, const struct state_info *info);
void notices_release(struct notices *n);
static inline bool notices_has(const struct notices *n, enum notice_kind kind)
{
    return n->held[kind].version > 0;
}
/* That one was in force once: kept if it is newer than what is known. */
void notices_known(struct notices *n, enum notice_kind kind, const struct notice_pin *pin);
/* The trust notice asks that versions of these kinds (bits 1 << kind) be forgotten: with the notices themselves, so that no old one is
 * obeyed in the meantime. */
void notices_forget(struct notices *n, const struct state *s, unsigned kinds);
/* What is on disk, verified again. One that does not verify, or is older than what is known, is left aside as if there were none:
 * nobody sells by it and the service will send one. An older trust notice is used, for without it there is no service. ERR_STATE_MISSING:
 * no trust notice; ERR_BAD_NOTICE, ERR_UNKNOWN_KEY, ERR_BAD_SIGNATURE: it was changed; ERR_IO, ERR_NOMEM. */
enum err notices_load(struct notices *n, const struct state *s);
/* The first trust notice, as it came (text): signed by the root key that it names, whose fingerprint the caller has compared. */
enum err notices_pin(struct notices *n, const struct state *s, const char *text, size_t len);
/* ERR_OK: newer, ours, and signed by who may. ERR_EXISTS: held already. ERR_BAD_NOTICE (also: another shop's or terminal's),
 * ERR_UNKNOWN_KEY, ERR_BAD_SIGNATURE, ERR_NOTICE_OLDER, ERR_NOTICE_EQUIVOCATION, ERR_NOTICE_EXPIRED (a lease dated after the trust
 * notice's end), ERR_NOMEM. */
enum err notices_judge(const struct notices *n, const struct notice *in, int64_t now_utc_ms);
/* What notices_judge allowed. ERR_NOT_FOUND: a revoked notice whose file was not made; ERR_DISK_FULL, ERR_IO, ERR_NOMEM: nothing
 * changed. */
enum err notices_put(struct notices *n, const struct state *s, const struct notice *in, const struct buf *text);
/* One envelope as text, and opened: notice_release, buf_release. Errors of notice_open. */
enum err notices_open(const json_t *envelope, struct notice *out, struct buf *text);
/* The newest answer about a record (its ULID), verified again. ERR_NOT_FOUND; errors of notice_verify. *out is large. */
enum err notices_answer(
    const struct notices *n, const struct state *s, const char *record_id, struct notice_answer *out);
#endif
