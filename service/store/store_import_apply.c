/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a prepared batch. Members are gone through in the order of the index by number, and the new ones get sorted
 * tokens in that order, so that both trees are walked once from left to right. Tokens stay random to everybody: the order
 * is that of HMACs under a key which nobody outside has. */
#include "service/store/db.h"
#include "service/store/store_import_rows.h"
#include "service/store/store_revoked.h"
#include <endian.h>
#include <openssl/rand.h>
#include <stdlib.h>

enum { HMAC_KEY = 1 };

/* A row's place in the order of members: eight bytes decide almost always. */
struct place {
    uint64_t key;
    uint32_t row;
};

static enum err note_org(void *ctx, const struct store_org *o)
{
    struct store_import *im = ctx;
    if (im->org_cnt == im->org_cap) {
        size_t next = im->org_cap ? im->org_cap * 2 : 256;
        void *p = reallocarray(im->orgs, next, sizeof *im->orgs);
        if (!p)
            return ERR_NOMEM;
        im->orgs = p;
        im->org_cap = next;
    }
    struct store_import_org *to = &im->orgs[im->org_cnt++];
    memcpy(to->code, o->code, sizeof to->code);
    to->org = o->org;
    return ERR_OK;
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const struct store_import_org *)a)->code, ((const struct store_import_org *)b)->code);
}

static enum err load_orgs(struct store_tx *tx, struct store_import *im)
{
    im->org_cnt = 0;
    enum err e = store_org_list(tx, im->scope, note_org, im);
    if (!e && im->org_cnt)
        qsort(im->orgs, im->org_cnt, sizeof *im->orgs, by_code);
    return e;
}

static bool in_scope(const struct store_import *im, int64_t org)
{
    for (size_t i = 0; i < im->org_cnt; i++)
        if (im->orgs[i].org == org)
            return true;
    return false;
}

/* Lists go union by union, so the last one is mostly right. */
static enum err resolve_orgs(struct store_import *im)
{
    const struct store_import_org *last = NULL;
    struct store_import_org want = {.org = 0};
    for (size_t i = 0; i < im->row_cnt; i++) {
        struct store_import_row *r = &im->row[i];
        if (!last || strcmp(last->code, r->org_code) != 0) {
            memcpy(want.code, r->org_code, sizeof want.code);
            last = im->org_cnt ? bsearch(&want, im->orgs, im->org_cnt, sizeof want, by_code) : NULL;
        }
        r->org = last ? last->org : 0;
        enum err e = last ? ERR_OK : store_import_note(im, r->line, ERR_ORG_UNKNOWN, r->last4);
        if (e)
            return e;
    }
    return ERR_OK;
}

static int by_member(const void *a, const void *b, void *ctx)
{
    const struct place *x = a, *y = b;
    const struct store_import_row *row = ctx;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    int c = memcmp(row[x->row].member, row[y->row].member, STORE_MEMBER_ID);
    return c ? c : (x->row > y->row) - (x->row < y->row);
}

static uint64_t key_of(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return be64toh(v);
}

/* What is known of one member while its lines are gone through. */
struct known {
    bool exists, stored, differs;
    uint8_t token[CARD_TOKEN], legacy[16];
    bool has_legacy;
    enum member_status was, listed; /* by the list before, and by this one */
    int64_t org;
    char name[CARD_MASKED_MAX + 1];
};

static enum err look_up(struct store_tx *tx, const struct store_import_row *r, struct known *k)
{
    sqlite3_stmt *row;
    memset(k, 0, sizeof *k);
    enum err e = db_find(tx, "SELECT token, listed, org, name, legacy FROM card WHERE number = ?",
        DB_ARGS(db_blob(r->member, STORE_MEMBER_ID)), &row);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e)
        return e;
    k->exists = k->stored = true;
    db_col_blob(row, 0, k->token, sizeof k->token);
    k->was = k->listed = (enum member_status)db_col_int(row, 1);
    k->org = db_col_int(row, 2);
    db_col_text(row, 3, k->name, sizeof k->name);
    k->has_legacy = sqlite3_column_type(row, 4) != SQLITE_NULL;
    db_col_blob(row, 4, k->legacy, sizeof k->legacy);
    db_done(row);
    return ERR_OK;
}

/* Moves what is known on by one line, and counts what that was. */
static void learn(struct store_import *im, const struct store_import_row *r, struct known *k)
{
    const char *name = (const char *)im->names.data + r->name_at;
    bool same = k->exists && k->listed == r->status && k->org == r->org && strlen(k->name) == r->name_len &&
                !memcmp(k->name, name, r->name_len) &&
                (!r->has_legacy || (k->has_legacy && !memcmp(k->legacy, r->legacy, sizeof k->legacy)));
    if (same) {
        im->counts.unchanged++;
        return;
    }
    if (k->exists)
        im->counts.changed++;
    else
        im->counts.imported++;
    k->exists = k->differs = true;
    k->listed = r->status;
    k->org = r->org;
    memcpy(k->name, name, r->name_len);
    k->name[r->name_len] = 0;
    if (r->has_legacy)
        memcpy(k->legacy, r->legacy, sizeof k->legacy);
    k->has_legacy = k->has_legacy || r->has_legacy;
}

/* A status changes only if the list's word for it changed: the same list again does not undo what was reported since. */
static enum err update(struct store_tx *tx, const struct store_import *im, const struct known *k)
{
    enum err e = k->was == k->listed ? ERR_OK : store_member_note(tx, k->token, im->at_utc_ms);
    if (e)
        return e;
    return db_run_one(tx,
        "UPDATE card SET status = CASE listed WHEN ?1 THEN status ELSE ?1 END, listed = ?1, org = ?2, name = ?3,"
        " legacy = ?4 WHERE token = ?5",
        DB_ARGS(db_int(k->listed), db_int(k->org), db_text(k->name),
            db_blob(k->has_legacy ? k->legacy : NULL, sizeof k->legacy), db_blob(k->token, CARD_TOKEN)));
}

/* Goes through a member's lines, `at` and cnt - 1 more. The last that counts says what is so; the same batch again then changes
 * nothing. True if any counts. */
static bool learn_all(struct store_import *im, const struct place *at, size_t cnt, struct known *k)
{
    const struct store_import_row *last = NULL;
    for (size_t i = 0; i < cnt; i++) {
        const struct store_import_row *r = &im->row[at[i].row];
        if (!r->org)
            continue;
        if (last)
            im->counts.unchanged++;
        last = r;
    }
    if (last)
        learn(im, last, k);
    return last;
}

static enum err insert(struct store_tx *tx, const struct store_import *im, const struct store_import_row *r,
    const struct known *k, const uint8_t *token)
{
    enum err e = db_run_one(tx,
        "INSERT INTO card(token, number, last4, status, listed, org, expiry, hmac_key, name, legacy)"
        " VALUES(?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(number) DO NOTHING",
        DB_ARGS(db_blob(token, CARD_TOKEN), db_blob(r->member, STORE_MEMBER_ID), db_int(r->last4), db_int(k->listed),
            db_int(k->org), db_int(im->expiry_day), db_int(HMAC_KEY), db_text(k->name),
            db_blob(k->has_legacy ? k->legacy : NULL, sizeof k->legacy)));
    return e || k->listed == MEMBER_ACTIVE ? e : store_revoked_touch(tx);
}

/* As if nothing were known of the member. ERR_NOT_FOUND, and nothing counted, if something is. */
static enum err take_new(
    struct store_tx *tx, struct store_import *im, const struct place *at, size_t cnt, const uint8_t *token)
{
    const struct store_import_counts before = im->counts;
    struct known k = {.exists = false};
    if (!learn_all(im, at, cnt, &k))
        return ERR_OK;
    enum err e = insert(tx, im, &im->row[at->row], &k, token);
    if (e)
        im->counts = before;
    return e;
}

static enum err refuse_foreign(struct store_import *im, const struct place *at, size_t cnt)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < cnt && !e; i++) {
        const struct store_import_row *r = &im->row[at[i].row];
        if (r->org)
            e = store_import_note(im, r->line, ERR_MEMBER_ELSEWHERE, r->last4);
    }
    return e;
}

/* Lists are mostly all new or all known, so the member before tells what to try first. */
static enum err take_member(
    struct store_tx *tx, struct store_import *im, const struct place *at, size_t cnt, const uint8_t *token)
{
    struct known k;
    enum err e = im->guess_new ? take_new(tx, im, at, cnt, token) : ERR_NOT_FOUND;
    if (e != ERR_NOT_FOUND)
        return e;
    e = look_up(tx, &im->row[at->row], &k);
    if (e)
        return e;
    im->guess_new = !k.stored;
    if (!k.stored)
        return take_new(tx, im, at, cnt, token);
    if (!in_scope(im, k.org))
        return refuse_foreign(im, at, cnt);
    learn_all(im, at, cnt, &k);
    return k.differs ? update(tx, im, &k) : ERR_OK;
}

static void sort_places(const struct store_import *im, struct place *place)
{
    for (size_t i = 0; i < im->row_cnt; i++)
        place[i] = (struct place){key_of(im->row[i].member), (uint32_t)i};
    qsort_r(place, im->row_cnt, sizeof *place, by_member, im->row);
}

static int by_token(const void *a, const void *b)
{
    return memcmp(a, b, CARD_TOKEN);
}

/* One for each line, though not every line needs it. */
static enum err make_tokens(uint8_t *token, size_t cnt)
{
    if (RAND_bytes(token, (int)(cnt * CARD_TOKEN)) != 1)
        return ERR_IO;
    qsort(token, cnt, CARD_TOKEN, by_token);
    return ERR_OK;
}

static enum err go_through(
    struct store_tx *tx, struct store_import *im, const struct place *place, const uint8_t *token)
{
    enum err e = ERR_OK;
    size_t run;
    im->guess_new = true;
    for (size_t i = 0; i < im->row_cnt && !e; i += run) {
        const uint8_t *member = im->row[place[i].row].member;
        for (run = 1; i + run < im->row_cnt; run++)
            if (place[i + run].key != place[i].key ||
                memcmp(im->row[place[i + run].row].member, member, STORE_MEMBER_ID))
                break;
        e = take_member(tx, im, place + i, run, token + i * CARD_TOKEN);
    }
    return e;
}

static enum err apply(struct store_tx *tx, struct store_import *im)
{
    struct place *place = calloc(im->row_cnt + 1, sizeof *place);
    uint8_t *token = calloc(im->row_cnt + 1, CARD_TOKEN);
    enum err e = place && token ? load_orgs(tx, im) : ERR_NOMEM;
    if (!e)
        e = resolve_orgs(im);
    if (!e)
        e = make_tokens(token, im->row_cnt);
    if (!e) {
        sort_places(im, place);
        e = go_through(tx, im, place, token);
    }
    free(token);
    free(place);
    return e;
}

enum err store_import_apply(struct store_tx *tx, void *ctx)
{
    struct store_import *im = ctx;
    /* It may be run again: begin where preparing ended. */
    if (im->begun)
        im->reject_cnt = im->reject_first;
    im->reject_first = im->reject_cnt;
    im->begun = true;
    im->counts = (struct store_import_counts){0};
    return apply(tx, im);
}
