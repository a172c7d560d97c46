/* SPDX-License-Identifier: Apache-2.0 */
/* CSV as RFC 4180 has it, read record by record from memory or from a stream; a million lines cost no allocation.
 *
 *     csv_init_memory(&c, text, len, 1);      or  csv_init_stream(&c, fill, ctx)
 *     while ((got = csv_next(&c, &r)) != CSV_END)
 *         if (got == CSV_RECORD) ... r.field[i].p, r.field[i].len ...
 *     csv_release(&c);
 *
 * Lines end with LF or CRLF; empty lines are skipped, but counted. Fields may be quoted and then hold commas, quotes
 * (doubled) and line ends. Encodings, a byte order mark and a header line are the caller's. */
#ifndef HUIKA_CSV_H
#define HUIKA_CSV_H
#include "err.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CSV_FIELDS = 32, CSV_RECORD_MAX = 65536 };

/* Not closed by a 0; borrowed until the next csv_next. */
struct csv_field {
    const char *p;
    size_t len;
};

struct csv_record {
    struct csv_field field[CSV_FIELDS];
    size_t cnt;
    uint64_t line;   /* where it begins, counted from first_line */
    const char *raw; /* the record as it stands in the source, its line end included (the last line may have none) */
    size_t raw_len;
};

enum csv_got {
    CSV_END,
    CSV_RECORD,
    CSV_BAD,   /* r->line, raw are set, cnt is 0: more than CSV_FIELDS fields, over CSV_RECORD_MAX bytes, a NUL, a quote
                  out of   place or never closed. raw is that one line (cut at CSV_RECORD_MAX); reading goes on at the
                  line   after it */
    CSV_FAILED /* the fill function failed; nothing more comes */
};

/* Puts at most n bytes (n > 0) at p; the count, 0 at the end, -1 if reading failed. May block. */
typedef ssize_t csv_fill_fn(void *ctx, char *p, size_t n);

struct csv {
    const char *at, *end; /* unread bytes in memory */
    uint64_t line;
    csv_fill_fn *fill; /* NULL: all is in memory */
    void *ctx;
    char *window;     /* stream only, owned */
    char *unquoted;   /* owned; where a field with doubled quotes is put together */
    int failed, skip; /* skip: the rest of an overlong line is still to be passed over */
};

/* `text` is borrowed until csv_release and never changed. first_line: the number of its first line. ERR_NOMEM. */
enum err csv_init_memory(struct csv *c, const char *text, size_t len, uint64_t first_line);
/* Lines count from 1. ERR_NOMEM. */
enum err csv_init_stream(struct csv *c, csv_fill_fn *fill, void *ctx);
void csv_release(struct csv *c); /* wipes what it held: lists hold card numbers */
enum csv_got csv_next(struct csv *c, struct csv_record *r);
#endif
