/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A refill leaves at least CSV_RECORD_MAX bytes in sight, so that a record is parsed once and never over again. */
enum { WINDOW = 4 * CSV_RECORD_MAX };

static enum err init(struct csv *c)
{
    c->unquoted = malloc(CSV_RECORD_MAX);
    return c->unquoted ? ERR_OK : ERR_NOMEM;
}

enum err csv_init_memory(struct csv *c, const char *text, size_t len, uint64_t first_line)
{
    *c = (struct csv){.at = text, .end = text + len, .line = first_line};
    return init(c);
}

enum err csv_init_stream(struct csv *c, csv_fill_fn *fill, void *ctx)
{
    *c = (struct csv){.line = 1, .fill = fill, .ctx = ctx, .window = malloc(WINDOW)};
    c->at = c->end = c->window;
    enum err e = c->window ? init(c) : ERR_NOMEM;
    if (e)
        csv_release(c);
    return e;
}

void csv_release(struct csv *c)
{
    if (c->window)
        OPENSSL_cleanse(c->window, WINDOW);
    if (c->unquoted)
        OPENSSL_cleanse(c->unquoted, CSV_RECORD_MAX);
    free(c->window);
    free(c->unquoted);
    *c = (struct csv){0};
}

static void refill(struct csv *c)
{
    size_t left = (size_t)(c->end - c->at);
    if (!c->fill || left >= CSV_RECORD_MAX)
        return;
    memmove(c->window, c->at, left);
    c->at = c->window;
    while (c->fill && left < WINDOW) {
        ssize_t n = c->fill(c->ctx, c->window + left, WINDOW - left);
        if (n <= 0) {
            c->fill = NULL;
            c->failed = n < 0;
        } else {
            left += (size_t)n;
        }
    }
    c->end = c->window + left;
}

/* One record while it is being parsed. */
struct parse {
    const char *p, *end;
    char *out; /* where the next unquoted text goes */
    uint64_t lines;
    bool whole; /* `end` is the end of the source, not of what may be seen */
};

/* Length of the line end at p: 0 if there is none; a last line may end with nothing, or with a lone CR. */
static size_t line_end(const struct parse *s, const char *p)
{
    if (p < s->end && *p == '\n')
        return 1;
    if (p < s->end && *p == '\r')
        return p + 1 < s->end ? (p[1] == '\n' ? 2 : 0) : s->whole;
    return 0;
}

static void plain(struct parse *s, struct csv_field *f)
{
    const char *p = s->p;
    while (p < s->end && *p != ',' && *p != '\n' && *p != '\r' && *p != '"' && *p)
        p++;
    *f = (struct csv_field){s->p, (size_t)(p - s->p)};
    s->p = p;
}

static uint64_t count_lines(const char *p, size_t len)
{
    uint64_t n = 0;
    for (const char *end = p + len; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

static bool quoted(struct parse *s, struct csv_field *f)
{
    const char *from = s->p + 1, *at = from, *q;
    char *out = NULL;
    while ((q = memchr(at, '"', (size_t)(s->end - at)))) {
        bool doubled = q + 1 < s->end && q[1] == '"';
        size_t n = (size_t)(q - at) + doubled;
        if (doubled && !out)
            out = s->out;
        if (out) {
            memcpy(s->out, at, n);
            s->out += n;
        }
        if (!doubled)
            break;
        at = q + 2;
    }
    if (!q)
        return false;
    *f = out ? (struct csv_field){out, (size_t)(s->out - out)} : (struct csv_field){from, (size_t)(q - from)};
    s->lines += count_lines(from, (size_t)(q - from));
    s->p = q + 1;
    return true;
}

/* True if a whole record stands at s->p, which then points behind it. */
static bool parse(struct parse *s, struct csv_record *r)
{
    for (;;) {
        if (r->cnt == CSV_FIELDS)
            return false;
        struct csv_field *f = &r->field[r->cnt++];
        if (s->p == s->end || *s->p != '"')
            plain(s, f);
        else if (!quoted(s, f))
            return false;
        if (s->p < s->end && *s->p == ',') {
            s->p++;
            continue;
        }
        size_t n = line_end(s, s->p);
        s->p += n;
        s->lines += n > 0;
        return n || (s->whole && s->p == s->end);
    }
}

static void skip_line(struct csv *c)
{
    c->skip = 0;
    for (refill(c); c->at < c->end; refill(c)) {
        const char *nl = memchr(c->at, '\n', (size_t)(c->end - c->at));
        c->at = nl ? nl + 1 : c->end;
        if (nl) {
            c->line++;
            return;
        }
    }
}

static enum csv_got give_up(struct csv *c, const char *end, struct csv_record *r)
{
    const char *nl = memchr(c->at, '\n', (size_t)(end - c->at));
    r->cnt = 0;
    r->raw_len = (size_t)((nl ? nl + 1 : end) - c->at);
    c->at += r->raw_len;
    c->line += nl != NULL;
    c->skip = !nl;
    return CSV_BAD;
}

enum csv_got csv_next(struct csv *c, struct csv_record *r)
{
    struct parse s;
    if (c->skip)
        skip_line(c);
    for (size_t n = 1; n; c->at += n, c->line += n > 0) {
        refill(c);
        size_t seen = (size_t)(c->end - c->at);
        bool cut = seen > CSV_RECORD_MAX;
        s = (struct parse){c->at, c->at + (cut ? CSV_RECORD_MAX : seen), c->unquoted, 0, !cut && !c->fill};
        n = line_end(&s, c->at);
    }
    r->cnt = 0;
    r->line = c->line;
    r->raw = c->at;
    r->raw_len = 0;
    if (c->failed)
        return CSV_FAILED;
    if (c->at == c->end)
        return CSV_END;
    if (!parse(&s, r) || memchr(r->raw, 0, (size_t)(s.p - r->raw)))
        return give_up(c, s.end, r);
    r->raw_len = (size_t)(s.p - r->raw);
    c->at = s.p;
    c->line += s.lines;
    return CSV_RECORD;
}
