/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin/import_columns.h"
#include <string.h>
#include <strings.h>

/* What stands above the columns; exports carry the Chinese words. */
static const char *const heads[IMPORT_COLUMNS][4] = {[IMPORT_NUMBER] = {"card_number", "卡号", "会员卡号"},
    [IMPORT_NAME] = {"name", "姓名"},
    [IMPORT_ORG] = {"org", "工会", "工会组织"},
    [IMPORT_STATUS] = {"status", "状态"},
    [IMPORT_LEGACY] = {"legacy_id", "旧卡标识"}};

static struct csv_field trimmed(struct csv_field f)
{
    while (f.len && *f.p == ' ')
        f.p++, f.len--;
    while (f.len && f.p[f.len - 1] == ' ')
        f.len--;
    return f;
}

/* IMPORT_COLUMNS: a word that is none of ours. */
static size_t column_of(struct csv_field f)
{
    f = trimmed(f);
    for (size_t c = 0; c < IMPORT_COLUMNS; c++)
        for (size_t i = 0; i < 4 && heads[c][i]; i++)
            if (strlen(heads[c][i]) == f.len && !strncasecmp(heads[c][i], f.p, f.len))
                return c;
    return IMPORT_COLUMNS;
}

/* A header line of one field holds ours all the same: parted by semicolons or tabs. */
static bool other_separator(const struct csv_record *r)
{
    for (size_t i = 0; r->cnt == 1 && i < 4 && heads[IMPORT_NUMBER][i]; i++)
        if (memmem(r->field[0].p, r->field[0].len, heads[IMPORT_NUMBER][i], strlen(heads[IMPORT_NUMBER][i])))
            return true;
    return false;
}

enum err import_columns_find(const struct csv_record *first, struct import_columns *out, bool *header)
{
    struct import_columns c = {.agreed = true, .cnt = first->cnt};
    size_t found = 0;
    for (size_t i = 0; i < IMPORT_COLUMNS; i++)
        c.at[i] = c.cnt;
    for (size_t i = 0; i < first->cnt; i++) {
        size_t column = column_of(first->field[i]);
        c.agreed = c.agreed && column == i;
        if (column == IMPORT_COLUMNS)
            continue;
        if (c.at[column] != c.cnt)
            return ERR_BAD_COLUMNS;
        c.at[column] = i;
        found++;
    }
    if (!found && other_separator(first))
        return ERR_BAD_COLUMNS;
    for (size_t i = 0; found && i < IMPORT_LEGACY; i++)
        if (c.at[i] == c.cnt)
            return ERR_BAD_COLUMNS;
    *header = found > 0;
    c.agreed = c.agreed || !found;
    *out = c;
    return ERR_OK;
}

static enum err put_field(struct csv_field f, struct buf *out)
{
    enum err e = buf_adds(out, "\"");
    for (const char *quote; !e && (quote = memchr(f.p, '"', f.len));) {
        size_t n = (size_t)(quote - f.p) + 1;
        e = buf_add(out, f.p, n);
        e = e ? e : buf_adds(out, "\"");
        f.p += n, f.len -= n;
    }
    e = e ? e : buf_add(out, f.p, f.len);
    return e ? e : buf_adds(out, "\"");
}

enum err import_columns_put(const struct import_columns *c, const struct csv_record *r, struct buf *out)
{
    enum err e = r->cnt == c->cnt ? ERR_OK : ERR_BAD_CSV;
    for (size_t i = 0; !e && i < IMPORT_COLUMNS; i++) {
        if (c->at[i] == c->cnt)
            continue;
        e = i ? buf_adds(out, ",") : ERR_OK;
        e = e ? e : put_field(r->field[c->at[i]], out);
    }
    return e ? e : buf_adds(out, "\n");
}
