/* SPDX-License-Identifier: Apache-2.0 */
/* One-time codes as the service answers them: printed, and drawn for a screen. */
#include "base/qr.h"
#include "base/tm.h"
#include "client/admin/admin.h"
#include <stdlib.h>
#include <unistd.h>

enum { CODE_MAX = 400 };

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

static int print(struct cli *c, const char *what, const char *code, const char *until, const char *hint)
{
    struct buf b;
    buf_init(&b, SHOW_MAX);
    enum err e = isatty(STDOUT_FILENO) ? draw(c, code, &b) : ERR_OK;
    if (!e) {
        printf("%s%s\n", buf_str(&b), code);
        fprintf(stderr, _("%s It is for one machine, until %s.\n"), hint, until);
    }
    buf_release(&b);
    return e ? cli_fail(c, e, "%s", what) : CLI_OK;
}

int admin_code(struct cli *c, const char *what, const json_t *answer, const char *hint)
{
    const char *code;
    char until[20];
    int64_t expires_ms = 0;
    if (jsonx_str(answer, "code", 1, CODE_MAX, &code) || jsonx_int(answer, "expires_ms", 0, JSONX_INT_MAX, &expires_ms))
        return cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    if (c->json)
        return admin_json(c, what, answer);
    tm_local(expires_ms, until);
    return print(c, what, code, until, hint);
}
