/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the service as people read them: a table for many objects, labelled lines for one. Columns line up where
 * Chinese and Latin text mix. With --json the caller prints the objects themselves instead (show_json).
 *
 *     static const struct show_col cols[] = {{"code", N_("CODE"), SHOW_TEXT}, {0}};
 *     show_table(cols, rows, &text);
 *
 * Pure: what is printed goes to a buffer. Members that are absent or null show as "-". Text from outside is cleaned of
 * control characters. */
#ifndef HUIKA_ADMIN_SHOW_H
#define HUIKA_ADMIN_SHOW_H
#include "base/buf.h"
#include <jansson.h>

enum show_as {
    SHOW_TEXT,  /* a string as it is */
    SHOW_WORD,  /* one of our fixed words ("listed"), translated */
    SHOW_INT,   /* a number, to the right */
    SHOW_YUAN,  /* int64 fen as yuan with two decimals, to the right */
    SHOW_TIME,  /* UTC ms as date and time of Shanghai */
    SHOW_IF,    /* a string; show_fields leaves the line out if it is absent */
    SHOW_INDENT /* a string, moved in by two columns per member "level" of the same object beyond 1 */
};

/* Lists end with a row whose key is NULL. */
struct show_col {
    const char *key, *head; /* head: English, N_() */
    enum show_as as;
};

enum { SHOW_COLS = 16, SHOW_MAX = 64 * 1024 * 1024 };

/* rows: a JSON array of objects. Appended to out, heads first. ERR_NOMEM, ERR_TOO_LARGE. */
enum err show_table(const struct show_col *cols, const json_t *rows, struct buf *out);
/* A table that comes page by page: begin with {.cols = ...}. The heads stand above the first page; columns may become wider further down. */
struct show_pages {
    const struct show_col *cols;
    bool begun;
    size_t width[SHOW_COLS];
};
enum err show_page(struct show_pages *p, const json_t *rows, struct buf *out);
/* One "head  value" line per column. */
enum err show_fields(const struct show_col *cols, const json_t *obj, struct buf *out);
#endif
