/* SPDX-License-Identifier: Apache-2.0 */
/* Leases for terminals that poll. */
#ifndef HUIKA_SERVICE_LEASE_H
#define HUIKA_SERVICE_LEASE_H
#include "service/http/http.h"

/* Should the asking terminal, which holds what `held` says, get a new lease? Not while its chain is forked, nor before
 * there is a revocation list to name, nor while it lacks a notice that the lease would name. */
enum err lease_due(struct http_request *rq, struct store_tx *tx, const struct store_held *held, bool *due);
/* Makes, signs and stores one, on a worker thread; the envelope is appended. Nothing is appended if it is not due after
 * all. */
enum err lease_issue(struct http_request *rq, const struct store_held *held, struct buf *envelope);
#endif
