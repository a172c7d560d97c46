/* SPDX-License-Identifier: Apache-2.0 */
/* A base file and a delta, parted by the first two bytes (length of the base). What opens is searched; what applies leads to a
 * file that opens, and the delta built between the two is the same again. */
#include "proto/revoked.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err collect(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

static uint64_t value_at(const struct revoked *r, uint64_t i)
{
    uint64_t v = 0;
    for (int b = 0; b < REVOKED_VALUE; b++)
        v = v << 8 | r->file[REVOKED_HEADER + i * REVOKED_VALUE + (uint64_t)b];
    return v;
}

static void search(const struct revoked *r)
{
    for (uint64_t i = 0; i < r->count; i++) {
        uint64_t v = value_at(r, i), next = i + 1 < r->count ? value_at(r, i + 1) : 0;
        assert(revoked_has(r, v));
        assert(v == UINT64_MAX || revoked_has(r, v + 1) == (i + 1 < r->count && next == v + 1));
    }
}

static void apply(const struct revoked *base, const struct revoked_delta *d)
{
    struct buf made, again;
    struct revoked to;
    buf_init(&made, 1 << 20);
    buf_init(&again, 1 << 20);
    if (!revoked_apply(base, d, collect, &made)) {
        assert(!revoked_open(made.data, made.len, &to));
        assert(!revoked_delta_build(base, &to, collect, &again));
        assert(again.len == d->len && !memcmp(again.data, d->file, d->len));
    }
    buf_release(&made);
    buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct revoked base;
    struct revoked_delta d;
    if (size < 2)
        return 0;
    size_t len = (size_t)data[0] << 8 | data[1];
    data += 2;
    size -= 2;
    len = len < size ? len : size;
    bool whole = !revoked_open(data, len, &base);
    if (whole)
        search(&base);
    if (!revoked_delta_open(data + len, size - len, &d) && whole)
        apply(&base, &d);
    return 0;
}
