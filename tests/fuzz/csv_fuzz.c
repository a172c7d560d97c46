/* SPDX-License-Identifier: Apache-2.0 */
/* A list from memory and the same from a stream in small pieces: alike, and raw lines add up to the source. */
#include "base/csv.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
    const char *p;
    size_t len, step;
};

static ssize_t pieces(void *ctx, char *p, size_t n)
{
    struct source *s = ctx;
    size_t k = s->len < s->step ? s->len : s->step;
    k = k < n ? k : n;
    if (k)
        memcpy(p, s->p, k);
    s->p += k;
    s->len -= k;
    return (ssize_t)k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv a, b;
    struct csv_record r, q;
    enum csv_got got;
    size_t raw = 0;
    uint64_t line = 0;
    struct source s = {(const char *)data, size, size ? 1 + data[0] % 50 : 1};
    if (csv_init_memory(&a, (const char *)data, size, 1) || csv_init_stream(&b, pieces, &s))
        return 0;
    while ((got = csv_next(&a, &r)) != CSV_END) {
        assert(got == csv_next(&b, &q) && got != CSV_FAILED);
        assert(r.line == q.line && r.line > line && r.cnt == q.cnt && r.cnt <= CSV_FIELDS &&
               (got == CSV_RECORD) == (r.cnt > 0));
        assert(r.raw_len && r.raw_len == q.raw_len && r.raw_len <= CSV_RECORD_MAX && !memcmp(r.raw, q.raw, r.raw_len));
        for (size_t i = 0; i < r.cnt; i++)
            assert(r.field[i].len == q.field[i].len && !memcmp(r.field[i].p, q.field[i].p, r.field[i].len));
        line = r.line;
        raw += r.raw_len;
    }
    assert(csv_next(&b, &q) == CSV_END && raw <= size);
    csv_release(&a);
    csv_release(&b);
    return 0;
}
