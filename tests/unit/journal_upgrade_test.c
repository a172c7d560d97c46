/* SPDX-License-Identifier: Apache-2.0 */
/* A journal of an older version is taken over with its unsent sales; one of a later version is refused as it lies. */
#include "journal_fixture.h"
#include <sqlite3.h>

enum { SALES = 5 };

/* As version 1 laid it out, column for column. */
static const char version_1[] =
    "CREATE TABLE owner(id INTEGER PRIMARY KEY CHECK(id = 1), terminal BLOB NOT NULL);"
    "CREATE TABLE records(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at_ms INTEGER NOT NULL, hash BLOB NOT NULL,"
    " body TEXT NOT NULL, blob BLOB, salt BLOB, request BLOB, outcome INTEGER NOT NULL DEFAULT 0, code TEXT);"
    "CREATE TABLE days(id INTEGER PRIMARY KEY, day INTEGER NOT NULL);"
    "CREATE TABLE ids(id BLOB PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE heads(epoch INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, at_ms INTEGER NOT NULL,"
    " sig BLOB NOT NULL, keyid TEXT NOT NULL);"
    "INSERT INTO owner SELECT id, terminal FROM new.owner;"
    "INSERT INTO records SELECT id, kind, at_ms, hash, body, blob, salt, request, outcome, code FROM new.records;"
    "INSERT INTO days SELECT * FROM new.days;"
    "INSERT INTO ids SELECT * FROM new.ids;"
    "PRAGMA application_id=1213549386;"
    "PRAGMA user_version=1;";

/* Version 2 had the ids in the row, and the index behind. */
static const char version_2[] =
    "CREATE TABLE owner(id INTEGER PRIMARY KEY CHECK(id = 1), terminal BLOB NOT NULL,"
    " indexed INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE records(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at_ms INTEGER NOT NULL, hash BLOB NOT NULL,"
    " body TEXT NOT NULL, blob BLOB, salt BLOB, request BLOB, sale BLOB, checkout BLOB, idem BLOB, outcome INTEGER NOT "
    "NULL DEFAULT 0, code TEXT);"
    "CREATE TABLE days(id INTEGER PRIMARY KEY, day INTEGER NOT NULL);"
    "CREATE TABLE ids(id BLOB PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE heads(epoch INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, at_ms INTEGER NOT NULL,"
    " sig BLOB NOT NULL, keyid TEXT NOT NULL);"
    "INSERT INTO owner SELECT id, terminal, 0 FROM new.owner;"
    "INSERT INTO records SELECT id, kind, at_ms, hash, body, blob, salt, request, sale, checkout, idem, outcome, code"
    " FROM new.records;"
    "INSERT INTO days SELECT * FROM new.days;"
    "PRAGMA application_id=1213549386;"
    "PRAGMA user_version=2;";

/* Version 3 had the floor, too, and no word about what the service keeps apart. */
static const char version_3[] =
    "CREATE TABLE owner(id INTEGER PRIMARY KEY CHECK(id = 1), terminal BLOB NOT NULL,"
    " indexed INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO owner SELECT * FROM new.owner;"
    "CREATE TABLE records(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " hash BLOB NOT NULL, body TEXT NOT NULL, blob BLOB, salt BLOB, request BLOB, sale BLOB,"
    " checkout BLOB, idem BLOB, outcome INTEGER NOT NULL DEFAULT 0, code TEXT, floor_ms INTEGER);"
    "CREATE TABLE days(id INTEGER PRIMARY KEY, day INTEGER NOT NULL);"
    "CREATE TABLE ids(id BLOB PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE heads(epoch INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL,"
    " at_ms INTEGER NOT NULL, sig BLOB NOT NULL, keyid TEXT NOT NULL);"
    "INSERT INTO records SELECT * FROM new.records;"
    "INSERT INTO days SELECT * FROM new.days;"
    "INSERT INTO ids SELECT * FROM new.ids;"
    "PRAGMA application_id=1213549386;"
    "PRAGMA user_version=3;";

static void sql(const char *file, const char *text)
{
    sqlite3 *db = NULL;
    char *err = NULL;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &err) != SQLITE_OK)
        fail_msg("%s", err);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Five sales, unsent, in a journal as an older program would have left it. */
static void make_old(const char *layout)
{
    char now[128], command[1024];
    struct journal *j = open_journal();
    add_sales(j, 0, SALES);
    journal_close(&j);
    snprintf(now, sizeof now, "%s/new.db", dir);
    snprintf(command, sizeof command, "cd %s && for f in journal.db*; do mv $f new${f#journal}; done", dir);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "ATTACH '%s' AS new; PRAGMA journal_mode=WAL;", now);
    char *all = sqlite3_mprintf("%s%s", command, layout);
    sql(path, all);
    sqlite3_free(all);
}

static void assert_taken_over(void)
{
    int unsent = 0;
    struct sale s;
    struct journal *j = open_journal();
    assert_int_equal(journal_head(j)->seq, SALES);
    assert_int_equal(journal_after(j, 0, 100, 100000, count, &unsent), ERR_OK);
    assert_int_equal(unsent, SALES);
    for (uint32_t i = 0; i < SALES; i++) {
        int found = 0;
        make_sale(&s, i, NOON);
        assert_int_equal(journal_by_sale(j, s.sale_id, count, &found), ERR_OK);
        assert_int_equal(journal_by_checkout(j, s.checkout_id, count, &found), ERR_OK);
        assert_int_equal(journal_by_key(j, s.key, count, &found), ERR_OK);
        assert_int_equal(found, 3);
    }
    add_sales(j, SALES, 1);
    journal_close(&j);
    j = open_journal(); /* nothing is left to be done */
    journal_close(&j);
    assert_whole(SALES + 1);
}

static void version_1_is_taken_over(void **state)
{
    (void)state;
    make_old(version_1);
    assert_taken_over();
}

static void version_2_is_taken_over(void **state)
{
    (void)state;
    make_old(version_2);
    assert_taken_over();
}

static void version_3_is_taken_over(void **state)
{
    (void)state;
    make_old(version_3);
    assert_taken_over();
}

/* The second step cannot be taken: the first is taken back, and the file stays what it was. */
static void half_an_upgrade_is_none(void **state)
{
    struct journal *j = NULL;
    (void)state;
    make_old(version_1);
    sql(path, "ALTER TABLE records ADD COLUMN floor_ms INTEGER");
    assert_int_not_equal(journal_open(path, terminal, 1, &j), ERR_OK);
    assert_null(j);
    sql(path, "ALTER TABLE records DROP COLUMN floor_ms");
    assert_taken_over();
}

static void a_later_version_is_refused(void **state)
{
    struct journal *j = open_journal();
    (void)state;
    add_sales(j, 0, SALES);
    journal_close(&j);
    sql(path, "PRAGMA user_version=5");
    assert_int_equal(journal_open(path, terminal, 1, &j), ERR_BAD_VALUE);
    sql(path, "PRAGMA user_version=4");
    assert_whole(SALES);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(version_1_is_taken_over),
        T(version_2_is_taken_over),
        T(version_3_is_taken_over),
        T(half_an_upgrade_is_none),
        T(a_later_version_is_refused),
    };
    return cmocka_run_group_tests_name("journal upgrade", tests, NULL, NULL);
}
