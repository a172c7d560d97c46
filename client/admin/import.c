/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin/import.h"
#include "base/csv.h"
#include "base/file.h"
#include "client/admin/import_columns.h"
#include "client/admin/import_seen.h"
#include "client/admin/transcode.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct import_file {
    int fd;
    off_t size;
    enum import_encoding encoding;
    struct transcode *source;
    struct csv csv;
    bool csv_open, held, ended; /* held: `record` was read, but did not fit the last chunk */
    enum csv_got got;
    struct csv_record record;
    struct import_columns columns;
    struct buf arranged; /* a record whose columns stood otherwise, as it is sent */
    struct import_seen seen;
    uint64_t seen_line; /* the line that was noted last: a held record comes twice */
};

static ssize_t fill(void *ctx, char *p, size_t n)
{
    return transcode_read(ctx, p, n);
}

static enum err open_source(struct import_file *f, const char *path)
{
    struct stat st;
    off_t bom = 0;
    f->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0)
        return file_err(errno);
    if (fstat(f->fd, &st) || !S_ISREG(st.st_mode))
        return ERR_IO;
    f->size = st.st_size;
    enum err e = transcode_detect(f->fd, &f->encoding, &bom);
    if (!e)
        e = transcode_open(&f->source, f->fd, f->encoding, bom);
    if (!e)
        e = csv_init_stream(&f->csv, fill, f->source);
    f->csv_open = !e;
    return e;
}

enum err import_open(struct import_file **out, const char *path)
{
    bool header = false;
    struct import_file *f = calloc(1, sizeof *f);
    if (!f)
        return ERR_NOMEM;
    f->fd = -1;
    f->columns.agreed = true;
    buf_init(&f->arranged, CSV_RECORD_MAX);
    enum err e = open_source(f, path);
    if (!e) {
        f->got = csv_next(&f->csv, &f->record);
        f->held = true;
        if (f->got == CSV_RECORD)
            e = import_columns_find(&f->record, &f->columns, &header);
        f->held = !header;
    }
    if (e) {
        import_free(&f);
        return e;
    }
    *out = f;
    return ERR_OK;
}

void import_free(struct import_file **f)
{
    if (!*f)
        return;
    if ((*f)->csv_open)
        csv_release(&(*f)->csv);
    transcode_free(&(*f)->source);
    import_seen_release(&(*f)->seen);
    buf_wipe(&(*f)->arranged);
    if ((*f)->fd >= 0)
        close((*f)->fd);
    free(*f);
    *f = NULL;
}

enum import_encoding import_encoding_of(const struct import_file *f)
{
    return f->encoding;
}

off_t import_size(const struct import_file *f)
{
    return f->size;
}

void import_chunk_init(struct import_chunk *c)
{
    *c = (struct import_chunk){0};
    buf_init(&c->text, IMPORT_CHUNK_MAX);
}

void import_chunk_release(struct import_chunk *c)
{
    buf_wipe(&c->text);
    free(c->rejects);
    import_chunk_init(c);
}

enum err import_add_reject(struct import_chunk *c, uint64_t line, enum err reason, const char *last4)
{
    if (c->reject_cnt == c->reject_cap) {
        size_t cap = c->reject_cap ? 2 * c->reject_cap : 64;
        if (cap > IMPORT_REJECTS_MAX)
            return ERR_TOO_LARGE;
        struct import_reject *p = realloc(c->rejects, cap * sizeof *p);
        if (!p)
            return ERR_NOMEM;
        c->rejects = p;
        c->reject_cap = cap;
    }
    struct import_reject *r = &c->rejects[c->reject_cnt++];
    *r = (struct import_reject){.line = line, .reason = reason};
    memcpy(r->last4, last4, strnlen(last4, sizeof r->last4 - 1));
    return ERR_OK;
}

static int by_line(const void *a, const void *b)
{
    const struct import_reject *x = a, *y = b;
    return x->line < y->line ? -1 : x->line > y->line;
}

void import_sort_rejects(struct import_chunk *c)
{
    if (c->reject_cnt)
        qsort(c->rejects, c->reject_cnt, sizeof *c->rejects, by_line);
}

/* The last four digits of what stands where the number should, if it looks like one at all. */
static void find_last4(const struct import_file *f, char out[static 5])
{
    const struct csv_record *r = &f->record;
    size_t cnt = 0, at = f->columns.agreed ? 0 : f->columns.at[IMPORT_NUMBER];
    struct csv_field x = {r->raw, r->raw_len};
    char last[4] = {0};
    if (at < r->cnt)
        x = r->field[at];
    else if (at)
        return;
    for (size_t i = x.len && x.p[0] == '"'; i < x.len && !(x.p[i] && strchr(",\"\r\n", x.p[i])); i++) {
        if (x.p[i] == ' ' || x.p[i] == '-')
            continue;
        if (x.p[i] < '0' || x.p[i] > '9')
            return;
        last[cnt++ % 4] = x.p[i];
    }
    for (size_t k = 0; k < 4 && cnt >= 12; k++)
        out[k] = last[(cnt + k) % 4];
    OPENSSL_cleanse(last, sizeof last);
}

static uint64_t line_ends(const char *p, size_t len)
{
    uint64_t n = 0;
    for (const char *end = p + len; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

/* The record as it is sent. */
static enum err arrange(struct import_file *f, struct csv_field *text, enum err *bad)
{
    const struct csv_record *r = &f->record;
    *text = (struct csv_field){r->raw, r->raw_len};
    if (*bad || f->columns.agreed)
        return ERR_OK;
    buf_reset(&f->arranged);
    enum err e = import_columns_put(&f->columns, r, &f->arranged);
    *text = (struct csv_field){buf_str(&f->arranged), f->arranged.len};
    *bad = e == ERR_BAD_CSV || e == ERR_TOO_LARGE ? ERR_BAD_CSV : ERR_OK;
    return *bad ? ERR_OK : e;
}

/* ERR_OK: *bad says what is wrong with the record, if anything. */
static enum err judge(struct import_file *f, enum err *bad)
{
    const struct csv_record *r = &f->record;
    size_t number = f->columns.agreed ? 0 : f->columns.at[IMPORT_NUMBER];
    bool again = false;
    const char *p = memchr(r->raw, 0xef, r->raw_len); /* rare, and memchr is fast */
    *bad = f->got == CSV_BAD ? ERR_BAD_CSV : ERR_OK;
    if (!*bad && p && memmem(r->raw, r->raw_len, "\xef\xbf\xbd", 3))
        *bad = ERR_BAD_ENCODING;
    if (*bad || number >= r->cnt || f->seen_line == r->line)
        return ERR_OK;
    enum err e = import_seen_note(&f->seen, r->field[number].p, r->field[number].len, &again);
    if (again)
        *bad = ERR_DUPLICATE_CARD;
    else
        f->seen_line = r->line;
    return e;
}

/* The held record into the chunk, behind as many empty lines as were left out before it. ERR_TOO_LARGE: it belongs to
 * the next. */
static enum err take(struct import_file *f, struct import_chunk *c, size_t max, uint64_t *next_line)
{
    const struct csv_record *r = &f->record;
    struct csv_field text;
    char last4[5] = "";
    enum err bad, e = judge(f, &bad);
    e = e ? e : arrange(f, &text, &bad);
    if (e)
        return e;
    if (bad && c->reject_cnt == IMPORT_RECORDS_MAX)
        return ERR_TOO_LARGE;
    if (bad) {
        find_last4(f, last4);
        return import_add_reject(c, r->line, bad, last4);
    }
    if (c->records == 0)
        c->line = *next_line = r->line;
    uint64_t gap = r->line - *next_line;
    if (c->records == IMPORT_RECORDS_MAX || gap > max || c->text.len + gap + text.len > max)
        return ERR_TOO_LARGE;
    for (; !e && gap > 0; gap--)
        e = buf_adds(&c->text, "\n");
    if (!e)
        e = buf_add(&c->text, text.p, text.len);
    *next_line = r->line + line_ends(text.p, text.len);
    c->records++;
    return e;
}

enum err import_next(struct import_file *f, size_t max, struct import_chunk *c)
{
    uint64_t next_line = 0;
    enum err e = ERR_OK;
    buf_reset(&c->text);
    c->records = c->reject_cnt = c->line = 0;
    max = max < IMPORT_CHUNK_MAX ? max : IMPORT_CHUNK_MAX;
    while (!f->ended && !e) {
        if (!f->held)
            f->got = csv_next(&f->csv, &f->record);
        f->held = true;
        f->ended = f->got == CSV_END;
        if (f->got == CSV_FAILED)
            e = ERR_IO;
        else if (!f->ended)
            e = take(f, c, max, &next_line);
        f->held = e == ERR_TOO_LARGE;
    }
    c->read_to = transcode_at(f->source);
    return e == ERR_TOO_LARGE ? ERR_OK : e;
}
