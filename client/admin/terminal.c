/* SPDX-License-Identifier: Apache-2.0 */
/* terminal invite, list, revoke, resume, renew. */
#include "client/admin/admin.h"

enum { PATH_SIZE = 160 };

static const struct show_col list_cols[] = {{"number", N_("TERMINAL"), SHOW_INT}, {"state", N_("STATE"), SHOW_WORD},
    {"shop_name", N_("SHOP"), SHOW_TEXT}, {"enrolled_ms", N_("ENROLLED"), SHOW_TIME},
    {"last_seen_ms", N_("LAST SEEN"), SHOW_TIME}, {"not_after_ms", N_("CERTIFICATE UNTIL"), SHOW_TIME},
    {"epoch", N_("EPOCH"), SHOW_INT}, {"seq", N_("RECORDS"), SHOW_INT}, {"terminal_id", N_("ID"), SHOW_TEXT}, {0}};

int terminal_invite(struct cli *c)
{
    const char *what = _("inviting a terminal");
    char path[PATH_SIZE];
    json_t *out = NULL;
    if (admin_path(path, sizeof path, "/v1/shops/", c->arg[0], "/invitations"))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = admin_call(c, what, "POST", path, json_object(), &out);
    if (!rc)
        rc = admin_code(c, what, out, _("Enter it at the shop: huika-terminal enroll CODE --state DIR."));
    json_decref(out);
    return rc;
}

int terminal_list(struct cli *c)
{
    char path[PATH_SIZE] = "/v1/terminals";
    const char *what = _("listing terminals");
    if (c->arg_cnt && admin_path(path, sizeof path, "/v1/terminals?shop=", c->arg[0], ""))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    return admin_list(c, what, path, "terminals", list_cols);
}

/* POST /v1/terminals/ID/`act`. */
static int terminal_act(struct cli *c, const char *what, const char *act, json_t **out)
{
    char path[PATH_SIZE], tail[32];
    snprintf(tail, sizeof tail, "/%s", act);
    if (admin_path(path, sizeof path, "/v1/terminals/", c->arg[0], tail))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    return admin_call(c, what, "POST", path, json_object(), out);
}

int terminal_revoke(struct cli *c)
{
    static const struct show_col cols[] = {{"state", N_("state"), SHOW_WORD}, {0}};
    const char *what = _("revoking the terminal");
    json_t *out = NULL;
    int rc = terminal_act(c, what, "revoke", &out);
    if (!rc)
        rc = admin_show(c, what, cols, out);
    json_decref(out);
    return rc;
}

int terminal_resume(struct cli *c)
{
    static const struct show_col cols[] = {{"epoch", N_("epoch"), SHOW_INT}, {0}};
    const char *what = _("resuming the terminal");
    json_t *out = NULL;
    int rc = terminal_act(c, what, "resume", &out);
    if (!rc)
        rc = admin_show(c, what, cols, out);
    json_decref(out);
    return rc;
}

int terminal_renew(struct cli *c)
{
    const char *what = _("renewing the terminal's certificate");
    json_t *out = NULL;
    int rc = terminal_act(c, what, "renew", &out);
    if (!rc)
        rc = admin_code(c, what, out, _("Enter it at the terminal: huika-terminal enroll --renew CODE --state DIR."));
    json_decref(out);
    return rc;
}
