/* SPDX-License-Identifier: Apache-2.0 */
/* The index of ids, which lags: an append writes ids beside the record, in its own row, and remembers them here; the table ids, whose order
 * is another, gets them for many records at once. What is remembered can always be read again from the rows beyond owner.indexed, so
 * nothing depends on this process living on. */
#include "client/ports/journal_db.h"
#include <string.h>

/* FNV-1a */
static uint32_t fingerprint(const uint8_t *key, size_t len)
{
    uint32_t h = 2166136261;
    for (size_t i = 0; i < len; i++)
        h = (h ^ key[i]) * 16777619;
    return h;
}

static enum err remember(struct journal_tail *t, int64_t record, const uint8_t *key, size_t len)
{
    if (t->cnt == JOURNAL_TAIL_MAX)
        return ERR_TOO_LARGE;
    t->print[t->cnt] = fingerprint(key, len);
    struct journal_tail_id *id = &t->id[t->cnt++];
    id->record = record;
    id->len = len;
    memcpy(id->key, key, len);
    return ERR_OK;
}

static enum err add_row(struct journal_tail *t, sqlite3_stmt *s)
{
    uint8_t key[JOURNAL_ID_MAX];
    enum err e = ERR_OK;
    for (int i = 0; !e && i < JOURNAL_IDS; i++) {
        size_t n = journal_db_column_key(s, 1, i, key);
        if (n)
            e = remember(t, sqlite3_column_int64(s, 0), key, n);
    }
    t->record_cnt++;
    return e;
}

enum err journal_tail_load(struct journal *j)
{
    struct journal_tail *t = &j->tail;
    int64_t lost = 0;
    sqlite3_stmt *s;
    enum err e = journal_db_int(j->db,
        "SELECT indexed & 0xffffffffff AND indexed > coalesce((SELECT max(id) FROM records), 0) FROM owner", &lost);
    if (!e && lost)
        e = ERR_CHAIN_BROKEN;
    if (!e)
        e = journal_db_stmt(j, JOURNAL_TAIL, &s);
    if (e)
        return e;
    t->record_cnt = 0;
    t->cnt = 0;
    int rc = SQLITE_DONE;
    while (!e && (rc = sqlite3_step(s)) == SQLITE_ROW)
        e = add_row(t, s);
    sqlite3_reset(s);
    return e ? ERR_CHAIN_BROKEN : journal_db_err(j->db, rc); /* longer than appends leave it: the mark was set back */
}

static bool find_here(const struct journal_tail *t, const uint8_t *key, size_t len, int64_t *record)
{
    uint32_t print = fingerprint(key, len);
    for (size_t i = 0; i < t->cnt; i++)
        if (t->print[i] == print && t->id[i].len == len && memcmp(t->id[i].key, key, len) == 0) {
            *record = t->id[i].record;
            return true;
        }
    return false;
}

enum err journal_tail_find(struct journal *j, const uint8_t *key, size_t len, int64_t *record)
{
    sqlite3_stmt *s;
    if (find_here(&j->tail, key, len, record))
        return ERR_OK;
    enum err e = journal_db_stmt(j, JOURNAL_FIND_ID, &s);
    if (e)
        return e;
    sqlite3_bind_blob64(s, 1, key, len, SQLITE_STATIC);
    int rc = sqlite3_step(s);
    e = rc == SQLITE_DONE ? ERR_NOT_FOUND : journal_db_err(j->db, rc);
    if (!e)
        *record = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return e;
}

enum err journal_tail_add(struct journal *j, char kind, const char *id, int64_t record)
{
    uint8_t key[JOURNAL_ID_MAX];
    int64_t other;
    if (!id)
        return ERR_OK;
    size_t n = journal_db_key(kind, id, key);
    if (n == 0)
        return ERR_BAD_VALUE;
    enum err e = journal_tail_find(j, key, n, &other);
    if (e != ERR_NOT_FOUND)
        return e ? e : ERR_EXISTS;
    return remember(&j->tail, record, key, n);
}

enum err journal_tail_index(struct journal *j)
{
    const struct journal_tail *t = &j->tail;
    sqlite3_stmt *s;
    enum err e = journal_db_stmt(j, JOURNAL_INSERT_ID, &s);
    for (size_t i = 0; !e && i < t->cnt; i++) {
        sqlite3_bind_blob64(s, 1, t->id[i].key, t->id[i].len, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, t->id[i].record);
        e = journal_db_err(j->db, sqlite3_step(s));
        sqlite3_reset(s);
    }
    if (!e)
        e = journal_db_stmt(j, JOURNAL_SET_INDEXED, &s);
    if (e)
        return e;
    sqlite3_bind_int64(s, 1, journal_db_id(j->head.epoch, j->head.seq));
    return journal_db_err(j->db, journal_db_run(j, JOURNAL_SET_INDEXED));
}

void journal_tail_drop(struct journal_tail *t, size_t ids, int64_t records)
{
    t->cnt -= ids;
    t->record_cnt -= records;
    memmove(t->print, t->print + ids, t->cnt * sizeof *t->print);
    memmove(t->id, t->id + ids, t->cnt * sizeof *t->id);
}

void journal_tail_settle(struct journal *j)
{
    if (j->tail.record_cnt == 0 || journal_db_run(j, JOURNAL_BEGIN) != SQLITE_DONE)
        return;
    if (j->stale || journal_tail_index(j) || journal_db_run(j, JOURNAL_COMMIT) != SQLITE_DONE)
        journal_db_run(j, JOURNAL_ROLLBACK);
    else
        journal_tail_drop(&j->tail, j->tail.cnt, j->tail.record_cnt);
}
