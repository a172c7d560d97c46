/* SPDX-License-Identifier: Apache-2.0 */
/* Journals as the service keeps them: once each, in one chain, sales counted once. */
#include "base/tm.h"
#include "store_fixture.h"

/* A terminal's own side of the chain. */
struct journal {
    struct record_head head;
    struct store_record rec[32];
    struct store_sale sale[32];
    char body[32][32];
    size_t cnt;
};

static void journal_begin(struct journal *j, const uint8_t *terminal)
{
    memset(j, 0, sizeof *j);
    memcpy(j->head.terminal, terminal, STORE_ID);
    j->head.epoch = 1;
}

static struct store_record *note(struct journal *j, enum record_kind kind, const char *text)
{
    struct store_record *r = &j->rec[j->cnt];
    snprintf(j->body[j->cnt], sizeof j->body[0], "{\"n\":%zu,\"t\":\"%s\"}", j->cnt, text);
    *r = (struct store_record){.seq = j->head.seq + 1, .kind = kind, .body = j->body[j->cnt]};
    r->body_len = strlen(r->body);
    assert_int_equal(record_extend(&j->head, kind, r->body, r->body_len, &j->head), ERR_OK);
    j->cnt++;
    return r;
}

static struct store_sale *sell(struct journal *j, uint8_t id, uint8_t checkout, int64_t total)
{
    struct store_sale *s = &j->sale[j->cnt];
    struct store_record *r = note(j, RECORD_SALE, "sale");
    *s = (struct store_sale){.at_utc_ms = FIXTURE_NOW,
        .total_fen = total,
        .discount_fen = total / 10,
        .pay_fen = total - total / 10,
        .card_last4 = "0001",
        .offer_title = "九折",
        .by = BODY_BY_QR,
        .input = BODY_INPUT_READER};
    s->sale[0] = id;
    s->checkout[0] = checkout;
    s->offer[0] = 1;
    s->member[0] = 9;
    r->sale = s;
    return s;
}

/* Records from seq `first` (1...) to the end of the journal. */
static struct store_batch batch_of(const struct journal *j, size_t first)
{
    struct store_batch b = {.epoch = 1,
        .due_utc_ms = FIXTURE_NOW + 1000,
        .return_days = 30,
        .record = &j->rec[first - 1],
        .record_cnt = j->cnt - first + 1,
        .head_seq = j->head.seq,
        .at_utc_ms = FIXTURE_NOW};
    memcpy(b.terminal, j->head.terminal, STORE_ID);
    memcpy(b.head_hash, j->head.hash, KEY_HASH);
    return b;
}

static enum err run_append(struct store_tx *tx, void *ctx)
{
    return store_record_append(tx, ctx);
}

static enum err append(struct fixture *f, struct store_batch *b)
{
    return store_write(f->s, run_append, b);
}

static struct store_sales sums(struct fixture *f, const uint8_t *shop)
{
    struct store_sales s;
    struct store_tx *tx;
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_sale_sums(tx, shop, tm_day(FIXTURE_NOW), &s), ERR_OK);
    store_read_end(&tx);
    return s;
}

static void test_a_batch_again_has_the_first_outcome_and_counts_nothing(void **state)
{
    struct fixture *f = *state;
    struct journal j;
    journal_begin(&j, f->terminal_a);
    note(&j, RECORD_STARTED, "up");
    sell(&j, 1, 1, 10000);
    note(&j, RECORD_DISPUTE, "odd")->held = ERR_BAD_VALUE;
    for (int round = 0; round < 3; round++) {
        struct store_batch b = batch_of(&j, 1);
        assert_int_equal(append(f, &b), ERR_OK);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(b.result[i].seq, i + 1);
            assert_int_equal(b.result[i].outcome, round ? BODY_KNOWN : i == 2 ? BODY_HELD : BODY_COUNTED);
            assert_int_equal(b.result[i].code, i == 2 ? ERR_BAD_VALUE : ERR_OK);
        }
        assert_memory_equal(b.head.hash, j.head.hash, KEY_HASH);
        assert_int_equal(b.head.seq, 3);
        assert_int_equal(b.head.epoch, 1);
        assert_memory_equal(b.head.terminal, f->terminal_a, STORE_ID);
    }
    struct store_sales s = sums(f, f->shop_a);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.total_fen, 10000);
    assert_int_equal(s.discount_fen, 1000);
    assert_int_equal(s.today_count, 1);
    assert_int_equal(sums(f, f->shop_b).count, 0);
}

static void test_batches_may_overlap_and_continue(void **state)
{
    struct fixture *f = *state;
    struct journal j;
    journal_begin(&j, f->terminal_a);
    sell(&j, 1, 1, 100);
    sell(&j, 2, 2, 100);
    struct store_batch b = batch_of(&j, 1);
    assert_int_equal(append(f, &b), ERR_OK);
    sell(&j, 3, 3, 100);
    b = batch_of(&j, 2);
    assert_int_equal(append(f, &b), ERR_OK);
    assert_int_equal(b.result[0].outcome, BODY_KNOWN);
    assert_int_equal(b.result[1].outcome, BODY_COUNTED);
    sell(&j, 4, 4, 100);
    b = batch_of(&j, 4);
    assert_int_equal(append(f, &b), ERR_OK);
    assert_int_equal(b.head.seq, 4);
    assert_int_equal(sums(f, f->shop_a).count, 4);
    /* An old batch again: the head stays where it is. */
    j.cnt = 2;
    struct store_batch old = batch_of(&j, 1);
    old.head_seq = 2;
    struct record_head h = {.epoch = 1};
    memcpy(h.terminal, f->terminal_a, STORE_ID);
    for (int i = 0; i < 2; i++)
        assert_int_equal(record_extend(&h, RECORD_SALE, j.body[i], strlen(j.body[i]), &h), ERR_OK);
    memcpy(old.head_hash, h.hash, KEY_HASH);
    assert_int_equal(append(f, &old), ERR_OK);
    assert_int_equal(old.head.seq, 4);
    assert_int_equal(sums(f, f->shop_a).count, 4);
}

static void test_a_gap_names_what_is_wanted(void **state)
{
    struct fixture *f = *state;
    struct journal j;
    journal_begin(&j, f->terminal_a);
    for (uint8_t i = 1; i <= 4; i++)
        sell(&j, i, i, 100);
    struct store_batch b = batch_of(&j, 3);
    assert_int_equal(append(f, &b), ERR_CHAIN_GAP);
    assert_int_equal(b.expected, 1);
    b = batch_of(&j, 1);
    assert_int_equal(append(f, &b), ERR_OK);
    j.rec[2].seq = 9;
    b = batch_of(&j, 1);
    assert_int_equal(append(f, &b), ERR_BAD_VALUE);
}

static void test_a_fork_is_refused_whole(void **state)
{
    struct fixture *f = *state;
    struct journal j, copy;
    journal_begin(&j, f->terminal_a);
    sell(&j, 1, 1, 100);
    memcpy(&copy, &j, sizeof j);
    for (size_t i = 0; i < copy.cnt; i++)
        copy.rec[i].body = copy.body[i], copy.rec[i].sale = &copy.sale[i];
    note(&j, RECORD_STARTED, "mine");
    sell(&j, 2, 2, 100);
    struct store_batch b = batch_of(&j, 1);
    assert_int_equal(append(f, &b), ERR_OK);
    /* A copied state directory goes on by itself: another record 2. */
    note(&copy, RECORD_STARTED, "copy");
    sell(&copy, 3, 3, 100);
    b = batch_of(&copy, 1);
    assert_int_equal(append(f, &b), ERR_CHAIN_FORK);
    /* One further along, whose earlier records we are not shown. */
    sell(&copy, 4, 4, 100);
    b = batch_of(&copy, 4);
    assert_int_equal(append(f, &b), ERR_CHAIN_FORK);
    struct store_sales s = sums(f, f->shop_a);
    assert_int_equal(s.count, 2);
    /* Another epoch than the service gave. */
    b = batch_of(&j, 1);
    b.epoch = 2;
    assert_int_equal(append(f, &b), ERR_CHAIN_FORK);
}

static void test_a_signed_head_that_is_not_these_records_stores_nothing(void **state)
{
    struct fixture *f = *state;
    struct journal j;
    journal_begin(&j, f->terminal_a);
    sell(&j, 1, 1, 100);
    struct store_batch b = batch_of(&j, 1);
    b.head_hash[31] ^= 1;
    assert_int_equal(append(f, &b), ERR_CHAIN_FORK);
    b = batch_of(&j, 1);
    b.head_seq = 2;
    assert_int_equal(append(f, &b), ERR_BAD_VALUE);
    assert_int_equal(sums(f, f->shop_a).count, 0);
    struct store_batch ask = batch_of(&j, 1);
    ask.record_cnt = 0;
    assert_int_equal(append(f, &ask), ERR_OK);
    assert_int_equal(ask.head.seq, 0);
}

static void test_a_sale_is_counted_once_in_the_world(void **state)
{
    struct fixture *f = *state;
    struct journal a, b;
    journal_begin(&a, f->terminal_a);
    journal_begin(&b, f->terminal_b);
    sell(&a, 1, 1, 100);
    sell(&a, 1, 2, 100); /* the same sale id in a second record */
    sell(&b, 3, 1, 100); /* the same checkout on another terminal */
    struct store_batch first = batch_of(&a, 1), second = batch_of(&b, 1);
    assert_int_equal(append(f, &first), ERR_OK);
    assert_int_equal(append(f, &second), ERR_OK);
    assert_int_equal(first.result[0].outcome, BODY_COUNTED);
    assert_int_equal(first.result[1].outcome, BODY_HELD);
    assert_int_equal(first.result[1].code, ERR_EXISTS);
    assert_int_equal(second.result[0].outcome, BODY_HELD);
    assert_int_equal(sums(f, f->shop_a).count, 1);
    assert_int_equal(sums(f, f->shop_b).count, 0);
    /* Held, but in the chain. */
    assert_int_equal(first.head.seq, 2);
    assert_int_equal(second.head.seq, 1);
}

static enum err collect(void *ctx, const struct store_sale_row *s)
{
    struct store_sale_row **at = ctx;
    *(*at)++ = *s;
    return ERR_OK;
}

static void test_a_sale_over_its_limit_stands_and_says_so(void **state)
{
    struct fixture *f = *state;
    struct journal j;
    struct store_sale_row rows[8], *at = rows;
    struct store_tx *tx;
    journal_begin(&j, f->terminal_a);
    for (uint8_t i = 1; i <= 3; i++) {
        struct store_sale *s = sell(&j, i, i, 100 * i);
        s->per_card_day = 2;
        s->at_utc_ms += i;
    }
    struct store_sale *own = sell(&j, 4, 4, 400);
    own->own_price = true;
    own->at_utc_ms += 4;
    struct store_batch b = batch_of(&j, 1);
    assert_int_equal(append(f, &b), ERR_OK);
    assert_int_equal(b.result[1].code, ERR_OK);
    assert_int_equal(b.result[2].outcome, BODY_CONTESTED);
    assert_int_equal(b.result[2].code, ERR_LIMIT_REACHED);
    assert_int_equal(b.result[3].code, ERR_OK);
    assert_int_equal(sums(f, f->shop_a).count, 4);
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_sale_latest(tx, f->shop_a, 3, collect, &at), ERR_OK);
    store_read_end(&tx);
    assert_int_equal(at - rows, 3);
    assert_int_equal(rows[0].total_fen, 400);
    assert_int_equal(rows[1].total_fen, 300);
    assert_int_equal(rows[1].code, ERR_LIMIT_REACHED);
    assert_int_equal(rows[1].seq, 3);
    assert_string_equal(rows[1].card_last4, "0001");
    assert_int_equal(rows[2].code, ERR_OK);
}

static void test_applied_versions_and_refusals_are_noted(void **state)
{
    struct fixture *f = *state;
    struct journal j;
    struct store_terminal t;
    struct store_tx *tx;
    int64_t refusals;
    struct body_notice_applied applied = {.at_utc_ms = FIXTURE_NOW, .notice = NOTICE_SHOP, .version = 7};
    struct body_notice_applied trust = {.at_utc_ms = FIXTURE_NOW, .notice = NOTICE_TRUST, .version = 2};
    struct body_notice_applied older = {.at_utc_ms = FIXTURE_NOW, .notice = NOTICE_SHOP, .version = 5};
    struct body_refusal refusal = {.at_utc_ms = FIXTURE_NOW, .reason = ERR_CARD_LOST};
    journal_begin(&j, f->terminal_a);
    note(&j, RECORD_NOTICE_APPLIED, "7")->applied = &applied;
    note(&j, RECORD_NOTICE_APPLIED, "t")->applied = &trust;
    note(&j, RECORD_NOTICE_APPLIED, "5")->applied = &older;
    note(&j, RECORD_REFUSAL, "r")->refusal = &refusal;
    note(&j, RECORD_REFUSAL, "r")->refusal = &refusal;
    struct store_batch b = batch_of(&j, 1);
    b.at_utc_ms += 5;
    assert_int_equal(append(f, &b), ERR_OK);
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_terminal_get(tx, f->terminal_a, &t), ERR_OK);
    assert_int_equal(store_refusal_count(tx, f->shop_a, tm_day(FIXTURE_NOW), &refusals), ERR_OK);
    store_read_end(&tx);
    assert_int_equal(t.shop_version, 7);
    assert_int_equal(t.shop_version_applied_ms, FIXTURE_NOW + 5);
    assert_int_equal(t.trust_version, 2);
    assert_int_equal(t.seq, 5);
    assert_int_equal(t.last_seen_utc_ms, FIXTURE_NOW + 5);
    assert_memory_equal(t.hash, j.head.hash, KEY_HASH);
    assert_int_equal(refusals, 2);
}

static void test_unknown_terminals_have_no_journal(void **state)
{
    struct fixture *f = *state;
    struct journal j;
    static const uint8_t nobody[STORE_ID] = {1};
    journal_begin(&j, nobody);
    sell(&j, 1, 1, 100);
    struct store_batch b = batch_of(&j, 1);
    assert_int_equal(append(f, &b), ERR_NOT_FOUND);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
    const struct CMUnitTest tests[] = {
        CASE(test_a_batch_again_has_the_first_outcome_and_counts_nothing),
        CASE(test_batches_may_overlap_and_continue),
        CASE(test_a_gap_names_what_is_wanted),
        CASE(test_a_fork_is_refused_whole),
        CASE(test_a_signed_head_that_is_not_these_records_stores_nothing),
        CASE(test_a_sale_is_counted_once_in_the_world),
        CASE(test_a_sale_over_its_limit_stands_and_says_so),
        CASE(test_applied_versions_and_refusals_are_noted),
        CASE(test_unknown_terminals_have_no_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
