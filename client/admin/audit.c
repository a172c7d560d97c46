/* SPDX-License-Identifier: Apache-2.0 */
/* audit list: who did what, in the order of the hash chain; audit verify: is that chain whole? */
#include "client/admin/admin.h"
#include <inttypes.h>

static const struct show_col cols[] = {{"n", N_("NO."), SHOW_INT}, {"at_ms", N_("TIME"), SHOW_TIME},
    {"admin", N_("ADMINISTRATOR"), SHOW_TEXT}, {"act", N_("ACT"), SHOW_TEXT}, {"target", N_("ON"), SHOW_TEXT},
    {"detail", N_("DETAIL"), SHOW_TEXT}, {0}};

enum { PAGE = 500 };

/* Pages by entry number: the chain has no cursor. */
int audit_list(struct cli *c)
{
    const char *what = _("listing the audit log");
    int64_t after = 0, limit = INT64_MAX, got = PAGE;
    if (!cli_int(c, "after", 0, JSONX_INT_MAX, &after) || !cli_int(c, "limit", 1, JSONX_INT_MAX, &limit))
        return CLI_USAGE;
    json_t *all = json_array();
    int rc = all ? CLI_OK : cli_fail(c, ERR_NOMEM, "%s", what);
    while (!rc && limit > 0 && got == PAGE) {
        char path[96];
        json_t *out = NULL, *entries = NULL;
        int64_t n = limit < PAGE ? limit : PAGE;
        snprintf(path, sizeof path, "/v1/audit?after=%" PRId64 "&limit=%" PRId64, after, n);
        rc = admin_call(c, what, "GET", path, NULL, &out);
        if (!rc && jsonx_arr(out, "entries", PAGE, &entries))
            rc = cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
        got = rc ? 0 : (int64_t)json_array_size(entries);
        limit -= got;
        for (size_t i = 0; !rc && i < json_array_size(entries); i++) {
            json_t *entry = json_array_get(entries, i);
            int64_t number = 0;
            if (jsonx_int(entry, "n", after + 1, JSONX_INT_MAX, &number))
                rc = cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
            after = number;
            if (!rc && c->json)
                rc = admin_json(c, what, entry);
            else if (!rc)
                json_array_append(all, entry);
        }
        json_decref(out);
    }
    if (!rc && !c->json)
        rc = admin_table(c, what, cols, all);
    json_decref(all);
    return rc;
}

int audit_verify(struct cli *c)
{
    static const struct show_col whole[] = {{"entries", N_("entries"), SHOW_INT}, {"hash", N_("hash"), SHOW_TEXT}, {0}};
    static const struct show_col broken[] = {{"n", N_("changed from entry"), SHOW_INT}, {0}};
    const char *what = _("verifying the audit log");
    json_t *out = NULL;
    int rc = admin_call(c, what, "GET", "/v1/audit/verify", NULL, &out);
    bool good = !rc && json_is_true(json_object_get(out, "whole"));
    if (!rc)
        rc = admin_show(c, what, good ? whole : broken, out);
    json_decref(out);
    return rc ? rc : good ? CLI_OK : CLI_NO;
}
