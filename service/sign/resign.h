/* SPDX-License-Identifier: Apache-2.0 */
/* After the notice key changed, every shop's notice is signed anew, so that the old key can be retired: with a higher
 * version, for the same version with other bytes would be equivocation. */
#ifndef HUIKA_RESIGN_H
#define HUIKA_RESIGN_H
#include "service/sign/keys.h"
#include "service/store/store.h"

/* Does what is due, in several writes. *done: how many were signed anew. */
enum err resign_shops(struct store *s, const struct service_keys *k, int64_t at_utc_ms, int64_t *done);
/* Raises every version by `by`, above all that terminals said they hold, and signs (huika-service recover). */
enum err resign_recover(struct store *s, const struct service_keys *k, int64_t at_utc_ms, int64_t by, int64_t *done);
#endif
