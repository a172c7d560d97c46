/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/printer_parts.h"
#include <stdlib.h>
#include <string.h>

enum err printer_new(const struct printer_io *io, void (*changed)(void *ctx), void *ctx, struct printer **out)
{
    struct printer *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->io = *io;
    p->changed = changed;
    p->changed_ctx = ctx;
    printer_ask_forget(p);
    *out = p;
    return ERR_OK;
}

void printer_free(struct printer **pp)
{
    struct printer *p = *pp;
    *pp = NULL;
    if (!p)
        return;
    if (p->io.free) /* first: it may still be sending a job's bytes */
        p->io.free(p->io.ctx);
    for (size_t i = 0; i < p->job_cnt; i++)
        free(p->jobs[i].bytes);
    free(p);
}

static void forget(struct printer *p, size_t at)
{
    free(p->jobs[at].bytes);
    p->job_cnt--;
    memmove(&p->jobs[at], &p->jobs[at + 1], (p->job_cnt - at) * sizeof p->jobs[0]);
    if (p->printing && p->printing > &p->jobs[at])
        p->printing--;
}

static bool is_over(const struct job *j)
{
    return j->is.state >= PRINTER_DONE;
}

/* What came out goes first, then the oldest that did not. */
static bool make_room(struct printer *p)
{
    if (p->job_cnt < PRINTER_QUEUE)
        return true;
    for (size_t i = 0; i < p->job_cnt; i++)
        if (p->jobs[i].is.state == PRINTER_DONE) {
            forget(p, i);
            return true;
        }
    for (size_t i = 0; i < p->job_cnt; i++)
        if (is_over(&p->jobs[i])) {
            forget(p, i);
            return true;
        }
    return false;
}

enum err printer_submit(struct printer *p, const char *id, const uint8_t *bytes, size_t len)
{
    if (!len || len > PRINTER_JOB_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = p->job_cnt; i-- > 0;)
        if (is_over(&p->jobs[i]) && !strcmp(p->jobs[i].is.id, id))
            forget(p, i);
    if (!make_room(p))
        return ERR_TOO_MANY;
    struct job j = {.bytes = malloc(len), .len = len};
    if (!j.bytes)
        return ERR_NOMEM;
    memcpy(j.bytes, bytes, len);
    memcpy(j.is.id, id, strnlen(id, PRINTER_ID_MAX));
    p->jobs[p->job_cnt++] = j;
    p->wanted = p->wanted || printer_ask_is_answered(p);
    return ERR_OK;
}

enum err printer_recall(struct printer *p, const char *id, enum err why)
{
    struct job j = {.is = {.state = PRINTER_INTERRUPTED, .why = why}};
    if (!make_room(p))
        return ERR_TOO_MANY;
    memcpy(j.is.id, id, strnlen(id, PRINTER_ID_MAX));
    p->jobs[p->job_cnt++] = j;
    return ERR_OK;
}

void printer_look(struct printer *p)
{
    p->wanted = true;
}

void printer_watch(struct printer *p, bool on)
{
    p->watched = on;
}

const struct printer_status *printer_status(const struct printer *p)
{
    return &p->status;
}

enum err printer_trouble(const struct printer *p)
{
    static const enum err errs[] = {[PRINTER_ABSENT] = ERR_PRINTER_MISSING,
        [PRINTER_PAPER_OUT] = ERR_PRINTER_PAPER_OUT,
        [PRINTER_COVER_OPEN] = ERR_PRINTER_COVER_OPEN,
        [PRINTER_OFFLINE] = ERR_PRINTER_OFFLINE,
        [PRINTER_FAULT] = ERR_PRINTER_FAULT};
    return errs[p->status.state];
}

bool printer_met(const struct printer *p)
{
    return p->met;
}

size_t printer_jobs(const struct printer *p, struct printer_job *out, size_t max)
{
    size_t n = 0;
    for (size_t i = p->job_cnt; i-- > 0 && n < max;)
        out[n++] = p->jobs[i].is;
    return n;
}

void printer_set_status(struct printer *p, const struct printer_status *s)
{
    if (s->state == p->status.state && s->near_end == p->status.near_end && s->stuck == p->status.stuck)
        return;
    p->status = *s;
    p->news = true;
}

static void end_job(struct printer *p, struct job *j, enum printer_job_state state, enum err why)
{
    free(j->bytes);
    j->bytes = NULL;
    j->is.state = state;
    j->is.why = why;
    if (p->printing == j)
        p->printing = NULL;
    p->news = true;
}

static struct job *next_job(struct printer *p)
{
    for (size_t i = 0; i < p->job_cnt; i++)
        if (!is_over(&p->jobs[i]))
            return &p->jobs[i];
    return NULL;
}

static void came_or_went(struct printer *p, uint32_t generation)
{
    const struct printer_status s = {.state = generation ? PRINTER_UNKNOWN : PRINTER_ABSENT};
    if (p->printing)
        end_job(p, p->printing, PRINTER_INTERRUPTED, ERR_PRINTER_MISSING);
    printer_ask_forget(p);
    p->wanted = generation && p->io.answers;
    p->generation = generation;
    p->met = p->met || generation;
    printer_set_status(p, &s);
}

static void watch_line(struct printer *p)
{
    struct printer_status s = p->status;
    s.stuck = !p->io.idle(p->io.ctx) && p->now - p->began_ms >= PRINTER_STUCK_MS;
    printer_set_status(p, &s);
}

static void watch_job(struct printer *p)
{
    if (!p->io.idle(p->io.ctx))
        return;
    end_job(p, p->printing, PRINTER_DONE, ERR_OK);
    p->wanted = p->io.answers;
    p->asked_ms = INT64_MIN / 2;
}

static void begin_job(struct printer *p, struct job *j)
{
    enum err e = printer_trouble(p);
    if (!e)
        e = p->io.write(p->io.ctx, j->bytes, j->len);
    if (e) {
        end_job(p, j, PRINTER_UNPRINTED, e);
        return;
    }
    j->is.state = PRINTER_PRINTING;
    p->printing = j;
    p->began_ms = p->now;
    p->news = true;
}

static void go_on(struct printer *p)
{
    struct job *j;
    watch_line(p);
    if (p->printing) {
        watch_job(p);
        return;
    }
    if (printer_ask_is_on(p)) {
        printer_ask_listen(p);
        return;
    }
    if (!p->io.idle(p->io.ctx))
        return;
    if (printer_ask_is_due(p))
        printer_ask_begin(p);
    else if ((j = next_job(p)))
        begin_job(p, j);
}

void printer_turn(struct printer *p, int64_t now_mono_ms)
{
    struct job *j;
    p->now = now_mono_ms;
    if (p->io.turn)
        p->io.turn(p->io.ctx, now_mono_ms);
    uint32_t generation = p->io.generation(p->io.ctx);
    if (generation != p->generation)
        came_or_went(p, generation);
    if (generation)
        go_on(p);
    else
        while ((j = next_job(p)))
            end_job(p, j, PRINTER_UNPRINTED, ERR_PRINTER_MISSING);
    if (p->news && p->changed) {
        p->news = false;
        p->changed(p->changed_ctx);
    }
}

size_t printer_fds(const struct printer *p, struct pollfd *fds, size_t max)
{
    return p->io.fds ? p->io.fds(p->io.ctx, fds, max) : 0;
}

static bool job_waits(const struct printer *p)
{
    for (size_t i = 0; i < p->job_cnt; i++)
        if (p->jobs[i].is.state == PRINTER_QUEUED)
            return true;
    return false;
}

/* When something is due though the line says nothing; INT64_MAX: never. */
static int64_t own_deadline(const struct printer *p)
{
    int64_t stuck = p->io.idle(p->io.ctx) || p->status.stuck ? INT64_MAX : p->began_ms + PRINTER_STUCK_MS;
    if (p->printing || (!printer_ask_is_on(p) && !p->io.idle(p->io.ctx)))
        return stuck;
    if (!printer_ask_is_on(p) && job_waits(p))
        return INT64_MIN;
    int64_t ask = printer_ask_deadline_ms(p);
    return ask < stuck ? ask : stuck;
}

static int64_t deadline(const struct printer *p)
{
    int64_t due = p->io.deadline_ms ? p->io.deadline_ms(p->io.ctx) : INT64_MAX;
    int64_t own = p->generation ? own_deadline(p) : INT64_MAX;
    return own < due ? own : due;
}

int printer_timeout_ms(const struct printer *p, int64_t now_mono_ms)
{
    int64_t due = deadline(p);
    if (due == INT64_MAX)
        return -1;
    if (due <= now_mono_ms)
        return 0;
    return due - now_mono_ms > 60000 ? 60000 : (int)(due - now_mono_ms);
}
