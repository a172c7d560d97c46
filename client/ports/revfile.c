/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/revfile.h"
#include "base/file.h"
#include "base/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_HEAD "revoked-"
#define NAME_TAIL ".bin"
#define NAME_NEW  "revoked.new"

static void name_of(int64_t version, char out[static 48])
{
    snprintf(out, 48, NAME_HEAD "%lld" NAME_TAIL, (long long)version);
}

static void unmap(struct revfile_map *m)
{
    if (m->p)
        munmap(m->p, m->len);
    *m = (struct revfile_map){0};
}

/* Maps a file and believes it only if it is the notice's, to the byte. */
static enum err map(const char *path, const struct notice_revoked *n, struct revfile_map *out)
{
    struct revfile_map m = {.version = n->version};
    uint8_t hash[KEY_HASH];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return file_err(errno);
    enum err e = fstat(fd, &st) ? ERR_IO : ERR_OK;
    if (!e && ((uint64_t)st.st_size != n->len || st.st_size < REVOKED_HEADER))
        e = ERR_BAD_VALUE;
    if (!e) {
        m.len = (size_t)st.st_size;
        m.p = mmap(NULL, m.len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (m.p == MAP_FAILED) {
            m.p = NULL;
            e = ERR_NOMEM;
        }
    }
    close(fd);
    if (!e) {
        key_sha256(m.p, m.len, hash);
        if (memcmp(hash, n->sha256, KEY_HASH) != 0)
            e = ERR_BAD_VALUE;
    }
    if (!e)
        e = revoked_open(m.p, m.len, &m.list);
    if (e)
        unmap(&m);
    else
        *out = m;
    return e;
}

/* Files of other versions, and what a crash left half written. */
static void sweep(const struct state *s, int64_t keep)
{
    char name[48], path[STATE_PATH_MAX];
    DIR *d = opendir(s->dir);
    if (!d)
        return;
    name_of(keep, name);
    state_path(s, NAME_NEW, path);
    unlink(path);
    for (struct dirent *f; (f = readdir(d));) {
        size_t n = strlen(f->d_name), head = strlen(NAME_HEAD), tail = strlen(NAME_TAIL);
        bool ours = n > head + tail && n < 32 && !strncmp(f->d_name, NAME_HEAD, head) &&
                    !strcmp(f->d_name + n - tail, NAME_TAIL);
        if (!ours || !strcmp(f->d_name, name))
            continue;
        state_path(s, f->d_name, path);
        if (unlink(path))
            log_warn("an old list of revoked cards could not be removed: %s", err_code(file_err(errno)));
    }
    closedir(d);
}

enum err revfile_open(struct revfile *f, const struct state *s, const struct notice_revoked *n)
{
    char name[48], path[STATE_PATH_MAX];
    name_of(n->version, name);
    state_path(s, name, path);
    enum err e = map(path, n, &f->held);
    if (!e)
        sweep(s, n->version);
    return e;
}

static enum err write_piece(void *ctx, const void *p, size_t n)
{
    const uint8_t *at = p;
    const int *fd = ctx;
    while (n) {
        ssize_t did = write(*fd, at, n);
        if (did < 0 && errno == EINTR)
            continue;
        if (did <= 0)
            return did ? file_err(errno) : ERR_IO;
        at += did;
        n -= (size_t)did;
    }
    return ERR_OK;
}

/* What is to become the next file: these bytes (no delta), or what the delta makes of the held one. */
struct making {
    const struct revoked *base;
    const struct revoked_delta *delta;
    const void *p;
    size_t len;
};

static enum err write_new(const char *path, const struct making *m)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return file_err(errno);
    enum err e = m->delta ? revoked_apply(m->base, m->delta, write_piece, &fd) : write_piece(&fd, m->p, m->len);
    if (!e && fsync(fd))
        e = file_err(errno);
    if (close(fd) && !e)
        e = file_err(errno);
    return e;
}

static enum err sync_dir(const struct state *s)
{
    int fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_err(errno);
    enum err e = fsync(fd) ? file_err(errno) : ERR_OK;
    close(fd);
    return e;
}

static enum err make(struct revfile *f, const struct state *s, const struct notice_revoked *n, const struct making *m)
{
    char name[48], path[STATE_PATH_MAX], fresh[STATE_PATH_MAX];
    name_of(n->version, name);
    state_path(s, name, path);
    state_path(s, NAME_NEW, fresh);
    unmap(&f->next);
    enum err e = write_new(fresh, m);
    if (!e)
        e = map(fresh, n, &f->next);
    if (!e && rename(fresh, path))
        e = file_err(errno);
    if (!e)
        e = sync_dir(s);
    if (!e)
        return ERR_OK;
    unmap(&f->next);
    unlink(fresh);
    return e;
}

enum err revfile_base(
    struct revfile *f, const struct state *s, const struct notice_revoked *n, const void *p, size_t len)
{
    const struct making m = {.p = p, .len = len};
    return len == n->len ? make(f, s, n, &m) : ERR_BAD_VALUE;
}

enum err revfile_delta(struct revfile *f, const struct state *s, const struct notice_revoked *n,
    const struct notice_delta *d, const void *p, size_t len)
{
    struct revoked_delta delta;
    uint8_t hash[KEY_HASH];
    const struct making m = {.base = &f->held.list, .delta = &delta};
    if (f->held.version != d->from || len != d->len)
        return ERR_BAD_VALUE;
    key_sha256(p, len, hash);
    if (memcmp(hash, d->sha256, KEY_HASH) != 0)
        return ERR_BAD_VALUE;
    enum err e = revoked_delta_open(p, len, &delta);
    return e ? e : make(f, s, n, &m);
}

void revfile_commit(struct revfile *f, const struct state *s)
{
    if (!f->next.p)
        return;
    unmap(&f->held);
    f->held = f->next;
    f->next = (struct revfile_map){0};
    sweep(s, f->held.version);
}

void revfile_drop(struct revfile *f, const struct state *s)
{
    char name[48], path[STATE_PATH_MAX];
    if (!f->next.p)
        return;
    name_of(f->next.version, name);
    state_path(s, name, path);
    if (f->next.version != f->held.version)
        unlink(path);
    unmap(&f->next);
}

void revfile_close(struct revfile *f)
{
    unmap(&f->held);
    unmap(&f->next);
}

const struct revoked *revfile_list(const struct revfile *f)
{
    return f->held.p ? &f->held.list : NULL;
}
