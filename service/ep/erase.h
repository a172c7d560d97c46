/* SPDX-License-Identifier: Apache-2.0 */
/* Housekeeping: what is past its term is erased, as policy.erase_days says, and the audit log says how much. */
#ifndef HUIKA_SERVICE_ERASE_H
#define HUIKA_SERVICE_ERASE_H
#include "service/http/service.h"

void erase_past(struct service *s, int64_t at_utc_ms);
#endif
