/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include "base/file.h"
#include "client/ports/backoff.h"
#include "client/ports/clock.h"
#include "client/ports/state.h"
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID "01ARZ3NDEKTSV4RRFFQ69G5FAV"

static char top[64], dir[80], machine[80];
static const struct state_info info = {.url = "https://localhost:8443",
    .terminal_id = ID,
    .shop_id = "01BX5ZZKBKACTAV9WEVGEMMVRZ",
    .number = 7,
    .epoch = 1};

static int make(void **state)
{
    (void)state;
    strcpy(top, "/tmp/huika-state-XXXXXX");
    assert_non_null(mkdtemp(top));
    snprintf(dir, sizeof dir, "%s/st", top);
    snprintf(machine, sizeof machine, "%s/machine-id", top);
    return file_write(machine, "0123456789abcdef0123456789abcdef\n", 33, 0600);
}

static int remove_one(const char *p, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(p);
}

static int drop(void **state)
{
    (void)state;
    return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void enrolled(void)
{
    struct state s;
    assert_int_equal(state_begin(dir, &s), ERR_OK);
    assert_int_equal(state_commit(&s, &info, machine), ERR_OK);
    state_release(&s);
}

static mode_t mode_of(const char *name)
{
    struct stat st;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void what_enrolment_wrote_is_read_back(void **state)
{
    (void)state;
    struct state s, peek;
    enrolled();
    assert_int_equal(state_open(dir, machine, &s), ERR_OK);
    assert_string_equal(s.info.url, info.url);
    assert_string_equal(s.info.terminal_id, info.terminal_id);
    assert_string_equal(s.info.shop_id, info.shop_id);
    assert_int_equal(s.info.number, 7);
    assert_int_equal(s.info.epoch, 1);
    assert_int_equal(state_peek(dir, &peek), ERR_OK);
    assert_memory_equal(&peek.info, &s.info, sizeof s.info);
    assert_int_equal(mode_of("."), 0700);
    assert_int_equal(mode_of(STATE_INI), 0600);
    state_release(&s);
    state_release(&peek);
}

static void nothing_enrolled_is_said_and_leaves_no_trace(void **state)
{
    (void)state;
    struct state s;
    assert_int_equal(state_open(dir, machine, &s), ERR_STATE_MISSING);
    assert_int_not_equal(access(dir, F_OK), 0);
    assert_int_equal(file_mkdir(dir, 0700), ERR_OK);
    assert_int_equal(state_open(dir, machine, &s), ERR_STATE_MISSING);
    assert_int_equal(rmdir(dir), 0); /* still empty */
}

/* The same process may not, either: flock belongs to the open file. */
static void two_terminals_in_one_directory(void **state)
{
    (void)state;
    struct state s, t;
    int status;
    enrolled();
    assert_int_equal(state_open(dir, machine, &s), ERR_OK);
    assert_int_equal(state_open(dir, machine, &t), ERR_STATE_LOCKED);
    assert_int_equal(state_peek(dir, &t), ERR_OK);
    pid_t pid = fork();
    if (pid == 0)
        _exit(state_open(dir, machine, &t) == ERR_STATE_LOCKED ? 0 : 1);
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    state_release(&s);
    assert_int_equal(state_open(dir, machine, &s), ERR_OK);
    state_release(&s);
}

static void another_machine_is_refused(void **state)
{
    (void)state;
    struct state s;
    char other[96];
    enrolled();
    snprintf(other, sizeof other, "%s/other", top);
    assert_int_equal(file_write(other, "ffffffffffffffffffffffffffffffff\n", 33, 0600), ERR_OK);
    assert_int_equal(state_open(dir, other, &s), ERR_STATE_MACHINE);
    assert_int_equal(file_write(other, "\n", 1, 0600), ERR_OK);
    assert_int_equal(state_open(dir, other, &s), ERR_MACHINE_ID);
    assert_int_equal(state_open(dir, "/nonexistent/machine-id", &s), ERR_MACHINE_ID);
    assert_int_equal(state_open(dir, machine, &s), ERR_OK);
    state_release(&s);
}

static void an_enrolled_directory_is_not_enrolled_again(void **state)
{
    (void)state;
    struct state s;
    enrolled();
    assert_int_equal(state_begin(dir, &s), ERR_STATE_EXISTS);
    assert_int_equal(state_open(dir, machine, &s), ERR_OK);
    assert_int_equal(state_begin(dir, &s), ERR_STATE_LOCKED);
    state_release(&s);
}

static void a_damaged_ini_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "[terminal]\n", "[service]\nurl = https://a:1\n[terminal]\nid = short\n",
        "[service]\nurl = https://a:1\n[terminal]\nid = " ID "\nshop = " ID "\nnumber = 0\nepoch = 1\nmachine = 00\n"};
    struct state s;
    enrolled();
    char path[256];
    snprintf(path, sizeof path, "%s/" STATE_INI, dir);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(file_write(path, wrong[i], strlen(wrong[i]), 0600), ERR_OK);
        assert_int_equal(state_open(dir, machine, &s), ERR_BAD_VALUE);
    }
}

static void the_counters_token_is_made_once(void **state)
{
    (void)state;
    struct state s;
    char first[STATE_TOKEN_LEN + 1], second[STATE_TOKEN_LEN + 1];
    enrolled();
    assert_int_equal(state_open(dir, machine, &s), ERR_OK);
    assert_int_equal(state_token(&s, first), ERR_OK);
    assert_int_equal(state_token(&s, second), ERR_OK);
    assert_string_equal(first, second);
    assert_int_equal(
        strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), STATE_TOKEN_LEN);
    assert_int_equal(mode_of(STATE_TOKEN), 0600);
    assert_int_equal(state_write(&s, STATE_TOKEN, "short", 5), ERR_OK);
    assert_int_equal(state_token(&s, second), ERR_BAD_VALUE);
    state_release(&s);
}

static void waits_double_up_to_a_limit(void **state)
{
    (void)state;
    struct backoff b = {.first_ms = 1000, .max_ms = 60000};
    int64_t step = 1000;
    for (int i = 0; i < 12; i++) {
        assert_in_range(backoff_next(&b), step / 2, step);
        step = step * 2 > 60000 ? 60000 : step * 2;
    }
    backoff_reset(&b);
    assert_in_range(backoff_next(&b), 500, 1000);
    assert_true(clock_system.utc_ms(NULL) > CLOCK_EARLIEST_UTC_MS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_enrolment_wrote_is_read_back),
        T(nothing_enrolled_is_said_and_leaves_no_trace),
        T(two_terminals_in_one_directory),
        T(another_machine_is_refused),
        T(an_enrolled_directory_is_not_enrolled_again),
        T(a_damaged_ini_is_refused),
        T(the_counters_token_is_made_once),
        cmocka_unit_test(waits_double_up_to_a_limit),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
