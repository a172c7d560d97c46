/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store_dispute.h"
#include "store_fixture.h"

#define DAY INT64_C(86400000)

static struct store_dispute example(const struct fixture *f, uint64_t seq)
{
    struct store_dispute d = {.terminal = 1,
        .epoch = 1,
        .seq = seq,
        .kind = "amount_wrong",
        .reporter = STORE_REPORTER_MEMBER,
        .channel = STORE_DISPUTE_BY_TERMINAL,
        .at_utc_ms = FIXTURE_NOW,
        .received_utc_ms = FIXTURE_NOW,
        .due_utc_ms = FIXTURE_NOW + 7 * DAY};
    memcpy(d.shop, f->shop_a, STORE_ID);
    assert_int_equal(ulid_new(FIXTURE_NOW + (int64_t)seq, d.dispute), ERR_OK);
    return d;
}

struct job {
    struct store_dispute d;
    const char *text, *admin;
    enum store_word_act act;
    bool added;
    int64_t at, due;
    enum store_dispute_state state;
    int heard;
    struct store_dispute last;
};

static enum err add(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    return store_dispute_add(tx, &j->d, j->text, &j->added);
}

static enum err say(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    const struct store_word w = {.at_utc_ms = j->at, .act = j->act, .org = 2, .admin = "A", .text = j->text};
    return store_dispute_say(tx, j->d.dispute, &w, j->due, &j->state);
}

static enum err hear(void *ctx, const struct store_dispute *d)
{
    struct job *j = ctx;
    j->heard++;
    j->last = *d;
    return ERR_OK;
}

static enum err escalate(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    j->heard = 0;
    return store_dispute_escalate(tx, j->at, j->due, 16, hear, j);
}

static struct store_dispute get(struct fixture *f, uint64_t seq)
{
    struct store_tx *tx;
    struct store_dispute d;
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_dispute_get(tx, 1, 1, seq, &d), ERR_OK);
    store_read_end(&tx);
    return d;
}

static int list(struct fixture *f, struct store_dispute_query q, struct store_dispute *last)
{
    struct store_tx *tx;
    struct job j = {.heard = 0};
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_dispute_list(tx, &q, hear, &j), ERR_OK);
    store_read_end(&tx);
    if (last)
        *last = j.last;
    return j.heard;
}

static void goes_to_the_union_that_signed_once_per_record(void **state)
{
    struct fixture *f = *state;
    struct job j = {.d = example(f, 5), .text = "多收了十元"};
    assert_int_equal(store_write(f->s, add, &j), ERR_OK);
    assert_true(j.added);
    assert_int_equal(store_write(f->s, add, &j), ERR_OK); /* sent twice */
    assert_false(j.added);
    struct job other = {.d = example(f, 5), .text = "another about the same record"};
    assert_int_equal(store_write(f->s, add, &other), ERR_OK);
    assert_false(other.added);
    struct store_dispute d = get(f, 5);
    assert_int_equal(d.org, f->city_a);
    assert_string_equal(d.org_code, "410100");
    assert_string_equal(d.shop_name, "示例饭店");
    assert_int_equal(d.state, STORE_DISPUTE_OPEN);
    assert_memory_equal(d.dispute, j.d.dispute, STORE_ID);
    struct store_tx *tx;
    struct buf text;
    buf_init(&text, STORE_DISPUTE_TEXT_MAX);
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_dispute_text(tx, d.dispute, false, &text), ERR_OK);
    store_read_end(&tx);
    assert_string_equal(buf_str(&text), "多收了十元");
    buf_release(&text);
}

static void is_listed_within_scope_only(void **state)
{
    struct fixture *f = *state;
    struct job j = {.d = example(f, 1), .text = ""};
    assert_int_equal(store_write(f->s, add, &j), ERR_OK);
    assert_int_equal(list(f, (struct store_dispute_query){.scope = f->province, .limit = 10}, NULL), 1);
    assert_int_equal(list(f, (struct store_dispute_query){.scope = f->city_a, .limit = 10}, NULL), 1);
    assert_int_equal(list(f, (struct store_dispute_query){.scope = f->city_b, .limit = 10}, NULL), 0);
    assert_int_equal(list(f, (struct store_dispute_query){.scope = f->district, .limit = 10}, NULL), 0);
}

static void an_answer_closes_nothing_and_a_closed_one_takes_none(void **state)
{
    struct fixture *f = *state;
    struct job j = {.d = example(f, 1), .text = "", .at = FIXTURE_NOW + 1, .due = FIXTURE_NOW + 9 * DAY};
    assert_int_equal(store_write(f->s, add, &j), ERR_OK);
    j.act = STORE_WORD_REOPEN;
    assert_int_equal(store_write(f->s, say, &j), ERR_DISPUTE_OPEN);
    j.act = STORE_WORD_ANSWER;
    j.text = "已退款";
    assert_int_equal(store_write(f->s, say, &j), ERR_OK);
    assert_int_equal(j.state, STORE_DISPUTE_ANSWERED);
    j.act = STORE_WORD_CLOSE;
    assert_int_equal(store_write(f->s, say, &j), ERR_OK);
    assert_int_equal(store_write(f->s, say, &j), ERR_DISPUTE_CLOSED);
    j.act = STORE_WORD_ANSWER;
    assert_int_equal(store_write(f->s, say, &j), ERR_DISPUTE_CLOSED);
    j.act = STORE_WORD_NOTE;
    assert_int_equal(store_write(f->s, say, &j), ERR_OK);
    j.act = STORE_WORD_REOPEN;
    assert_int_equal(store_write(f->s, say, &j), ERR_OK);
    struct store_dispute d = get(f, 1);
    assert_int_equal(d.state, STORE_DISPUTE_OPEN);
    assert_int_equal(d.due_utc_ms, FIXTURE_NOW + 9 * DAY);
    assert_int_equal(d.first_due_utc_ms, FIXTURE_NOW + 7 * DAY);
    assert_int_equal(d.answered_utc_ms, FIXTURE_NOW + 1);
    assert_int_equal(d.closed_utc_ms, 0);
}

static void what_is_overdue_goes_one_level_up_and_stays_at_the_top(void **state)
{
    struct fixture *f = *state;
    struct job j = {.d = example(f, 1), .text = ""};
    assert_int_equal(store_write(f->s, add, &j), ERR_OK);
    j.at = FIXTURE_NOW + 7 * DAY;
    j.due = j.at + 7 * DAY;
    assert_int_equal(store_write(f->s, escalate, &j), ERR_OK);
    assert_int_equal(j.heard, 0);
    j.at++;
    assert_int_equal(store_write(f->s, escalate, &j), ERR_OK);
    assert_int_equal(j.heard, 1);
    assert_int_equal(j.last.org, f->province);
    struct store_dispute d = get(f, 1);
    assert_int_equal(d.org, f->province);
    assert_int_equal(d.state, STORE_DISPUTE_ESCALATED);
    assert_int_equal(d.due_utc_ms, FIXTURE_NOW + 14 * DAY);
    assert_int_equal(d.escalations, 1);
    j.at = FIXTURE_NOW + 100 * DAY;
    assert_int_equal(store_write(f->s, escalate, &j), ERR_OK);
    assert_int_equal(j.heard, 0);
    assert_int_equal(list(f, (struct store_dispute_query){.scope = f->city_a, .limit = 10}, &d), 1); /* it signed */
    assert_int_equal(d.org, f->province);
    assert_int_equal(list(f, (struct store_dispute_query){.scope = f->city_b, .limit = 10}, NULL), 0);
    assert_int_equal(
        list(f, (struct store_dispute_query){.scope = f->province, .state = STORE_DISPUTE_OPEN, .limit = 10}, NULL), 1);
}

static enum err many(struct store_tx *tx, void *ctx)
{
    struct fixture *f = ctx;
    bool added;
    for (uint64_t i = 1; i <= 10000; i++) {
        struct store_dispute d = example(f, i);
        assert_int_equal(store_dispute_add(tx, &d, "", &added), ERR_OK);
    }
    return ERR_OK;
}

static void ten_thousand_open_ones_come_page_by_page_each_once(void **state)
{
    struct fixture *f = *state;
    struct store_dispute last = {.seq = 0};
    struct store_dispute_query q = {.scope = f->province, .state = STORE_DISPUTE_OPEN, .limit = 500};
    int all = 0, n;
    assert_int_equal(store_write(f->s, many, f), ERR_OK);
    while ((n = list(f, q, &last))) {
        all += n;
        assert_int_equal(last.seq, all);
        q.after = last.dispute;
        assert_true(all <= 10000);
    }
    assert_int_equal(all, 10000);
}

static enum err contest(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    return store_dispute_contest(tx, &j->d);
}

static void the_service_contests_a_sale_once(void **state)
{
    struct fixture *f = *state;
    struct job j = {.d = example(f, 3)};
    j.d.code = ERR_LIMIT_REACHED;
    assert_int_equal(store_write(f->s, contest, &j), ERR_OK);
    assert_int_equal(store_write(f->s, contest, &j), ERR_OK);
    struct store_dispute d = get(f, 3);
    assert_int_equal(d.channel, STORE_DISPUTE_BY_SERVICE);
    assert_int_equal(d.code, ERR_LIMIT_REACHED);
    assert_string_equal(d.kind, "offline_contested");
    assert_int_equal(list(f, (struct store_dispute_query){.scope = f->province, .limit = 10}, NULL), 1);
}

static enum err put_answers(struct store_tx *tx, void *ctx)
{
    int64_t v;
    (void)ctx;
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(store_answer_version(tx, 1, &v), ERR_OK);
        assert_int_equal(v, i - 1);
        assert_int_equal(store_answer_put(tx, 1, v + 1, "123", (size_t)i), ERR_OK);
    }
    assert_int_equal(store_answer_put(tx, 1, 3, "x", 1), ERR_EXISTS);
    return ERR_OK;
}

static enum err count(void *ctx, const char *envelope, size_t len)
{
    size_t *last = ctx;
    (void)envelope;
    assert_int_equal(len, *last + 1);
    *last = len;
    return ERR_OK;
}

static void answers_come_in_order(void **state)
{
    struct fixture *f = *state;
    struct store_tx *tx;
    size_t last = 1;
    assert_int_equal(store_write(f->s, put_answers, NULL), ERR_OK);
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_answer_newer(tx, 1, 1, 10, count, &last), ERR_OK);
    assert_int_equal(last, 3);
    assert_int_equal(store_answer_newer(tx, 2, 0, 10, count, &last), ERR_OK);
    store_read_end(&tx);
}

static struct store_voice voice;

static enum err speak(struct store_tx *tx, void *ctx)
{
    const struct job *j = ctx;
    return store_dispute_voice(tx, j->d.dispute, &voice);
}

static void objecting_cannot_be_used_up_and_counts_days(void **state)
{
    struct fixture *f = *state;
    struct job j = {.d = example(f, 1), .text = "", .at = FIXTURE_NOW + 1, .act = STORE_WORD_CLOSE};
    assert_int_equal(store_write(f->s, speak, &j), ERR_NOT_FOUND);
    assert_int_equal(store_write(f->s, add, &j), ERR_OK);
    for (int day = 0; day < 3; day++)
        for (int n = 0; n < 3; n++) {
            voice = (struct store_voice){.at_utc_ms = FIXTURE_NOW + day * DAY + n};
            assert_int_equal(store_write(f->s, speak, &j), ERR_OK);
            assert_int_equal(voice.taken, n == 0);
            assert_false(voice.reopened);
            assert_int_equal(get(f, 1).objections, day + 1);
        }
    assert_int_equal(store_write(f->s, say, &j), ERR_OK);
    voice = (struct store_voice){.at_utc_ms = FIXTURE_NOW + 9 * DAY};
    assert_int_equal(store_write(f->s, speak, &j), ERR_OK); /* of a closed one, too, which stays closed */
    assert_int_equal(get(f, 1).state, STORE_DISPUTE_CLOSED);
    assert_int_equal(get(f, 1).objected_utc_ms, FIXTURE_NOW + 9 * DAY);
    assert_int_equal(
        list(f, (struct store_dispute_query){.scope = f->province, .objected = true, .limit = 10}, NULL), 1);
}

static void a_second_account_is_taken_once_and_takes_the_dispute_up_again(void **state)
{
    struct fixture *f = *state;
    struct job j = {.d = example(f, 1), .text = "甲", .at = FIXTURE_NOW + 1, .act = STORE_WORD_ANSWER};
    const struct store_voice said = {
        .at_utc_ms = FIXTURE_NOW + DAY, .due_utc_ms = FIXTURE_NOW + 9 * DAY, .kind = "other", .text = "乙"};
    assert_int_equal(store_write(f->s, add, &j), ERR_OK);
    assert_int_equal(store_write(f->s, say, &j), ERR_OK);
    voice = said;
    voice.text = "\xff";
    assert_int_equal(store_write(f->s, speak, &j), ERR_BAD_VALUE);
    voice = said;
    assert_int_equal(store_write(f->s, speak, &j), ERR_OK);
    assert_true(voice.taken && voice.reopened);
    struct store_dispute d = get(f, 1);
    assert_int_equal(d.state, STORE_DISPUTE_OPEN);
    assert_int_equal(d.due_utc_ms, FIXTURE_NOW + 9 * DAY);
    assert_int_equal(d.answered_utc_ms, FIXTURE_NOW + 1);
    assert_int_equal(d.second_utc_ms, FIXTURE_NOW + DAY);
    assert_string_equal(d.second_kind, "other");
    voice.text = "丙";
    voice.at_utc_ms++;
    assert_int_equal(store_write(f->s, speak, &j), ERR_OK);
    assert_false(voice.taken || voice.reopened);
    assert_int_equal(get(f, 1).second_utc_ms, FIXTURE_NOW + DAY);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_up, fixture_down)

int main(void)
{
    const struct CMUnitTest tests[] = {T(goes_to_the_union_that_signed_once_per_record), T(is_listed_within_scope_only),
        T(an_answer_closes_nothing_and_a_closed_one_takes_none),
        T(what_is_overdue_goes_one_level_up_and_stays_at_the_top),
        T(ten_thousand_open_ones_come_page_by_page_each_once), T(the_service_contests_a_sale_once),
        T(answers_come_in_order), T(objecting_cannot_be_used_up_and_counts_days),
        T(a_second_account_is_taken_once_and_takes_the_dispute_up_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
