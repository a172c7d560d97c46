/* SPDX-License-Identifier: Apache-2.0 */
/* A list of members as a file, cut into chunks that the service takes. Bounded memory (16 bytes a
 * card at most, and two chunks); no network.
 *
 *     import_open(&f, path)                  finds the encoding, skips byte order mark and header line
 *     while (!import_next(f, &chunk) && chunk.text.len + chunk.reject_cnt) ...
 *     import_free(&f)
 *
 * A chunk's text is UTF-8, whole records only, in the agreed order of columns, and its lines are the file's lines from chunk.line on: what is left out
 * (blank lines, bad lines) leaves an empty line behind, so that the service's line numbers are the file's. A card is taken from the
 * first line that names it: later ones are rejected, also in later chunks, or the same list would change something at every run. */
#ifndef HUIKA_ADMIN_IMPORT_H
#define HUIKA_ADMIN_IMPORT_H
#include "base/buf.h"
#include <stdbool.h>
#include <sys/types.h>

enum {
    IMPORT_CHUNK_MAX = 4 * 1024 * 1024, /* bytes; the service takes no more at once */
    IMPORT_RECORDS_MAX = 131072,        /* in one chunk */
    IMPORT_REJECTS_MAX = 2 * IMPORT_RECORDS_MAX
};

enum import_encoding { IMPORT_UTF8 = 1, IMPORT_GB18030 };

/* One line that was not taken. Never a name, never more of a number than its last four digits. */
struct import_reject {
    uint64_t line;
    enum err reason; /* ERR_BAD_CSV, ERR_BAD_ENCODING, ERR_DUPLICATE_CARD, or what the service says */
    char last4[5];   /* "" if the line has none */
};

struct import_chunk {
    struct buf text;               /* wiped with the chunk: it holds names and numbers */
    uint64_t line;                 /* of its first line, counted from 1 */
    uint64_t records;              /* in text */
    off_t read_to;                 /* bytes of the file read so far */
    struct import_reject *rejects; /* owned; found here, not in text */
    size_t reject_cnt, reject_cap;
};

struct import_file;

/* ERR_NOT_FOUND, ERR_IO (also: not a regular file), ERR_BAD_ENCODING (neither UTF-8 nor GB18030), ERR_BAD_COLUMNS
 * (import_columns.h), ERR_NOMEM. */
enum err import_open(struct import_file **out, const char *path);
void import_free(struct import_file **f); /* wipes */
enum import_encoding import_encoding_of(const struct import_file *f);
/* Size in bytes when it was opened. */
off_t import_size(const struct import_file *f);

void import_chunk_init(struct import_chunk *c);
void import_chunk_release(struct import_chunk *c);
/* Fills *c anew; text empty and no rejects at the end of the file. At most `max` bytes of text (at least
 * CSV_RECORD_MAX). ERR_IO, ERR_NOMEM. */
enum err import_next(struct import_file *f, size_t max, struct import_chunk *c);
/* Adds one; sorted by line with import_sort_rejects. ERR_TOO_LARGE beyond IMPORT_REJECTS_MAX, ERR_NOMEM. */
enum err import_add_reject(struct import_chunk *c, uint64_t line, enum err reason, const char *last4);
void import_sort_rejects(struct import_chunk *c);
#endif
