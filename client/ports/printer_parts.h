/* SPDX-License-Identifier: Apache-2.0 */
/* The two halves of a printer (printer.h): its queue, in printer.c, and what it is asked, in printer_ask.c. Nobody else includes this. */
#ifndef HUIKA_PRINTER_PARTS_H
#define HUIKA_PRINTER_PARTS_H
#include "client/ports/printer.h"

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
    unsigned asking;     /* index of the question that is out; ASKING_LINES; NOT_ASKING */
    uint8_t question[3]; /* borrowed by the line */
    bool wanted, watched, met, news;
    int64_t now, until_ms, asked_ms, began_ms;
};

/* Keeps it, and remembers to tell if it is news. */
void printer_set_status(struct printer *p, const struct printer_status *s);

/* printer_ask.c: true if it is to be asked now; begins; hears what came, or that nothing did. */
bool printer_ask_is_due(const struct printer *p);
void printer_ask_begin(struct printer *p);
void printer_ask_listen(struct printer *p);
bool printer_ask_is_on(const struct printer *p);
void printer_ask_forget(struct printer *p);
/* It says something when asked. One that does not is not asked more than it must: each question costs PRINTER_ANSWER_MS. */
bool printer_ask_is_answered(const struct printer *p);
/* When it is due or given up, monotonic; INT64_MAX: never. */
int64_t printer_ask_deadline_ms(const struct printer *p);
#endif
