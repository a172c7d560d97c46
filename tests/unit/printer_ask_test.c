/* SPDX-License-Identifier: Apache-2.0 */
/* When a printer is asked how it is. */
#include "printer_fixture.h"

/* That the roll ended with it is known at once, of a printer that was silent before, too. */
static void after_a_receipt_it_is_asked_at_once(void **state)
{
    struct fake f = {.generation = 1}, g = {.generation = 1, .silent = true};
    struct printer *p = open_printer(&f), *q = open_printer(&g);
    (void)state;
    turns(p, 1000);
    submit(p, SALE, "receipt");
    turns(p, 1000);
    assert_int_equal(f.got_len, 7);
    assert_int_equal(f.asked_cnt, 6);
    printer_free(&p);
    turns(q, 1000);
    turns(q, 1000 + PRINTER_ANSWER_MS);
    assert_int_equal(g.asked_cnt, 1);
    g.silent = false;
    submit(q, SALE, "receipt");
    turns(q, 5000);
    assert_int_equal(g.got_len, 7);
    assert_int_equal(printer_status(q)->state, PRINTER_READY);
    printer_free(&q);
}

static void a_look_is_not_forgotten_for_a_receipt(void **state)
{
    struct fake f = {.generation = 1, .silent = true};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    turns(p, 1000 + PRINTER_ANSWER_MS);
    f.silent = false;
    f.answers[1] = 0x16;
    printer_look(p);
    submit(p, SALE, "receipt");
    turns(p, 5000);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_UNPRINTED);
    assert_int_equal(f.got_len, 0);
    printer_free(&p);
}

/* What it said unasked, or too late, answers no later question. */
static void what_lay_about_is_no_answer(void **state)
{
    struct fake f = {.generation = 1};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    f.silent = true;
    memset(f.inbox, 0x12, 3);
    f.inbox_len = 3;
    printer_look(p);
    turns(p, 5000);
    turns(p, 5000 + PRINTER_ANSWER_MS);
    assert_int_equal(printer_status(p)->state, PRINTER_UNKNOWN);
    printer_free(&p);
}

static void another_printer_is_asked_from_the_beginning(void **state)
{
    struct fake f = {.generation = 1, .silent = true};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    f.generation = 2;
    f.silent = false;
    turns(p, 1001);
    assert_int_equal(f.asked_cnt, 4);
    assert_int_equal(printer_status(p)->state, PRINTER_READY);
    printer_free(&p);
}

static void one_that_is_silent_is_not_asked_while_it_is_watched(void **state)
{
    struct fake f = {.generation = 1, .silent = true};
    struct printer *p = open_printer(&f);
    (void)state;
    printer_watch(p, true);
    turns(p, 1000);
    turns(p, 1000 + PRINTER_ANSWER_MS);
    turns(p, 100000);
    assert_int_equal(f.asked_cnt, 1);
    assert_int_equal(printer_timeout_ms(p, 100000), -1);
    printer_free(&p);
}

/* A file, a queue: looked at for every sale, it is never asked, and nothing spins. */
static void a_line_without_answers_is_never_asked(void **state)
{
    struct fake f = {.generation = 1};
    const struct printer_io io = {.ctx = &f, .generation = generation, .write = take, .idle = idle, .read = give};
    struct printer *p;
    (void)state;
    assert_int_equal(printer_new(&io, NULL, NULL, &p), ERR_OK);
    turns(p, 1000);
    printer_look(p);
    printer_watch(p, true);
    turns(p, 100000);
    assert_int_equal(printer_timeout_ms(p, 100000), -1);
    submit(p, SALE, "receipt");
    turns(p, 200000);
    assert_int_equal(state_of(p, SALE, NULL), PRINTER_DONE);
    assert_int_equal(printer_timeout_ms(p, 200000), -1);
    assert_int_equal(f.asked_cnt, 0);
    assert_int_equal(printer_status(p)->state, PRINTER_UNKNOWN);
    printer_free(&p);
}

/* A question that cannot be sent is not waited for. */
static void a_question_that_cannot_be_sent_is_no_answer_at_once(void **state)
{
    struct fake f = {.generation = 1, .deaf = true};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    assert_int_equal(printer_status(p)->state, PRINTER_UNKNOWN);
    submit(p, SALE, "receipt");
    turns(p, 1000);
    assert_int_equal(f.got_len, 7);
    printer_free(&p);
}

/* The port's lines are waited for, but not for ever, and not once more than asked. */
static void lines_that_never_come_are_given_up(void **state)
{
    struct fake f = {.generation = 1, .silent = true, .has_lines = true, .lines = PRINTER_LINES_WAIT};
    struct printer *p = open_printer(&f);
    (void)state;
    turns(p, 1000);
    turns(p, 1000 + PRINTER_ANSWER_MS);
    submit(p, SALE, "receipt");
    assert_int_equal(printer_timeout_ms(p, 1000 + PRINTER_ANSWER_MS), PRINTER_ANSWER_MS);
    turns(p, 1000 + 2 * PRINTER_ANSWER_MS - 1);
    assert_int_equal(f.got_len, 0);
    turns(p, 1000 + 2 * PRINTER_ANSWER_MS);
    assert_int_equal(printer_status(p)->state, PRINTER_UNKNOWN);
    turns(p, 1000 + 2 * PRINTER_ANSWER_MS);
    assert_int_equal(f.got_len, 7);
    assert_int_equal(f.lines_cnt, 1);
    printer_free(&p);
}

/* Two answers to one question: the second was there before the next question had been heard. */
static void one_that_answers_before_it_is_asked_is_not_believed(void **state)
{
    struct fake f = {.generation = 1, .silent = true, .slow = true};
    struct printer *p = open_printer(&f);
    (void)state;
    printer_turn(p, 1000);
    memset(f.inbox, 0x12, 3);
    f.inbox_len = 3;
    turns(p, 1001);
    assert_int_equal(printer_status(p)->state, PRINTER_UNKNOWN);
    printer_free(&p);
}

/* What goes out too slowly stays said, though the next question is answered. */
static void a_stuck_line_stays_stuck_through_an_answer(void **state)
{
    struct fake f = {.generation = 1, .slow = true};
    struct printer *p = open_printer(&f);
    (void)state;
    printer_turn(p, 1000); /* the question is on its way and does not leave */
    f.inbox_len = 0;
    turns(p, 1000 + PRINTER_STUCK_MS);
    assert_true(printer_status(p)->stuck);
    assert_int_equal(printer_status(p)->state, PRINTER_UNKNOWN);
    printer_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(after_a_receipt_it_is_asked_at_once),
        cmocka_unit_test(a_look_is_not_forgotten_for_a_receipt), cmocka_unit_test(what_lay_about_is_no_answer),
        cmocka_unit_test(another_printer_is_asked_from_the_beginning),
        cmocka_unit_test(one_that_is_silent_is_not_asked_while_it_is_watched),
        cmocka_unit_test(a_line_without_answers_is_never_asked),
        cmocka_unit_test(a_question_that_cannot_be_sent_is_no_answer_at_once),
        cmocka_unit_test(lines_that_never_come_are_given_up),
        cmocka_unit_test(one_that_answers_before_it_is_asked_is_not_believed),
        cmocka_unit_test(a_stuck_line_stays_stuck_through_an_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
