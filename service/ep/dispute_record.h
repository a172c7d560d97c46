/* SPDX-License-Identifier: Apache-2.0 */
/* A dispute record, as a terminal sends it, into what the store keeps of it. */
#ifndef HUIKA_SERVICE_DISPUTE_RECORD_H
#define HUIKA_SERVICE_DISPUTE_RECORD_H
#include "proto/body.h"
#include "service/http/service.h"
#include "service/store/store_dispute.h"

/* Until when a dispute received now is to be answered. */
int64_t dispute_due_ms(const struct service *s, int64_t at_utc_ms);
/* *out is complete but for terminal, epoch, seq and shop; *text is the caller's (free). ERR_BAD_VALUE, ERR_BAD_JSON: cannot be
 * read; ERR_CHAIN_BROKEN: its text is not the one that was hashed; ERR_NOMEM. */
enum err dispute_record_read(
    const struct service *s, const struct body_record *r, int64_t at_utc_ms, struct store_dispute *out, char **text);
#endif
