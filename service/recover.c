/* SPDX-License-Identifier: Apache-2.0 */
#include "service/recover.h"
#include "base/file.h"
#include "service/rotate_parts.h"
#include "service/sign/keys.h"
#include "service/sign/resign.h"
#include "service/store/store_audit.h"
#include "service/store/store_lease.h"
#include "service/store/store_revoked.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct job {
    int64_t at_utc_ms;
    struct store_held highest;
};

static int64_t sane(int64_t reported)
{
    return reported < JSONX_INT_MAX / 2 ? reported : 0;
}

static enum err raise_rest(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_revoked newest = {0};
    char floor[STORE_MARK_MAX];
    enum err e = store_terminal_highest(tx, &j->highest);
    if (!e)
        e = store_revoked_newest(tx, &newest);
    int64_t held = sane(j->highest.revoked);
    if (!e) {
        snprintf(floor, sizeof floor, "%" PRId64, (held > newest.version ? held : newest.version) + RECOVER_BY);
        e = store_mark_set(tx, "revoked_floor", floor);
    }
    if (!e)
        e = store_lease_raise(tx, RECOVER_BY);
    const struct store_audit a = {
        .at_utc_ms = j->at_utc_ms, .org = 1, .admin = "service", .act = "recover", .target = "", .detail = ""};
    return e ? e : store_audit_add(tx, &a);
}

/* The trust notice as it is, with a higher version. */
static enum err sign_trust(const char *dir, const char *offline, struct job *j, struct recovered *out, char *why)
{
    struct rotating t;
    struct rotate r = {.dir = dir, .offline = offline, .at_utc_ms = j->at_utc_ms};
    out->trust_held = sane(j->highest.trust);
    enum err e = rotating_open(&t, &r, why);
    out->trust_version = r.version;
    if (!e) {
        r.above_version = (out->trust_held > r.version ? out->trust_held : r.version) + RECOVER_BY;
        e = rotating_put(&t);
    }
    if (!e) {
        out->trust_signed = true;
        out->trust_version = r.version;
    }
    rotating_release(&t);
    return e == ERR_NOT_FOUND && !strcmp(why, "root.key") ? ERR_OK : e; /* it is locked away, as it should be */
}

enum err recover_run(
    const char *dir, const char *offline, int64_t at_utc_ms, struct recovered *out, char why[static ROTATE_WHY])
{
    struct job j = {.at_utc_ms = at_utc_ms};
    struct service_keys *k = NULL;
    struct store *s = NULL;
    char path[ROTATE_PATH];
    *out = (struct recovered){.shops = 0};
    enum err e = keys_load(dir, at_utc_ms, &k, why);
    if (!e) {
        snprintf(why, ROTATE_WHY, "service.db");
        e = file_path(dir, "service.db", path, sizeof path);
    }
    if (!e)
        e = store_open(path, &s);
    if (!e)
        e = resign_recover(s, k, at_utc_ms, RECOVER_BY, &out->shops);
    if (!e)
        e = store_write(s, raise_rest, &j);
    if (!e)
        e = sign_trust(dir, offline, &j, out, why);
    store_close(&s);
    keys_free(&k);
    return e;
}
