/* SPDX-License-Identifier: Apache-2.0 */
/* What only the root may say to terminals, so that no single service or key can loosen it: by what they may sell while they
 * are cut off, and that time and versions go back after a mishap. */
#include "service/rotate.h"
#include "service/rotate_parts.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    bool qr, keyed;
} policies[] = {{"nothing", false, false}, {"qr", true, false}, {"numbers", true, true}};

static enum err set(struct rotating *t, const char *what)
{
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
        if (!strcmp(policies[i].name, what))
            return json_object_set_new(t->body, "offline",
                       json_pack("{s:b, s:b}", "qr", (int)policies[i].qr, "keyed", (int)policies[i].keyed))
                       ? ERR_NOMEM
                       : ERR_OK;
    snprintf(t->why, ROTATE_WHY, "WHAT");
    return ERR_BAD_VALUE;
}

enum err rotate_allow(struct rotate *r, const char *what, char why[static ROTATE_WHY])
{
    struct rotating t;
    enum err e = rotating_open(&t, r, why);
    if (!e)
        e = set(&t, what);
    if (!e)
        e = rotating_put(&t);
    r->key_id[0] = 0;
    rotating_release(&t);
    return e;
}

/* "shop,revoked" as an array, and the lease always: one of a time that has yet to come would hold until then. NULL: one of them
 * is no kind that may be named, or no memory. */
static json_t *kinds_of(const char *list)
{
    json_t *kinds = json_pack("[s]", notice_kind_name(NOTICE_LEASE));
    for (const char *s = list; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
        char name[16] = "";
        snprintf(name, sizeof name, "%.*s", (int)strcspn(s, ","), s);
        enum notice_kind kind = notice_kind_from_name(name);
        bool may = kind == NOTICE_SHOP || kind == NOTICE_REVOKED || kind == NOTICE_ANSWER;
        if (!may || json_array_append_new(kinds, json_string(name))) {
            json_decref(kinds);
            return NULL;
        }
    }
    return kinds;
}

static enum err set_reset(struct rotating *t, const char *forget)
{
    json_t *kinds = kinds_of(forget);
    snprintf(t->why, ROTATE_WHY, "forget");
    if (!kinds)
        return ERR_BAD_VALUE;
    json_t *reset = json_pack("{s:I, s:o}", "floor_ms", (json_int_t)t->r->at_utc_ms, "versions", kinds);
    return json_object_set_new(t->body, "floor_reset", reset) ? ERR_NOMEM : ERR_OK;
}

enum err rotate_floor_reset(struct rotate *r, const char *forget, char why[static ROTATE_WHY])
{
    struct rotating t;
    enum err e = rotating_open(&t, r, why);
    if (!e)
        e = set_reset(&t, forget);
    if (!e)
        e = rotating_put(&t);
    r->key_id[0] = 0;
    rotating_release(&t);
    return e;
}
