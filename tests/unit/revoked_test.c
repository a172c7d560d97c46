/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/revoked.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next(void)
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static enum err collect(void *ctx, const void *p, size_t n)
{
    assert_true(n > 0);
    return buf_add(ctx, p, n);
}

static struct buf file_of(uint64_t *values, size_t cnt)
{
    struct buf b;
    buf_init(&b, 64u << 20);
    assert_int_equal(revoked_build(values, cnt, collect, &b), ERR_OK);
    return b;
}

static struct revoked opened(const struct buf *b)
{
    struct revoked r = {0};
    assert_int_equal(revoked_open(b->data, b->len, &r), ERR_OK);
    return r;
}

static bool contains(const uint64_t *values, size_t cnt, uint64_t v)
{
    for (size_t i = 0; i < cnt; i++)
        if (values[i] == v)
            return true;
    return false;
}

static void finds_what_is_there_and_nothing_else(void **state)
{
    uint64_t v[64];
    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t cnt = next() % 64;
        uint64_t mask = round % 3 ? UINT64_MAX : 0xff; /* crowded at one end, too */
        for (size_t i = 0; i < cnt; i++)
            v[i] = next() & mask;
        if (cnt > 2 && round % 5 == 0) {
            v[0] = 0;
            v[1] = UINT64_MAX;
        }
        struct buf b = file_of(v, cnt);
        struct revoked r = opened(&b);
        assert_true(r.count <= cnt && r.len == REVOKED_HEADER + r.count * REVOKED_VALUE);
        for (size_t i = 0; i < cnt; i++) {
            assert_true(revoked_has(&r, v[i]));
            uint64_t near[] = {v[i] + 1, v[i] - 1, next() & mask};
            for (size_t k = 0; k < 3; k++)
                assert_int_equal(revoked_has(&r, near[k]), contains(v, cnt, near[k]));
        }
        assert_int_equal(revoked_has(&r, 0), contains(v, cnt, 0));
        assert_int_equal(revoked_has(&r, UINT64_MAX), contains(v, cnt, UINT64_MAX));
        buf_release(&b);
    }
}

static void a_file_is_whole_or_refused(void **state)
{
    uint64_t v[] = {30, 10, 20, 20};
    struct buf b = file_of(v, 4);
    struct revoked r = {0}, untouched = {0};
    uint8_t *copy = malloc(b.len + 8);
    (void)state;
    assert_int_equal(b.len, REVOKED_HEADER + 3 * 8); /* 20 once */
    memcpy(copy, b.data, b.len);
    assert_int_equal(revoked_open(copy, b.len, &r), ERR_OK);
    assert_true(r.count == 3);
    r = untouched;
    assert_int_equal(revoked_open(copy, b.len - 1, &r), ERR_BAD_VALUE);
    assert_int_equal(revoked_open(copy, b.len - 8, &r), ERR_BAD_VALUE); /* the header's count says more */
    assert_int_equal(revoked_open(copy, b.len + 8, &r), ERR_BAD_VALUE);
    assert_int_equal(revoked_open(copy, REVOKED_HEADER - 1, &r), ERR_BAD_VALUE);
    assert_int_equal(revoked_open(copy, 0, &r), ERR_BAD_VALUE);
    for (size_t i = 0; i < REVOKED_HEADER; i++) {
        copy[i] ^= 1;
        assert_int_equal(revoked_open(copy, b.len, &r), ERR_BAD_VALUE);
        copy[i] ^= 1;
    }
    memcpy(copy + REVOKED_HEADER + 8, copy + REVOKED_HEADER, 8); /* twice the same */
    assert_int_equal(revoked_open(copy, b.len, &r), ERR_BAD_VALUE);
    copy[REVOKED_HEADER + 8] = 0xff; /* descending */
    assert_int_equal(revoked_open(copy, b.len, &r), ERR_BAD_VALUE);
    assert_memory_equal(&r, &untouched, sizeof r);
    free(copy);
    buf_release(&b);
}

/* Two random lists; the delta between them, applied, gives the second byte for byte. */
static void deltas_lead_from_one_to_the_other(void **state)
{
    static uint64_t one[3000], two[3000];
    (void)state;
    for (int round = 0; round < 300; round++) {
        size_t n = next() % (round % 7 ? 40 : 3000), m = 0;
        for (size_t i = 0; i < n; i++) {
            one[i] = next() % (round % 2 ? 5000 : UINT64_MAX);
            if (next() % 4)
                two[m++] = one[i];
        }
        for (size_t more = next() % 8; more && m < 3000; more--)
            two[m++] = next() % 5000;
        struct buf a = file_of(one, n), b = file_of(two, m), d, got;
        struct revoked from = opened(&a), to = opened(&b);
        struct revoked_delta delta = {0};
        buf_init(&d, 1 << 20);
        buf_init(&got, 1 << 20);
        assert_int_equal(revoked_delta_build(&from, &to, collect, &d), ERR_OK);
        assert_int_equal(revoked_delta_open(d.data, d.len, &delta), ERR_OK);
        assert_true(from.count + delta.add_cnt - delta.remove_cnt == to.count);
        assert_int_equal(revoked_apply(&from, &delta, collect, &got), ERR_OK);
        assert_int_equal(got.len, b.len);
        assert_memory_equal(got.data, b.data, b.len);
        if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0) {
            buf_reset(&got);
            assert_int_equal(revoked_apply(&to, &delta, collect, &got), ERR_BAD_VALUE); /* made for another file */
            assert_int_equal(got.len, 0);
        }
        buf_release(&a);
        buf_release(&b);
        buf_release(&d);
        buf_release(&got);
    }
}

static struct buf small_delta(struct buf *base)
{
    uint64_t one[] = {10, 20, 30}, two[] = {10, 25, 30, 40};
    struct buf to = file_of(two, 4), d;
    *base = file_of(one, 3);
    struct revoked from = opened(base), target = opened(&to);
    buf_init(&d, 4096);
    assert_int_equal(revoked_delta_build(&from, &target, collect, &d), ERR_OK);
    buf_release(&to);
    return d;
}

static enum err applied(const struct buf *base, const struct buf *d)
{
    struct revoked from = opened(base);
    struct revoked_delta delta;
    struct buf out;
    buf_init(&out, 4096);
    enum err e = revoked_delta_open(d->data, d->len, &delta);
    if (!e)
        e = revoked_apply(&from, &delta, collect, &out);
    buf_release(&out);
    return e;
}

static void a_changed_delta_is_refused_wherever_it_was_changed(void **state)
{
    struct buf base, d = small_delta(&base);
    (void)state;
    assert_int_equal(applied(&base, &d), ERR_OK);
    for (size_t i = 0; i < d.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            d.data[i] ^= (uint8_t)(1 << bit);
            if (applied(&base, &d) != ERR_BAD_VALUE)
                fail_msg("byte %zu, bit %d", i, bit);
            d.data[i] ^= (uint8_t)(1 << bit);
        }
    for (size_t len = 0; len < d.len; len++) {
        struct revoked_delta delta;
        assert_int_equal(revoked_delta_open(d.data, len, &delta), ERR_BAD_VALUE);
    }
    buf_release(&base);
    buf_release(&d);
}

/* Even where the rest would not mind. */
static void nothing_is_both_added_and_removed(void **state)
{
    struct buf base, d = small_delta(&base); /* adds 25 and 40, removes 20 */
    struct revoked_delta delta;
    (void)state;
    memcpy(d.data + REVOKED_DELTA_HEADER + 16, d.data + REVOKED_DELTA_HEADER, REVOKED_VALUE);
    assert_int_equal(revoked_delta_open(d.data, d.len, &delta), ERR_BAD_VALUE);
    buf_release(&base);
    buf_release(&d);
}

static enum err only_so_much(void *ctx, const void *p, size_t n)
{
    (void)p;
    size_t *left = ctx;
    if (n > *left)
        return ERR_DISK_FULL;
    *left -= n;
    return ERR_OK;
}

static void a_full_disk_is_told(void **state)
{
    struct buf base, d = small_delta(&base);
    struct revoked from = opened(&base);
    struct revoked_delta delta;
    size_t left = 10;
    uint64_t v[1000];
    (void)state;
    assert_int_equal(revoked_delta_open(d.data, d.len, &delta), ERR_OK);
    assert_int_equal(revoked_apply(&from, &delta, only_so_much, &left), ERR_DISK_FULL);
    for (size_t i = 0; i < 1000; i++)
        v[i] = i;
    left = 4096;
    assert_int_equal(revoked_build(v, 1000, only_so_much, &left), ERR_DISK_FULL);
    buf_release(&base);
    buf_release(&d);
}

/* A million values, spread out and all in one corner. */
static void a_million_values(void **state)
{
    enum { N = 1000000 };
    uint64_t *v = malloc(N * sizeof *v);
    (void)state;
    for (int crowded = 0; crowded < 2; crowded++) {
        for (size_t i = 0; i < N; i++)
            v[i] = crowded ? (i < N - 1 ? i : UINT64_MAX) : next();
        struct buf b = file_of(v, N);
        struct revoked r = opened(&b);
        for (size_t i = 0; i < N; i += 37)
            assert_true(revoked_has(&r, v[i]));
        if (crowded)
            assert_false(revoked_has(&r, UINT64_MAX - 1));
        buf_release(&b);
    }
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_what_is_there_and_nothing_else),
        cmocka_unit_test(a_file_is_whole_or_refused), cmocka_unit_test(deltas_lead_from_one_to_the_other),
        cmocka_unit_test(a_changed_delta_is_refused_wherever_it_was_changed),
        cmocka_unit_test(nothing_is_both_added_and_removed), cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_million_values)};
    const char *given = getenv("SEED");
    seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
