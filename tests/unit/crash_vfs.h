/* SPDX-License-Identifier: Apache-2.0 */
/* A SQLite VFS on top of the system's that counts writes, syncs and truncations, and at the n-th of them either ends the process as
 * a power cut would (what was not synced is undone, all of it or a random part) or fails that one call. */
#ifndef HUIKA_CRASH_VFS_H
#define HUIKA_CRASH_VFS_H
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum crash_mode { CRASH_NEVER, CRASH_KILL, CRASH_POWER, CRASH_FAIL };

static struct {
    enum crash_mode mode;
    long at, cnt;  /* acts at the at-th operation */
    int fail_code; /* CRASH_FAIL: what that call returns */
    unsigned seed; /* CRASH_POWER: which unsynced writes survive */
    sqlite3_vfs vfs, *real;
} crash;

/* One write that was not synced, with what stood there before. */
struct crash_undo {
    struct crash_undo *older;
    sqlite3_int64 at, size; /* file size before */
    int len, old_len;
    char old[];
};

struct crash_file {
    sqlite3_file base;
    struct crash_file *next;
    struct crash_undo *undo;
    char shm[512]; /* path of its shared memory, which does not survive */
    sqlite3_file *real;
};
static struct crash_file *crash_files;

static sqlite3_file *crash_real(sqlite3_file *f)
{
    return ((struct crash_file *)(void *)f)->real;
}

static void crash_drop(struct crash_file *f)
{
    while (f->undo) {
        struct crash_undo *u = f->undo;
        f->undo = u->older;
        free(u);
    }
}

/* Newest first. A write that is undone takes those after it at the same place with it, for they are undone first. */
static void crash_undo_some(struct crash_file *f, bool all)
{
    for (struct crash_undo *u = f->undo; u; u = u->older) {
        if (!all && rand_r(&crash.seed) % 2)
            continue;
        if (u->old_len)
            f->real->pMethods->xWrite(f->real, u->old, u->old_len, u->at);
        if (u->size < u->at + u->len && all)
            f->real->pMethods->xTruncate(f->real, u->size);
    }
}

static int crash_point(void)
{
    if (crash.mode == CRASH_NEVER || ++crash.cnt != crash.at)
        return SQLITE_OK;
    if (crash.mode == CRASH_FAIL)
        return crash.fail_code;
    for (struct crash_file *f = crash_files; f && crash.mode == CRASH_POWER; f = f->next) {
        crash_undo_some(f, rand_r(&crash.seed) % 2);
        if (f->shm[0])
            unlink(f->shm);
    }
    _exit(9);
}

static int crash_close(sqlite3_file *f)
{
    struct crash_file *c = (struct crash_file *)(void *)f;
    for (struct crash_file **at = &crash_files; *at; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            break;
        }
    crash_drop(c);
    return c->real->pMethods->xClose(c->real);
}

static int crash_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct crash_file *c = (struct crash_file *)(void *)f;
    sqlite3_int64 size = 0;
    int rc = crash_point();
    if (rc)
        return rc;
    c->real->pMethods->xFileSize(c->real, &size);
    int old = at >= size ? 0 : size - at < n ? (int)(size - at) : n;
    struct crash_undo *u = malloc(sizeof *u + (size_t)n);
    if (!u)
        abort();
    *u = (struct crash_undo){.older = c->undo, .at = at, .size = size, .len = n, .old_len = old};
    if (old)
        c->real->pMethods->xRead(c->real, u->old, old, at);
    c->undo = u;
    return c->real->pMethods->xWrite(c->real, p, n, at);
}

static int crash_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = crash_point();
    return rc ? rc : crash_real(f)->pMethods->xTruncate(crash_real(f), size);
}

static int crash_sync(sqlite3_file *f, int flags)
{
    int rc = crash_point();
    if (!rc)
        rc = crash_real(f)->pMethods->xSync(crash_real(f), flags);
    if (!rc)
        crash_drop((struct crash_file *)(void *)f);
    return rc;
}

static int crash_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return crash_real(f)->pMethods->xRead(crash_real(f), p, n, at);
}
static int crash_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return crash_real(f)->pMethods->xFileSize(crash_real(f), size);
}
static int crash_lock(sqlite3_file *f, int level)
{
    return crash_real(f)->pMethods->xLock(crash_real(f), level);
}
static int crash_unlock(sqlite3_file *f, int level)
{
    return crash_real(f)->pMethods->xUnlock(crash_real(f), level);
}
static int crash_check(sqlite3_file *f, int *out)
{
    return crash_real(f)->pMethods->xCheckReservedLock(crash_real(f), out);
}
static int crash_control(sqlite3_file *f, int op, void *arg)
{
    return crash_real(f)->pMethods->xFileControl(crash_real(f), op, arg);
}
static int crash_sector(sqlite3_file *f)
{
    return crash_real(f)->pMethods->xSectorSize(crash_real(f));
}
static int crash_traits(sqlite3_file *f)
{
    return crash_real(f)->pMethods->xDeviceCharacteristics(crash_real(f));
}
static int crash_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return crash_real(f)->pMethods->xShmMap(crash_real(f), page, size, extend, out);
}
static int crash_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return crash_real(f)->pMethods->xShmLock(crash_real(f), at, n, flags);
}
static void crash_shm_barrier(sqlite3_file *f)
{
    crash_real(f)->pMethods->xShmBarrier(crash_real(f));
}
static int crash_shm_unmap(sqlite3_file *f, int erase)
{
    return crash_real(f)->pMethods->xShmUnmap(crash_real(f), erase);
}

static const sqlite3_io_methods crash_methods = {.iVersion = 2,
    .xClose = crash_close,
    .xRead = crash_read,
    .xWrite = crash_write,
    .xTruncate = crash_truncate,
    .xSync = crash_sync,
    .xFileSize = crash_size,
    .xLock = crash_lock,
    .xUnlock = crash_unlock,
    .xCheckReservedLock = crash_check,
    .xFileControl = crash_control,
    .xSectorSize = crash_sector,
    .xDeviceCharacteristics = crash_traits,
    .xShmMap = crash_shm_map,
    .xShmLock = crash_shm_lock,
    .xShmBarrier = crash_shm_barrier,
    .xShmUnmap = crash_shm_unmap};

static int crash_open(sqlite3_vfs *v, const char *path, sqlite3_file *f, int flags, int *out)
{
    struct crash_file *c = (struct crash_file *)(void *)f;
    (void)v;
    memset(c, 0, sizeof *c);
    c->real = (sqlite3_file *)(void *)(c + 1);
    int rc = crash.real->xOpen(crash.real, path, c->real, flags, out);
    if (rc != SQLITE_OK || !c->real->pMethods)
        return rc;
    if (flags & SQLITE_OPEN_MAIN_DB)
        sqlite3_snprintf(sizeof c->shm, c->shm, "%s-shm", path);
    c->base.pMethods = &crash_methods;
    c->next = crash_files;
    crash_files = c;
    return rc;
}

/* From now on every new connection of this process goes through it. */
static void crash_install(enum crash_mode mode, long at)
{
    crash.real = sqlite3_vfs_find("unix");
    crash.vfs = *crash.real;
    crash.vfs.zName = "crash";
    crash.vfs.pNext = NULL;
    crash.vfs.szOsFile = (int)sizeof(struct crash_file) + crash.real->szOsFile;
    crash.vfs.xOpen = crash_open;
    crash.mode = mode;
    crash.at = at;
    crash.cnt = 0;
    crash.seed = (unsigned)at;
    sqlite3_vfs_register(&crash.vfs, 1);
}
#endif
