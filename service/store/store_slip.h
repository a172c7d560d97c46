/* SPDX-License-Identifier: Apache-2.0 */
/* What a printed slip (proto/slip.h) points to. Reads only. */
#ifndef HUIKA_STORE_SLIP_H
#define HUIKA_STORE_SLIP_H
#include "proto/record.h"
#include "service/store/store_terminal.h"

/* One record as stored. */
struct store_slip {
    enum record_kind kind;
    uint8_t hash[KEY_HASH];
    struct buf body; /* the caller's to release */
    bool counted;    /* false: stored, but held for `code` */
    enum err code;   /* contested, if counted */
    int64_t received_utc_ms;
};
/* ERR_NOT_FOUND: not uploaded (yet). The body is appended to out->body, which the caller has set up. */
enum err store_slip_get(struct store_tx *tx, int64_t terminal, uint32_t epoch, uint64_t seq, struct store_slip *out);

/* The record of a sale of that shop. ERR_NOT_FOUND. */
enum err store_sale_record(struct store_tx *tx, const uint8_t sale[static STORE_ID],
    const uint8_t shop[static STORE_ID], struct store_slip *out);

/* Certificates that were ever issued to a terminal, newest end first: DER, borrowed during the call. Not 0 ends the walk. */
typedef enum err store_cert_fn(void *ctx, const uint8_t *der, size_t len);
enum err store_cert_each(struct store_tx *tx, const uint8_t holder[static STORE_ID], store_cert_fn *fn, void *ctx);

/* What was taken back of a sale so far: of the total, and of the discount. ERR_NOT_FOUND: not counted. */
enum err store_sale_returned(
    struct store_tx *tx, const uint8_t sale[static STORE_ID], int64_t *returned_fen, int64_t *back_fen);
#endif
