/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[128];

static int setup(void **state)
{
    (void)state;
    text_copy(dir, sizeof dir, "/tmp/huika-file-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    return file_path(dir, "f", path, sizeof path) ? -1 : 0;
}

/* How many names are in the directory; removes them if told to. */
static int names(bool clear)
{
    int n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        char at[512];
        if (e->d_name[0] == '.')
            continue;
        n++;
        snprintf(at, sizeof at, "%s/%s", dir, e->d_name);
        if (clear && unlink(at))
            rmdir(at);
    }
    closedir(d);
    return n;
}

static int teardown(void **state)
{
    (void)state;
    names(true);
    return rmdir(dir);
}

static void holds(const char *want)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read(path, &b), ERR_OK);
    assert_string_equal(buf_str(&b), want);
    buf_release(&b);
}

static mode_t mode(const char *p)
{
    struct stat s;
    assert_int_equal(stat(p, &s), 0);
    return s.st_mode & 07777;
}

static void written_and_read(void **state)
{
    struct buf b;
    (void)state;
    umask(077);
    buf_init(&b, 5);
    assert_int_equal(file_read(path, &b), ERR_NOT_FOUND);
    assert_int_equal(file_write(path, "one", 3, 0640), ERR_OK);
    assert_int_equal(mode(path), 0640); /* whatever the umask */
    holds("one");
    assert_int_equal(file_write(path, "two!!!", 6, 0600), ERR_OK);
    assert_int_equal(mode(path), 0600);
    holds("two!!!");
    assert_int_equal(file_read(path, &b), ERR_TOO_LARGE);
    assert_int_equal(file_write(path, NULL, 0, 0600), ERR_OK);
    holds("");
    assert_int_equal(names(false), 1);
    assert_int_equal(file_read(dir, &b), ERR_IO);
    buf_release(&b);
}

static void created_once_only(void **state)
{
    (void)state;
    assert_int_equal(file_create(path, "one", 3, 0600), ERR_OK);
    assert_int_equal(file_create(path, "two", 3, 0600), ERR_EXISTS);
    holds("one");
    assert_int_equal(names(false), 1);
}

/* A write that is cut off in the middle, as by a full disk, leaves the old file whole and nothing beside it. */
static void torn_write_leaves_the_old_file(void **state)
{
    static char big[65536];
    int status;
    (void)state;
    memset(big, 'x', sizeof big - 1);
    assert_int_equal(file_write(path, "old", 3, 0600), ERR_OK);
    pid_t pid = fork();
    if (!pid) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, 1000});
        bool good = file_write(path, big, sizeof big, 0600) == ERR_IO &&
                    file_create("/tmp/huika-file-none/x", "x", 1, 0600) == ERR_NOT_FOUND;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    holds("old");
    assert_int_equal(names(false), 1);
}

/* Killed at any moment: a reader sees one whole version or the other. */
static void killed_writer_leaves_a_whole_file(void **state)
{
    static char a[30000], b[40000];
    struct buf got;
    (void)state;
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    assert_int_equal(file_write(path, a, sizeof a, 0600), ERR_OK);
    for (int round = 0; round < 20; round++) {
        pid_t pid = fork();
        if (!pid)
            for (;;) {
                file_write(path, b, sizeof b, 0600);
                file_write(path, a, sizeof a, 0600);
            }
        for (int i = 0; i < 20; i++) {
            buf_init(&got, sizeof b);
            assert_int_equal(file_read(path, &got), ERR_OK);
            assert_true((got.len == sizeof a && !memcmp(got.data, a, sizeof a)) ||
                        (got.len == sizeof b && !memcmp(got.data, b, sizeof b)));
            buf_release(&got);
        }
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    buf_init(&got, sizeof b);
    assert_int_equal(file_read(path, &got), ERR_OK);
    assert_true(got.len == sizeof a || got.len == sizeof b);
    buf_release(&got);
}

/* And what it had begun goes with the next sweep, but nothing else. */
static void what_a_killed_writer_began_is_swept(void **state)
{
    static const char *const names[] = {"x.new-a1B2c3", "x.new-a1B2c", "x.new", ".new-a1B2c3", "new-a1B2c3"};
    char file[512];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(file, sizeof file, "%s/%s", dir, names[i]);
        assert_int_equal(file_write(file, "x", 1, 0600), ERR_OK);
    }
    file_sweep(dir);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(file, sizeof file, "%s/%s", dir, names[i]);
        assert_int_equal(unlink(file), i ? 0 : -1);
    }
    file_sweep("/nonexistent");
}

static void second_lock_is_refused(void **state)
{
    int one = -1, two = -1;
    (void)state;
    assert_int_equal(file_lock(path, &one), ERR_OK);
    assert_int_equal(mode(path), 0600);
    assert_int_equal(file_lock(path, &two), ERR_BUSY);
    assert_int_equal(two, -1);
    close(one);
    assert_int_equal(file_lock(path, &two), ERR_OK);
    close(two);
}

static void directories(void **state)
{
    char sub[128], small[8];
    (void)state;
    umask(077);
    assert_int_equal(file_path(dir, "sub", sub, sizeof sub), ERR_OK);
    assert_int_equal(file_mkdir(sub, 0750), ERR_OK);
    assert_int_equal(mode(sub), 0750);
    assert_int_equal(file_mkdir(sub, 0750), ERR_EXISTS);
    assert_int_equal(file_path("1234", "56", small, sizeof small), ERR_OK);
    assert_string_equal(small, "1234/56");
    assert_int_equal(file_path("1234", "567", small, sizeof small), ERR_TOO_LARGE);
}

static void words_for_errno(void **state)
{
    (void)state;
    assert_int_equal(file_err(ENOSPC), ERR_DISK_FULL);
    assert_int_equal(file_err(EDQUOT), ERR_DISK_FULL);
    assert_int_equal(file_err(ENOENT), ERR_NOT_FOUND);
    assert_int_equal(file_err(EEXIST), ERR_EXISTS);
    assert_int_equal(file_err(ENOMEM), ERR_NOMEM);
    assert_int_equal(file_err(EACCES), ERR_NO_PERMISSION);
    assert_int_equal(file_err(EROFS), ERR_NO_PERMISSION);
    assert_int_equal(file_err(EIO), ERR_IO);
    /* /dev/full says what a full disk says. */
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(file_err(errno), ERR_DISK_FULL);
    close(fd);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(written_and_read), T(created_once_only), T(torn_write_leaves_the_old_file),
        T(killed_writer_leaves_a_whole_file), T(what_a_killed_writer_began_is_swept), T(second_lock_is_refused),
        T(directories), T(words_for_errno)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
