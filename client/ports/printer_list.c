/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/printer_list.h"
#include "base/file.h"
#include "base/text.h"
#include "base/tm.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_LEN = 1200, LINE = ULID_LEN + 2, FILE_MAX = 1 << 20, ANEW_LEN = 64 * LINE };

struct printer_list {
    char path[PATH_LEN];
    int fd; /* for appending */
    size_t cnt, file_len;
    char ids[PRINTER_LIST_MAX][ULID_LEN + 1]; /* oldest first */
};

static size_t find(const struct printer_list *l, const char *id)
{
    size_t i = 0;
    while (i < l->cnt && strcmp(l->ids[i], id) != 0)
        i++;
    return i;
}

static void drop(struct printer_list *l, size_t at)
{
    if (at >= l->cnt)
        return;
    l->cnt--;
    memmove(l->ids[at], l->ids[at + 1], (l->cnt - at) * sizeof l->ids[0]);
}

static void push(struct printer_list *l, const char *id)
{
    drop(l, find(l, id));
    if (l->cnt == PRINTER_LIST_MAX)
        drop(l, 0);
    memcpy(l->ids[l->cnt], id, ULID_LEN);
    l->ids[l->cnt++][ULID_LEN] = 0;
}

/* A ULID begins with 48 bits of milliseconds. */
static bool is_recent(const uint8_t id[static ULID_SIZE], int64_t now_utc_ms)
{
    int64_t at = 0;
    for (int i = 0; i < 6; i++)
        at = at << 8 | id[i];
    return at > now_utc_ms - PRINTER_LIST_DAYS * TM_DAY_MS;
}

static void take(struct printer_list *l, const struct buf *b, int64_t now_utc_ms)
{
    const char *at = buf_str(b), *end;
    for (; (end = strchr(at, '\n')); at = end + 1) {
        char id[ULID_LEN + 1] = "";
        uint8_t raw[ULID_SIZE];
        if (end - at != LINE - 1 || ulid_decode(at + 1, ULID_LEN, raw))
            continue;
        memcpy(id, at + 1, ULID_LEN);
        if (*at == '-')
            drop(l, find(l, id));
        else if (*at == '+' && is_recent(raw, now_utc_ms))
            push(l, id);
    }
}

/* The file as short as it can be, in place of the one that grew. */
static enum err write_anew(struct printer_list *l)
{
    struct buf b;
    enum err e = ERR_OK;
    buf_init(&b, PRINTER_LIST_MAX * LINE);
    for (size_t i = 0; i < l->cnt && !e; i++)
        e = buf_printf(&b, "+%s\n", l->ids[i]);
    if (!e)
        e = file_write(l->path, b.data, b.len, 0600);
    int fd = e ? -1 : open(l->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (!e && fd < 0)
        e = file_err(errno);
    if (!e) {
        if (l->fd >= 0)
            close(l->fd);
        l->fd = fd;
        l->file_len = b.len;
    }
    buf_release(&b);
    return e;
}

static enum err open_file(struct printer_list *l, size_t len)
{
    if (len != l->cnt * LINE)
        return write_anew(l);
    l->fd = open(l->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    l->file_len = len;
    return l->fd < 0 ? file_err(errno) : ERR_OK;
}

enum err printer_list_open(const char *path, int64_t now_utc_ms, struct printer_list **out)
{
    struct buf b;
    struct printer_list *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_NOMEM;
    l->fd = -1;
    buf_init(&b, FILE_MAX);
    l->file_len = ANEW_LEN;
    enum err e = text_copy(l->path, sizeof l->path, path) ? ERR_TOO_LARGE : file_read(path, &b);
    if (!e) {
        take(l, &b, now_utc_ms);
        e = open_file(l, b.len);
    } else if (e == ERR_NOT_FOUND) {
        e = ERR_OK;
    }
    buf_release(&b);
    if (e)
        printer_list_close(&l);
    else
        *out = l;
    return e;
}

void printer_list_close(struct printer_list **l)
{
    if (*l && (*l)->fd >= 0)
        close((*l)->fd);
    free(*l);
    *l = NULL;
}

/* After a line that did not go out whole the next one begins on its own: the file is written anew. */
static enum err append(struct printer_list *l, char sign, const char *id)
{
    char line[LINE + 1] = {sign};
    if (l->file_len >= ANEW_LEN)
        return write_anew(l); /* it says already what the line would */
    memcpy(line + 1, id, ULID_LEN);
    line[LINE - 1] = '\n';
    ssize_t n = write(l->fd, line, LINE);
    if (n == LINE) {
        l->file_len += LINE;
        return ERR_OK;
    }
    enum err e = n < 0 ? file_err(errno) : ERR_DISK_FULL;
    l->file_len = ANEW_LEN;
    return e;
}

enum err printer_list_add(struct printer_list *l, const char *sale_id)
{
    uint8_t raw[ULID_SIZE];
    if (ulid_decode(sale_id, strnlen(sale_id, ULID_LEN + 1), raw))
        return ERR_BAD_VALUE;
    push(l, sale_id);
    enum err e = append(l, '+', sale_id);
    if (!e && fdatasync(l->fd)) /* write_anew has done so itself; then there is nothing left to do */
        e = file_err(errno);
    return e;
}

enum err printer_list_remove(struct printer_list *l, const char *sale_id)
{
    if (!printer_list_has(l, sale_id))
        return ERR_OK;
    drop(l, find(l, sale_id));
    return append(l, '-', sale_id);
}

bool printer_list_is_begun(const struct printer_list *l)
{
    return l->fd >= 0;
}

bool printer_list_has(const struct printer_list *l, const char *sale_id)
{
    return find(l, sale_id) < l->cnt;
}

const char *printer_list_get(const struct printer_list *l, size_t n)
{
    return n < l->cnt ? l->ids[n] : NULL;
}
