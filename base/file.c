/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a file is called until it is whole; six characters follow. */
#define FRESH ".new-"
enum { FRESH_LEN = sizeof FRESH - 1, RANDOM_LEN = 6 };

enum err file_err(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return ERR_DISK_FULL;
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_EXISTS;
    case ENOMEM:
        return ERR_NOMEM;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_NO_PERMISSION;
    default:
        return ERR_IO;
    }
}

enum err file_path(const char *dir, const char *name, char *out, size_t size)
{
    int n = snprintf(out, size, "%s/%s", dir, name);
    return n >= 0 && (size_t)n < size ? ERR_OK : ERR_TOO_LARGE;
}

enum err file_read(const char *path, struct buf *b)
{
    uint8_t chunk[4096];
    enum err e = ERR_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_err(errno);
    while (!e) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            break;
        if (n > 0)
            e = buf_add(b, chunk, (size_t)n);
        else if (errno != EINTR)
            e = file_err(errno);
    }
    explicit_bzero(chunk, sizeof chunk);
    close(fd);
    return e;
}

static enum err write_all(int fd, const void *p, size_t n)
{
    for (const uint8_t *at = p; n;) {
        ssize_t w = write(fd, at, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return file_err(errno);
        at += w;
        n -= (size_t)w;
    }
    return ERR_OK;
}

static enum err sync_dir_of(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;
    if (n >= sizeof dir)
        return ERR_TOO_LARGE;
    memcpy(dir, slash ? path : ".", n);
    dir[n] = 0;
    int fd = open(n ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_err(errno);
    enum err e = fsync(fd) ? file_err(errno) : ERR_OK;
    close(fd);
    return e;
}

static enum err put(const char *path, const void *p, size_t n, mode_t mode, bool replace)
{
    char tmp[PATH_MAX];
    if ((size_t)snprintf(tmp, sizeof tmp, "%s" FRESH "XXXXXX", path) >= sizeof tmp)
        return ERR_TOO_LARGE;
    int fd = mkostemp(tmp, O_CLOEXEC);
    if (fd < 0)
        return file_err(errno);
    enum err e = write_all(fd, p, n);
    if (!e && (fchmod(fd, mode) || fsync(fd)))
        e = file_err(errno);
    if (close(fd) && !e)
        e = file_err(errno);
    /* link() refuses an existing name in one step; rename() would replace it. */
    if (!e && (replace ? rename(tmp, path) : link(tmp, path)))
        e = file_err(errno);
    if (e || !replace)
        unlink(tmp);
    return e ? e : sync_dir_of(path);
}

enum err file_write(const char *path, const void *p, size_t n, mode_t mode)
{
    return put(path, p, n, mode, true);
}

enum err file_create(const char *path, const void *p, size_t n, mode_t mode)
{
    return put(path, p, n, mode, false);
}

void file_sweep(const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (const struct dirent *f; (f = readdir(d));) {
        size_t n = strlen(f->d_name);
        if (n > FRESH_LEN + RANDOM_LEN && !memcmp(f->d_name + n - RANDOM_LEN - FRESH_LEN, FRESH, FRESH_LEN))
            unlinkat(dirfd(d), f->d_name, 0);
    }
    closedir(d);
}

enum err file_mkdir(const char *path, mode_t mode)
{
    if (mkdir(path, mode) || chmod(path, mode))
        return file_err(errno);
    return ERR_OK;
}

enum err file_lock(const char *path, int *fd)
{
    int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (f < 0)
        return file_err(errno);
    if (flock(f, LOCK_EX | LOCK_NB)) {
        enum err e = errno == EWOULDBLOCK ? ERR_BUSY : file_err(errno);
        close(f);
        return e;
    }
    *fd = f;
    return ERR_OK;
}
