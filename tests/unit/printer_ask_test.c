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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(after_a_receipt_it_is_asked_at_once),
        cmocka_unit_test(a_look_is_not_forgotten_for_a_receipt), cmocka_unit_test(what_lay_about_is_no_answer),
        cmocka_unit_test(another_printer_is_asked_from_the_beginning),
        cmocka_unit_test(one_that_is_silent_is_not_asked_while_it_is_watched),
        cmocka_unit_test(a_line_without_answers_is_never_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
