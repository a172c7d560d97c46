/* SPDX-License-Identifier: Apache-2.0 */
/* Counting a sale. Private to service/store; what others ask about sales is in store_record.h. */
#ifndef HUIKA_STORE_SALE_H
#define HUIKA_STORE_SALE_H
#include "service/store/store_record.h"

/* Adds it to the sums, takes its use of a limited offer. out (BODY_COUNTED, ERR_OK on entry) becomes BODY_HELD, ERR_EXISTS
 * for a sale or checkout counted before, or BODY_CONTESTED with the reason: store_settle's, or ERR_LIMIT_REACHED. */
enum err store_sale_add(struct store_tx *tx, const struct store_terminal *t, const struct store_sale *s,
    int64_t at_utc_ms, struct body_result *out);
#endif
