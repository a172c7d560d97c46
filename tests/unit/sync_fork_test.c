/* SPDX-License-Identifier: Apache-2.0 */
/* First contact after a start: is this journal the one that the service has? And what becomes of one that is not. */
#include "client/ports/sync_parts.h"
#include "sync_fixture.h"

static uint32_t begun;

static void resumed(void *ctx, uint32_t epoch)
{
    (void)ctx;
    begun = epoch;
}

static void begin_again(void)
{
    sync_free(&s);
    st.info.epoch = 1;
    begun = 0;
    const struct sync_config c = {
        .journal = journal, .state = &st, .clock = &fake_clock, .device = device, .notice = obey, .resumed = resumed};
    assert_int_equal(sync_new(&c, &s), ERR_OK);
    sync_start(s);
}

/* What goes to the service next: records, or (0 of them) where the terminal stands. */
static size_t under_way(uint64_t *first, uint32_t *fork)
{
    struct body_batch *b = calloc(1, sizeof *b);
    size_t i = find("/v1/records"), cnt;
    assert_in_range(i, 0, 3);
    assert_int_equal(body_batch_decode(buf_str(&asked[i].body), asked[i].body.len, b), ERR_OK);
    cnt = b->record_cnt;
    if (first)
        *first = cnt ? b->record[0].seq : b->head_seq;
    if (fork)
        *fork = b->fork;
    body_batch_release(b);
    free(b);
    return cnt;
}

/* The service's head: of that epoch, at seq, with our own hash there or another one. */
static void service_has(uint32_t epoch, uint64_t seq, bool ours)
{
    struct body_results *r = calloc(1, sizeof *r);
    struct record_head h = {.epoch = epoch, .seq = seq};
    struct buf text;
    memcpy(h.terminal, terminal, ULID_SIZE);
    memset(h.hash, seq ? 7 : 0, KEY_HASH);
    if (ours && seq)
        assert_int_equal(journal_after(journal, seq - 1, 1, 1, take_hash, h.hash), ERR_OK);
    r->epoch = epoch;
    r->head_seq = seq;
    r->at_utc_ms = now_ms;
    memcpy(r->head_hash, h.hash, KEY_HASH);
    assert_int_equal(key_id(lease_key, r->keyid), ERR_OK);
    assert_int_equal(record_countersign(&h, r->at_utc_ms, lease_key, r->head_sig), ERR_OK);
    buf_init(&text, BODY_MAX);
    assert_int_equal(body_results_encode(r, &text), ERR_OK);
    answer("/v1/records", ERR_OK, 200, buf_str(&text));
    buf_release(&text);
    free(r);
}

static void refuse_fork(int expected)
{
    char text[64];
    snprintf(text, sizeof text, "{\"code\":\"chain_fork\",\"expected\":%d}", expected);
    answer("/v1/records", ERR_CHAIN_FORK, 409, expected ? text : "{}");
}

static void nothing_is_sent_before_the_service_said_what_it_has(void **state)
{
    uint64_t first;
    (void)state;
    add_sales(journal, 0, 5);
    begin_again();
    sync_kick(s);
    pass(0);
    assert_int_equal(under_way(&first, NULL), 0);
    assert_int_equal(first, 5);
    answer("/v1/records", ERR_NET_TIMEOUT, 0, "");
    sync_kick(s);
    pass(0);
    assert_int_equal(find("/v1/records"), 4);
    pass(60000);
    assert_int_equal(under_way(NULL, NULL), 0);
    service_has(1, 2, true);
    pass(0);
    assert_int_equal(under_way(&first, NULL), 5);
    assert_int_equal(first, 1);
    countersign(lease_key);
    assert_int_equal(sync_status(s)->upload_error, ERR_OK);
    pass(600000);
    assert_int_equal(find("/v1/records"), 4);
}

/* An idle shop has nothing to send, so nobody would tell it: it asks when the service is there again. */
static void what_a_restored_service_lost_is_sent_though_nothing_is_sold(void **state)
{
    uint64_t first;
    (void)state;
    add_sales(journal, 0, 5);
    begin_again();
    service_has(1, 0, true);
    pass(0);
    countersign(lease_key);
    for (int has = 5; has > 1; has -= 3) {
        online.online = false;
        pass(1000);
        assert_int_equal(find("/v1/records"), 4);
        online.online = true;
        pass(1000);
        assert_int_equal(under_way(NULL, NULL), 0);
        service_has(1, (uint64_t)has, true);
        pass(0);
    }
    assert_int_equal(under_way(&first, NULL), 3);
    assert_int_equal(first, 3);
    countersign(lease_key);
    assert_int_equal(sync_status(s)->upload_error, ERR_OK);
    pass(600000);
    assert_int_equal(find("/v1/records"), 4);
}

static void assert_told_as_fork(uint32_t epoch)
{
    uint32_t fork = 0;
    assert_int_equal(sync_status(s)->upload_error, ERR_CHAIN_FORK);
    pass(0);
    assert_int_equal(under_way(NULL, &fork), 0);
    assert_int_equal(fork, epoch);
}

static void a_head_that_is_not_in_this_journal_is_a_fork_and_the_service_is_told(void **state)
{
    uint64_t first;
    (void)state;
    add_sales(journal, 0, 3);
    static const struct {
        uint64_t seq;
        bool ours;
    } cases[] = {{3, false}, {4, false}, {1, false}};
    for (size_t i = 0; i < 3; i++) {
        begin_again();
        s->keep.forked_epoch = 0;
        s->status.upload_error = ERR_OK;
        service_has(1, cases[i].seq, cases[i].ours);
        assert_told_as_fork(1);
        service_has(1, cases[i].seq, cases[i].ours);
        pass(0); /* told once; what is here goes up to be kept apart */
        assert_int_equal(under_way(&first, NULL), 3);
        assert_int_equal(first, 1);
    }
}

static void a_new_epoch_is_begun_only_if_nobody_has(void **state)
{
    (void)state;
    add_sales(journal, 0, 3);
    begin_again();
    service_has(2, 0, true);
    assert_int_equal(begun, 2);
    begin_again();
    service_has(2, 1, false);
    assert_int_equal(begun, 0);
    assert_told_as_fork(2);
    service_has(2, 1, false);
    assert_int_equal(begun, 0);
    pass(0);
    refuse_fork(4);
    pass(20000);
    assert_int_equal(under_way(NULL, NULL), 0);
    service_has(3, 0, true);
    assert_int_equal(begun, 3);
}

static void a_branch_goes_up_to_its_end(void **state)
{
    uint64_t first;
    (void)state;
    add_sales(journal, 0, 250);
    begin_again();
    service_has(1, 0, true);
    for (int sent = 0; sent < 300; sent += 100) {
        pass(0);
        assert_int_equal(under_way(&first, NULL), sent == 200 ? 50 : 100);
        assert_int_equal(first, sent + 1);
        refuse_fork(sent == 200 ? 251 : sent + 101);
        assert_int_equal(sync_status(s)->upload_error, ERR_CHAIN_FORK);
    }
    assert_int_equal(journal_unsent_cnt(journal), 0);
    assert_int_equal(journal_sent_seq(journal), 0);
    add_sales(journal, 250, 1);
    sync_kick(s);
    pass(0);
    assert_int_equal(under_way(&first, NULL), 1);
    assert_int_equal(first, 251);
    refuse_fork(252);
    begin_again();
    service_has(1, 0, true);
    pass(0);
    assert_int_equal(find("/v1/records"), 4);
}

static void a_branch_of_which_nothing_is_known_goes_up_from_its_beginning(void **state)
{
    uint64_t first;
    (void)state;
    add_sales(journal, 0, 150);
    begin_again();
    service_has(1, 0, true);
    pass(0);
    countersign(lease_key);
    pass(0);
    countersign(lease_key);
    add_sales(journal, 150, 1);
    sync_kick(s);
    pass(0);
    refuse_fork(1);
    pass(0);
    assert_int_equal(under_way(&first, NULL), 100);
    assert_int_equal(first, 1);
    refuse_fork(101);
    pass(0);
    assert_int_equal(under_way(&first, NULL), 51);
    refuse_fork(1); /* the same again: it must not make us spin */
    pass(1000);
    assert_int_equal(find("/v1/records"), 4);
    assert_int_equal(journal_unsent_cnt(journal), 1);
}

static void an_ended_epoch_that_nobody_takes_does_not_keep_back_the_present_one(void **state)
{
    uint64_t first;
    (void)state;
    add_sales(journal, 0, 3);
    journal_close(&journal);
    assert_int_equal(journal_open(path, terminal, 2, &journal), ERR_OK);
    add_sales(journal, 3, 2);
    assert_int_equal(journal_unsent_cnt(journal), 5);
    sync_free(&s);
    st.info.epoch = 2;
    begin_sync();
    assert_int_equal(under_way(&first, NULL), 2);
    assert_int_equal(first, 1);
    answer("/v1/records", ERR_CHAIN_FORK, 409, "{\"code\":\"chain_fork\",\"expected\":3}");
    pass(0);
    assert_int_equal(under_way(&first, NULL), 3);
    refuse_fork(0);
    pass(0);
    assert_int_equal(find("/v1/records"), 4);
    assert_int_equal(journal_unsent_cnt(journal), 3);
    add_sales(journal, 5, 1);
    sync_kick(s);
    pass(0);
    assert_int_equal(under_way(&first, NULL), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_is_sent_before_the_service_said_what_it_has),
        T(what_a_restored_service_lost_is_sent_though_nothing_is_sold),
        T(a_head_that_is_not_in_this_journal_is_a_fork_and_the_service_is_told),
        T(a_new_epoch_is_begun_only_if_nobody_has),
        T(a_branch_goes_up_to_its_end),
        T(a_branch_of_which_nothing_is_known_goes_up_from_its_beginning),
        T(an_ended_epoch_that_nobody_takes_does_not_keep_back_the_present_one),
    };
    return cmocka_run_group_tests_name("sync fork", tests, NULL, NULL);
}
