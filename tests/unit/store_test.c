/* SPDX-License-Identifier: Apache-2.0 */
/* The store's promises: one process, commits shared, jobs apart, no stale answer, durable when told so. */
#include "service/store/db.h"
#include "store_fixture.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { READERS = 8, ROUNDS = 400 };

static void test_create_never_overwrites(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    assert_int_equal(store_create(f->path), ERR_EXISTS);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_one_process_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    assert_int_equal(store_open(f->path, &second), ERR_SERVICE_RUNNING);
    assert_null(second);
    store_close(&f->s);
    assert_int_equal(store_open(f->path, &f->s), ERR_OK);
}

static void test_foreign_files_are_refused(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    char other[128];
    snprintf(other, sizeof other, "%s/other.db", f->dir);
    assert_int_equal(store_open(other, &s), ERR_NOT_FOUND);
    FILE *file = fopen(other, "w");
    assert_non_null(file);
    for (int i = 0; i < 500; i++)
        fputs("no database ", file);
    fclose(file);
    assert_int_equal(store_open(other, &s), ERR_BAD_VALUE);
    file = fopen(other, "w"); /* empty: SQLite would take it for a new database */
    fclose(file);
    assert_int_equal(store_open(other, &s), ERR_BAD_VALUE);
}

static void test_commits_are_synced(void **state)
{
    struct fixture *f = *state;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(f->s->writer->db, "PRAGMA synchronous", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 0), 2);
    sqlite3_finalize(st);
}

/* Jobs that wait behind a gate, so that they are sure to be taken together. */
struct job {
    struct store_job job;
    char code[16];
    enum err want, got;
    sem_t *gate, done;
    int64_t parent;
};

static enum err add_org(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    int64_t org;
    if (j->gate)
        while (sem_wait(j->gate) && errno == EINTR)
            ;
    enum err e = store_org_add(tx, j->code, "试验工会", j->parent, &org);
    return e ? e : j->want;
}

static void job_done(void *ctx, enum err e)
{
    struct job *j = ctx;
    j->got = e;
    sem_post(&j->done);
}

static void job_start(struct fixture *f, struct job *j, const char *code, enum err want)
{
    snprintf(j->code, sizeof j->code, "%s", code);
    j->want = want;
    j->parent = f->province;
    j->job = (struct store_job){.fn = add_org, .ctx = j, .done = job_done};
    sem_init(&j->done, 0, 0);
    store_submit(f->s, &j->job);
}

static void job_wait(struct job *j)
{
    while (sem_wait(&j->done) && errno == EINTR)
        ;
    sem_destroy(&j->done);
}

static bool has_org(struct store *s, const char *code)
{
    struct store_tx *tx;
    struct store_org o;
    assert_int_equal(store_read_begin(s, &tx), ERR_OK);
    enum err e = store_org_by_code(tx, code, &o);
    store_read_end(&tx);
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    return e == ERR_OK;
}

static void test_waiting_jobs_share_one_commit(void **state)
{
    struct fixture *f = *state;
    static struct job first, rest[100];
    char code[16];
    sem_t gate;
    sem_init(&gate, 0, 0);
    memset(&first, 0, sizeof first);
    memset(rest, 0, sizeof rest);
    uint64_t before = store_commit_number(f->s);
    first.gate = &gate;
    job_start(f, &first, "G0", ERR_OK);
    for (int i = 0; i < 100; i++) {
        snprintf(code, sizeof code, "G%d", i + 1);
        job_start(f, &rest[i], code, ERR_OK);
    }
    sem_post(&gate);
    job_wait(&first);
    for (int i = 0; i < 100; i++) {
        job_wait(&rest[i]);
        assert_int_equal(rest[i].got, ERR_OK);
    }
    /* The first may have been taken alone or with some of the others; no job has a commit of its own. */
    assert_in_range(store_commit_number(f->s) - before, 1, 2);
    assert_true(has_org(f->s, "G100"));
    sem_destroy(&gate);
}

static void test_a_failing_job_undoes_nothing_of_the_others(void **state)
{
    struct fixture *f = *state;
    static struct job hold, a, b, c, d;
    sem_t gate;
    sem_init(&gate, 0, 0);
    hold.gate = &gate;
    job_start(f, &hold, "HOLD", ERR_OK);
    job_start(f, &a, "KEPT1", ERR_OK);
    job_start(f, &b, "UNDONE", ERR_WRONG_STATE); /* writes, then fails */
    job_start(f, &c, "410100", ERR_OK);          /* a constraint fails */
    job_start(f, &d, "KEPT2", ERR_OK);
    sem_post(&gate);
    job_wait(&hold), job_wait(&a), job_wait(&b), job_wait(&c), job_wait(&d);
    assert_int_equal(a.got, ERR_OK);
    assert_int_equal(b.got, ERR_WRONG_STATE);
    assert_int_equal(c.got, ERR_EXISTS);
    assert_int_equal(d.got, ERR_OK);
    assert_true(has_org(f->s, "KEPT1"));
    assert_true(has_org(f->s, "KEPT2"));
    assert_false(has_org(f->s, "UNDONE"));
    sem_destroy(&gate);
}

static void test_snapshots_cannot_write(void **state)
{
    struct fixture *f = *state;
    struct store_tx *tx;
    int64_t org;
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_org_add(tx, "X1", "x", f->province, &org), ERR_INTERNAL);
    store_read_end(&tx);
    assert_null(tx);
    store_read_end(&tx);
}

static enum err write_inside(struct store_tx *tx, void *ctx)
{
    (void)tx;
    return store_write(ctx, write_inside, ctx);
}

static void test_a_write_inside_a_write_is_an_error_not_a_hang(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_write(f->s, write_inside, f->s), ERR_INTERNAL);
}

/* The card goes through four statuses; whoever reads must not see one from before the last write that had returned. */
struct race {
    struct store *s;
    uint8_t token[CARD_TOKEN];
    _Atomic int started, done;
    _Atomic bool stop;
    _Atomic int stale, reads, moved;
};

static enum member_status status_of(int round)
{
    return (enum member_status)(MEMBER_ACTIVE + round % 4);
}

static enum err set_round(struct store_tx *tx, void *ctx)
{
    struct race *r = ctx;
    return store_member_set_status(tx, r->token, status_of(r->started), FIXTURE_NOW);
}

static void *read_on(void *ctx)
{
    struct race *r = ctx;
    struct store_member m;
    struct store_tx *tx;
    int last = -1;
    while (!r->stop) {
        int from = r->done;
        if (store_read_begin(r->s, &tx))
            abort();
        enum err e = store_member_by_token(tx, r->token, &m);
        store_read_end(&tx);
        int to = r->started;
        bool fits = false;
        for (int i = from; i <= to && !e; i++)
            fits = fits || m.status == status_of(i);
        r->stale += !fits;
        r->moved += from != last;
        last = from;
        r->reads++;
    }
    return NULL;
}

static void test_no_reader_ever_sees_a_status_from_before_a_write_that_returned(void **state)
{
    struct fixture *f = *state;
    static struct race r;
    pthread_t thread[READERS];
    struct store_member m;
    fixture_import(f, f->province, (const char *const[]){"6200000000000001,张建涛,410100,active", NULL});
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_OK);
    r.s = f->s;
    memcpy(r.token, m.token, CARD_TOKEN);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, read_on, &r), 0);
    for (int i = 1; i <= ROUNDS || r.moved < ROUNDS; i++) {
        r.started = i;
        assert_int_equal(store_write(f->s, set_round, &r), ERR_OK);
        r.done = i;
    }
    r.stop = true;
    for (int i = 0; i < READERS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(r.stale, 0);
    assert_true(r.reads > ROUNDS);
}

static enum err touch(struct store_tx *tx, void *ctx)
{
    struct fixture *f = ctx;
    return store_terminal_seen(tx, f->terminal_a, FIXTURE_NOW + (int64_t)store_commit_number(f->s));
}

/* A snapshot that nobody uses must not keep the log from being begun anew. */
static void test_the_log_does_not_grow_for_ever(void **state)
{
    struct fixture *f = *state;
    struct store_tx *tx[4];
    struct store_org o;
    struct stat st;
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", f->path);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(store_read_begin(f->s, &tx[i]), ERR_OK);
        assert_int_equal(store_org_get(tx[i], f->province, &o), ERR_OK);
    }
    for (int i = 0; i < 4; i++)
        store_read_end(&tx[i]);
    for (int i = 0; i < 8000; i++)
        assert_int_equal(store_write(f->s, touch, f), ERR_OK);
    assert_int_equal(stat(wal, &st), 0);
    assert_true(st.st_size < 12 * 1024 * 1024);
}

static void count_up(const char *path, int out)
{
    struct store *s;
    if (store_open(path, &s))
        _exit(1);
    for (int i = 0;; i++) {
        static struct job j;
        j.parent = 1;
        snprintf(j.code, sizeof j.code, "K%d", i);
        if (store_write(s, add_org, &j) || write(out, &i, sizeof i) != sizeof i)
            _exit(2);
    }
}

static void test_what_was_told_is_there_after_kill_9(void **state)
{
    struct fixture *f = *state;
    int pipe_fd[2], n = -1, last = -1;
    char code[16];
    store_close(&f->s);
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t pid = fork();
    if (!pid)
        count_up(f->path, pipe_fd[1]);
    close(pipe_fd[1]);
    while (n < 60 && read(pipe_fd[0], &n, sizeof n) == sizeof n)
        last = n;
    assert_int_equal(kill(pid, SIGKILL), 0);
    while (read(pipe_fd[0], &n, sizeof n) == sizeof n)
        last = n;
    close(pipe_fd[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(last >= 60);
    assert_int_equal(store_open(f->path, &f->s), ERR_OK);
    for (int i = 0; i <= last; i++) {
        snprintf(code, sizeof code, "K%d", i);
        assert_true(has_org(f->s, code));
    }
}

/* RLIMIT_FSIZE stands in for a full disk: writing beyond it fails. */
static void test_a_full_disk_fails_the_write_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, small;
    struct store_import *im = store_import_new(fixture_key, f->province, FIXTURE_NOW);
    char line[64];
    for (uint64_t i = 0; i < 60000; i++) {
        snprintf(line, sizeof line, "62000000%08u,张建涛,410100,active", (unsigned)i);
        fixture_line(im, i + 1, line);
    }
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){1024 * 1024, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err e = store_write(f->s, store_import_apply, im);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(e == ERR_DISK_FULL || e == ERR_IO);
    struct store_member m;
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_NOT_FOUND);
    assert_int_equal(store_write(f->s, store_import_apply, im), ERR_OK);
    assert_int_equal(store_import_counts(im).imported, 60000);
    store_import_free(&im);
    assert_int_equal(fixture_by_number(f->s, "6200000000000001", &m), ERR_OK);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
    const struct CMUnitTest tests[] = {
        CASE(test_create_never_overwrites),
        CASE(test_one_process_at_a_time),
        CASE(test_foreign_files_are_refused),
        CASE(test_commits_are_synced),
        CASE(test_waiting_jobs_share_one_commit),
        CASE(test_a_failing_job_undoes_nothing_of_the_others),
        CASE(test_snapshots_cannot_write),
        CASE(test_a_write_inside_a_write_is_an_error_not_a_hang),
        CASE(test_no_reader_ever_sees_a_status_from_before_a_write_that_returned),
        CASE(test_the_log_does_not_grow_for_ever),
        CASE(test_what_was_told_is_there_after_kill_9),
        CASE(test_a_full_disk_fails_the_write_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
