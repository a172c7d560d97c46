/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin/admin.h"
#include <string.h>

enum { PATH_SIZE = 1024, CURSOR_MAX = 512, ROWS_MAX = 1000000 };

int admin_json(struct cli *c, const char *what, const json_t *v)
{
    struct buf b;
    buf_init(&b, SHOW_MAX);
    enum err e = v ? jsonx_write(v, &b) : ERR_NOMEM;
    if (!e)
        puts(buf_str(&b));
    buf_wipe(&b);
    return e ? cli_fail(c, e, "%s", what) : CLI_OK;
}

static int print(struct cli *c, const char *what, const struct show_col *cols, const json_t *v)
{
    struct buf b;
    buf_init(&b, SHOW_MAX);
    enum err e = json_is_array(v) ? show_table(cols, v, &b) : show_fields(cols, v, &b);
    if (!e)
        fputs(buf_str(&b), stdout);
    buf_release(&b);
    return e ? cli_fail(c, e, "%s", what) : CLI_OK;
}

int admin_table(struct cli *c, const char *what, const struct show_col *cols, const json_t *rows)
{
    return print(c, what, cols, rows);
}

int admin_show(struct cli *c, const char *what, const struct show_col *cols, const json_t *obj)
{
    return c->json ? admin_json(c, what, obj) : print(c, what, cols, obj);
}

/* One page's objects: printed at once, or kept for the table. */
static int take(struct cli *c, const char *what, const json_t *rows, json_t *all)
{
    int rc = CLI_OK;
    for (size_t i = 0; !rc && i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        if (c->json)
            rc = admin_json(c, what, row);
        else if (json_array_append(all, row))
            rc = cli_fail(c, ERR_NOMEM, "%s", what);
    }
    return rc;
}

/* *more: there is another page, whose cursor is now in `cursor`. */
static enum err next_page(const json_t *answer, char cursor[static CURSOR_MAX + 1], bool *more)
{
    const char *next = NULL;
    *more = jsonx_has(answer, "next");
    if (!*more)
        return ERR_OK;
    if (jsonx_str(answer, "next", 1, CURSOR_MAX, &next) || !admin_cursor_ok(next) || !strcmp(next, cursor))
        return ERR_NET_PROTOCOL;
    memcpy(cursor, next, strlen(next) + 1);
    return ERR_OK;
}

int admin_list(struct cli *c, const char *what, const char *path, const char *member, const struct show_col *cols)
{
    char cursor[CURSOR_MAX + 1] = "", page[PATH_SIZE];
    bool more = true;
    json_t *all = json_array();
    int rc = all ? CLI_OK : cli_fail(c, ERR_NOMEM, "%s", what);
    while (!rc && more) {
        json_t *answer = NULL, *rows = NULL;
        snprintf(page, sizeof page, "%s%s%s%s", path,
            !*cursor            ? ""
            : strchr(path, '?') ? "&"
                                : "?",
            *cursor ? "after=" : "", cursor);
        rc = admin_call(c, what, "GET", page, NULL, &answer);
        if (!rc && (jsonx_arr(answer, member, ROWS_MAX, &rows) || next_page(answer, cursor, &more)))
            rc = cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
        if (!rc)
            rc = take(c, what, rows, all);
        json_decref(answer);
    }
    if (!rc && !c->json)
        rc = admin_table(c, what, cols, all);
    json_decref(all);
    return rc;
}
