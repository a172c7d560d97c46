/* SPDX-License-Identifier: Apache-2.0 */
/* Input: what a printer and the world around it do, one byte an act: answer anything or nothing, take bytes or not, go and come, move the
 * lines of its port; receipts are due, time passes. Whatever it does: nothing is sent twice, "ready" has three good answers behind it, what
 * did not come out stays listed, and no turn calls for another for ever. */
#include "client/ports/printer.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SETTLE = 64 };

static struct world {
    uint32_t generation;
    bool slow, busy, has_lines;
    int lines;
    uint8_t inbox[8], say[8]; /* say: what it will answer next */
    size_t inbox_len, say_len;
    unsigned good; /* valid answers to 1, 2, 4 in a row */
    bool proved;   /* all three, since it came */
    uint8_t sent[256];
    int64_t now, asked;
    unsigned next;
} w;

static void must(bool b)
{
    if (!b)
        abort();
}

static uint32_t generation(void *ctx)
{
    (void)ctx;
    return w.generation;
}

static enum err take(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    must(w.generation && !w.busy);
    w.busy = w.slow;
    if (n != 3) {
        must(n == 1 && !w.sent[*p]); /* once */
        w.sent[*p] = 1;
        return ERR_OK;
    }
    must(p[0] == 0x10 && p[1] == 0x04 && (p[2] == 1 || p[2] == 2 || p[2] == 4));
    if (p[2] == 1)
        w.good = 0;
    w.asked = w.now;
    if (w.say_len && w.inbox_len < sizeof w.inbox) {
        uint8_t answer = w.say[--w.say_len];
        w.good += (answer & 0x93) == 0x12;
        w.proved = w.proved || w.good == 3;
        w.inbox[w.inbox_len++] = answer;
    }
    return ERR_OK;
}

static bool idle(void *ctx)
{
    (void)ctx;
    return !w.busy;
}

static size_t give(void *ctx, uint8_t *out, size_t max)
{
    size_t n = w.inbox_len < max ? w.inbox_len : max;
    (void)ctx;
    memcpy(out, w.inbox, n);
    memmove(w.inbox, w.inbox + n, w.inbox_len - n);
    w.inbox_len -= n;
    return n;
}

static bool ask_lines(void *ctx)
{
    (void)ctx;
    w.asked = w.now;
    return w.has_lines;
}

static int lines(void *ctx)
{
    (void)ctx;
    return w.lines;
}

static void submit(struct printer *p)
{
    char id[4] = {'s', (char)('0' + w.next / 16), (char)('A' + w.next % 16), 0};
    uint8_t byte = (uint8_t)w.next;
    struct printer_job jobs[PRINTER_QUEUE];
    if (w.next == sizeof w.sent)
        return;
    enum err e = printer_submit(p, id, &byte, 1);
    must(!e || e == ERR_TOO_MANY);
    if (e)
        return;
    must(printer_jobs(p, jobs, 1) == 1 && !strcmp(jobs[0].id, id) && jobs[0].state == PRINTER_QUEUED);
    w.next++;
}

static void act(struct printer *p, uint8_t b)
{
    switch (b >> 5) {
    case 0:
        w.now += INT64_C(1) << (b & 15);
        break;
    case 1:
        w.slow = b & 1;
        w.busy = w.busy && !(b & 2);
        break;
    case 2:
        w.generation = b & 1 ? w.generation + 1 : 0;
        w.busy = w.proved = false;
        w.inbox_len = 0;
        break;
    case 3:
        submit(p);
        break;
    case 4:
        printer_watch(p, b & 1);
        if (b & 2)
            printer_look(p);
        break;
    case 5:
        w.has_lines = b & 1;
        w.lines = (b & 30) == 30 ? PRINTER_LINES_WAIT : (b & 28) << 1;
        break;
    default: /* an answer for later, or one that nobody asked for */
        if (w.say_len < sizeof w.say)
            w.say[w.say_len++] = (uint8_t)(b & 0x20 ? 0x12 | (b & 0x0C) : b << 1);
        if (b & 0x10 && w.inbox_len < sizeof w.inbox)
            w.inbox[w.inbox_len++] = b;
    }
}

/* Until nothing is due at this moment, and what was answered at once is heard. */
static void settle(struct printer *p)
{
    int turns = 0;
    for (int more = 4; more--;)
        do {
            must(turns++ < SETTLE);
            printer_turn(p, w.now);
        } while (printer_timeout_ms(p, w.now) == 0);
    if (printer_status(p)->state == PRINTER_READY) /* of the last time, while it is asked anew */
        must(w.generation && w.proved && (w.good == 3 || w.now - w.asked < PRINTER_ANSWER_MS));
    must((printer_status(p)->state == PRINTER_ABSENT) == !w.generation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct printer_io io = {.answers = true,
        .generation = generation,
        .write = take,
        .idle = idle,
        .read = give,
        .ask_lines = ask_lines,
        .lines = lines};
    struct printer *p;
    w = (struct world){.now = 1000};
    if (printer_new(&io, NULL, NULL, &p))
        return 0;
    for (size_t i = 0; i < size; i++) {
        act(p, data[i]);
        settle(p);
    }
    for (unsigned n = 0; n < 256; n++)
        for (uint8_t q = 0; q < 6; q++) {
            struct printer_status s = {.state = PRINTER_READY};
            must(printer_answer(q, (uint8_t)n, &s) == ((n & 0x93) == 0x12 && (q == 1 || q == 2 || q == 4)));
            must(printer_lines_state((int)n) != PRINTER_READY);
        }
    printer_free(&p);
    return 0;
}
