/* SPDX-License-Identifier: Apache-2.0 */
/* What terminals that are cut off may sell by: it stands in the trust notice, so that no single service or key can loosen it. */
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
