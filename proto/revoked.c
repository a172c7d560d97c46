/* SPDX-License-Identifier: Apache-2.0 */
/* Files of values, and the look-up. Deltas are in revoked_delta.c. */
#include "proto/revoked.h"
#include "proto/revoked_parts.h"
#include <stdlib.h>
#include <string.h>

#define TAG       "huika-revoked-v1"
#define TAG_TOKEN "huika-token-v1"
enum { TAG_ROOM = 24 };
__extension__ typedef unsigned __int128 wide;

uint64_t revoked_value(const uint8_t token[static CARD_TOKEN])
{
    uint8_t hash[KEY_HASH];
    key_sha256_pieces((struct key_piece[]){{TAG_TOKEN, sizeof TAG_TOKEN}, {token, CARD_TOKEN}}, 2, hash);
    return revoked_get(hash);
}

bool revoked_ascending(const uint8_t *values, uint64_t cnt)
{
    for (uint64_t i = 1; i < cnt; i++)
        if (memcmp(values + (i - 1) * REVOKED_VALUE, values + i * REVOKED_VALUE, REVOKED_VALUE) >= 0)
            return false;
    return true;
}

void revoked_header(uint64_t count, uint8_t out[static REVOKED_HEADER])
{
    memset(out, 0, REVOKED_HEADER);
    memcpy(out, TAG, sizeof TAG);
    revoked_put(out + TAG_ROOM, count);
}

enum err revoked_open(const void *file, size_t len, struct revoked *out)
{
    const uint8_t *p = file;
    uint8_t head[REVOKED_HEADER];
    if (len < REVOKED_HEADER || (len - REVOKED_HEADER) % REVOKED_VALUE)
        return ERR_BAD_VALUE;
    uint64_t count = (len - REVOKED_HEADER) / REVOKED_VALUE;
    revoked_header(count, head);
    if (count > REVOKED_COUNT_MAX || memcmp(p, head, sizeof head) != 0 || !revoked_ascending(p + REVOKED_HEADER, count))
        return ERR_BAD_VALUE;
    *out = (struct revoked){p, len, count};
    return ERR_OK;
}

/* How many of `count` values lie within that distance, if they are spread evenly. */
static uint64_t spread(uint64_t distance, uint64_t count)
{
    return (uint64_t)((wide)distance * count >> 64);
}

/* The values are hashes, so they are spread evenly, and a guess by proportion lands close: off by some five hundred in a million, the
 * next one by some twenty. Who chose values to make it slow finds that after a few guesses the rest is halved. */
bool revoked_has(const struct revoked *r, uint64_t value)
{
    enum { GUESSES = 12 };
    const uint8_t *v = r->file + REVOKED_HEADER;
    uint64_t lo = 0, hi = r->count, at = spread(value, r->count); /* it is in [lo, hi), if at all */
    for (unsigned step = 1; lo < hi; step++) {
        at = at < lo ? lo : at >= hi ? hi - 1 : at;
        uint64_t here = revoked_get(v + at * REVOKED_VALUE);
        if (here == value)
            return true;
        if (here < value)
            lo = at + 1;
        else
            hi = at;
        uint64_t off = spread(here < value ? value - here : here - value, r->count) + 1;
        at = step >= GUESSES ? lo + (hi - lo) / 2 : here < value ? at + off : at > off ? at - off : 0;
    }
    return false;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

enum err revoked_build(uint64_t *values, size_t cnt, revoked_write *write, void *ctx)
{
    uint8_t head[REVOKED_HEADER];
    struct revoked_out o = {.write = write, .ctx = ctx};
    size_t kept = 0;
    if (cnt > (uint64_t)REVOKED_COUNT_MAX)
        return ERR_TOO_LARGE;
    if (cnt)
        qsort(values, cnt, sizeof *values, by_value);
    for (size_t i = 0; i < cnt; i++)
        if (!i || values[i] != values[i - 1])
            values[kept++] = values[i];
    revoked_header(kept, head);
    enum err e = revoked_out_bytes(&o, head, sizeof head);
    for (size_t i = 0; i < kept && !e; i++)
        e = revoked_out_value(&o, values[i]);
    return e ? e : revoked_out_flush(&o);
}

enum err revoked_out_flush(struct revoked_out *o)
{
    enum err e = o->len ? o->write(o->ctx, o->piece, o->len) : ERR_OK;
    if (!e && o->hash && o->len && EVP_DigestUpdate(o->hash, o->piece, o->len) != 1)
        e = ERR_INTERNAL;
    o->len = 0;
    return e;
}

enum err revoked_out_bytes(struct revoked_out *o, const void *p, size_t n)
{
    enum err e = o->len + n > sizeof o->piece ? revoked_out_flush(o) : ERR_OK;
    if (e)
        return e;
    memcpy(o->piece + o->len, p, n);
    o->len += n;
    return ERR_OK;
}

enum err revoked_out_value(struct revoked_out *o, uint64_t value)
{
    uint8_t raw[REVOKED_VALUE];
    revoked_put(raw, value);
    return revoked_out_bytes(o, raw, sizeof raw);
}
