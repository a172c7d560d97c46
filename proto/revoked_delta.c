/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/revoked_parts.h"
#include <string.h>

#define TAG "huika-revoked-delta-v1"
enum {
    TAG_ROOM = 32,
    BASE_AT = TAG_ROOM,
    RESULT_AT = BASE_AT + KEY_HASH,
    ADD_AT = RESULT_AT + KEY_HASH,
    REMOVE_AT = ADD_AT + 8
};

/* One ascending list of values, read from the front. */
struct list {
    const uint8_t *at;
    uint64_t left;
};

static bool here(const struct list *l, uint64_t *v)
{
    if (!l->left)
        return false;
    *v = revoked_get(l->at);
    return true;
}

static void step(struct list *l)
{
    l->at += REVOKED_VALUE;
    l->left--;
}

static struct list values_of(const struct revoked *r)
{
    return (struct list){r->file + REVOKED_HEADER, r->count};
}

static struct list adds_of(const struct revoked_delta *d)
{
    return (struct list){d->file + REVOKED_DELTA_HEADER, d->add_cnt};
}

static struct list removes_of(const struct revoked_delta *d)
{
    return (struct list){d->file + REVOKED_DELTA_HEADER + d->add_cnt * REVOKED_VALUE, d->remove_cnt};
}

/* Values of `a` that `b` has not: counted, and written unless o is NULL. */
static enum err missing(struct list a, struct list b, struct revoked_out *o, uint64_t *cnt)
{
    enum err e = ERR_OK;
    uint64_t x, y;
    *cnt = 0;
    while (!e && here(&a, &x)) {
        if (here(&b, &y) && y < x) {
            step(&b);
            continue;
        }
        if (!here(&b, &y) || y != x) {
            ++*cnt;
            e = o ? revoked_out_value(o, x) : ERR_OK;
        }
        step(&a);
    }
    return e;
}

enum err revoked_delta_build(const struct revoked *from, const struct revoked *to, revoked_write *write, void *ctx)
{
    uint8_t head[REVOKED_DELTA_HEADER] = TAG;
    struct revoked_out o = {.write = write, .ctx = ctx};
    uint64_t adds, removes;
    key_sha256(from->file, from->len, head + BASE_AT);
    key_sha256(to->file, to->len, head + RESULT_AT);
    missing(values_of(to), values_of(from), NULL, &adds);
    missing(values_of(from), values_of(to), NULL, &removes);
    revoked_put(head + ADD_AT, adds);
    revoked_put(head + REMOVE_AT, removes);
    enum err e = revoked_out_bytes(&o, head, sizeof head);
    if (!e)
        e = missing(values_of(to), values_of(from), &o, &adds);
    if (!e)
        e = missing(values_of(from), values_of(to), &o, &removes);
    return e ? e : revoked_out_flush(&o);
}

static bool disjoint(struct list a, struct list b)
{
    uint64_t x, y;
    while (here(&a, &x) && here(&b, &y)) {
        if (x == y)
            return false;
        step(x < y ? &a : &b);
    }
    return true;
}

enum err revoked_delta_open(const void *file, size_t len, struct revoked_delta *out)
{
    static const uint8_t tag[TAG_ROOM] = TAG;
    const uint8_t *p = file;
    if (len < REVOKED_DELTA_HEADER || memcmp(p, tag, sizeof tag) != 0)
        return ERR_BAD_VALUE;
    struct revoked_delta d = {p, len, revoked_get(p + ADD_AT), revoked_get(p + REMOVE_AT)};
    if (d.add_cnt > REVOKED_COUNT_MAX || d.remove_cnt > REVOKED_COUNT_MAX ||
        len - REVOKED_DELTA_HEADER != (d.add_cnt + d.remove_cnt) * REVOKED_VALUE)
        return ERR_BAD_VALUE;
    struct list adds = adds_of(&d), removes = removes_of(&d);
    if (!revoked_ascending(adds.at, adds.left) || !revoked_ascending(removes.at, removes.left) ||
        !disjoint(adds, removes))
        return ERR_BAD_VALUE;
    *out = d;
    return ERR_OK;
}

/* Three ascending lists at once: what is added must not be there, what is removed must be. */
static enum err merge(const struct revoked *base, const struct revoked_delta *d, struct revoked_out *o)
{
    struct list old = values_of(base), adds = adds_of(d), removes = removes_of(d);
    enum err e = ERR_OK;
    uint64_t x, a, r;
    while (!e && here(&old, &x)) {
        if (here(&adds, &a) && a <= x) {
            e = a == x ? ERR_BAD_VALUE : revoked_out_value(o, a);
            step(&adds);
        } else if (here(&removes, &r) && r <= x) {
            e = r == x ? ERR_OK : ERR_BAD_VALUE;
            step(&removes);
            step(&old);
        } else {
            e = revoked_out_value(o, x);
            step(&old);
        }
    }
    for (; !e && here(&adds, &a); step(&adds))
        e = revoked_out_value(o, a);
    return e || !removes.left ? e : ERR_BAD_VALUE;
}

static enum err write_result(const struct revoked *base, const struct revoked_delta *d, struct revoked_out *o)
{
    uint8_t head[REVOKED_HEADER], hash[KEY_HASH];
    revoked_header(base->count + d->add_cnt - d->remove_cnt, head);
    enum err e = revoked_out_bytes(o, head, sizeof head);
    if (!e)
        e = merge(base, d, o);
    if (!e)
        e = revoked_out_flush(o);
    if (!e && EVP_DigestFinal_ex(o->hash, hash, NULL) != 1)
        e = ERR_INTERNAL;
    return !e && memcmp(hash, d->file + RESULT_AT, KEY_HASH) != 0 ? ERR_BAD_VALUE : e;
}

enum err revoked_apply(const struct revoked *base, const struct revoked_delta *d, revoked_write *write, void *ctx)
{
    uint8_t hash[KEY_HASH];
    key_sha256(base->file, base->len, hash);
    if (memcmp(hash, d->file + BASE_AT, KEY_HASH) != 0 || d->remove_cnt > base->count ||
        base->count - d->remove_cnt + d->add_cnt > REVOKED_COUNT_MAX)
        return ERR_BAD_VALUE;
    struct revoked_out o = {.write = write, .ctx = ctx, .hash = EVP_MD_CTX_new()};
    enum err e = !o.hash ? ERR_NOMEM : EVP_DigestInit_ex(o.hash, EVP_sha256(), NULL) == 1 ? ERR_OK : ERR_INTERNAL;
    if (!e)
        e = write_result(base, d, &o);
    EVP_MD_CTX_free(o.hash);
    return e;
}
