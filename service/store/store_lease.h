/* SPDX-License-Identifier: Apache-2.0 */
/* Leases: what terminals may do cut off (DESIGN section 6). Each is kept as long as a sale made under it may come in. */
#ifndef HUIKA_STORE_LEASE_H
#define HUIKA_STORE_LEASE_H
#include "service/store/store_terminal.h"

/* A lease that was replaced is kept this long: a terminal that polls sends its records, too. */
#define STORE_LEASE_KEEP_MS INT64_C(259200000)

struct store_lease {
    int64_t version; /* 1 and up, rises per terminal */
    uint32_t epoch;
    int64_t issued_utc_ms, stop_utc_ms;
    int64_t sales, amount_fen, per_card_day, keyed_sales, keyed_amount_fen; /* the allowance */
    int64_t trust, shop, revoked; /* versions of the notices it names; not read back by store_lease_get */
};
/* The terminal's newest from now on. ERR_BUSY: the terminal has a newer one, or another epoch, meanwhile; ERR_NOT_FOUND. */
enum err store_lease_put(struct store_tx *tx, const uint8_t terminal[static STORE_ID], const struct store_lease *l);
/* terminal: its number. ERR_NOT_FOUND: never signed, or long replaced. */
enum err store_lease_get(struct store_tx *tx, int64_t terminal, int64_t version, struct store_lease *out);

/* Every terminal's next lease gets a version above all it has held, and above all signed before, by `by`. */
enum err store_lease_raise(struct store_tx *tx, int64_t by);
#endif
