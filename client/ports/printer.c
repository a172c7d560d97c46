/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/printer.h"
#include <stdlib.h>
#include <string.h>

enum { DLE = 0x10, EOT = 0x04 };

static const uint8_t questions[] = {1, 2, 4};
enum { QUESTIONS = sizeof questions, NOT_ASKING = QUESTIONS };

struct job {
    struct printer_job is;
    uint8_t *bytes; /* owned until it is over */
    size_t len;
};

struct printer {
    struct printer_io io;
    void (*changed)(void *ctx);
    void *changed_ctx;
    struct printer_status status, hearing; /* hearing: what the answers so far add up to */
    uint32_t generation;
    struct job jobs[PRINTER_QUEUE]; /* oldest first; the one that is printing is the first that is not over */
    size_t job_cnt;
    struct job *printing;
    unsigned asking;     /* index of the question that is out; NOT_ASKING */
    uint8_t question[3]; /* borrowed by the line */
    bool wanted, met, news;
    int64_t now, until_ms, asked_ms, began_ms;
};

enum err printer_new(const struct printer_io *io, void (*changed)(void *ctx), void *ctx, struct printer **out)
{
    struct printer *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->io = *io;
    p->changed = changed;
    p->changed_ctx = ctx;
    p->asking = NOT_ASKING;
    p->asked_ms = INT64_MIN / 2;
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
    return ERR_OK;
}

void printer_look(struct printer *p)
{
    p->wanted = true;
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

static void set_status(struct printer *p, const struct printer_status *s)
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

static void ask(struct printer *p)
{
    p->question[0] = DLE;
    p->question[1] = EOT;
    p->question[2] = questions[p->asking];
    p->until_ms = p->now + PRINTER_ANSWER_MS;
    if (p->io.write(p->io.ctx, p->question, sizeof p->question))
        p->until_ms = p->now;
}

static void begin_asking(struct printer *p)
{
    uint8_t stale[64];
    while (p->io.read(p->io.ctx, stale, sizeof stale))
        ;
    p->wanted = false;
    p->hearing = (struct printer_status){.state = PRINTER_READY};
    p->asking = 0;
    ask(p);
}

static void end_asking(struct printer *p)
{
    p->asking = NOT_ASKING;
    p->asked_ms = p->now;
    set_status(p, &p->hearing);
}

static void listen(struct printer *p)
{
    uint8_t answer;
    if (!p->io.read(p->io.ctx, &answer, 1)) {
        if (p->now < p->until_ms)
            return;
        p->hearing = (struct printer_status){.state = PRINTER_UNKNOWN};
        end_asking(p);
        return;
    }
    if (!printer_answer(questions[p->asking], answer, &p->hearing)) {
        p->hearing = (struct printer_status){.state = PRINTER_UNKNOWN};
        end_asking(p);
    } else if (++p->asking == QUESTIONS) {
        end_asking(p);
    } else if (p->io.idle(p->io.ctx)) {
        ask(p);
    } else {
        end_asking(p); /* it answers before it has heard the question: not to be relied on */
    }
}

static void came_or_went(struct printer *p, uint32_t generation)
{
    const struct printer_status s = {.state = generation ? PRINTER_UNKNOWN : PRINTER_ABSENT};
    if (p->printing)
        end_job(p, p->printing, PRINTER_INTERRUPTED, ERR_PRINTER_MISSING);
    p->asking = NOT_ASKING;
    p->asked_ms = INT64_MIN / 2;
    p->wanted = generation && p->io.answers;
    p->generation = generation;
    p->met = p->met || generation;
    set_status(p, &s);
}

static void watch_job(struct printer *p)
{
    struct printer_status s = p->status;
    if (p->io.idle(p->io.ctx)) {
        end_job(p, p->printing, PRINTER_DONE, ERR_OK);
        s.stuck = false;
        p->wanted = p->io.answers;
        p->asked_ms = INT64_MIN / 2;
    } else {
        s.stuck = p->now - p->began_ms >= PRINTER_STUCK_MS;
    }
    set_status(p, &s);
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

static bool in_trouble(const struct printer *p)
{
    return p->status.state > PRINTER_READY;
}

/* When there is trouble it is asked again and again, so that the screen clears by itself. */
static bool due_to_ask(const struct printer *p)
{
    int64_t age = p->now - p->asked_ms;
    return p->io.answers && ((p->wanted && age >= PRINTER_FRESH_MS) || (in_trouble(p) && age >= PRINTER_AGAIN_MS));
}

static void go_on(struct printer *p)
{
    struct job *j;
    if (p->printing) {
        watch_job(p);
        return;
    }
    if (p->asking < NOT_ASKING) {
        listen(p);
        return;
    }
    if (!p->io.idle(p->io.ctx))
        return;
    if (due_to_ask(p))
        begin_asking(p);
    else if ((j = next_job(p)))
        begin_job(p, j);
    else if (p->wanted && !p->io.answers)
        p->wanted = false;
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

static int64_t deadline(const struct printer *p)
{
    int64_t due = p->io.deadline_ms ? p->io.deadline_ms(p->io.ctx) : INT64_MAX;
    int64_t own = INT64_MAX;
    if (!p->generation)
        return due;
    if (p->printing)
        own = p->status.stuck ? INT64_MAX : p->began_ms + PRINTER_STUCK_MS;
    else if (p->asking < NOT_ASKING)
        own = p->until_ms;
    else if (p->io.answers && p->wanted)
        own = p->asked_ms + PRINTER_FRESH_MS;
    else if (p->io.answers && in_trouble(p))
        own = p->asked_ms + PRINTER_AGAIN_MS;
    for (size_t i = 0; i < p->job_cnt; i++)
        if (p->jobs[i].is.state == PRINTER_QUEUED && !p->printing && p->asking == NOT_ASKING)
            own = INT64_MIN;
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
