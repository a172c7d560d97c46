/* SPDX-License-Identifier: Apache-2.0 */
/* What ends and when: an expired trust notice stops a province, so it is said long before. */
#ifndef HUIKA_LIFETIMES_H
#define HUIKA_LIFETIMES_H
#include "service/sign/keys.h"

#define LIFETIMES_WARN_MS INT64_C(5184000000) /* 60 days */

/* One warning in the log for each of trust notice, server certificate and authorities that ends within LIFETIMES_WARN_MS, or
 * has ended. Reads DIR/server.crt. Returns how many. Call it at the start and once a day. */
unsigned lifetimes_warn(const char *dir, const struct service_keys *k, int64_t at_utc_ms);
#endif
