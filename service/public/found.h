/* SPDX-License-Identifier: Apache-2.0 */
/* Whose slip somebody shows, and what there is about it. Private to service/public. */
#ifndef HUIKA_PUBLIC_FOUND_H
#define HUIKA_PUBLIC_FOUND_H
#include "proto/slip.h"
#include "service/public/form.h"
#include "service/public/parts.h"
#include "service/store/store_dispute.h"
#include "service/store/store_slip.h"

enum found_what {
    FOUND_NOTHING, /* none of ours, or the secret is wrong: one answer for all */
    FOUND_NOT_YET, /* the terminal's signature is good; its record has not come in */
    FOUND_RECORD   /* and the secret is the record's */
};

struct found {
    enum found_what what;
    struct slip slip;
    struct store_terminal terminal;
    struct store_slip record;
    bool has_dispute;
    struct store_dispute dispute;
    struct store_tx *tx; /* open until found_release */
};

/* Looks it up by v->slip. ERR_IO and kin: could not be found out. Release it in any case. */
enum err found_look(struct visit *v, struct found *f);
void found_release(struct found *f);
/* Counts as a guess what was none. True: answered already (not found, too many tries). */
bool found_refused(struct visit *v, const struct found *f, enum err e);

enum { FOUND_TOKEN_LEN = FORM_TOKEN_LEN }; /* the end in 16 hex digits, half an HMAC in 32 */
/* A form's token: ends two hours later, and can be made and checked by whoever holds the slip and nobody else. */
void found_token(const struct found *f, int64_t until_utc_ms, char out[static FOUND_TOKEN_LEN + 1]);
bool found_token_ok(const struct found *f, int64_t now_utc_ms, const char *token);
#define FOUND_FORM_MS INT64_C(7200000)
/* A member may open a dispute about a sale for so long. */
#define FOUND_DISPUTE_MS INT64_C(7776000000)

/* slip_dispute.c: what became of it, and the forms to speak beside it; the form to complain. */
enum err slip_dispute(struct visit *v, const struct found *f);
void slip_complain(struct visit *v, const struct found *f);
#endif
