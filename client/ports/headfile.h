/* SPDX-License-Identifier: Apache-2.0 */
/* STATE/head.json: the last countersigned head, kept apart from the journal, so that a journal that was deleted, replaced by an older
 * one or copied from elsewhere is found out without asking the service. */
#ifndef HUIKA_HEADFILE_H
#define HUIKA_HEADFILE_H
#include "client/ports/state.h"
#include "proto/body.h"

struct headfile {
    uint32_t epoch;
    uint64_t seq; /* 1 or more */
    uint8_t hash[KEY_HASH], sig[KEY_SIG];
    int64_t at_utc_ms;
    char keyid[KEY_ID_LEN + 1];
};

/* Durable when it returns. ERR_DISK_FULL, ERR_IO, ERR_NOMEM. */
enum err headfile_save(const struct state *s, const struct body_results *r);
/* ERR_NOT_FOUND: nothing was countersigned yet; ERR_BAD_JSON, ERR_BAD_VALUE: damaged; ERR_BAD_SIGNATURE, ERR_UNKNOWN_KEY: not the
 * service's (trust NULL: not asked); ERR_IO, ERR_NOMEM. */
enum err headfile_load(const struct state *s, const struct notice_trust *trust, struct headfile *out);
#endif
