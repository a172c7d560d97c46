/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/file.h"
#include "base/tm.h"
#include "client/ports/printer_list.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define NOW INT64_C(1793081100000)

static char dir[] = "/tmp/huika-list-XXXXXX", path[64];

/* A sale of that time. */
static void sale(int64_t at_ms, unsigned n, char out[static ULID_LEN + 1])
{
    uint8_t id[ULID_SIZE] = {0};
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(at_ms >> (40 - 8 * i));
    id[14] = (uint8_t)(n >> 8);
    id[15] = (uint8_t)n;
    ulid_encode(id, out);
}

static struct printer_list *open_list(void)
{
    struct printer_list *l = NULL;
    assert_int_equal(printer_list_open(path, NOW, &l), ERR_OK);
    return l;
}

static struct printer_list *open_copy(void)
{
    struct printer_list *l = NULL;
    char copy[80];
    struct buf b;
    buf_init(&b, 1 << 20);
    snprintf(copy, sizeof copy, "%s.copy", path);
    assert_int_equal(file_read(path, &b), ERR_OK);
    assert_int_equal(file_write(copy, b.data, b.len, 0600), ERR_OK);
    buf_release(&b);
    assert_int_equal(printer_list_open(copy, NOW, &l), ERR_OK);
    unlink(copy);
    return l;
}

static void write_file(const char *text, size_t n)
{
    assert_int_equal(file_write(path, text, n, 0600), ERR_OK);
}

static size_t count(const struct printer_list *l)
{
    size_t n = 0;
    while (printer_list_get(l, n))
        n++;
    return n;
}

static int setup(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void what_is_due_outlives_the_program(void **state)
{
    char a[ULID_LEN + 1], b[ULID_LEN + 1];
    struct stat st;
    (void)state;
    sale(NOW, 1, a);
    sale(NOW, 2, b);
    struct printer_list *l = open_list();
    assert_int_equal(stat(path, &st), -1); /* a shop without a printer gets no file */
    assert_int_equal(printer_list_add(l, a), ERR_OK);
    assert_int_equal(printer_list_add(l, b), ERR_OK);
    assert_int_equal(printer_list_remove(l, a), ERR_OK);
    assert_int_equal(printer_list_remove(l, a), ERR_OK);
    printer_list_close(&l);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    l = open_list();
    assert_string_equal(printer_list_get(l, 0), b);
    assert_int_equal(count(l), 1);
    assert_false(printer_list_has(l, a));
    printer_list_close(&l);
}

static void half_a_line_is_no_line(void **state)
{
    char a[ULID_LEN + 1], b[ULID_LEN + 1], text[256];
    (void)state;
    sale(NOW, 1, a);
    sale(NOW, 2, b);
    int n = snprintf(text, sizeof text, "+%s\n?%s\n+nonsense\n\n-%s\n+%s\n-%.10s", a, b, b, b, a);
    for (int cut = n; cut > n - 11; cut--) { /* wherever in its last line it was cut off */
        write_file(text, (size_t)cut);
        struct printer_list *l = open_list();
        assert_int_equal(count(l), 2);
        assert_int_equal(printer_list_remove(l, a), ERR_OK);
        printer_list_close(&l);
        l = open_list();
        assert_int_equal(count(l), 1);
        assert_string_equal(printer_list_get(l, 0), b);
        printer_list_close(&l);
    }
}

static void the_oldest_gives_way_and_the_stale_is_forgotten(void **state)
{
    char id[ULID_LEN + 1], old[ULID_LEN + 1];
    (void)state;
    sale(NOW - PRINTER_LIST_DAYS * TM_DAY_MS, 0, old);
    struct printer_list *l = open_list();
    assert_int_equal(printer_list_add(l, old), ERR_OK);
    for (unsigned i = 1; i < PRINTER_LIST_MAX; i++) {
        sale(NOW, i, id);
        assert_int_equal(printer_list_add(l, id), ERR_OK);
    }
    assert_string_equal(printer_list_get(l, 0), old);
    printer_list_close(&l);
    l = open_list();
    assert_int_equal(count(l), PRINTER_LIST_MAX - 1);
    assert_false(printer_list_has(l, old));
    sale(NOW, 100, id);
    assert_int_equal(printer_list_add(l, id), ERR_OK);
    assert_int_equal(count(l), PRINTER_LIST_MAX);
    assert_int_equal(printer_list_add(l, id), ERR_OK); /* a reprint: once */
    assert_int_equal(count(l), PRINTER_LIST_MAX);
    sale(NOW, 101, id);
    assert_int_equal(printer_list_add(l, id), ERR_OK);
    assert_int_equal(count(l), PRINTER_LIST_MAX);
    sale(NOW, 1, id);
    assert_false(printer_list_has(l, id));
    printer_list_close(&l);
}

/* A year of receipts leaves a small file, and one that says the truth at every moment. */
static void it_does_not_grow(void **state)
{
    char id[ULID_LEN + 1];
    struct stat st;
    (void)state;
    struct printer_list *l = open_list();
    for (unsigned i = 0; i < 1000; i++) {
        sale(NOW, i, id);
        assert_int_equal(printer_list_add(l, id), ERR_OK);
        struct printer_list *other = open_copy(); /* as after a power cut */
        assert_true(printer_list_has(other, id));
        assert_int_equal(count(other), 1);
        printer_list_close(&other);
        assert_int_equal(printer_list_remove(l, id), ERR_OK);
    }
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < 4096);
    printer_list_close(&l);
}

static void only_sales(void **state)
{
    (void)state;
    struct printer_list *l = open_list();
    assert_int_equal(printer_list_add(l, "test"), ERR_BAD_VALUE);
    assert_int_equal(printer_list_add(l, ""), ERR_BAD_VALUE);
    assert_int_equal(printer_list_add(l, "01KJVX8N00ABCDEFGHJKMNPQRSX"), ERR_BAD_VALUE);
    assert_int_equal(count(l), 0);
    printer_list_close(&l);
}

static void a_list_that_cannot_be_kept_says_so(void **state)
{
    char id[ULID_LEN + 1], nowhere[96];
    struct printer_list *l = NULL;
    (void)state;
    sale(NOW, 1, id);
    snprintf(nowhere, sizeof nowhere, "%s/none/unprinted", dir);
    assert_int_equal(printer_list_open(nowhere, NOW, &l), ERR_OK);
    assert_int_not_equal(printer_list_add(l, id), ERR_OK);
    assert_true(printer_list_has(l, id));
    printer_list_close(&l);
    assert_int_not_equal(printer_list_open(dir, NOW, &l), ERR_OK);
    assert_null(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(what_is_due_outlives_the_program, setup),
        cmocka_unit_test_setup(half_a_line_is_no_line, setup),
        cmocka_unit_test_setup(the_oldest_gives_way_and_the_stale_is_forgotten, setup),
        cmocka_unit_test_setup(it_does_not_grow, setup), cmocka_unit_test_setup(only_sales, setup),
        cmocka_unit_test_setup(a_list_that_cannot_be_kept_says_so, setup)};
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/unprinted", dir);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(dir);
    return failed;
}
