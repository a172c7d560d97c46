/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"
#include "client/admin/import.h"
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/huika-import-XXXXXX";

static void put(const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void put_gb18030(const char *utf8)
{
    char out[4096], *in = strdup(utf8), *from = in, *to = out;
    size_t left = strlen(utf8), room = sizeof out;
    iconv_t cd = iconv_open("GB18030", "UTF-8");
    assert_true(cd != (iconv_t)-1);
    assert_int_equal(iconv(cd, &from, &left, &to, &room), 0);
    iconv_close(cd);
    free(in);
    put(out, sizeof out - room);
}

/* The whole file as one chunk. */
static void one_chunk(struct import_chunk *c, enum import_encoding encoding)
{
    struct import_file *f = NULL;
    struct import_chunk rest;
    import_chunk_init(c);
    import_chunk_init(&rest);
    assert_int_equal(import_open(&f, path), ERR_OK);
    assert_int_equal(import_encoding_of(f), encoding);
    assert_int_equal(import_next(f, IMPORT_CHUNK_MAX, c), ERR_OK);
    assert_int_equal(c->read_to, import_size(f));
    assert_int_equal(import_next(f, IMPORT_CHUNK_MAX, &rest), ERR_OK);
    assert_int_equal(rest.text.len + rest.reject_cnt, 0);
    import_chunk_release(&rest);
    import_free(&f);
    assert_null(f);
}

static void expect(const char *text, uint64_t line, uint64_t records)
{
    struct import_chunk c;
    one_chunk(&c, IMPORT_UTF8);
    assert_string_equal(buf_str(&c.text), text);
    assert_int_equal(c.line, line);
    assert_int_equal(c.records, records);
    assert_int_equal(c.reject_cnt, 0);
    import_chunk_release(&c);
}

static void puts_file(const char *s)
{
    put(s, strlen(s));
}

/* No card by its length, for a card is taken once. */
#define ONE "62001,张建涛,410100,active\n"
#define TWO "6200000000000002,\"王,\"\"二\n三\",410100,active\r\n"

static void with_and_without_header_and_mark(void **state)
{
    (void)state;
    puts_file(ONE TWO);
    expect(ONE TWO, 1, 2);
    puts_file("card_number,name,org,status\n" ONE TWO);
    expect(ONE TWO, 2, 2);
    puts_file("\xef\xbb\xbf"
              "Card_Number,name,org,status,legacy_id\r\n" ONE);
    expect(ONE, 2, 1);
    puts_file("\xef\xbb\xbf卡号,姓名,工会,状态\n" TWO "6200000000000003,李,410100,left");
    expect(TWO "6200000000000003,李,410100,left", 2, 2);
    puts_file("");
    expect("", 0, 0);
    puts_file("card_number,name,org,status\n");
    expect("", 0, 0);
}

static void the_header_says_which_column_is_which(void **state)
{
    (void)state;
    /* What is no column of ours is left out, with its line ends: lines keep their numbers. */
    puts_file("状态,备注,姓名,工会,卡号\nactive,\"two\nlines\",\"王,\"\"二\",410100,62001\nlost,,李,410100,62002\n");
    expect("\"62001\",\"王,\"\"二\",\"410100\",\"active\"\n\n\"62002\",\"李\",\"410100\",\"lost\"\n", 2, 2);
    puts_file("legacy_id,card_number,name,org,status\nL-1,62001,a,410100,active\n");
    expect("\"62001\",\"a\",\"410100\",\"active\",\"L-1\"\n", 2, 1);
    puts_file("card_number,name,org,status,phone\n62001,a,410100,active,1\n");
    expect("\"62001\",\"a\",\"410100\",\"active\"\n", 2, 1);
}

static void bad_lines_of_other_columns(void **state)
{
    struct import_chunk c;
    (void)state;
    puts_file("name,org,status,card_number\na,410100,active,6200000000000001\nb,410100,active\n"
              "c,410100,lost,6200000000000001\n\"d,410100,lost,6200000000000002\n");
    one_chunk(&c, IMPORT_UTF8);
    import_sort_rejects(&c);
    assert_string_equal(buf_str(&c.text), "\"6200000000000001\",\"a\",\"410100\",\"active\"\n");
    assert_int_equal(c.reject_cnt, 3);
    assert_int_equal(c.rejects[0].reason, ERR_BAD_CSV);
    assert_string_equal(c.rejects[0].last4, "");
    assert_int_equal(c.rejects[1].reason, ERR_DUPLICATE_CARD);
    assert_string_equal(c.rejects[1].last4, "0001");
    assert_int_equal(c.rejects[2].reason, ERR_BAD_CSV);
    assert_int_equal(c.rejects[2].line, 5);
    assert_string_equal(c.rejects[2].last4, "");
    import_chunk_release(&c);
}

static void a_header_without_our_columns_is_refused(void **state)
{
    static const char *const bad[] = {"name,card_number,org\n", "card_number,name\n",
        "card_number,name,org,status,name\n", "card_number;name;org;status\n", "card_number\tname\torg\tstatus\n",
        "卡号;姓名;工会;状态\n"};
    struct import_file *f = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        puts_file(bad[i]);
        assert_int_equal(import_open(&f, path), ERR_BAD_COLUMNS);
    }
    assert_null(f);
    assert_int_equal(import_open(&f, "/nonexistent/list.csv"), ERR_NOT_FOUND);
    assert_int_equal(import_open(&f, "/dev/null"), ERR_IO);
}

static void blank_lines_keep_their_numbers(void **state)
{
    (void)state;
    puts_file("\n\n" ONE "\n\r\n" TWO "\n" ONE "\n\n");
    expect(ONE "\n\n" TWO "\n" ONE, 3, 3);
}

static void gb18030_is_found(void **state)
{
    struct import_chunk c;
    (void)state;
    put_gb18030("卡号,姓名,工会,状态\n" ONE TWO "6200000000000003,𠮷田,410100,active\n");
    one_chunk(&c, IMPORT_GB18030);
    assert_string_equal(buf_str(&c.text), ONE TWO "6200000000000003,𠮷田,410100,active\n");
    assert_int_equal(c.line, 2);
    import_chunk_release(&c);
}

static void what_fits_no_encoding_is_refused(void **state)
{
    struct import_file *f = NULL;
    (void)state;
    puts_file("6200000000000001,\xff\xfe\xff,410100,active\n6200000000000002,\xff,410100,active\n");
    assert_int_equal(import_open(&f, path), ERR_BAD_ENCODING);
    put("\xff\xfe"
        "6\0002\0",
        6);
    assert_int_equal(import_open(&f, path), ERR_BAD_ENCODING);
    assert_null(f);
}

/* One damaged name must not turn all others into other characters, nor be taken itself. */
static void one_bad_line_spoils_no_other(void **state)
{
    struct import_chunk c;
    (void)state;
    puts_file(ONE "6200000000000008,\xd5\xc5,410100,active\n" ONE
                  "\n\"6200 0000-0000 0009\",\xe5\xbc,410100,active\nx,\xff,y,z\n" ONE ONE ONE);
    one_chunk(&c, IMPORT_UTF8);
    assert_string_equal(buf_str(&c.text), ONE "\n" ONE "\n\n\n" ONE ONE ONE);
    assert_int_equal(c.reject_cnt, 3);
    assert_int_equal(c.rejects[0].line, 2);
    assert_int_equal(c.rejects[0].reason, ERR_BAD_ENCODING);
    assert_string_equal(c.rejects[0].last4, "0008");
    assert_int_equal(c.rejects[1].line, 5);
    assert_string_equal(c.rejects[1].last4, "0009");
    assert_int_equal(c.rejects[2].line, 6);
    assert_string_equal(c.rejects[2].last4, "");
    import_chunk_release(&c);
}

static void a_line_that_is_no_csv(void **state)
{
    struct import_chunk c;
    (void)state;
    puts_file(ONE "6200000000000007,\"open,410100,active\n" ONE);
    one_chunk(&c, IMPORT_UTF8);
    assert_string_equal(buf_str(&c.text), ONE "\n" ONE);
    assert_int_equal(c.reject_cnt, 1);
    assert_int_equal(c.rejects[0].line, 2);
    assert_int_equal(c.rejects[0].reason, ERR_BAD_CSV);
    assert_string_equal(c.rejects[0].last4, "0007");
    import_chunk_release(&c);
}

/* Blocks of the file end anywhere within a character. */
static void characters_across_blocks(void **state)
{
    static const char *const words[] = {
        "张", "\xd5\xc5", "\x95\x32\x82\x36"}; /* UTF-8; GB18030 of two and of four bytes */
    struct import_chunk c;
    (void)state;
    for (size_t w = 0; w < 3; w++)
        for (int shift = 0; shift < 4; shift++) {
            FILE *out = fopen(path, "wb");
            assert_non_null(out);
            fprintf(out, "%.*s,", shift, "6666");
            for (int i = 0; i < 60000; i++)
                fprintf(out, "%s%s", words[w], i % 200 == 199 ? "\n" : "");
            assert_int_equal(fclose(out), 0);
            one_chunk(&c, w ? IMPORT_GB18030 : IMPORT_UTF8);
            assert_int_equal(c.reject_cnt, 0);
            assert_int_equal(c.records, 300);
            assert_int_equal(c.text.len, (size_t)shift + 1 + 60000U * (w == 2 ? 4 : 3) + 300);
            import_chunk_release(&c);
        }
}

enum { MANY = 12000 };

/* Every line arrives once, under its own number, whatever the chunk's size; records are never cut. */
static void chunks_hold_whole_records(void **state)
{
    struct import_file *f = NULL;
    struct import_chunk c;
    struct csv csv;
    struct csv_record r;
    uint64_t expected = 0, chunks = 0;
    (void)state;
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    for (int i = 0; i < MANY; i++)
        fprintf(out, "62000000%08d,\"张\n%d\",410100,active\n%s", i, i, i % 7 ? "" : "\n");
    assert_int_equal(fclose(out), 0);
    import_chunk_init(&c);
    assert_int_equal(import_open(&f, path), ERR_OK);
    while (import_next(f, CSV_RECORD_MAX, &c) == ERR_OK && c.records) {
        chunks++;
        assert_true(c.text.len <= CSV_RECORD_MAX);
        assert_int_equal(csv_init_memory(&csv, buf_str(&c.text), c.text.len, c.line), ERR_OK);
        while (csv_next(&csv, &r) == CSV_RECORD) {
            char number[17];
            snprintf(number, sizeof number, "62000000%08d", (int)expected);
            assert_memory_equal(r.field[0].p, number, 16);
            assert_int_equal(r.line, 1 + 2 * expected + (expected + 6) / 7);
            expected++;
        }
        csv_release(&csv);
    }
    assert_int_equal(expected, MANY);
    assert_true(chunks > 5);
    import_chunk_release(&c);
    import_free(&f);
}

/* Whichever chunk they come in, and however the number is written. */
static void a_card_named_twice_is_taken_once(void **state)
{
    struct import_chunk c;
    struct import_file *f = NULL;
    uint64_t records = 0, chunks = 0, rejects = 0;
    char line[96];
    enum { CARDS = 6000, AGAIN = 100 };
    (void)state;
    FILE *out = fopen(path, "w");
    for (int i = 0; i < CARDS + AGAIN; i++) {
        snprintf(line, sizeof line,
            i % 2 ? "620000000000%04d,a,410100,active\n" : "6200 0000 0000 %04d,a,410100,active\n",
            i < CARDS ? i : (i - CARDS) * 59);
        fputs(line, out);
    }
    fputs("62000000000000000,a,410100,active\n620000000000000000,a,410100,active\n", out); /* longer ones are others */
    assert_int_equal(fclose(out), 0);
    import_chunk_init(&c);
    assert_int_equal(import_open(&f, path), ERR_OK);
    while (!import_next(f, CSV_RECORD_MAX, &c) && c.text.len + c.reject_cnt) {
        chunks++;
        records += c.records;
        for (size_t i = 0; i < c.reject_cnt; i++) {
            assert_int_equal(c.rejects[i].reason, ERR_DUPLICATE_CARD);
            assert_int_equal(c.rejects[i].line, CARDS + 1 + rejects);
            snprintf(line, sizeof line, "%04d", (int)rejects++ * 59);
            assert_string_equal(c.rejects[i].last4, line);
        }
    }
    assert_true(chunks > 2);
    assert_int_equal(records, CARDS + 2);
    assert_int_equal(rejects, AGAIN);
    import_chunk_release(&c);
    import_free(&f);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(with_and_without_header_and_mark),
        cmocka_unit_test(the_header_says_which_column_is_which), cmocka_unit_test(bad_lines_of_other_columns),
        cmocka_unit_test(a_header_without_our_columns_is_refused), cmocka_unit_test(blank_lines_keep_their_numbers),
        cmocka_unit_test(gb18030_is_found), cmocka_unit_test(what_fits_no_encoding_is_refused),
        cmocka_unit_test(one_bad_line_spoils_no_other), cmocka_unit_test(a_line_that_is_no_csv),
        cmocka_unit_test(characters_across_blocks), cmocka_unit_test(chunks_hold_whole_records),
        cmocka_unit_test(a_card_named_twice_is_taken_once)};
    return cmocka_run_group_tests(tests, make_file, drop_file);
}
