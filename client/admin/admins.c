/* SPDX-License-Identifier: Apache-2.0 */
/* admin invite, list, revoke. Accepting an invitation is enroll.c. */
#include "client/admin/admin.h"

enum { PATH_SIZE = 160 };

int admin_invite(struct cli *c)
{
    const char *what = _("inviting an administrator");
    json_t *out = NULL, *body = json_pack("{s:s, s:s}", "name", c->arg[0], "org", cli_text(c, "org"));
    if (!body)
        return cli_fail(c, ERR_BAD_VALUE, "%s", what);
    int rc = admin_call(c, what, "POST", "/v1/admins", body, &out);
    if (!rc)
        rc = admin_code(c, what, out, _("The new administrator runs: huika-admin --profile DIR admin enroll CODE."));
    json_decref(out);
    return rc;
}

int admins_list(struct cli *c)
{
    static const struct show_col cols[] = {{"name", N_("NAME"), SHOW_TEXT}, {"org", N_("ORG"), SHOW_TEXT},
        {"state", N_("STATE"), SHOW_WORD}, {"since_ms", N_("SINCE"), SHOW_TIME},
        {"not_after_ms", N_("CERTIFICATE UNTIL"), SHOW_TIME}, {"id", N_("ID"), SHOW_TEXT}, {0}};
    return admin_list(c, _("listing administrators"), "/v1/admins", "admins", cols);
}

int admin_revoke(struct cli *c)
{
    static const struct show_col cols[] = {{"state", N_("state"), SHOW_WORD}, {0}};
    const char *what = _("revoking the administrator");
    char path[PATH_SIZE];
    json_t *out = NULL;
    if (admin_path(path, sizeof path, "/v1/admins/", c->arg[0], "/revoke"))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = admin_call(c, what, "POST", path, json_object(), &out);
    if (!rc)
        rc = admin_show(c, what, cols, out);
    json_decref(out);
    return rc;
}
