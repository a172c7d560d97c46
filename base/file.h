/* SPDX-License-Identifier: Apache-2.0 */
/* Small files, read whole and written so that after a power cut there is the old one or the new one, never half of one. */
#ifndef HUIKA_FILE_H
#define HUIKA_FILE_H
#include "base/buf.h"
#include <sys/types.h>

/* Appends the whole file to b, bounded by b's maximum (ERR_TOO_LARGE). ERR_NOT_FOUND, and what else file_err says. */
enum err file_read(const char *path, struct buf *b);
/* Writes a temporary file beside `path`, fsyncs, renames over it, fsyncs the directory. ERR_DISK_FULL, ERR_IO: the old file is
 * untouched. */
enum err file_write(const char *path, const void *p, size_t n, mode_t mode);
/* The same, but never replaces: ERR_EXISTS if there is one. */
enum err file_create(const char *path, const void *p, size_t n, mode_t mode);
/* Removes what file_write and file_create left unfinished in that directory when the process was killed. Only while nobody writes there. */
void file_sweep(const char *dir);
/* Makes one directory of that mode, whatever the umask; ERR_EXISTS if something is there. */
enum err file_mkdir(const char *path, mode_t mode);
/* Opens or makes `path` (0600) and takes an exclusive lock that ends with the process or close(*fd). ERR_BUSY if another
 * process holds it. */
enum err file_lock(const char *path, int *fd);
/* dir + "/" + name into out; ERR_TOO_LARGE if it does not fit. */
enum err file_path(const char *dir, const char *name, char *out, size_t size);
/* errno to our words: ENOSPC and EDQUOT, ENOENT, EEXIST, ENOMEM, and no permission are told apart, the rest is ERR_IO. */
enum err file_err(int errnum);
#endif
