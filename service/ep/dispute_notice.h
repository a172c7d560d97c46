/* SPDX-License-Identifier: Apache-2.0 */
/* A union's word on a dispute, as a signed notice for the terminal that logged it or made the sale. */
#ifndef HUIKA_SERVICE_DISPUTE_NOTICE_H
#define HUIKA_SERVICE_DISPUTE_NOTICE_H
#include "service/http/service.h"
#include "service/store/store_dispute.h"

/* In the job that says it. `by`: the union's name; text: what it said, "" for none. ERR_NOT_FOUND: no such terminal. */
enum err dispute_notice(struct store_tx *tx, const struct service_keys *k, const struct store_dispute *d,
    const char *text, const char *by, int64_t at_utc_ms);
/* Housekeeping: what is overdue goes one level up, and its terminal hears of it. *more: there was more than fits one write. */
void dispute_escalate(struct service *s, int64_t at_utc_ms);
#endif
