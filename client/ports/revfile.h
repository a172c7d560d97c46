/* SPDX-License-Identifier: Apache-2.0 */
/* The list of cards that are not active, on disk and mapped into memory: STATE/revoked-VERSION.bin beside the notice that describes it.
 *
 *     revfile_open(&f, state, &notice)            after a start: what the notice on disk describes
 *     revfile_base(&f, state, &notice, p, n)      a whole file has come
 *     revfile_delta(&f, state, &notice, d, p, n)  or what leads to it from the one that is open
 *     revfile_commit(&f, state)                   its notice is on disk now: take it, remove the others
 *     revfile_drop(&f, state)                     or it is not
 *     revfile_close(&f)
 *
 * A new file is written beside the one in use, synced, and held against the notice's SHA-256 before anybody looks into it; the notice's
 * own file, replaced after that, says which one counts. So after a power cut at any moment there is the old list or the new one. */
#ifndef HUIKA_REVFILE_H
#define HUIKA_REVFILE_H
#include "client/ports/state.h"
#include "proto/notice.h"
#include "proto/revoked.h"

/* One mapped file. */
struct revfile_map {
    int64_t version; /* 0: none */
    void *p;
    size_t len;
    struct revoked list;
};
struct revfile {
    struct revfile_map held, next;
};

/* ERR_NOT_FOUND, ERR_BAD_VALUE (length, hash or order are not the notice's), ERR_IO, ERR_NOMEM. f is all zero, or closed. */
enum err revfile_open(struct revfile *f, const struct state *s, const struct notice_revoked *n);
/* ERR_BAD_VALUE: not what the notice describes; ERR_DISK_FULL, ERR_IO, ERR_NOMEM. Nothing has changed then. */
enum err revfile_base(
    struct revfile *f, const struct state *s, const struct notice_revoked *n, const void *p, size_t len);
/* `d`: the notice's delta from the version that is held. Errors as revfile_base. */
enum err revfile_delta(struct revfile *f, const struct state *s, const struct notice_revoked *n,
    const struct notice_delta *d, const void *p, size_t len);
void revfile_commit(struct revfile *f, const struct state *s);
void revfile_drop(struct revfile *f, const struct state *s);
void revfile_close(struct revfile *f);
/* The list in force; NULL: none. Borrowed until commit, open or close. */
const struct revoked *revfile_list(const struct revfile *f);
#endif
