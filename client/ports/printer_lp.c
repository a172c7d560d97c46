/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "client/ports/printer_file.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUEUE_MAX = 128, LOOK_MS = 50 };

struct lp {
    char queue[QUEUE_MAX];
    pid_t pid; /* 0: none runs */
    int fd;    /* its standard input; -1: closed */
    uint32_t generation;
    const uint8_t *bytes;
    size_t left;
    int64_t now_ms;
};

extern char **environ;

static void hang_up(struct lp *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->left = 0;
}

/* Signals as a fresh program expects them: the terminal blocks SIGTERM and ignores SIGPIPE. */
static enum err spawn(struct lp *l, int in)
{
    char *argv[] = {"lp", "-s", "-o", "raw", l->queue[0] ? "-d" : NULL, l->queue, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, pipe_only;
    sigemptyset(&none);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &pipe_only);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int e = posix_spawnp(&l->pid, "lp", &files, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    if (e)
        l->pid = 0;
    return e ? ERR_IO : ERR_OK;
}

static void push(struct lp *l)
{
    while (l->left) {
        ssize_t n = write(l->fd, l->bytes, l->left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) /* lp gave up; its exit status says so, too */
            break;
        l->bytes += n;
        l->left -= (size_t)n;
    }
    hang_up(l);
}

static enum err begin(void *ctx, const uint8_t *bytes, size_t len)
{
    struct lp *l = ctx;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return ERR_IO;
    enum err e = spawn(l, ends[0]);
    close(ends[0]);
    if (e) {
        close(ends[1]);
        return e;
    }
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    l->fd = ends[1];
    l->bytes = bytes;
    l->left = len;
    push(l);
    return ERR_OK;
}

/* A failure looks to the queue like a printer that went away: what was under way is lost. */
static void turn(void *ctx, int64_t now_ms)
{
    struct lp *l = ctx;
    int status;
    l->now_ms = now_ms;
    if (l->fd >= 0)
        push(l);
    if (!l->pid || waitpid(l->pid, &status, WNOHANG) != l->pid)
        return;
    l->pid = 0;
    if (l->left || !WIFEXITED(status) || WEXITSTATUS(status))
        l->generation++;
    hang_up(l);
}

static uint32_t generation(void *ctx)
{
    return ((const struct lp *)ctx)->generation;
}

static bool idle(void *ctx)
{
    return !((const struct lp *)ctx)->pid;
}

static size_t take(void *ctx, uint8_t *out, size_t max)
{
    (void)ctx;
    (void)out;
    (void)max;
    return 0;
}

static size_t fds(void *ctx, struct pollfd *out, size_t max)
{
    const struct lp *l = ctx;
    if (l->fd < 0 || !max)
        return 0;
    *out = (struct pollfd){.fd = l->fd, .events = POLLOUT};
    return 1;
}

static int64_t deadline_ms(void *ctx)
{
    const struct lp *l = ctx;
    return l->pid ? l->now_ms + LOOK_MS : INT64_MAX;
}

/* A receipt that lp has whole is left to it. */
static void release(void *ctx)
{
    struct lp *l = ctx;
    bool half = l->left;
    hang_up(l);
    if (l->pid && half)
        kill(l->pid, SIGTERM);
    if (l->pid)
        waitpid(l->pid, NULL, half ? 0 : WNOHANG);
    free(l);
}

enum err printer_lp_io(const char *queue, struct printer_io *out)
{
    if (queue && *queue == '-')
        return ERR_BAD_VALUE;
    struct lp *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_NOMEM;
    l->fd = -1;
    l->generation = 1;
    if (text_copy(l->queue, sizeof l->queue, queue ? queue : "")) {
        free(l);
        return ERR_TOO_LARGE;
    }
    *out = (struct printer_io){.ctx = l,
        .generation = generation,
        .write = begin,
        .idle = idle,
        .read = take,
        .turn = turn,
        .fds = fds,
        .deadline_ms = deadline_ms,
        .free = release};
    return ERR_OK;
}
