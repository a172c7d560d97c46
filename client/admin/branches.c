/* SPDX-License-Identifier: Apache-2.0 */
/* terminal branches, records: what the service keeps of a terminal's journal. */
#include "client/admin/admin.h"
#include <inttypes.h>

enum { PATH_SIZE = 160 };

static const struct show_col branch_cols[] = {{"epoch", N_("EPOCH"), SHOW_INT}, {"branch", N_("BRANCH"), SHOW_INT},
    {"parent", N_("OF BRANCH"), SHOW_INT}, {"base", N_("AFTER RECORD"), SHOW_INT}, {"seq", N_("UP TO"), SHOW_INT},
    {"unsound", N_("CHANGED"), SHOW_INT}, {"first_ms", N_("SINCE"), SHOW_TIME}, {"last_ms", N_("NEWEST"), SHOW_TIME},
    {"ended_ms", N_("ENDED"), SHOW_TIME}, {0}};
static const struct show_col record_cols[] = {{"seq", N_("NO."), SHOW_INT}, {"kind", N_("KIND"), SHOW_TEXT},
    {"received_ms", N_("RECEIVED"), SHOW_TIME}, {"outcome", N_("OUTCOME"), SHOW_WORD}, {"code", N_("WHY"), SHOW_TEXT},
    {"body", N_("RECORD"), SHOW_TEXT}, {0}};

/* The table shows a head's seq beside the rest. */
static void flatten(json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i), *head = json_object_get(row, "head");
        json_object_set(row, "seq", json_object_get(head, "seq"));
    }
}

int terminal_branches(struct cli *c)
{
    const char *what = _("listing branches");
    char path[PATH_SIZE];
    json_t *out = NULL, *rows = NULL;
    if (admin_path(path, sizeof path, "/v1/terminals/", c->arg[0], "/branches"))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = admin_call(c, what, "GET", path, NULL, &out);
    if (!rc && jsonx_arr(out, "branches", 1000000, &rows))
        rc = cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    for (size_t i = 0; !rc && c->json && i < json_array_size(rows); i++)
        rc = admin_json(c, what, json_array_get(rows, i));
    if (!rc && !c->json) {
        flatten(rows);
        rc = admin_table(c, what, branch_cols, rows);
    }
    json_decref(out);
    return rc;
}

int terminal_records(struct cli *c)
{
    const char *what = _("listing records");
    char path[PATH_SIZE], query[80];
    int64_t epoch = 1, branch = 0;
    if (!cli_int(c, "epoch", 1, INT32_MAX, &epoch) || !cli_int(c, "branch", 0, JSONX_INT_MAX, &branch))
        return CLI_USAGE;
    snprintf(query, sizeof query, "/records?epoch=%" PRId64 "&branch=%" PRId64, epoch, branch);
    if (admin_path(path, sizeof path, "/v1/terminals/", c->arg[0], query))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    return admin_list(c, what, path, "records", record_cols);
}
