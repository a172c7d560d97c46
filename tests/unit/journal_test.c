/* SPDX-License-Identifier: Apache-2.0 */
#include "journal_fixture.h"

static enum err same_as(void *ctx, const struct journal_record *r)
{
    const struct sale *s = ctx;
    assert_int_equal(r->kind, RECORD_SALE);
    assert_int_equal(r->body_len, strlen(s->body));
    assert_memory_equal(r->body, s->body, r->body_len);
    assert_int_equal(r->blob_len, strlen(s->blob));
    assert_memory_equal(r->blob, s->blob, r->blob_len);
    assert_memory_equal(r->salt, s->salt, RECORD_SALT);
    assert_memory_equal(r->request, s->request, KEY_HASH);
    assert_int_equal(r->outcome, BODY_OUTCOME_NONE);
    return ERR_OK;
}

static void a_sale_is_found_by_each_of_its_ids(void **state)
{
    (void)state;
    struct sale s;
    struct journal *j = open_journal();
    add_sales(j, 0, 20);
    make_sale(&s, 7, NOON + 7);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(journal_by_sale(j, s.sale_id, same_as, &s), ERR_OK);
        assert_int_equal(journal_by_checkout(j, s.checkout_id, same_as, &s), ERR_OK);
        assert_int_equal(journal_by_key(j, s.key, same_as, &s), ERR_OK);
        assert_int_equal(journal_by_sale(j, s.checkout_id, same_as, &s), ERR_NOT_FOUND);
        assert_int_equal(journal_by_key(j, s.sale_id, same_as, &s), ERR_NOT_FOUND);
        assert_int_equal(journal_by_sale(j, "not an id", same_as, &s), ERR_NOT_FOUND);
        journal_close(&j);
        j = open_journal();
    }
    assert_int_equal(journal_head(j)->seq, 20);
    journal_close(&j);
    assert_whole(20);
}

static void an_id_is_taken_for_ever(void **state)
{
    (void)state;
    struct sale s, t;
    struct journal *j = open_journal();
    add_sales(j, 0, 3);
    struct record_head was = *journal_head(j);
    make_sale(&s, 1, NOON + 9);
    make_sale(&t, 50, NOON + 9);
    t.entry.checkout_id = NULL;
    t.entry.sale_id = NULL;
    t.entry.key = s.key;
    assert_int_equal(journal_append(j, &t.entry, 1, NULL), ERR_EXISTS);
    t.entry.key = NULL;
    t.entry.sale_id = s.sale_id;
    assert_int_equal(journal_append(j, &t.entry, 1, NULL), ERR_EXISTS);
    t.entry.sale_id = NULL;
    t.entry.checkout_id = s.checkout_id;
    assert_int_equal(journal_append(j, &t.entry, 1, NULL), ERR_EXISTS);
    assert_memory_equal(journal_head(j), &was, sizeof was);
    journal_close(&j);
    assert_whole(3);
}

/* The table of ids gets them for many records at once: an id is found, and taken, on either side of that and after it. */
static void ids_are_found_wherever_the_index_has_got_to(void **state)
{
    (void)state;
    enum { CNT = 150 }; /* two times past what may wait */
    struct sale s;
    struct journal *j = open_journal();
    for (uint32_t n = 0; n < CNT; n++) {
        const uint32_t look[] = {n, n / 2, 0, n > 64 ? n - 64 : 0, n > 65 ? n - 65 : 0};
        assert_int_equal(journal_append(j, make_sale(&s, n, NOON), 1, NULL), ERR_OK);
        for (size_t i = 0; i < sizeof look / sizeof *look; i++) {
            make_sale(&s, look[i], NOON);
            assert_int_equal(journal_append(j, &s.entry, 1, NULL), ERR_EXISTS);
            assert_int_equal(journal_by_sale(j, s.sale_id, same_as, &s), ERR_OK);
            assert_int_equal(journal_by_checkout(j, s.checkout_id, same_as, &s), ERR_OK);
            assert_int_equal(journal_by_key(j, s.key, same_as, &s), ERR_OK);
        }
        if (n % 10 == 9)
            assert_whole(n + 1); /* with whatever waits just now */
    }
    journal_close(&j);
    assert_whole(CNT);
}

static void several_go_in_together_or_not_at_all(void **state)
{
    (void)state;
    static struct sale s[JOURNAL_TOGETHER_MAX + 1];
    static struct journal_entry many[JOURNAL_TOGETHER_MAX + 1];
    struct record_head head;
    struct journal *j = open_journal();
    struct journal_entry e[3] = {*make_sale(&s[0], 0, NOON), *make_sale(&s[1], 1, NOON), *make_sale(&s[2], 0, NOON)};
    assert_int_equal(journal_append(j, e, 3, NULL), ERR_EXISTS);
    assert_int_equal(journal_head(j)->seq, 0);
    assert_int_equal(journal_append(j, e, 2, &head), ERR_OK);
    assert_int_equal(head.seq, 2);
    e[0].body_len = RECORD_BODY_MAX + 1;
    assert_int_equal(journal_append(j, e, 1, NULL), ERR_TOO_LARGE);
    e[0] = (struct journal_entry){
        .kind = RECORD_STARTED, .at_utc_ms = NOON, .body = "{\"at_ms\":1782878400000}", .body_len = 23};
    assert_int_equal(journal_append(j, e, 1, NULL), ERR_OK);
    for (uint32_t i = 0; i <= JOURNAL_TOGETHER_MAX; i++)
        many[i] = *make_sale(&s[i], 100 + i, NOON);
    assert_int_equal(journal_append(j, many, JOURNAL_TOGETHER_MAX + 1, NULL), ERR_TOO_LARGE);
    assert_int_equal(journal_append(j, many, JOURNAL_TOGETHER_MAX, NULL), ERR_OK);
    assert_int_equal(journal_append(j, many + JOURNAL_TOGETHER_MAX, 1, NULL), ERR_OK);
    journal_close(&j);
    assert_whole(3 + JOURNAL_TOGETHER_MAX + 1);
}

static enum err sum_up(void *ctx, const struct journal_record *r)
{
    int64_t *sum = ctx;
    *sum = *sum * 10 + (int64_t)r->seq;
    return ERR_OK;
}

static int64_t day_sum(struct journal *j, int64_t at_ms)
{
    int64_t sum = 0;
    assert_int_equal(journal_day_sales(j, tm_day(at_ms), sum_up, &sum), ERR_OK);
    return sum;
}

/* Days begin at 16:00 UTC, and a clock that was set back makes a day come twice. */
static void a_day_is_a_day_of_shanghai(void **state)
{
    (void)state;
    const int64_t midnight = NOON + 12 * 3600 * 1000;
    const int64_t at[] = {midnight - 1, midnight, midnight + 1, midnight - 5000, midnight + 2};
    struct sale s;
    struct journal *j = open_journal();
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(journal_append(j, make_sale(&s, i, at[i]), 1, NULL), ERR_OK);
    struct journal_entry refusal = {
        .kind = RECORD_REFUSAL, .at_utc_ms = midnight + 3, .body = "{\"at_ms\":1782921600003}"};
    refusal.body_len = strlen(refusal.body);
    assert_int_equal(journal_append(j, &refusal, 1, NULL), ERR_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(day_sum(j, midnight - 1), 14);
        assert_int_equal(day_sum(j, midnight), 235);
        assert_int_equal(day_sum(j, midnight + TM_DAY_MS), 0);
        journal_close(&j);
        j = open_journal();
    }
    journal_close(&j);
    assert_whole(6);
}

static void a_batch_is_bounded(void **state)
{
    (void)state;
    int64_t sum = 0;
    struct sale s;
    struct journal *j = open_journal();
    add_sales(j, 0, 9);
    make_sale(&s, 0, NOON);
    size_t one = strlen(s.body) + strlen(s.blob);
    assert_int_equal(journal_after(j, 2, 3, SIZE_MAX, sum_up, &sum), ERR_OK);
    assert_int_equal(sum, 345);
    sum = 0;
    assert_int_equal(journal_after(j, 0, 100, one * 2, sum_up, &sum), ERR_OK);
    assert_int_equal(sum, 12);
    sum = 0;
    assert_int_equal(journal_after(j, 7, 100, 1, sum_up, &sum), ERR_OK);
    assert_int_equal(sum, 8);
    sum = 0;
    assert_int_equal(journal_after(j, 9, 100, 1, sum_up, &sum), ERR_OK);
    assert_int_equal(sum, 0);
    journal_close(&j);
}

static enum err keep_outcome(void *ctx, const struct journal_record *r)
{
    *(struct journal_record *)ctx = *r;
    return ERR_OK;
}

static void the_service_answers_for_each_record(void **state)
{
    (void)state;
    struct sale s;
    struct journal_record got;
    struct journal *j = open_journal();
    add_sales(j, 0, 6);
    struct body_results r = countersigned(j, 6, NULL);
    r.result_cnt = 6;
    r.result[0] = (struct body_result){.seq = 1, .outcome = BODY_COUNTED};
    r.result[1] = (struct body_result){.seq = 2, .outcome = BODY_HELD, .code = ERR_LIMIT_REACHED};
    r.result[2] = (struct body_result){.seq = 3, .outcome = BODY_KNOWN, .was = BODY_COUNTED};
    r.result[3] = (struct body_result){.seq = 4, .outcome = BODY_KNOWN, .code = ERR_CARD_LOST, .was = BODY_HELD};
    r.result[4] = (struct body_result){.seq = 5, .outcome = BODY_CONTESTED, .code = ERR_OFFLINE_LATE};
    r.result[5] = (struct body_result){.seq = 6, .outcome = BODY_KNOWN, .code = ERR_CARD_LOST, .was = BODY_CONTESTED};
    assert_int_equal(journal_unsent_cnt(j), 6);
    assert_int_equal(journal_countersigned(j, &r), ERR_OK);
    static const enum body_outcome outcome[] = {
        BODY_COUNTED, BODY_HELD, BODY_COUNTED, BODY_HELD, BODY_CONTESTED, BODY_CONTESTED};
    static const enum err code[] = {ERR_OK, ERR_LIMIT_REACHED, ERR_OK, ERR_CARD_LOST, ERR_OFFLINE_LATE, ERR_CARD_LOST};
    for (uint32_t i = 0; i < 6; i++) {
        sale_ids(&s, i);
        assert_int_equal(journal_by_sale(j, s.sale_id, keep_outcome, &got), ERR_OK);
        assert_int_equal(got.outcome, outcome[i]);
        assert_int_equal(got.code, code[i]);
    }
    journal_close(&j);
    j = open_journal();
    assert_int_equal(journal_sent_seq(j), 6);
    assert_int_equal(journal_unsent_cnt(j), 0);
    journal_close(&j);
}

static void a_head_that_is_not_ours_is_a_fork(void **state)
{
    (void)state;
    struct journal *j = open_journal();
    add_sales(j, 0, 4);
    struct body_results r = countersigned(j, 4, NULL), old = r;
    r.head_hash[31] ^= 1;
    assert_int_equal(journal_countersigned(j, &r), ERR_CHAIN_FORK);
    r.head_seq = 5;
    assert_int_equal(journal_countersigned(j, &r), ERR_CHAIN_FORK);
    r = old;
    r.epoch = 2;
    assert_int_equal(journal_countersigned(j, &r), ERR_CHAIN_FORK);
    assert_int_equal(journal_sent_seq(j), 0);
    add_sales(j, 4, 2);
    r = countersigned(j, 6, NULL);
    assert_int_equal(journal_countersigned(j, &r), ERR_OK);
    /* An answer that comes late does not take the head back. */
    assert_int_equal(journal_countersigned(j, &old), ERR_OK);
    assert_int_equal(journal_sent_seq(j), 6);
    journal_close(&j);
    j = open_journal();
    assert_int_equal(journal_sent_seq(j), 6);
    journal_close(&j);
}

static void another_terminals_journal_is_refused(void **state)
{
    (void)state;
    uint8_t other[ULID_SIZE] = {9};
    struct journal *j = open_journal();
    add_sales(j, 0, 2);
    journal_close(&j);
    assert_int_equal(journal_open(path, other, 1, &j), ERR_BAD_VALUE);
    assert_null(j);
    assert_int_equal(journal_open(path, terminal, 2, &j), ERR_OK);
    assert_int_equal(journal_head(j)->seq, 0);
    add_sales(j, 10, 2);
    journal_close(&j);
    assert_int_equal(journal_open(path, terminal, 1, &j), ERR_BAD_VALUE);
    struct journal_report report;
    assert_int_equal(journal_verify(path, NULL, NULL, NULL, &report), ERR_OK);
    assert_int_equal(report.record_cnt, 4);
    assert_int_equal(report.epoch, 2);
}

static enum err count_kept(void *ctx, const struct journal_record *r)
{
    assert_int_equal(r->kind, RECORD_DISPUTE);
    ++*(int *)ctx;
    return ERR_OK;
}

/* What was complained of goes one by one, when it is settled. */
static void a_dispute_s_blob_is_not_erased_with_the_others(void **state)
{
    (void)state;
    static const uint8_t salt[RECORD_SALT] = {1};
    int kept = 0;
    int64_t cnt = 0;
    uint8_t hash[KEY_HASH];
    char hex[2 * KEY_HASH + 1], body[200];
    struct journal *j = open_journal();
    record_blob_hash(salt, "words", 5, hash);
    text_hex(hash, sizeof hash, hex);
    snprintf(body, sizeof body, "{\"at_ms\":%lld,\"blob\":\"%s\"}", (long long)NOON, hex);
    const struct journal_entry e = {.kind = RECORD_DISPUTE,
        .at_utc_ms = NOON,
        .body = body,
        .body_len = strlen(body),
        .blob = "words",
        .blob_len = 5,
        .salt = salt};
    assert_int_equal(journal_append(j, &e, 1, NULL), ERR_OK);
    assert_int_equal(journal_erase_one(j, 1, 1), ERR_OK); /* not countersigned: kept */
    struct body_results r = countersigned(j, 1, NULL);
    assert_int_equal(journal_countersigned(j, &r), ERR_OK);
    assert_int_equal(journal_erase_blobs(j, NOON + TM_DAY_MS, &cnt), ERR_OK);
    assert_int_equal(cnt, 0);
    assert_int_equal(journal_disputes_kept(j, NOON, count_kept, &kept), ERR_OK);
    assert_int_equal(kept, 0);
    assert_int_equal(journal_disputes_kept(j, NOON + 1, count_kept, &kept), ERR_OK);
    assert_int_equal(kept, 1);
    assert_int_equal(journal_erase_one(j, 1, 1), ERR_OK);
    assert_int_equal(journal_disputes_kept(j, NOON + 1, count_kept, &kept), ERR_OK);
    assert_int_equal(kept, 1);
    journal_close(&j);
    struct journal_report report;
    assert_int_equal(journal_verify(path, NULL, NULL, NULL, &report), ERR_OK);
    assert_int_equal(report.erased_cnt, 1);
}

static void an_erased_blob_is_gone_and_the_chain_is_whole(void **state)
{
    (void)state;
    int64_t cnt = 0;
    struct journal_record got;
    struct journal_report report;
    struct sale s;
    struct journal *j = open_journal();
    add_sales(j, 0, 4);
    struct body_results r = countersigned(j, 4, NULL);
    assert_int_equal(journal_countersigned(j, &r), ERR_OK);
    add_sales(j, 4, 2);
    assert_int_equal(journal_erase_blobs(j, NOON + 3, &cnt), ERR_OK);
    assert_int_equal(cnt, 3);
    assert_int_equal(journal_erase_blobs(j, NOON + TM_DAY_MS, &cnt), ERR_OK);
    assert_int_equal(cnt, 1); /* what is not countersigned must still be sent whole */
    make_sale(&s, 2, NOON + 2);
    assert_int_equal(journal_by_sale(j, s.sale_id, keep_outcome, &got), ERR_OK);
    assert_null(got.blob);
    journal_close(&j);
    assert_int_equal(journal_verify(path, NULL, NULL, NULL, &report), ERR_OK);
    assert_int_equal(report.erased_cnt, 4);
    char command[256];
    snprintf(command, sizeof command, "cat %s* | grep -qaF '%s'", path, s.blob);
    assert_int_not_equal(system(command), 0);
    make_sale(&s, 5, NOON + 1);
    snprintf(command, sizeof command, "cat %s* | grep -qaF '%s'", path, s.blob);
    assert_int_equal(system(command), 0);
}

static void files_are_private(void **state)
{
    (void)state;
    char command[256];
    struct journal *j = open_journal();
    add_sales(j, 0, 2);
    snprintf(command, sizeof command, "test -z \"$(find %s -type f -perm /077)\"", dir);
    assert_int_equal(system(command), 0);
    journal_close(&j);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_sale_is_found_by_each_of_its_ids),
        T(an_id_is_taken_for_ever),
        T(ids_are_found_wherever_the_index_has_got_to),
        T(several_go_in_together_or_not_at_all),
        T(a_day_is_a_day_of_shanghai),
        T(a_batch_is_bounded),
        T(the_service_answers_for_each_record),
        T(a_head_that_is_not_ours_is_a_fork),
        T(another_terminals_journal_is_refused),
        T(an_erased_blob_is_gone_and_the_chain_is_whole),
        T(a_dispute_s_blob_is_not_erased_with_the_others),
        T(files_are_private),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
