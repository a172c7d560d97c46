/* SPDX-License-Identifier: Apache-2.0 */
/* What was done to a journal's file behind the terminal's back, and what is said of it. */
#include "base/key.h"
#include "journal_fixture.h"
#include <sqlite3.h>

static void sql(const char *text)
{
    sqlite3 *db = NULL;
    char *err = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &err) != SQLITE_OK)
        fail_msg("%s", err);
    sqlite3_close(db);
}

/* Findings as text: "altered 3, missing 5". */
static void note_fault(void *ctx, enum journal_fault f, uint32_t epoch, uint64_t seq)
{
    char *out = ctx;
    size_t n = strlen(out);
    assert_int_equal(epoch, f == JOURNAL_FILE ? 0 : 1);
    snprintf(out + n, 400 - n, "%s%s %llu", n ? ", " : "", journal_fault_name(f), (unsigned long long)seq);
}

static void assert_faults(const char *want, const struct notice_trust *trust)
{
    char got[400] = "";
    struct journal_report report;
    enum err e = journal_verify(path, trust, note_fault, got, &report);
    assert_int_equal(e, *want ? ERR_CHAIN_BROKEN : ERR_OK);
    assert_string_equal(got, want);
}

static void ten_sales(void)
{
    struct journal *j = open_journal();
    add_sales(j, 0, 10);
    journal_close(&j);
}

static void tampering_is_found_and_named(void **state)
{
    static const struct {
        const char *sql, *found;
    } act[] = {
        {"UPDATE records SET body = replace(body, '12800', '12900') WHERE id & 255 = 4", "altered 4"},
        {"UPDATE records SET kind = 3 WHERE id & 255 = 10", "altered 10"},
        {"UPDATE records SET hash = zeroblob(32) WHERE id & 255 = 4", "altered 4, altered 5"},
        {"DELETE FROM records WHERE id & 255 = 5", "missing 5"},
        {"DELETE FROM records WHERE id & 255 = 1", "missing 1"},
        {"DELETE FROM records WHERE id & 255 = 10", "missing 10"},
        {"UPDATE records SET id = id + 100 WHERE id & 255 = 4; UPDATE records SET id = id - 1 WHERE id & 255 = 5;"
         "UPDATE records SET id = id - 99 WHERE id & 255 = 104",
            "altered 4, index 4, altered 5, index 5, altered 6"},
        {"INSERT INTO records(id, kind, at_ms, hash, body) SELECT id + 1, kind, at_ms, hash, body FROM records WHERE "
         "id & 255 = 10",
            "altered 11, index 11"},
        {"UPDATE records SET blob = 'AAAA' WHERE id & 255 = 3", "blob 3"},
        {"UPDATE records SET salt = zeroblob(16) WHERE id & 255 = 3", "blob 3"},
        {"UPDATE ids SET record = record + 1 WHERE record & 255 = 3", "index 3"},
        {"DELETE FROM ids WHERE record & 255 = 3", "index 3"},
        {"UPDATE records SET at_ms = at_ms + 86400000 WHERE id & 255 = 3", "index 3"},
        {"UPDATE records SET sale = checkout WHERE id & 255 = 3", "index 3"},
        {"UPDATE records SET idem = 'other' WHERE id & 255 = 3", "index 3"},
        {"UPDATE owner SET indexed = indexed - 2; UPDATE records SET checkout = NULL WHERE id & 255 = 9", "index 9"},
        {"UPDATE owner SET indexed = indexed + 2", "missing 12"},
        {"UPDATE records SET salt = 'short', hash = zeroblob(3) WHERE id & 255 = 3", "altered 3"},
    };
    for (size_t i = 0; i < sizeof act / sizeof *act; i++) {
        ten_sales();
        assert_faults("", NULL);
        sql(act[i].sql);
        assert_faults(act[i].found, NULL);
        assert_int_equal(remove_dir(state), 0);
        assert_int_equal(make_dir(state), 0);
    }
}

/* Somebody who can compute hashes makes the whole chain anew: only the countersigned head stands against it. */
static void a_rewritten_chain_is_found_by_the_countersigned_head(void **state)
{
    EVP_PKEY *key = key_generate(), *other = key_generate();
    struct notice_trust trust = {.key_cnt = 1, .keys[0] = {.kinds = NOTICE_BIT_HEAD, .key = key}};
    assert_int_equal(key_id(key, trust.keys[0].id), ERR_OK);
    ten_sales();
    struct journal *j = open_journal();
    struct body_results r = countersigned(j, 10, key);
    assert_int_equal(journal_countersigned(j, &r), ERR_OK);
    journal_close(&j);
    assert_faults("", &trust);
    char keep[512];
    snprintf(keep, sizeof keep, "ATTACH '%s/old.db' AS o; CREATE TABLE o.h AS SELECT * FROM heads", dir);
    sql(keep);
    assert_int_equal(unlink(path), 0);
    char more[128];
    snprintf(more, sizeof more, "%s-wal", path);
    unlink(more);
    j = open_journal();
    add_sales(j, 1, 10);
    journal_close(&j);
    snprintf(keep, sizeof keep, "ATTACH '%s/old.db' AS o; INSERT INTO heads SELECT * FROM o.h", dir);
    sql(keep);
    assert_faults("head 10", &trust);
    sql("UPDATE heads SET hash = (SELECT hash FROM records WHERE id & 255 = 10)");
    assert_faults("head_signature 10", &trust);
    trust.keys[0].key = other;
    assert_faults("head_signature 10", &trust);
    sql("DELETE FROM records WHERE id & 255 = 10; DELETE FROM ids WHERE record & 255 = 10");
    trust.keys[0].key = key;
    assert_faults("head 10, head_signature 10, missing 10", &trust);
    sql("UPDATE owner SET indexed = indexed - 1");
    assert_faults("head 10, head_signature 10", &trust);
    (void)state;
    key_free(&key);
    key_free(&other);
}

static void begin_epoch_2(EVP_PKEY *key)
{
    struct journal *j = NULL;
    struct record_head h = {.epoch = 2, .seq = 3};
    assert_int_equal(journal_open(path, terminal, 2, &j), ERR_OK);
    add_sales(j, 10, 3);
    struct body_results r = countersigned(j, 3, key);
    r.epoch = 2;
    memcpy(h.terminal, terminal, ULID_SIZE);
    memcpy(h.hash, r.head_hash, KEY_HASH);
    assert_int_equal(record_countersign(&h, NOON, key, r.head_sig), ERR_OK);
    assert_int_equal(journal_countersigned(j, &r), ERR_OK);
    journal_close(&j);
}

static void countersign_ten(EVP_PKEY *key)
{
    ten_sales();
    struct journal *j = open_journal();
    struct body_results r = countersigned(j, 10, key);
    assert_int_equal(journal_countersigned(j, &r), ERR_OK);
    journal_close(&j);
}

static void note_epoch(void *ctx, enum journal_fault f, uint32_t epoch, uint64_t seq)
{
    snprintf(ctx, 100, "%s %lu/%llu", journal_fault_name(f), (unsigned long)epoch, (unsigned long long)seq);
}

static void an_epoch_that_is_gone_is_named_by_its_countersigned_head(void **state)
{
    (void)state;
    char got[100] = "";
    struct journal_report report;
    EVP_PKEY *key = key_generate();
    countersign_ten(key);
    begin_epoch_2(key);
    assert_int_equal(journal_verify(path, NULL, note_epoch, got, &report), ERR_OK);
    sql("DELETE FROM records WHERE id >> 40 = 1; DELETE FROM ids WHERE record >> 40 = 1");
    assert_int_equal(journal_verify(path, NULL, note_epoch, got, &report), ERR_CHAIN_BROKEN);
    assert_string_equal(got, "head 1/10");
    key_free(&key);
}

static void a_retired_key_makes_no_fault_of_an_earlier_epoch(void **state)
{
    (void)state;
    char got[100] = "";
    struct journal_report report;
    EVP_PKEY *old = key_generate(), *key = key_generate();
    struct notice_trust trust = {.key_cnt = 1, .keys[0] = {.kinds = NOTICE_BIT_HEAD, .key = key}};
    assert_int_equal(key_id(key, trust.keys[0].id), ERR_OK);
    countersign_ten(old);
    assert_int_equal(journal_verify(path, &trust, note_epoch, got, &report), ERR_CHAIN_BROKEN);
    assert_string_equal(got, "head_signature 1/10");
    begin_epoch_2(key);
    assert_int_equal(journal_verify(path, &trust, note_epoch, got, &report), ERR_OK);
    assert_int_equal(report.old_key_cnt, 1);
    sql("UPDATE heads SET sig = zeroblob(64) WHERE epoch = 2");
    assert_int_equal(journal_verify(path, &trust, note_epoch, got, &report), ERR_CHAIN_BROKEN);
    key_free(&old);
    key_free(&key);
}

static void a_damaged_file_is_named(void **state)
{
    (void)state;
    ten_sales();
    sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE; VACUUM");
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 4096 * 2 + 8, SEEK_SET), 0);
    for (int i = 0; i < 4096; i++)
        fputc(0xee, f);
    fclose(f);
    struct journal_report report;
    assert_int_equal(journal_verify(path, NULL, NULL, NULL, &report), ERR_CHAIN_BROKEN);
    assert_true(report.fault_cnt > 0);
    f = fopen(path, "wb");
    fputs(
        "this is no database, but long enough to be looked at as one, a hundred bytes at the least, and then some more",
        f);
    fclose(f);
    assert_int_equal(journal_verify(path, NULL, NULL, NULL, &report), ERR_BAD_VALUE);
    unlink(path);
    assert_int_equal(journal_verify(path, NULL, NULL, NULL, &report), ERR_NOT_FOUND);
}

static void a_damaged_end_is_not_built_upon(void **state)
{
    (void)state;
    struct journal *j = NULL;
    ten_sales();
    sql("UPDATE records SET body = replace(body, '12800', '12900') WHERE id & 255 = 10");
    assert_int_equal(journal_open(path, terminal, 1, &j), ERR_CHAIN_BROKEN);
    assert_null(j);
}

/* Or the index's mark: behind it nobody looks ids up in the rows. */
static void an_end_that_is_gone_is_not_built_upon(void **state)
{
    (void)state;
    struct journal *j = NULL;
    ten_sales();
    sql("DELETE FROM records WHERE id & 255 = 10; DELETE FROM ids WHERE record & 255 = 10");
    assert_int_equal(journal_open(path, terminal, 1, &j), ERR_CHAIN_BROKEN);
    assert_null(j);
}

static void a_mark_set_back_is_found(void **state)
{
    (void)state;
    struct journal *j = open_journal();
    add_sales(j, 0, 200);
    journal_close(&j);
    sql("UPDATE owner SET indexed = indexed - 66");
    assert_faults("index 199, index 200", NULL);
    sql("UPDATE owner SET indexed = 0");
    assert_int_equal(journal_open(path, terminal, 1, &j), ERR_CHAIN_BROKEN);
    assert_null(j);
}

static void it_is_verified_while_it_grows(void **state)
{
    (void)state;
    struct journal_report report;
    struct journal *j = open_journal();
    for (uint32_t i = 0; i < 40; i++) {
        add_sales(j, i * 30, 30);
        assert_int_equal(journal_verify(path, NULL, NULL, NULL, &report), ERR_OK);
        assert_int_equal(report.head_seq, (i + 1) * 30);
        assert_memory_equal(report.head_hash, journal_head(j)->hash, KEY_HASH);
    }
    journal_close(&j);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(tampering_is_found_and_named),
        T(a_rewritten_chain_is_found_by_the_countersigned_head),
        T(an_epoch_that_is_gone_is_named_by_its_countersigned_head),
        T(a_retired_key_makes_no_fault_of_an_earlier_epoch),
        T(a_damaged_file_is_named),
        T(a_damaged_end_is_not_built_upon),
        T(an_end_that_is_gone_is_not_built_upon),
        T(a_mark_set_back_is_found),
        T(it_is_verified_while_it_grows),
    };
    return cmocka_run_group_tests_name("journal_verify", tests, NULL, NULL);
}
