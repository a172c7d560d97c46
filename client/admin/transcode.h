/* SPDX-License-Identifier: Apache-2.0 */
/* A file's bytes as a stream of UTF-8. Which of UTF-8 and GB18030 it is, is decided by looking at all of it first: the
 * lines that are not pure ASCII vote. What is no character of that encoding comes out as U+FFFD, so that one bad line
 * spoils no other. */
#ifndef HUIKA_ADMIN_TRANSCODE_H
#define HUIKA_ADMIN_TRANSCODE_H
#include "client/admin/import.h"

struct transcode; /* reads fd, which stays the caller's */

/* The encoding of everything in fd from its beginning: ERR_BAD_ENCODING if most lines with other than ASCII fit
 * neither, or if it is UTF-16 or UTF-32 by its byte order mark. *bom: bytes of a byte order mark to skip. Leaves fd
 * anywhere. ERR_IO, ERR_NOMEM. */
enum err transcode_detect(int fd, enum import_encoding *out, off_t *bom);
/* From offset `from` on. ERR_IO (cannot seek), ERR_NOMEM. */
enum err transcode_open(struct transcode **out, int fd, enum import_encoding encoding, off_t from);
void transcode_free(struct transcode **t); /* wipes */
/* At most n bytes (n > 0) to p; 0 at the end, -1 if reading failed. Characters may be cut between two calls. */
ssize_t transcode_read(struct transcode *t, char *p, size_t n);
/* Bytes taken from the file so far. */
off_t transcode_at(const struct transcode *t);
#endif
