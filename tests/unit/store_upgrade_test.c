/* SPDX-License-Identifier: Apache-2.0 */
/* A database of version 1 or 2 is brought up to date with what is in it; one of a later version is refused. */
#include "base/file.h"
#include "service/store/db.h"
#include "service/store/store_revoked.h"
#include "store_fixture.h"

static const uint8_t shop[STORE_ID] = {[15] = 0xaa}, terminal[STORE_ID] = {[15] = 0xbb};

/* f->path becomes the old database. */
static void make_old(const struct fixture *f, const char *more)
{
    struct buf sql;
    sqlite3 *db = NULL;
    buf_init(&sql, 1 << 20);
    assert_int_equal(file_read("tests/unit/store_v1.sql", &sql), ERR_OK);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, buf_str(&sql), NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, more, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    buf_release(&sql);
}

static int dir_up(void **state)
{
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_dir(f);
    *state = f;
    return 0;
}

static int dir_down(void **state)
{
    fixture_remove(*state);
    free(*state);
    return 0;
}

static enum err count(void *ctx, const uint8_t token[static CARD_TOKEN])
{
    (void)token;
    ++*(int *)ctx;
    return ERR_OK;
}

static void test_an_old_database_keeps_what_it_has(void **state)
{
    struct fixture *f = *state;
    struct store_tx *tx = NULL;
    struct store_terminal t;
    struct store_sales sums;
    enum standing then = STANDING_UNKNOWN;
    int revoked = 0;
    int64_t now = 0, made = 0;
    make_old(f, "");
    for (int again = 0; again < 2; again++) {
        revoked = 0;
        assert_int_equal(store_open(f->path, &f->s), ERR_OK);
        assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
        assert_int_equal(store_terminal_get(tx, terminal, &t), ERR_OK);
        assert_int_equal(t.number, 7);
        assert_int_equal(t.shop_version, 4);
        assert_int_equal(t.lease.version, 0);
        assert_int_equal(store_shop_standing_at(tx, shop, INT64_C(1740000000000), &then), ERR_OK);
        assert_int_equal(then, STANDING_LISTED);
        assert_int_equal(store_shop_standing_at(tx, shop, INT64_C(1750000000000), &then), ERR_OK);
        assert_int_equal(then, STANDING_DELISTED);
        assert_int_equal(store_sale_sums(tx, shop, 20138, &sums), ERR_OK);
        assert_int_equal(sums.total_fen, 10000);
        assert_int_equal(store_revoked_tokens(tx, count, &revoked), ERR_OK);
        assert_int_equal(revoked, 2); /* the lost card and the replaced one */
        assert_int_equal(store_revoked_changes(tx, &now, &made), ERR_OK);
        assert_true(now > made);
        store_read_end(&tx);
        store_close(&f->s);
    }
}

static void test_a_newer_database_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    make_old(f, "PRAGMA user_version = 4");
    assert_int_equal(store_open(f->path, &f->s), ERR_DB_NEWER);
}

/* As after a power cut in the middle: all of it or nothing. */
static void test_an_upgrade_that_fails_leaves_version_1(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    make_old(f, "CREATE TABLE admin_invitation(x)"); /* in the way of the last statement */
    assert_int_not_equal(store_open(f->path, &f->s), ERR_OK);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 0), 1);
    sqlite3_finalize(st);
    assert_int_not_equal(sqlite3_exec(db, "SELECT lease_version FROM terminal", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_old_database_keeps_what_it_has, dir_up, dir_down),
        cmocka_unit_test_setup_teardown(test_a_newer_database_is_refused_and_left_alone, dir_up, dir_down),
        cmocka_unit_test_setup_teardown(test_an_upgrade_that_fails_leaves_version_1, dir_up, dir_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
