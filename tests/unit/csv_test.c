/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Reads `len` bytes and renders them: fields in <>, one record per line with its number, "bad" for bad ones. */
static char *render(struct csv *c)
{
    struct csv_record r;
    enum csv_got got;
    char *out = NULL;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    while ((got = csv_next(c, &r)) == CSV_RECORD || got == CSV_BAD) {
        fprintf(f, "%d:", (int)r.line);
        if (got == CSV_BAD)
            fputs("bad", f);
        for (size_t i = 0; i < r.cnt; i++)
            fprintf(f, "<%.*s>", (int)r.field[i].len, r.field[i].p);
        fputc('|', f);
    }
    fputs(got == CSV_FAILED ? "failed" : "end", f);
    fclose(f);
    csv_release(c);
    return out;
}

/* A source that hands out a few bytes at a time and may fail at the end. */
struct drip {
    const char *p;
    size_t len, step;
    int fail;
};

static ssize_t drip(void *ctx, char *p, size_t n)
{
    struct drip *d = ctx;
    size_t k = d->len < d->step ? d->len : d->step;
    if (!k)
        return d->fail ? -1 : 0;
    k = k < n ? k : n;
    memcpy(p, d->p, k);
    d->p += k;
    d->len -= k;
    return (ssize_t)k;
}

static void reads_n(const char *text, size_t len, const char *want)
{
    struct csv c;
    assert_int_equal(csv_init_memory(&c, text, len, 1), ERR_OK);
    char *got = render(&c);
    assert_string_equal(got, want);
    free(got);
    for (size_t step = 1; step < 8; step++) {
        struct drip d = {text, len, step, 0};
        assert_int_equal(csv_init_stream(&c, drip, &d), ERR_OK);
        got = render(&c);
        assert_string_equal(got, want);
        free(got);
    }
}

static void reads(const char *text, const char *want)
{
    reads_n(text, strlen(text), want);
}

static void good_lists(void **state)
{
    (void)state;
    reads("", "end");
    reads("a", "1:<a>|end");
    reads("a,b\nc,d\n", "1:<a><b>|2:<c><d>|end");
    reads("a,b\r\nc,d\r\n", "1:<a><b>|2:<c><d>|end");
    reads("a,b\r\nc,d\r", "1:<a><b>|2:<c><d>|end");
    reads(",\n", "1:<><>|end");
    reads("a,,c,\n", "1:<a><><c><>|end");
    reads("\n\r\n\na\n\n", "4:<a>|end");
    reads("会员,姓名\n张三,\"李,四\"\n", "1:<会员><姓名>|2:<张三><李,四>|end");
    reads(" a , b \n", "1:< a >< b >|end");
    reads("\"a\",\"b\"\n\"\"", "1:<a><b>|2:<>|end");
    reads("\"a\nb\r\nc\",d\ne", "1:<a\nb\r\nc><d>|4:<e>|end");
    reads("\"a\"\"b\"\n\"\"\"\"\n\"\"\"a\"\"\",\"\"\"\"\"\"\n", "1:<a\"b>|2:<\">|3:<\"a\"><\"\">|end");
    reads("\"x\"", "1:<x>|end");
}

static void bad_lines_do_not_spoil_the_next(void **state)
{
    (void)state;
    reads("a\"b,c\nd\n", "1:bad|2:<d>|end");
    reads("\"a\"b,c\nd\n", "1:bad|2:<d>|end");
    reads("\"a\" ,c\nd\n", "1:bad|2:<d>|end");
    reads("a\n\"b\nc\nd\n", "1:<a>|2:bad|3:<c>|4:<d>|end");
    reads("a\n\"b", "1:<a>|2:bad|end");
    reads("a\rb\nc\n", "1:bad|2:<c>|end");
    reads_n("a\0b\nc\n", 6, "1:bad|2:<c>|end");
    reads_n("\"a\0b\"\nc\n", 8, "1:bad|2:<c>|end");
    reads("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32\nx",
        "1:<1><2><3><4><5><6><7><8><9><10><11><12><13><14><15><16><17><18><19><20><21><22><23><24><25><26><27><28><29><"
        "30><31><32>|2:<x>|end");
    reads("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33\nx",
        "1:bad|2:<x>|end");
}

static void raw_lines_add_up_to_the_source(void **state)
{
    static const char text[] = "a,b\r\n\"c\nd\",e\nbad\"x\n\"f\"\"g\"";
    static const char *const want[] = {"a,b\r\n", "\"c\nd\",e\n", "bad\"x\n", "\"f\"\"g\""};
    struct csv c;
    struct csv_record r;
    (void)state;
    assert_int_equal(csv_init_memory(&c, text, strlen(text), 100), ERR_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(csv_next(&c, &r), i == 2 ? CSV_BAD : CSV_RECORD);
        assert_int_equal(r.raw_len, strlen(want[i]));
        assert_memory_equal(r.raw, want[i], r.raw_len);
    }
    assert_int_equal(r.line, 104);
    assert_int_equal(csv_next(&c, &r), CSV_END);
    assert_int_equal(csv_next(&c, &r), CSV_END);
    csv_release(&c);
}

/* One line of `len` bytes, then a good one, from memory and from a stream. */
static void long_line(size_t len, bool quoted, bool good)
{
    char *text = malloc(len + 8);
    struct csv c;
    struct csv_record r;
    memset(text, 'x', len);
    if (quoted)
        text[0] = text[len - 1] = '"';
    memcpy(text + len, "\nok\n", 5);
    for (int stream = 0; stream < 2; stream++) {
        struct drip d = {text, len + 4, 1000, 0};
        assert_int_equal(stream ? csv_init_stream(&c, drip, &d) : csv_init_memory(&c, text, len + 4, 1), ERR_OK);
        assert_int_equal(csv_next(&c, &r), good ? CSV_RECORD : CSV_BAD);
        assert_int_equal(r.line, 1);
        assert_true(r.raw_len <= CSV_RECORD_MAX);
        assert_int_equal(csv_next(&c, &r), CSV_RECORD);
        assert_int_equal(r.line, 2);
        assert_int_equal(r.field[0].len, 2);
        assert_memory_equal(r.field[0].p, "ok", 2);
        assert_int_equal(csv_next(&c, &r), CSV_END);
        csv_release(&c);
    }
    free(text);
}

static void records_are_bounded(void **state)
{
    (void)state;
    for (int quoted = 0; quoted < 2; quoted++) {
        long_line(CSV_RECORD_MAX - 1, quoted, true);
        long_line(CSV_RECORD_MAX + 1, quoted, false);
        long_line(10 * CSV_RECORD_MAX, quoted, false);
    }
}

static void failing_source(void **state)
{
    struct drip d = {"a\nb", 3, 2, 1};
    struct csv c;
    struct csv_record r;
    (void)state;
    assert_int_equal(csv_init_stream(&c, drip, &d), ERR_OK);
    enum csv_got got;
    while ((got = csv_next(&c, &r)) == CSV_RECORD)
        ;
    assert_int_equal(got, CSV_FAILED);
    assert_int_equal(csv_next(&c, &r), CSV_FAILED);
    csv_release(&c);
    csv_release(&c);
}

/* Random fields, written by RFC 4180's rules, come back as they were; the seed is printed. */
static void random_lists_come_back(void **state)
{
    enum { RECORDS = 3000, FIELDS = 5, LEN = 12 };
    static char want[RECORDS][FIELDS][LEN + 1];
    static const char alphabet[] = "ab,\"\n\r 惠";
    unsigned seed = (unsigned)time(NULL);
    char *text;
    size_t len;
    struct csv c;
    struct csv_record r;
    (void)state;
    print_message("seed %u\n", seed);
    FILE *f = open_memstream(&text, &len);
    for (int i = 0; i < RECORDS; i++)
        for (int k = 0; k < FIELDS; k++) {
            size_t n = (size_t)rand_r(&seed) % LEN;
            for (size_t j = 0; j < n; j++)
                want[i][k][j] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
            bool quote = strpbrk(want[i][k], ",\"\n\r") || rand_r(&seed) % 4 == 0 || (k == 0 && !n);
            if (quote)
                fputc('"', f);
            for (size_t j = 0; j < n; j++)
                fputs(want[i][k][j] == '"' ? "\"\"" : (char[]){want[i][k][j], 0}, f);
            if (quote)
                fputc('"', f);
            fputs(k + 1 < FIELDS ? "," : rand_r(&seed) % 2 ? "\n" : "\r\n", f);
        }
    fclose(f);
    struct drip d = {text, len, 777, 0};
    assert_int_equal(csv_init_stream(&c, drip, &d), ERR_OK);
    for (int i = 0; i < RECORDS; i++) {
        assert_int_equal(csv_next(&c, &r), CSV_RECORD);
        assert_int_equal(r.cnt, FIELDS);
        for (int k = 0; k < FIELDS; k++) {
            assert_int_equal(r.field[k].len, strlen(want[i][k]));
            assert_memory_equal(r.field[k].p, want[i][k], r.field[k].len);
        }
    }
    assert_int_equal(csv_next(&c, &r), CSV_END);
    csv_release(&c);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good_lists), cmocka_unit_test(bad_lines_do_not_spoil_the_next),
        cmocka_unit_test(raw_lines_add_up_to_the_source), cmocka_unit_test(records_are_bounded),
        cmocka_unit_test(failing_source), cmocka_unit_test(random_lists_come_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
