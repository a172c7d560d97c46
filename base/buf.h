/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer that must be given a maximum.
 *
 *     struct buf b;
 *     buf_init(&b, 4096);
 *     e = buf_printf(&b, "%d", 7);
 *     ...
 *     buf_release(&b);
 *
 * Not done here: reading and writing files (base/file.h), any encoding (base/text.h). */
#ifndef HUIKA_BUF_H
#define HUIKA_BUF_H
#include "err.h"
#include <stddef.h>
#include <stdint.h>

/* data[0..len) are the contents; data[len] is always 0 once anything was added, so data can be read as a string. */
struct buf {
    uint8_t *data; /* NULL while nothing was ever added */
    size_t len, cap, max;
};

/* Starts empty; `max` bounds len (bytes). Allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* Frees the contents and leaves *b empty with the same maximum. */
void buf_release(struct buf *b);
/* As buf_release, after wiping what was stored. */
void buf_wipe(struct buf *b);
/* Empties without freeing. */
void buf_reset(struct buf *b);
/* Shortens to `len` bytes, which is at most what it has: back to where a writer began. */
void buf_cut(struct buf *b, size_t len);

/* Appends; on ERR_TOO_LARGE (over max) or ERR_NOMEM the buffer is as it was. `p` is copied, NULL allowed when n is 0. */
enum err buf_add(struct buf *b, const void *p, size_t n);
enum err buf_adds(struct buf *b, const char *s);
enum err buf_add_u8(struct buf *b, uint8_t v);
/* Big-endian, as every hashed or signed structure of ours. */
enum err buf_add_u16(struct buf *b, uint16_t v);
enum err buf_add_u32(struct buf *b, uint32_t v);
enum err buf_add_u64(struct buf *b, uint64_t v);
enum err buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The contents as a string: "" while empty. Borrowed until the next change. */
const char *buf_str(const struct buf *b);
#endif
