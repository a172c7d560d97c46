/* SPDX-License-Identifier: Apache-2.0 */
/* terminal invite, terminal list. */
#include "base/qr.h"
#include "base/tm.h"
#include "client/admin/admin.h"
#include <stdlib.h>
#include <unistd.h>

enum { PATH_SIZE = 160, CODE_MAX = 400 };

static const struct show_col list_cols[] = {{"number", N_("TERMINAL"), SHOW_INT}, {"state", N_("STATE"), SHOW_WORD},
    {"shop_name", N_("SHOP"), SHOW_TEXT}, {"enrolled_ms", N_("ENROLLED"), SHOW_TIME},
    {"last_seen_ms", N_("LAST SEEN"), SHOW_TIME}, {"not_after_ms", N_("CERTIFICATE UNTIL"), SHOW_TIME},
    {"epoch", N_("EPOCH"), SHOW_INT}, {"seq", N_("RECORDS"), SHOW_INT}, {"terminal_id", N_("ID"), SHOW_TEXT}, {0}};

/* The code's letters may be of any case; in upper case the QR is smaller. */
static enum err draw(const struct cli *c, const char *code, struct buf *b)
{
    char upper[CODE_MAX + 1];
    size_t n = 0;
    for (; n < CODE_MAX && code[n]; n++)
        upper[n] = (char)(code[n] >= 'a' && code[n] <= 'z' ? code[n] - 'a' + 'A' : code[n]);
    upper[n] = 0;
    struct qr *q = malloc(sizeof *q);
    enum err e = q ? qr_make(upper, q) : ERR_NOMEM;
    if (!e)
        e = qr_terminal(q, c->color, b);
    free(q);
    return e;
}

static int print_code(struct cli *c, const char *what, const char *code, int64_t expires_ms)
{
    char until[20];
    struct buf b;
    buf_init(&b, SHOW_MAX);
    enum err e = isatty(STDOUT_FILENO) ? draw(c, code, &b) : ERR_OK;
    if (!e) {
        tm_local(expires_ms, until);
        printf("%s%s\n", buf_str(&b), code);
        fprintf(stderr,
            _("Enter it at the shop: huika-terminal enroll CODE --state DIR. It is for one machine, until %s.\n"),
            until);
    }
    buf_release(&b);
    return e ? cli_fail(c, e, "%s", what) : CLI_OK;
}

int terminal_invite(struct cli *c)
{
    const char *what = _("inviting a terminal"), *code;
    char path[PATH_SIZE];
    int64_t expires_ms = 0;
    json_t *out = NULL;
    if (admin_path(path, sizeof path, "/v1/shops/", c->arg[0], "/invitations"))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = admin_call(c, what, "POST", path, json_object(), &out);
    if (!rc &&
        (jsonx_str(out, "code", 1, CODE_MAX, &code) || jsonx_int(out, "expires_ms", 0, JSONX_INT_MAX, &expires_ms)))
        rc = cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    if (!rc)
        rc = c->json ? admin_json(c, what, out) : print_code(c, what, code, expires_ms);
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
