/* SPDX-License-Identifier: Apache-2.0 */
/* What the endpoints of disputes share. */
#ifndef HUIKA_SERVICE_DISPUTES_H
#define HUIKA_SERVICE_DISPUTES_H
#include "service/ep/ep.h"
#include "service/store/store_dispute.h"

/* The dispute at {ref} of the path, if it is addressed to the administrator's org or below. ERR_NOT_FOUND. */
enum err disputes_find(const struct http_request *rq, struct store_tx *tx, struct store_dispute *out);
/* To read, also by the union that signed the shop, after it went up. ERR_NOT_FOUND. */
enum err disputes_see(const struct http_request *rq, struct store_tx *tx, struct store_dispute *out);
/* Its row as in a list; NULL if out of memory. */
json_t *disputes_row(const struct store_dispute *d, int64_t at_utc_ms);
#endif
