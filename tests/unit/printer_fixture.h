/* SPDX-License-Identifier: Apache-2.0 */
/* A printer of the test's making under printer.h. */
#ifndef HUIKA_PRINTER_FIXTURE_H
#define HUIKA_PRINTER_FIXTURE_H
#include "client/ports/printer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define SALE  "01KJVX8N00ABCDEFGHJKMNPQRS"
#define OTHER "01KJVX8N00ABCDEFGHJKMNPQRT"

/* A printer whose every move the test makes. */
struct fake {
    uint32_t generation;
    uint8_t got[8192], answers[3];
    size_t got_len, asked_cnt;
    bool silent, slow; /* slow: takes bytes and never gets done */
    bool busy, deaf;   /* deaf: a question cannot be sent */
    uint8_t inbox[16];
    size_t inbox_len;
    int changes;
    bool has_lines;
    int lines, lines_cnt;
};

static inline uint32_t generation(void *ctx)
{
    return ((struct fake *)ctx)->generation;
}

static inline enum err take(void *ctx, const uint8_t *p, size_t n)
{
    struct fake *f = ctx;
    assert_false(f->busy);
    assert_true(f->generation);
    f->busy = f->slow;
    if (n == 3 && p[0] == 0x10 && p[1] == 0x04) {
        static const unsigned index[] = {0, 0, 1, 0, 2};
        f->asked_cnt++;
        if (f->deaf)
            return ERR_IO;
        if (!f->silent)
            f->inbox[f->inbox_len++] = f->answers[index[p[2]]];
        return ERR_OK;
    }
    assert_true(f->got_len + n <= sizeof f->got);
    memcpy(f->got + f->got_len, p, n);
    f->got_len += n;
    return ERR_OK;
}

static inline bool idle(void *ctx)
{
    return !((struct fake *)ctx)->busy;
}

static inline size_t give(void *ctx, uint8_t *out, size_t max)
{
    struct fake *f = ctx;
    size_t n = f->inbox_len < max ? f->inbox_len : max;
    memcpy(out, f->inbox, n);
    memmove(f->inbox, f->inbox + n, f->inbox_len - n);
    f->inbox_len -= n;
    return n;
}

static inline bool ask_lines(void *ctx)
{
    struct fake *f = ctx;
    f->lines_cnt += f->has_lines;
    return f->has_lines;
}

static inline int lines(void *ctx)
{
    return ((const struct fake *)ctx)->lines;
}

static inline void changed(void *ctx)
{
    ((struct fake *)ctx)->changes++;
}

static inline struct printer *open_printer(struct fake *f)
{
    const struct printer_io io = {.ctx = f,
        .answers = true,
        .generation = generation,
        .write = take,
        .idle = idle,
        .read = give,
        .ask_lines = ask_lines,
        .lines = lines};
    struct printer *p;
    memset(f->answers, 0x12, sizeof f->answers);
    assert_int_equal(printer_new(&io, changed, f, &p), ERR_OK);
    return p;
}

/* Turns as long as something is due at that time. */
static inline void settle(struct printer *p, int64_t now)
{
    for (int i = 0; i < 50; i++) {
        printer_turn(p, now);
        if (printer_timeout_ms(p, now))
            return;
        /* an answer is there already, so the next turn hears it */
    }
}

static inline void turns(struct printer *p, int64_t now)
{
    for (int i = 0; i < 12; i++)
        printer_turn(p, now);
}

static inline enum printer_job_state state_of(const struct printer *p, const char *id, enum err *why)
{
    struct printer_job jobs[PRINTER_QUEUE];
    size_t n = printer_jobs(p, jobs, PRINTER_QUEUE);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(jobs[i].id, id)) {
            if (why)
                *why = jobs[i].why;
            return jobs[i].state;
        }
    fail_msg("no job %s", id);
    return PRINTER_QUEUED;
}

static inline void submit(struct printer *p, const char *id, const char *bytes)
{
    assert_int_equal(printer_submit(p, id, (const uint8_t *)bytes, strlen(bytes)), ERR_OK);
}
#endif
