/* SPDX-License-Identifier: Apache-2.0 */
/* Members: importing lists, statuses, reissue, pages; and what must never be found in the database's files. */
#include "base/file.h"
#include "base/tm.h"
#include "service/store/store_audit.h"
#include "store_fixture.h"

#define COUNTS(c, i, ch, un, re)                                                                                       \
    do {                                                                                                               \
        assert_int_equal((c).imported, i);                                                                             \
        assert_int_equal((c).changed, ch);                                                                             \
        assert_int_equal((c).unchanged, un);                                                                           \
        assert_int_equal((c).rejected, re);                                                                            \
    } while (0)

static void test_a_list_twice_changes_nothing(void **state)
{
    struct fixture *f = *state;
    const char *const list[] = {"6200000000000001,张建涛,410100,active", "6200 0000 0000 0002, 李 ,410200,正常",
        "6200000000000000003,欧阳春华,410102,冻结,OLD-7", "6200000000000004,王样例,410000,退会", NULL};
    struct store_import_counts c = fixture_import(f, f->province, list);
    COUNTS(c, 4, 0, 0, 0);
    c = fixture_import(f, f->province, list);
    COUNTS(c, 0, 0, 4, 0);
    struct store_member m;
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_OK);
    assert_string_equal(m.name_masked, "*建涛");
    assert_int_equal(m.status, MEMBER_ACTIVE);
    assert_int_equal(m.last4, 1);
    assert_int_equal(m.org, f->city_a);
    char day[TM_DAY_LEN + 1];
    tm_day_format(m.expiry_day, day);
    assert_string_equal(day, "2032-12-31");
    assert_int_equal(fixture_by_number(f->s, "6200000000000002", &m), ERR_OK);
    assert_string_equal(m.name_masked, "*");
    assert_int_equal(fixture_by_number(f->s, "6200000000000000003", &m), ERR_OK);
    assert_int_equal(m.status, MEMBER_FROZEN);
    assert_int_equal(fixture_by_number(f->s, "6200000000000009", &m), ERR_NOT_FOUND);
}

static void test_changes_are_changes(void **state)
{
    struct fixture *f = *state;
    struct store_member before, m;
    fixture_import(f, f->province, (const char *const[]){"6200000000000001,张建涛,410100,active", NULL});
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &before), ERR_OK);
    static const char *const lines[] = {"6200000000000001,张建国,410100,active",
        "6200000000000001,张建国,410200,active", "6200000000000001,张建国,410200,lost",
        "6200000000000001,张建国,410200,lost,L1"};
    for (size_t i = 0; i < 4; i++) {
        struct store_import_counts c = fixture_import(f, f->province, (const char *const[]){lines[i], lines[i], NULL});
        COUNTS(c, 0, 1, 1, 0);
    }
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_OK);
    assert_memory_equal(m.token, before.token, CARD_TOKEN);
    assert_string_equal(m.name_masked, "*建国");
    assert_int_equal(m.org, f->city_b);
    assert_int_equal(m.status, MEMBER_LOST);
}

static void test_one_number_twice_in_a_batch_the_later_line_wins(void **state)
{
    struct fixture *f = *state;
    struct store_member m;
    const char *const list[] = {"6200000000000001,张建涛,410100,active", "6200000000000002,李春,410100,active",
        "6200000000000001,张建涛,410200,frozen", "6200000000000001,张建涛,410200,frozen", NULL};
    struct store_import_counts c = fixture_import(f, f->province, list);
    COUNTS(c, 2, 0, 2, 0);
    c = fixture_import(f, f->province, list);
    COUNTS(c, 0, 0, 4, 0);
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_OK);
    assert_int_equal(m.org, f->city_b);
    assert_int_equal(m.status, MEMBER_FROZEN);
}

static struct store_import_counts import_numbers(struct fixture *f, uint64_t step, uint64_t cnt)
{
    struct store_import *im = store_import_new(fixture_key, f->province, FIXTURE_NOW);
    char line[64];
    for (uint64_t i = 0; i < cnt; i += step) {
        snprintf(line, sizeof line, "62000000%08u,张建涛,410100,active", (unsigned)i);
        fixture_line(im, i + 1, line);
    }
    assert_int_equal(store_write(f->s, store_import_apply, im), ERR_OK);
    struct store_import_counts c = store_import_counts(im);
    store_import_free(&im);
    return c;
}

static void test_known_and_new_members_in_one_batch(void **state)
{
    struct fixture *f = *state;
    struct store_member m;
    struct store_import_counts c;
    c = import_numbers(f, 3, 300);
    COUNTS(c, 100, 0, 0, 0);
    c = import_numbers(f, 2, 300);
    COUNTS(c, 100, 0, 50, 0);
    c = import_numbers(f, 1, 300);
    COUNTS(c, 100, 0, 200, 0);
    assert_int_equal(fixture_by_number(f->s, "6200000000000299", &m), ERR_OK);
}

static void set_status(struct fixture *f, const char *number, enum member_status s);

/* The same list again must not make a card good that was reported lost since. */
static void test_an_old_list_does_not_revive_a_lost_card(void **state)
{
    struct fixture *f = *state;
    const char *const list[] = {"6200000000000001,张建涛,410100,active", NULL};
    struct store_member m;
    fixture_import(f, f->province, list);
    set_status(f, "6200000000000001", MEMBER_LOST);
    struct store_import_counts c = fixture_import(f, f->province, list);
    COUNTS(c, 0, 0, 1, 0);
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_OK);
    assert_int_equal(m.status, MEMBER_LOST);
    /* A list that changes something else leaves it lost, too; one that says frozen means it. */
    fixture_import(f, f->province, (const char *const[]){"6200000000000001,张建涛,410200,active", NULL});
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_OK);
    assert_int_equal(m.status, MEMBER_LOST);
    fixture_import(f, f->province, (const char *const[]){"6200000000000001,张建涛,410200,frozen", NULL});
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_OK);
    assert_int_equal(m.status, MEMBER_FROZEN);
}

static void test_bad_lines_are_named_and_good_ones_kept(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *csv, *last4;
        enum err reason;
    } bad[] = {{"620000000000001,张,410100,active", "0001", ERR_BAD_NUMBER},
        {"62000000000000000001,张,410100,active", "", ERR_BAD_NUMBER},
        {"6200x00000000001,张,410100,active", "", ERR_BAD_NUMBER},
        {"11010519491231002X,张,410100,active", "", ERR_ID_NUMBER},
        {"6200000000000005,张,999999,active", "0005", ERR_ORG_UNKNOWN},
        {"6200000000000006,张,410100,gone", "0006", ERR_BAD_VALUE},
        {"6200000000000007,,410100,active", "0007", ERR_NAME_MISSING},
        {"6200000000000008,\xd5\xc5,410100,active", "0008", ERR_BAD_ENCODING},
        {"6200000000000011,张\x1b[31m,410100,active", "0011", ERR_BAD_TEXT},
        {"6200000000000012,张\xc2\x9b,410100,active", "0012", ERR_BAD_TEXT},
        {"6200000000000009,张,,active", "0009", ERR_ORG_UNKNOWN},
        {"6200000000000010,张,41010000000000000000,active", "0010", ERR_ORG_UNKNOWN},
        {",张,410100,active", "", ERR_BAD_NUMBER}};
    enum { CNT = sizeof bad / sizeof *bad };
    struct store_import *im = store_import_new(fixture_key, f->province, FIXTURE_NOW);
    struct store_import_reject r;
    for (uint64_t i = 0; i < CNT; i++)
        fixture_line(im, 10 + i, bad[i].csv);
    fixture_line(im, 90, "6200000000000099,张建涛,410100,active");
    assert_int_equal(store_import_refuse(im, 5, ERR_BAD_CSV), ERR_OK);
    assert_int_equal(store_write(f->s, store_import_apply, im), ERR_OK);
    COUNTS(store_import_counts(im), 1, 0, 0, CNT + 1);
    store_import_reject(im, 0, &r);
    assert_int_equal(r.line, 5);
    assert_int_equal(r.reason, ERR_BAD_CSV);
    for (size_t i = 0; i < CNT; i++) {
        store_import_reject(im, i + 1, &r);
        assert_int_equal(r.line, 10 + i);
        assert_string_equal(err_code(r.reason), err_code(bad[i].reason));
        assert_string_equal(r.last4, bad[i].last4);
    }
    store_import_free(&im);
    store_import_free(&im);
}

static void test_a_scope_ends_at_its_own_tree(void **state)
{
    struct fixture *f = *state;
    struct store_member m;
    struct store_import_counts c = fixture_import(f, f->city_a,
        (const char *const[]){"6200000000000001,张建涛,410100,active", "6200000000000002,张建涛,410102,active",
            "6200000000000003,张建涛,410200,active", "6200000000000004,张建涛,410000,active", NULL});
    COUNTS(c, 2, 0, 0, 2);
    fixture_import(f, f->city_b, (const char *const[]){"6200000000000005,李春,410200,active", NULL});
    /* A member of another city cannot be pulled over, not even by naming an org of one's own. */
    struct store_import *im = store_import_new(fixture_key, f->city_a, FIXTURE_NOW);
    struct store_import_reject r;
    fixture_line(im, 1, "6200000000000005,李春,410100,left");
    assert_int_equal(store_write(f->s, store_import_apply, im), ERR_OK);
    COUNTS(store_import_counts(im), 0, 0, 0, 1);
    store_import_reject(im, 0, &r);
    assert_int_equal(r.reason, ERR_MEMBER_ELSEWHERE);
    store_import_free(&im);
    assert_int_equal(fixture_by_number(f->s, "6200000000000005", &m), ERR_OK);
    assert_int_equal(m.org, f->city_b);
    assert_int_equal(m.status, MEMBER_ACTIVE);
}

static void test_applying_again_counts_the_same(void **state)
{
    struct fixture *f = *state;
    struct store_import *im = store_import_new(fixture_key, f->province, FIXTURE_NOW);
    fixture_line(im, 1, "6200000000000001,张建涛,410100,active");
    fixture_line(im, 2, "6200000000000002,张建涛,999999,active");
    fixture_line(im, 3, "1,张建涛,410100,active");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(store_write(f->s, store_import_apply, im), ERR_OK);
        COUNTS(store_import_counts(im), i == 0, 0, i > 0, 2);
    }
    store_import_free(&im);
}

struct act {
    uint8_t token[CARD_TOKEN];
    enum member_status status;
    struct store_member m;
};

static enum err run_status(struct store_tx *tx, void *ctx)
{
    struct act *a = ctx;
    return store_member_set_status(tx, a->token, a->status, FIXTURE_NOW);
}

static void set_status(struct fixture *f, const char *number, enum member_status s)
{
    struct act a = {.status = s};
    assert_int_equal(fixture_by_number(f->s, number, &a.m), ERR_OK);
    memcpy(a.token, a.m.token, CARD_TOKEN);
    assert_int_equal(store_write(f->s, run_status, &a), ERR_OK);
}

static enum err run_reissue(struct store_tx *tx, void *ctx)
{
    struct act *a = ctx;
    return store_member_reissue(tx, a->token, store_member_expiry(FIXTURE_NOW), FIXTURE_NOW, &a->m);
}

static enum err by_token(struct fixture *f, const uint8_t *token, struct store_member *m)
{
    struct store_tx *tx;
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    enum err e = store_member_by_token(tx, token, m);
    store_read_end(&tx);
    return e;
}

static void test_a_reissued_card_replaces_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct act a = {.status = MEMBER_ACTIVE};
    struct store_member was, m;
    static const uint8_t never[CARD_TOKEN] = {1, 2, 3};
    fixture_import(f, f->province, (const char *const[]){"6200000000000001,张建涛,410100,active", NULL});
    set_status(f, "6200000000000001", MEMBER_LOST);
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &was), ERR_OK);
    memcpy(a.token, was.token, CARD_TOKEN);
    assert_int_equal(store_write(f->s, run_reissue, &a), ERR_OK);
    assert_memory_not_equal(a.m.token, was.token, CARD_TOKEN);
    assert_int_equal(a.m.status, MEMBER_ACTIVE);
    assert_memory_equal(a.m.id, was.id, STORE_MEMBER_ID);
    assert_string_equal(a.m.name_masked, "*建涛");
    assert_int_equal(by_token(f, was.token, &m), ERR_OK);
    assert_int_equal(m.status, MEMBER_REPLACED);
    assert_memory_equal(m.id, was.id, STORE_MEMBER_ID);
    assert_int_equal(by_token(f, a.m.token, &m), ERR_OK);
    assert_int_equal(m.status, MEMBER_ACTIVE);
    assert_int_equal(by_token(f, never, &m), ERR_NOT_FOUND);
    /* The old token can do nothing any more. */
    assert_int_equal(store_write(f->s, run_status, &a), ERR_NOT_FOUND);
    assert_int_equal(store_write(f->s, run_reissue, &a), ERR_NOT_FOUND);
    a.status = MEMBER_REPLACED;
    assert_int_equal(store_write(f->s, run_status, &a), ERR_BAD_VALUE);
}

static enum err count_page(void *ctx, const struct store_member *m)
{
    uint8_t *last = ctx;
    assert_true(memcmp(m->token, last, CARD_TOKEN) > 0);
    memcpy(last, m->token, CARD_TOKEN);
    last[CARD_TOKEN]++;
    return ERR_OK;
}

static size_t pages(struct fixture *f, int64_t scope, int limit)
{
    uint8_t last[CARD_TOKEN + 1] = {0}, after[CARD_TOKEN];
    struct store_member_page page = {.scope = scope, .limit = limit};
    struct store_tx *tx;
    size_t n = 0;
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    do {
        last[CARD_TOKEN] = 0;
        assert_int_equal(store_member_list(tx, &page, count_page, last), ERR_OK);
        assert_true(last[CARD_TOKEN] <= limit);
        n += last[CARD_TOKEN];
        memcpy(after, page.next, sizeof after);
        page.after = after;
    } while (page.more);
    store_read_end(&tx);
    return n;
}

static void test_pages_hold_every_card_of_the_scope_once(void **state)
{
    struct fixture *f = *state;
    static const char *const orgs[] = {"410100", "410200", "410102"};
    struct store_import *im = store_import_new(fixture_key, f->province, FIXTURE_NOW);
    char line[64];
    for (uint64_t i = 0; i < 300; i++) {
        snprintf(line, sizeof line, "62000000%08u,张建涛,%s,active", (unsigned)i, orgs[i % 3]);
        fixture_line(im, i + 1, line);
    }
    assert_int_equal(store_write(f->s, store_import_apply, im), ERR_OK);
    store_import_free(&im);
    assert_int_equal(pages(f, f->province, 7), 300);
    assert_int_equal(pages(f, f->city_a, 50), 200);
    assert_int_equal(pages(f, f->city_b, 100), 100);
    assert_int_equal(pages(f, f->district, 1), 100);
    assert_int_equal(pages(f, 999, 10), 0);
}

static void test_status_names(void **state)
{
    (void)state;
    assert_int_equal(store_member_status_from_name("lost", 4), MEMBER_LOST);
    assert_int_equal(store_member_status_from_name("挂失", strlen("挂失")), MEMBER_LOST);
    assert_int_equal(store_member_status_from_name("", 0), MEMBER_UNKNOWN);
    assert_int_equal(store_member_status_from_name("replaced", 8), MEMBER_UNKNOWN);
    assert_int_equal(store_member_status_from_name("Lost", 4), MEMBER_UNKNOWN);
    assert_string_equal(store_member_status_name((enum member_status)99), "unknown");
    assert_string_equal(store_member_status_name(MEMBER_FROZEN), "frozen");
}

/* Neither numbers nor names are in the database's files, log included. */
static void test_numbers_and_names_are_not_stored(void **state)
{
    struct fixture *f = *state;
    struct buf b;
    char wal[128];
    fixture_import(f, f->province, (const char *const[]){"6200000012345678,张建涛,410100,active,LEGACY77", NULL});
    snprintf(wal, sizeof wal, "%s-wal", f->path);
    buf_init(&b, 64 * 1024 * 1024);
    assert_int_equal(file_read(f->path, &b), ERR_OK);
    assert_int_equal(file_read(wal, &b), ERR_OK);
    assert_non_null(memmem(b.data, b.len, "*建涛", strlen("*建涛")));
    assert_null(memmem(b.data, b.len, "12345678", 8));
    assert_null(memmem(b.data, b.len, "张建涛", strlen("张建涛")));
    assert_null(memmem(b.data, b.len, "LEGACY77", 8));
    buf_release(&b);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
    const struct CMUnitTest tests[] = {
        CASE(test_a_list_twice_changes_nothing),
        CASE(test_changes_are_changes),
        CASE(test_one_number_twice_in_a_batch_the_later_line_wins),
        CASE(test_known_and_new_members_in_one_batch),
        CASE(test_an_old_list_does_not_revive_a_lost_card),
        CASE(test_bad_lines_are_named_and_good_ones_kept),
        CASE(test_a_scope_ends_at_its_own_tree),
        CASE(test_applying_again_counts_the_same),
        CASE(test_a_reissued_card_replaces_the_old_one),
        CASE(test_pages_hold_every_card_of_the_scope_once),
        CASE(test_numbers_and_names_are_not_stored),
        cmocka_unit_test(test_status_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
