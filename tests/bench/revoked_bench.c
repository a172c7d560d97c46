/* SPDX-License-Identifier: Apache-2.0 */
/* revoked_bench COUNT LOOKUPS: a revocation file of COUNT cards, mapped from disk, asked for LOOKUPS tokens, half of them on it. Prints
 * nanoseconds for each look-up: ours from the token on, ours from the value on, and C's bsearch over the same bytes from the value
 * on; then milliseconds for opening the file and for making the next one by a delta of a hundred. */
#include "proto/revoked.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t rng = 7;

static uint64_t next(void)
{
    uint64_t z = (rng += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others may want the processor, too */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static enum err to_file(void *ctx, const void *p, size_t n)
{
    return fwrite(p, 1, n, ctx) == n ? ERR_OK : ERR_IO;
}

static enum err to_buf(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

static void token_of(uint64_t i, uint8_t out[static CARD_TOKEN])
{
    memset(out, 0, CARD_TOKEN);
    memcpy(out, &i, sizeof i);
}

static struct revoked mapped(uint64_t *values, size_t cnt)
{
    struct revoked r = {0};
    FILE *f = tmpfile();
    if (!f || revoked_build(values, cnt, to_file, f) || fflush(f))
        exit(3);
    size_t len = (size_t)ftell(f);
    const void *p = mmap(NULL, len, PROT_READ, MAP_SHARED, fileno(f), 0);
    if (p == MAP_FAILED || revoked_open(p, len, &r))
        exit(3);
    return r;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, REVOKED_VALUE);
}

enum { BATCH = 1000, BATCHES_MAX = 10000, WAYS = 3 };
static double took[WAYS][BATCHES_MAX];
static size_t batches;

/* By turns, each time with other cards. */
static void batch(const struct revoked *r, size_t cnt)
{
    static uint8_t token[BATCH][CARD_TOKEN];
    static uint64_t value[BATCH], big[BATCH];
    for (size_t what = 0; what < WAYS; what++) {
        size_t found = 0;
        for (size_t i = 0; i < BATCH; i++) {
            token_of(next() % (2 * cnt), token[i]);
            value[i] = revoked_value(token[i]);
            big[i] = __builtin_bswap64(value[i]);
        }
        double at = ns();
        for (size_t i = 0; i < BATCH; i++)
            if (what == 0)
                found += revoked_has(r, revoked_value(token[i]));
            else if (what == 1)
                found += revoked_has(r, value[i]);
            else
                found += bsearch(&big[i], r->file + REVOKED_HEADER, r->count, REVOKED_VALUE, by_bytes) != NULL;
        took[what][batches] = (ns() - at) / BATCH;
        if (!found || found == BATCH)
            exit(1);
    }
    batches++;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, batches, sizeof *v, by_size);
    return v[batches / 2];
}

static void files(const struct revoked *r, uint64_t *values, size_t cnt)
{
    struct revoked again, to;
    struct revoked_delta d;
    struct buf delta, out, target;
    buf_init(&delta, 1 << 20);
    buf_init(&out, r->len + 4096);
    buf_init(&target, r->len + 4096);
    double at = ns();
    revoked_open(r->file, r->len, &again);
    printf("%.2f ", (ns() - at) / 1e6);
    for (size_t i = 0; i < 50; i++)
        values[i * (cnt / 50)] = next();
    if (revoked_build(values, cnt, to_buf, &target) || revoked_open(target.data, target.len, &to) ||
        revoked_delta_build(r, &to, to_buf, &delta) || revoked_delta_open(delta.data, delta.len, &d))
        exit(3);
    at = ns();
    if (revoked_apply(r, &d, to_buf, &out))
        exit(3);
    printf("%.2f\n", (ns() - at) / 1e6);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    size_t cnt = strtoul(argv[1], NULL, 10), lookups = strtoul(argv[2], NULL, 10);
    uint64_t *values = malloc(cnt * sizeof *values);
    uint8_t token[CARD_TOKEN];
    if (!values || cnt < 100 || lookups < BATCH)
        return 3;
    for (size_t i = 0; i < cnt; i++) {
        token_of(i, token);
        values[i] = revoked_value(token);
    }
    struct revoked r = mapped(values, cnt);
    for (size_t i = 0; i < lookups / BATCH && i < BATCHES_MAX; i++)
        batch(&r, cnt);
    for (int what = 0; what < WAYS; what++)
        printf("%.0f ", median(took[what]));
    files(&r, values, cnt);
    return 0;
}
