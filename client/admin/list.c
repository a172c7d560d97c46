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

/* One page's objects, printed at once: however long the list is, one page of it is in memory. */
static int take(struct cli *c, const char *what, const json_t *rows, struct show_pages *table)
{
    struct buf b;
    enum err e = ERR_OK;
    int rc = CLI_OK;
    for (size_t i = 0; c->json && !rc && i < json_array_size(rows); i++)
        rc = admin_json(c, what, json_array_get(rows, i));
    if (c->json)
        return rc;
    buf_init(&b, SHOW_MAX);
    e = show_page(table, rows, &b);
    if (!e)
        fputs(buf_str(&b), stdout);
    buf_release(&b);
    return e ? cli_fail(c, e, "%s", what) : CLI_OK;
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
    struct show_pages table = {.cols = cols};
    int rc = CLI_OK;
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
            rc = take(c, what, rows, &table);
        json_decref(answer);
    }
    return rc;
}
