/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/printer_parts.h"

enum { DLE = 0x10, EOT = 0x04 };

static const uint8_t questions[] = {1, 2, 4};
enum { QUESTIONS = sizeof questions, ASKING_LINES = QUESTIONS, NOT_ASKING };

static void ask(struct printer *p)
{
    p->question[0] = DLE;
    p->question[1] = EOT;
    p->question[2] = questions[p->asking];
    p->began_ms = p->now;
    p->until_ms = p->now + PRINTER_ANSWER_MS;
    if (p->io.write(p->io.ctx, p->question, sizeof p->question))
        p->until_ms = p->now;
}

void printer_ask_begin(struct printer *p)
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
    p->hearing.stuck = p->status.stuck;
    printer_set_status(p, &p->hearing);
}

static void not_answered(struct printer *p)
{
    p->hearing = (struct printer_status){.state = PRINTER_UNKNOWN};
    p->asking = ASKING_LINES;
    p->until_ms = p->now + PRINTER_ANSWER_MS;
    if (!p->io.ask_lines || !p->io.ask_lines(p->io.ctx))
        end_asking(p);
}

static void hear_lines(struct printer *p)
{
    int lines = p->io.lines(p->io.ctx);
    if (lines == PRINTER_LINES_WAIT && p->now < p->until_ms)
        return;
    p->hearing.state = printer_lines_state(lines);
    end_asking(p);
}

void printer_ask_listen(struct printer *p)
{
    uint8_t answer;
    if (p->asking == ASKING_LINES) {
        hear_lines(p);
        return;
    }
    if (!p->io.read(p->io.ctx, &answer, 1)) {
        if (p->now >= p->until_ms)
            not_answered(p);
        return;
    }
    if (!printer_answer(questions[p->asking], answer, &p->hearing)) {
        not_answered(p);
    } else if (++p->asking == QUESTIONS) {
        end_asking(p);
    } else if (p->io.idle(p->io.ctx)) {
        ask(p);
    } else {
        not_answered(p); /* it spoke before it had heard the question */
    }
}

bool printer_ask_is_answered(const struct printer *p)
{
    return p->io.answers && p->generation && p->status.state != PRINTER_UNKNOWN;
}

static bool in_trouble(const struct printer *p)
{
    return p->status.state > PRINTER_READY;
}

/* When there is trouble it is asked again and again, so that the screen clears by itself. */
bool printer_ask_is_due(const struct printer *p)
{
    int64_t age = p->now - p->asked_ms;
    return p->io.answers && ((p->wanted && age >= PRINTER_FRESH_MS) ||
                                (p->watched && age >= PRINTER_WATCH_MS && printer_ask_is_answered(p)) ||
                                (in_trouble(p) && age >= PRINTER_AGAIN_MS));
}

bool printer_ask_is_on(const struct printer *p)
{
    return p->asking < NOT_ASKING;
}

void printer_ask_forget(struct printer *p)
{
    p->asking = NOT_ASKING;
    p->asked_ms = INT64_MIN / 2;
}

int64_t printer_ask_deadline_ms(const struct printer *p)
{
    if (printer_ask_is_on(p))
        return p->until_ms;
    if (!p->io.answers)
        return INT64_MAX;
    if (p->wanted)
        return p->asked_ms + PRINTER_FRESH_MS;
    if (p->watched && printer_ask_is_answered(p))
        return p->asked_ms + PRINTER_WATCH_MS;
    return in_trouble(p) ? p->asked_ms + PRINTER_AGAIN_MS : INT64_MAX;
}
