/* SPDX-License-Identifier: Apache-2.0 */
/* org add, org list: the tree of union organisations. */
#include "client/admin/admin.h"

static const struct show_col list_cols[] = {
    {"code", N_("CODE"), SHOW_INDENT}, {"name", N_("NAME"), SHOW_TEXT}, {"parent", N_("PARENT"), SHOW_TEXT}, {0}};
static const struct show_col one_cols[] = {
    {"code", N_("code"), SHOW_TEXT}, {"name", N_("name"), SHOW_TEXT}, {"parent", N_("parent"), SHOW_TEXT}, {0}};

int org_add(struct cli *c)
{
    const char *what = _("adding the organisation");
    json_t *out = NULL,
           *body = json_pack("{s:s, s:s, s:s}", "code", c->arg[0], "name", c->arg[1], "parent", cli_text(c, "parent"));
    if (!body)
        return cli_fail(c, ERR_BAD_VALUE, "%s", what);
    int rc = admin_call(c, what, "POST", "/v1/orgs", body, &out);
    if (!rc)
        rc = admin_show(c, what, one_cols, out);
    json_decref(out);
    return rc;
}

int org_list(struct cli *c)
{
    return admin_list(c, _("listing organisations"), "/v1/orgs", "orgs", list_cols);
}
