/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/printer_file.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define FLAGS (O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

enum { PATH_MAX_LEN = 512, AGAIN_MS = 2000, INBOX = 64 };

struct file {
    char path[PATH_MAX_LEN];
    int fd; /* -1: closed */
    bool regular;
    uint32_t generation, opened; /* opened: how often */
    uint8_t inbox[INBOX];
    size_t inbox_len;
    const uint8_t *bytes;
    size_t left;
    int64_t due_ms, now_ms;
};

static void shut(struct file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    f->generation = 0;
    f->left = f->inbox_len = 0;
    f->due_ms = f->now_ms + AGAIN_MS;
}

static void make_raw(int fd)
{
    struct termios t;
    if (tcgetattr(fd, &t))
        return;
    cfmakeraw(&t);
    tcsetattr(fd, TCSANOW, &t);
}

static void open_now(struct file *f)
{
    struct stat st;
    f->due_ms = f->now_ms + AGAIN_MS;
    f->fd = open(f->path, O_RDWR | FLAGS);
    if (f->fd < 0 && errno == EACCES)
        f->fd = open(f->path, O_WRONLY | FLAGS);
    if (f->fd < 0 && errno == ENOENT && strncmp(f->path, "/dev/", 5) != 0)
        f->fd = open(f->path, O_RDWR | O_CREAT | FLAGS, 0600);
    if (f->fd < 0)
        return;
    if (fstat(f->fd, &st) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode)) {
        shut(f);
        return;
    }
    f->regular = S_ISREG(st.st_mode);
    make_raw(f->fd);
    f->generation = ++f->opened;
}

/* Read whether it is wanted or not: bytes left lying would keep poll() awake. */
static void pull(struct file *f)
{
    uint8_t in[INBOX];
    ssize_t n = f->regular ? -1 : read(f->fd, in, sizeof in);
    if (f->regular ||
        (n < 0 && (errno == EAGAIN || errno == EINTR || errno == EBADF))) /* EBADF: opened for writing only */
        return;
    if (n <= 0) {
        shut(f);
        return;
    }
    f->inbox_len = (size_t)n;
    memcpy(f->inbox, in, (size_t)n);
}

static void push(struct file *f)
{
    while (f->left) {
        ssize_t n = write(f->fd, f->bytes, f->left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            shut(f);
            return;
        }
        f->bytes += n;
        f->left -= (size_t)n;
    }
}

static void turn(void *ctx, int64_t now_ms)
{
    struct file *f = ctx;
    f->now_ms = now_ms;
    if (f->fd < 0 && now_ms >= f->due_ms)
        open_now(f);
    if (f->fd >= 0)
        push(f);
    if (f->fd >= 0)
        pull(f);
}

static uint32_t generation(void *ctx)
{
    return ((const struct file *)ctx)->generation;
}

static enum err begin(void *ctx, const uint8_t *bytes, size_t len)
{
    struct file *f = ctx;
    if (f->fd < 0)
        return ERR_PRINTER_MISSING;
    f->bytes = bytes;
    f->left = len;
    push(f);
    return ERR_OK;
}

static bool idle(void *ctx)
{
    return !((const struct file *)ctx)->left;
}

static size_t take(void *ctx, uint8_t *out, size_t max)
{
    struct file *f = ctx;
    size_t n = f->inbox_len < max ? f->inbox_len : max;
    memcpy(out, f->inbox, n);
    memmove(f->inbox, f->inbox + n, f->inbox_len - n);
    f->inbox_len -= n;
    return n;
}

static size_t fds(void *ctx, struct pollfd *out, size_t max)
{
    const struct file *f = ctx;
    if (f->fd < 0 || f->regular || !max)
        return 0;
    *out = (struct pollfd){.fd = f->fd, .events = (short)(f->left ? POLLIN | POLLOUT : POLLIN)};
    return 1;
}

static int64_t deadline_ms(void *ctx)
{
    const struct file *f = ctx;
    return f->fd < 0 ? f->due_ms : INT64_MAX;
}

static void release(void *ctx)
{
    struct file *f = ctx;
    if (f->fd >= 0)
        close(f->fd);
    free(f);
}

enum err printer_file_io(const char *path, struct printer_io *out)
{
    struct file *f = calloc(1, sizeof *f);
    if (!f)
        return ERR_NOMEM;
    f->fd = -1;
    f->due_ms = INT64_MIN;
    if (text_copy(f->path, sizeof f->path, path)) {
        free(f);
        return ERR_TOO_LARGE;
    }
    *out = (struct printer_io){.ctx = f,
        .answers = !strncmp(path, "/dev/", 5),
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
