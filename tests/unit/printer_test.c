/* SPDX-License-Identifier: Apache-2.0 */
#include "printer_fixture.h"

static void answers_are_judged_by_their_fixed_bits(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= 5; n++)
        for (unsigned b = 0; b < 256; b++) {
            struct printer_status s = {.state = PRINTER_READY};
            bool valid = (b & 0x93) == 0x12 && (n == 1 || n == 2 || n == 4);
            assert_int_equal(printer_answer(n, (uint8_t)b, &s), valid);
        }
}

static void each_trouble_has_its_name(void **state)
{
    static const struct {
        uint8_t answers[3];
        enum printer_state want;
        bool near_end;
        enum err trouble;
    } cases[] = {
        {{0x12, 0x12, 0x12}, PRINTER_READY, false, ERR_OK},
        {{0x12, 0x12, 0x1E}, PRINTER_READY, true, ERR_OK},
        {{0x1A, 0x12, 0x12}, PRINTER_OFFLINE, false, ERR_PRINTER_OFFLINE},
        {{0x1A, 0x16, 0x12}, PRINTER_COVER_OPEN, false, ERR_PRINTER_COVER_OPEN},
        {{0x1A, 0x32, 0x7E}, PRINTER_PAPER_OUT, true, ERR_PRINTER_PAPER_OUT},
        {{0x12, 0x12, 0x72}, PRINTER_PAPER_OUT, false, ERR_PRINTER_PAPER_OUT},
        {{0x1A, 0x52, 0x12}, PRINTER_FAULT, false, ERR_PRINTER_FAULT},
        {{0x1A, 0x36, 0x72}, PRINTER_COVER_OPEN, false, ERR_PRINTER_COVER_OPEN},
        {{0x12, 0x00, 0x12}, PRINTER_UNKNOWN, false, ERR_OK},
        {{0xFF, 0x12, 0x12}, PRINTER_UNKNOWN, false, ERR_OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake f = {.generation = 1};
        struct printer *p = open_printer(&f);
        memcpy(f.answers, cases[i].answers, 3);
        turns(p, 1000);
        assert_int_equal(printer_status(p)->state, cases[i].want);
        assert_int_equal(printer_status(p)->near_end, cases[i].near_end);
        assert_int_equal(printer_trouble(p), cases[i].trouble);
        printer_free(&p);
    }
}

static void silence_is_unknown_and_does_not_keep_a_receipt(void **state)
{
    struct fake f = {.generation = 1, .silent = true};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    submit(p, SALE, "receipt");
    turns(p, 1000 + PRINTER_ANSWER_MS - 1);
    assert_int_equal(f.got_len, 0); /* it may still answer */
    turns(p, 1000 + PRINTER_ANSWER_MS);
    assert_int_equal(printer_status(p)->state, PRINTER_UNKNOWN);
    turns(p, 1000 + PRINTER_ANSWER_MS);
    assert_int_equal(f.got_len, 7);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_DONE);
    printer_free(&p);
}

static void a_receipt_waits_for_no_paper(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    enum err why = ERR_OK;
    (void)state;
    f.answers[1] = 0x32;
    turns(p, 1000);
    submit(p, SALE, "receipt");
    turns(p, 1000);
    assert_int_equal(state_of(p, SALE, &why), PRINTER_UNPRINTED);
    assert_int_equal(why, ERR_PRINTER_PAPER_OUT);
    f.answers[1] = 0x12; /* a new roll: it is noticed without anybody asking */
    turns(p, 1000 + PRINTER_AGAIN_MS);
    assert_int_equal(printer_status(p)->state, PRINTER_READY);
    assert_int_equal(f.got_len, 0); /* it does not come out by itself */
    submit(p, SALE, "copy");
    turns(p, 1001 + PRINTER_AGAIN_MS);
    assert_int_equal(f.got_len, 4);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_DONE);
    printer_free(&p);
}

static void what_was_cut_off_is_offered_and_never_sent_again(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    enum err why = ERR_OK;
    (void)state;
    turns(p, 1000);
    f.slow = true;
    submit(p, SALE, "receipt");
    submit(p, OTHER, "the next");
    turns(p, 1001);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_PRINTING);
    f.generation = 0;
    turns(p, 1002);
    assert_int_equal(state_of(p, SALE, &why), PRINTER_INTERRUPTED);
    assert_int_equal(why, ERR_PRINTER_MISSING);
    assert_int_equal(state_of(p, OTHER, NULL), PRINTER_UNPRINTED);
    assert_int_equal(printer_status(p)->state, PRINTER_ABSENT);
    f = (struct fake){.generation = 2, .answers = {0x12, 0x12, 0x12}};
    turns(p, 5000);
    assert_int_equal(printer_status(p)->state, PRINTER_READY);
    assert_int_equal(f.got_len, 0);
    submit(p, SALE, "copy");
    turns(p, 5001);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_DONE);
    assert_int_equal(f.got_len, 4);
    printer_free(&p);
}

static void a_power_cycle_between_two_turns_is_noticed(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    f.slow = true;
    submit(p, SALE, "receipt");
    turns(p, 1001);
    f.busy = f.slow = false;
    f.generation = 2;
    turns(p, 1002);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_INTERRUPTED);
    printer_free(&p);
}

static void a_printer_that_takes_nothing_is_called_stuck(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    f.slow = true;
    submit(p, SALE, "receipt");
    turns(p, 1100);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_PRINTING);
    turns(p, 1100 + PRINTER_STUCK_MS - 1);
    assert_false(printer_status(p)->stuck);
    assert_int_equal(printer_timeout_ms(p, 1100 + PRINTER_STUCK_MS - 1), 1);
    turns(p, 1100 + PRINTER_STUCK_MS);
    assert_true(printer_status(p)->stuck);
    assert_int_equal(printer_timeout_ms(p, 1100 + PRINTER_STUCK_MS), -1);
    f.busy = f.slow = false;
    turns(p, 20000);
    assert_false(printer_status(p)->stuck);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_DONE);
    printer_free(&p);
}

/* Not even a question leaves: the receipt behind it waits, nothing spins, and pulling the cable tells that it never began. */
static void a_question_that_does_not_leave_is_stuck_too(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    f.slow = f.silent = true;
    submit(p, SALE, "receipt");
    turns(p, 2000);
    turns(p, 2000 + PRINTER_ANSWER_MS);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_QUEUED);
    assert_int_equal(printer_timeout_ms(p, 2000 + PRINTER_ANSWER_MS), PRINTER_STUCK_MS - PRINTER_ANSWER_MS);
    turns(p, 2000 + PRINTER_STUCK_MS);
    assert_true(printer_status(p)->stuck);
    assert_int_equal(printer_timeout_ms(p, 2000 + PRINTER_STUCK_MS), -1);
    f.generation = 0;
    turns(p, 12000);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_UNPRINTED);
    assert_int_equal(f.got_len, 0);
    printer_free(&p);
}

/* The last look may be old when a receipt is due: it is asked again before anything is sent. */
static void asked_anew_before_a_receipt(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    enum err why = ERR_OK;
    (void)state;
    turns(p, 1000);
    f.answers[1] = 0x32;
    submit(p, SALE, "receipt");
    turns(p, 60000);
    assert_int_equal(f.asked_cnt, 6);
    assert_int_equal(state_of(p, SALE, &why), PRINTER_UNPRINTED);
    assert_int_equal(why, ERR_PRINTER_PAPER_OUT);
    assert_int_equal(f.got_len, 0);
    printer_free(&p);
}

/* While somebody may confirm, what is known of the printer is never older than a second; and then it is left in peace. */
static void watched_it_is_asked_every_second(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    printer_watch(p, true);
    assert_int_equal(printer_timeout_ms(p, 1000), PRINTER_WATCH_MS);
    turns(p, 1000 + PRINTER_WATCH_MS - 1);
    assert_int_equal(f.asked_cnt, 3);
    f.answers[1] = 0x16;
    turns(p, 1000 + PRINTER_WATCH_MS);
    assert_int_equal(f.asked_cnt, 6);
    assert_int_equal(printer_trouble(p), ERR_PRINTER_COVER_OPEN);
    f.answers[1] = 0x12;
    turns(p, 1000 + 2 * PRINTER_WATCH_MS);
    assert_int_equal(printer_trouble(p), ERR_OK);
    printer_watch(p, false);
    assert_int_equal(printer_timeout_ms(p, 4000), -1);
    turns(p, 100000);
    assert_int_equal(f.asked_cnt, 9);
    f.silent = true; /* one that says nothing is not pestered */
    printer_look(p);
    turns(p, 200000);
    turns(p, 200000 + PRINTER_ANSWER_MS);
    assert_int_equal(printer_status(p)->state, PRINTER_UNKNOWN);
    printer_watch(p, true);
    assert_int_equal(printer_timeout_ms(p, 210000), -1);
    printer_free(&p);
}

/* A printer that is silent on the data line may still move the lines of its port. */
static void the_lines_of_the_port_stand_in(void **state)
{
    static const struct {
        int lines;
        enum printer_state want;
    } cases[] = {{0x18, PRINTER_UNKNOWN}, {0x38, PRINTER_PAPER_OUT}, {0x30, PRINTER_PAPER_OUT}, {0x10, PRINTER_FAULT},
        {0x08, PRINTER_OFFLINE}, {0x00, PRINTER_UNKNOWN}, {0xFF, PRINTER_UNKNOWN}, {0x58, PRINTER_UNKNOWN},
        {PRINTER_LINES_NONE, PRINTER_UNKNOWN}, {PRINTER_LINES_WAIT, PRINTER_UNKNOWN}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake f = {.generation = 1, .silent = true, .has_lines = true, .lines = cases[i].lines};
        struct printer *p = open_printer(&f);
        turns(p, 1000);
        turns(p, 1000 + PRINTER_ANSWER_MS - 1);
        assert_int_equal(f.lines_cnt, 0);
        turns(p, 1000 + PRINTER_ANSWER_MS);
        assert_int_equal(f.lines_cnt, 1);
        turns(p, 1000 + 2 * PRINTER_ANSWER_MS);
        assert_int_equal(printer_status(p)->state, cases[i].want);
        assert_int_equal(printer_timeout_ms(p, 1000 + 2 * PRINTER_ANSWER_MS) < 0, cases[i].want == PRINTER_UNKNOWN);
        printer_free(&p);
    }
    struct fake f = {.generation = 1, .has_lines = true, .lines = 0x38}; /* one that answers is not doubted */
    struct printer *p = open_printer(&f);
    turns(p, 1000);
    assert_int_equal(printer_status(p)->state, PRINTER_READY);
    assert_int_equal(f.lines_cnt, 0);
    printer_free(&p);
}

static void what_an_earlier_life_left_is_offered(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    enum err why = ERR_OK;
    (void)state;
    assert_int_equal(printer_recall(p, SALE, ERR_PRINTER_MISSING), ERR_OK);
    turns(p, 1000);
    assert_int_equal(f.got_len, 0);
    assert_int_equal(state_of(p, SALE, &why), PRINTER_INTERRUPTED);
    assert_int_equal(why, ERR_PRINTER_MISSING);
    submit(p, SALE, "copy");
    turns(p, 1001);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_DONE);
    assert_int_equal(f.got_len, 4);
    printer_free(&p);
}

static void looking_asks_and_idling_does_not(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    assert_int_equal(f.asked_cnt, 3);
    assert_int_equal(printer_timeout_ms(p, 1000), -1);
    turns(p, 100000);
    assert_int_equal(f.asked_cnt, 3);
    printer_look(p);
    assert_int_equal(printer_timeout_ms(p, 100000), 0);
    settle(p, 100000);
    turns(p, 100000);
    assert_int_equal(f.asked_cnt, 6);
    printer_free(&p);
}

static void the_queue_forgets_what_is_done_first(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    char id[3] = "a0";
    (void)state;
    f.answers[1] = 0x16;
    turns(p, 1000);
    submit(p, SALE, "x");
    turns(p, 1000);
    f.answers[1] = 0x12;
    turns(p, 1000 + PRINTER_AGAIN_MS);
    for (int i = 0; i < 40; i++) {
        id[0] = (char)('a' + i / 10);
        id[1] = (char)('0' + i % 10);
        submit(p, id, "x");
        turns(p, 5000 + i);
    }
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_UNPRINTED);
    f.slow = true;
    for (int i = 0; i < PRINTER_QUEUE; i++) {
        id[0] = (char)('A' + i);
        submit(p, id, "x");
        turns(p, 6000);
    }
    assert_int_equal(printer_submit(p, "full", (const uint8_t *)"x", 1), ERR_TOO_MANY);
    printer_free(&p);
}

/* A copy of what is done already, while another receipt goes out: the queue closes up, and the right one is done in the end. */
static void the_receipt_that_goes_out_stays_itself_when_the_queue_closes_up(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    submit(p, SALE, "first.");
    turns(p, 1001);
    f.slow = true;
    submit(p, OTHER, "second.");
    turns(p, 1002);
    assert_int_equal(state_of(p, OTHER, NULL), PRINTER_PRINTING);
    f.slow = false;
    submit(p, SALE, "first, a copy.");
    f.busy = false;
    printer_turn(p, 1003);
    assert_int_equal(state_of(p, OTHER, NULL), PRINTER_DONE);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_QUEUED);
    turns(p, 3000);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_DONE);
    assert_int_equal(f.got_len, 27);
    assert_memory_equal(f.got, "first.second.first, a copy.", 27);
    printer_free(&p);
}

static void what_may_be_submitted(void **state)
{
    static uint8_t most[PRINTER_JOB_MAX + 1];
    struct fake f = {.generation = 0};
    struct printer *p = open_printer(&f);
    (void)state;
    assert_int_equal(printer_submit(p, SALE, most, 0), ERR_TOO_LARGE);
    assert_int_equal(printer_submit(p, SALE, most, PRINTER_JOB_MAX + 1), ERR_TOO_LARGE);
    assert_int_equal(printer_submit(p, SALE, most, PRINTER_JOB_MAX), ERR_OK);
    turns(p, 1000);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_UNPRINTED);
    printer_free(&p);
    printer_free(&p); /* NULL by now */
}

/* Whoever shows the printer hears of each change, and of nothing else. */
static void changes_are_told_once(void **state)
{
    struct fake f = {.generation = 0};
    struct printer *p = open_printer(&f);
    struct printer_job jobs[2];
    (void)state;
    turns(p, 500);
    assert_int_equal(f.changes, 0);
    assert_false(printer_met(p));
    f.generation = 1;
    turns(p, 1000);
    assert_true(printer_met(p));
    assert_int_equal(f.changes, 2); /* there, and ready */
    turns(p, 100000);
    assert_int_equal(f.changes, 2);
    f.answers[2] = 0x1E;
    printer_look(p);
    turns(p, 200000);
    assert_int_equal(f.changes, 3); /* nearly used up */
    submit(p, SALE, "a");
    submit(p, OTHER, "b");
    turns(p, 300000);
    assert_int_equal(f.changes, 7); /* each begins and ends */
    assert_int_equal(printer_jobs(p, jobs, 1), 1);
    assert_string_equal(jobs[0].id, OTHER); /* the newest */
    f.generation = 0;
    turns(p, 400000);
    assert_true(printer_met(p));
    assert_int_equal(f.changes, 8);
    printer_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_judged_by_their_fixed_bits),
        cmocka_unit_test(each_trouble_has_its_name), cmocka_unit_test(silence_is_unknown_and_does_not_keep_a_receipt),
        cmocka_unit_test(a_receipt_waits_for_no_paper),
        cmocka_unit_test(what_was_cut_off_is_offered_and_never_sent_again),
        cmocka_unit_test(a_power_cycle_between_two_turns_is_noticed),
        cmocka_unit_test(a_printer_that_takes_nothing_is_called_stuck),
        cmocka_unit_test(a_question_that_does_not_leave_is_stuck_too), cmocka_unit_test(asked_anew_before_a_receipt),
        cmocka_unit_test(watched_it_is_asked_every_second), cmocka_unit_test(the_lines_of_the_port_stand_in),
        cmocka_unit_test(what_an_earlier_life_left_is_offered), cmocka_unit_test(looking_asks_and_idling_does_not),
        cmocka_unit_test(the_queue_forgets_what_is_done_first),
        cmocka_unit_test(the_receipt_that_goes_out_stays_itself_when_the_queue_closes_up),
        cmocka_unit_test(what_may_be_submitted), cmocka_unit_test(changes_are_told_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
