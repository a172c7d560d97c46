/* SPDX-License-Identifier: Apache-2.0 */
/* `huika-service recover DIR`, after a backup was restored: terminals hold newer notices than the service knows of, and would
 * refuse what it signs next. Every version is raised above all that terminals said they hold in their polls, and by
 * RECOVER_BY above what the backup knew, which is more than can have been signed since. */
#ifndef HUIKA_RECOVER_H
#define HUIKA_RECOVER_H
#include "service/rotate.h"

enum { RECOVER_BY = 100000 };

struct recovered {
    int64_t shops;         /* whose notices were signed anew */
    int64_t trust_version; /* now */
    int64_t trust_held;    /* the highest that a terminal holds */
    bool trust_signed;     /* the root key was at hand, so that the trust notice has a new version, too */
};
/* The service must be stopped. offline: where root.key lies; NULL: DIR/offline. ERR_SERVICE_RUNNING, and what store_open,
 * keys_load and rotate_renew return; why names the file. Repeating it does no harm. */
enum err recover_run(
    const char *dir, const char *offline, int64_t at_utc_ms, struct recovered *out, char why[static ROTATE_WHY]);
#endif
