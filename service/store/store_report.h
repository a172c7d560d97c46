/* SPDX-License-Identifier: Apache-2.0 */
/* A union's month in numbers, for each org of a scope with everything below it. Disputes count for the org that signed the
 * shop's agreement, wherever they went since. */
#ifndef HUIKA_STORE_REPORT_H
#define HUIKA_STORE_REPORT_H
#include "service/store/store_org.h"

struct store_report {
    struct store_org org;
    int64_t joined;   /* shops registered in that time */
    int64_t listed;   /* now */
    int64_t delisted; /* taken off the list in that time, and still off it */
    int64_t sales, total_fen, discount_fen;
    int64_t provisional, keyed; /* of these sales: checked offline; by number alone */
    int64_t voids, back_fen;    /* returns, and the discount they gave back */
    int64_t disputes;           /* received in that time */
    int64_t in_time;            /* of these: answered within the deadline */
    int64_t objected;           /* of these: a holder of the slip said that it was not they who complained */
    int64_t overdue;            /* of these: answered later, or not yet although it has passed */
    int64_t median_ms;          /* from received to answered, of those answered; -1: none was */
};

/* Shanghai days first to last, inclusive; at_utc_ms: now, for what is overdue. Parents before children. */
struct store_report_query {
    int64_t scope;
    int32_t first_day, last_day;
    int64_t at_utc_ms;
};
typedef enum err store_report_fn(void *ctx, const struct store_report *r);
enum err store_report(struct store_tx *tx, const struct store_report_query *q, store_report_fn *fn, void *ctx);
#endif
