/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sign/revlist.h"
#include "base/key.h"
#include "service/store/store_revoked.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 32, NAME = 24, DELTA_NAME = 32 };
static const char base_name[NAME] = "huika-revoked-v1";
static const char delta_name[DELTA_NAME] = "huika-revoked-delta-v1";

static uint64_t value_of(const uint8_t token[static CARD_TOKEN])
{
    static const char tag[] = "huika-token-v1";
    uint8_t hash[KEY_HASH], msg[sizeof tag + CARD_TOKEN];
    uint64_t v;
    memcpy(msg, tag, sizeof tag);
    memcpy(msg + sizeof tag, token, CARD_TOKEN);
    key_sha256(msg, sizeof msg, hash);
    memcpy(&v, hash, sizeof v);
    return be64toh(v);
}

static enum err push(void *ctx, const uint8_t token[static CARD_TOKEN])
{
    struct revlist *l = ctx;
    if (l->cnt == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 1024;
        uint64_t *more = realloc(l->value, cap * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        l->value = more;
        l->cap = cap;
    }
    l->value[l->cnt++] = value_of(token);
    return ERR_OK;
}

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

enum err revlist_collect(struct store_tx *tx, struct revlist *l)
{
    *l = (struct revlist){.cnt = 0};
    enum err e = store_revoked_tokens(tx, push, l);
    if (e || !l->cnt)
        return e;
    qsort(l->value, l->cnt, sizeof *l->value, ascending);
    size_t kept = 1;
    for (size_t i = 1; i < l->cnt; i++)
        if (l->value[i] != l->value[kept - 1])
            l->value[kept++] = l->value[i];
    l->cnt = kept;
    return ERR_OK;
}

void revlist_release(struct revlist *l)
{
    free(l->value);
    *l = (struct revlist){.cnt = 0};
}

static enum err add_values(const uint64_t *v, size_t cnt, struct buf *out)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < cnt && !e; i++)
        e = buf_add_u64(out, v[i]);
    return e;
}

enum err revlist_encode(const struct revlist *l, struct buf *out)
{
    enum err e = buf_add(out, base_name, sizeof base_name);
    if (!e)
        e = buf_add_u64(out, l->cnt);
    return e ? e : add_values(l->value, l->cnt, out);
}

enum err revlist_decode(const struct buf *file, struct revlist *l)
{
    *l = (struct revlist){.cnt = 0};
    if (file->len < HEAD || (file->len - HEAD) % 8 || memcmp(file->data, base_name, sizeof base_name) != 0)
        return ERR_BAD_VALUE;
    size_t cnt = (file->len - HEAD) / 8;
    if (!(l->value = malloc((cnt + 1) * sizeof *l->value)))
        return ERR_NOMEM;
    for (; l->cnt < cnt; l->cnt++) {
        uint64_t v;
        memcpy(&v, file->data + HEAD + 8 * l->cnt, sizeof v);
        l->value[l->cnt] = be64toh(v);
    }
    return ERR_OK;
}

/* What `a` has and `b` has not; counted only if out is NULL. */
static enum err difference(const struct revlist *a, const struct revlist *b, uint64_t *cnt, struct buf *out)
{
    enum err e = ERR_OK;
    size_t k = 0;
    *cnt = 0;
    for (size_t i = 0; i < a->cnt && !e; i++) {
        while (k < b->cnt && b->value[k] < a->value[i])
            k++;
        if (k < b->cnt && b->value[k] == a->value[i])
            continue;
        ++*cnt;
        e = out ? buf_add_u64(out, a->value[i]) : ERR_OK;
    }
    return e;
}

enum err revlist_delta(const struct revlist_side *from, const struct revlist_side *to, struct buf *out)
{
    uint64_t added, removed;
    enum err e = buf_add(out, delta_name, sizeof delta_name);
    if (!e)
        e = buf_add(out, from->sha256, KEY_HASH);
    if (!e)
        e = buf_add(out, to->sha256, KEY_HASH);
    if (!e)
        e = difference(to->list, from->list, &added, NULL);
    if (!e)
        e = difference(from->list, to->list, &removed, NULL);
    if (!e)
        e = buf_add_u64(out, added);
    if (!e)
        e = buf_add_u64(out, removed);
    if (!e)
        e = difference(to->list, from->list, &added, out);
    return e ? e : difference(from->list, to->list, &removed, out);
}
