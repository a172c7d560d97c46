/* SPDX-License-Identifier: Apache-2.0 */
/* The journal when the world is wrong: killed, cut off from power, out of space, two writers. */
#include "crash_vfs.h"
#include "journal_fixture.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { SALES = 6, WAITING = JOURNAL_TOGETHER_MAX - 3 };

/* In a child: appends sales `first` and on until something ends it; says each seq as soon as a cashier could be shown it. */
static uint32_t shown_by_child(enum crash_mode mode, long at, uint32_t first, int *status)
{
    int out[2];
    uint32_t shown = 0;
    uint64_t seq;
    assert_int_equal(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct journal *j = NULL;
        struct record_head head;
        crash_install(mode, at);
        if (journal_open(path, terminal, 1, &j))
            _exit(3);
        for (uint32_t i = 0; i < SALES; i++) {
            struct sale s;
            if (journal_append(j, make_sale(&s, first + i, NOON + (int64_t)i), 1, &head))
                _exit(4);
            if (write(out[1], &head.seq, sizeof head.seq) != sizeof head.seq)
                _exit(5);
        }
        journal_close(&j);
        _exit(0);
    }
    close(out[1]);
    while (read(out[0], &seq, sizeof seq) == sizeof seq)
        shown++;
    close(out[0]);
    waitpid(pid, status, 0);
    return shown;
}

/* A process that is gone without having written the ids of its sales to the index: a few more, and that becomes due. */
static void leave_waiting(uint32_t first, uint32_t cnt)
{
    static struct sale s[WAITING];
    static struct journal_entry e[WAITING];
    int status;
    for (uint32_t i = 0; i < cnt; i++)
        e[i] = *make_sale(&s[i], first + i, NOON);
    pid_t pid = fork();
    if (pid == 0) {
        struct journal *j = NULL;
        _exit(journal_open(path, terminal, 1, &j) || journal_append(j, e, cnt, NULL) ? 3 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* After the crash: what was shown is there, the chain is whole, and doing the rest again leaves every sale exactly once. */
static void recover(uint32_t first, uint32_t shown)
{
    struct sale s;
    struct journal *j = open_journal();
    assert_in_range(journal_head(j)->seq, first + shown, first + shown + 1);
    for (uint32_t i = 0; i < SALES; i++) {
        int found = 0;
        enum err e = journal_append(j, make_sale(&s, first + i, NOON + (int64_t)i), 1, NULL);
        if (i < shown)
            assert_int_equal(e, ERR_EXISTS);
        else
            assert_true(e == ERR_OK || e == ERR_EXISTS);
        assert_int_equal(journal_by_sale(j, s.sale_id, count, &found), ERR_OK);
        assert_int_equal(found, 1);
    }
    for (uint32_t i = first < WAITING ? 0 : first - WAITING; i < first; i++)
        assert_int_equal(journal_append(j, make_sale(&s, i, NOON), 1, NULL), ERR_EXISTS);
    journal_close(&j);
    assert_whole(first + SALES);
}

/* The file is made and its log prepared before: what is tried is the life of a terminal, not its first second. */
static void begin_anew(void **state)
{
    struct journal *j = NULL;
    assert_int_equal(remove_dir(state), 0);
    assert_int_equal(make_dir(state), 0);
    j = open_journal();
    journal_close(&j);
}

static void try_every_point(void **state, enum crash_mode mode, uint32_t waiting)
{
    int status = 0;
    uint32_t first = 0, killed = 0;
    begin_anew(state);
    for (long at = 1; at == 1 || WEXITSTATUS(status) != 0; at++, first += SALES) {
        if (first > 500) { /* each time the whole is verified */
            begin_anew(state);
            first = 0;
        }
        if (waiting)
            leave_waiting(first, waiting);
        first += waiting;
        uint32_t shown = shown_by_child(mode, at, first, &status);
        assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0));
        killed += WEXITSTATUS(status) == 9;
        recover(first, shown);
    }
    assert_true(killed > 3 * SALES); /* or too little was tried */
}

static void killed_between_any_two_steps(void **state)
{
    try_every_point(state, CRASH_KILL, 0);
}

static void killed_while_ids_are_indexed(void **state)
{
    try_every_point(state, CRASH_KILL, WAITING);
}

static void power_cut_while_ids_are_indexed(void **state)
{
    try_every_point(state, CRASH_POWER, WAITING);
}

static void power_cut_between_any_two_steps(void **state)
{
    try_every_point(state, CRASH_POWER, 0);
}

/* The first second, too: a journal that was begun and not finished opens. */
static void killed_while_being_made(void **state)
{
    int status = 0;
    for (long at = 1; at == 1 || WEXITSTATUS(status) != 0; at += at < 40 ? 1 : 211) {
        uint32_t shown = shown_by_child(at % 2 ? CRASH_KILL : CRASH_POWER, at, 0, &status);
        assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0));
        recover(0, shown);
        assert_int_equal(remove_dir(state), 0);
        assert_int_equal(make_dir(state), 0);
    }
}

/* Each write or sync fails once: that append says so and changes nothing, the next one works. */
static void a_failing_disk_loses_nothing(void **state)
{
    (void)state;
    static const struct {
        int code;
        enum err err;
    } fault[] = {{SQLITE_FULL, ERR_DISK_FULL}, {SQLITE_IOERR_FSYNC, ERR_IO}, {SQLITE_IOERR_WRITE, ERR_IO}};
    struct sale s;
    uint32_t n = 0;
    int failed = 0;
    crash_install(CRASH_NEVER, 0);
    struct journal *j = open_journal();
    for (size_t f = 0; f < sizeof fault / sizeof *fault; f++)
        for (long at = 1; at < 12; at++) {
            uint64_t seq = journal_head(j)->seq;
            errno = 0;
            crash.mode = CRASH_FAIL;
            crash.fail_code = fault[f].code;
            crash.at = at;
            crash.cnt = 0;
            enum err e = journal_append(j, make_sale(&s, n, NOON), 1, NULL);
            crash.mode = CRASH_NEVER;
            assert_true(e == ERR_OK || e == fault[f].err);
            assert_int_equal(journal_head(j)->seq, seq + (e == ERR_OK));
            failed += e != ERR_OK;
            enum err again = journal_append(j, &s.entry, 1, NULL);
            assert_int_equal(again, e ? ERR_OK : ERR_EXISTS);
            n++;
        }
    assert_true(failed > 6);
    journal_close(&j);
    sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);
    assert_whole(n);
}

static void disk_full_then_space_again(void **state)
{
    (void)state;
    struct rlimit was, small = {.rlim_cur = 2 * 1024 * 1024};
    struct sale s;
    enum err e = ERR_OK;
    uint32_t n = 0;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    struct journal *j = open_journal();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    while (n < 20000 && !(e = journal_append(j, make_sale(&s, n, NOON), 1, NULL)))
        n++;
    assert_int_equal(e, ERR_DISK_FULL);
    assert_int_equal(journal_head(j)->seq, n);
    assert_int_equal(journal_append(j, &s.entry, 1, NULL), ERR_DISK_FULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(journal_append(j, &s.entry, 1, NULL), ERR_OK);
    assert_int_equal(journal_head(j)->seq, n + 1);
    journal_close(&j);
    assert_whole(n + 1);
}

static void two_processes_keep_one_chain(void **state)
{
    (void)state;
    enum { EACH = 150 };
    int status;
    struct journal *j = open_journal();
    pid_t pid = fork();
    if (pid == 0) {
        struct journal *mine = NULL;
        struct sale s;
        enum err e = journal_open(path, terminal, 1, &mine);
        for (uint32_t i = 0; !e && i < EACH; i++)
            e = journal_append(mine, make_sale(&s, 1000 + i, NOON), 1, NULL);
        _exit(-(int)e);
    }
    add_sales(j, 0, EACH);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    journal_close(&j);
    assert_whole(2 * EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_between_any_two_steps, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(power_cut_between_any_two_steps, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(killed_while_ids_are_indexed, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(power_cut_while_ids_are_indexed, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(killed_while_being_made, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_failing_disk_loses_nothing, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(disk_full_then_space_again, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(two_processes_keep_one_chain, make_dir, remove_dir),
    };
    return cmocka_run_group_tests_name("journal_crash", tests, NULL, NULL);
}
