/* SPDX-License-Identifier: Apache-2.0 */
/* The receipt printer: a queue of receipts, and what the printer says of itself, over any line to it (struct printer_io).
 *
 *     printer_new(&io, changed, ctx, &p);
 *     printer_submit(p, sale_id, bytes, len)        printed as soon as the line is free, or told why not
 *     printer_look(p)                               asks how it is; the answer comes with `changed`
 *     loop: poll printer_fds, at most printer_timeout_ms; printer_turn(p, now)
 *     printer_free(&p);
 *
 * A receipt goes out whole and once. One that was cut off by unplugging or a power cut, or that could not begin, is never sent
 * again by itself, for half of it may be in the customer's hand: it stays in printer_jobs() until it is reprinted.
 * Status is asked with DLE EOT 1, 2 and 4 (ESC/POS); an answer counts only if its fixed bits are right. A printer that does not
 * answer is asked for its port's lines, where the line can; there only trouble counts, for "no trouble" is also what a printer
 * says that cannot tell. Otherwise it is PRINTER_UNKNOWN, never "ready". One thread; nothing blocks. Not here: what bytes mean. */
#ifndef HUIKA_PRINTER_H
#define HUIKA_PRINTER_H
#include "base/ulid.h"
#include "err.h"
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PRINTER_QUEUE = 16, PRINTER_JOB_MAX = 1 << 20, PRINTER_ID_MAX = ULID_LEN, PRINTER_FDS = 4 };

/* What lines() says when there is no byte. */
enum { PRINTER_LINES_WAIT = -1, PRINTER_LINES_NONE = -2 };

/* A line to a printer. */
struct printer_io {
    void *ctx;
    bool answers; /* what the printer says can be read */
    /* 0: no printer there. Another number than last time: it came anew, and what was under way is lost. */
    uint32_t (*generation)(void *ctx);
    /* Starts sending; bytes are borrowed until idle(), or until another generation. Only while idle. ERR_IO. */
    enum err (*write)(void *ctx, const uint8_t *bytes, size_t len);
    bool (*idle)(void *ctx); /* all of it has left */
    /* Bytes that came, at most max; 0: none. */
    size_t (*read)(void *ctx, uint8_t *out, size_t max);
    /* Starts asking for the lines of the port (GET_PORT_STATUS); false: cannot be asked. Then lines() is the byte, or that it is
     * on its way, or that none will come. Both may be NULL. */
    bool (*ask_lines)(void *ctx);
    int (*lines)(void *ctx);
    /* What is due: opening, writing on. May be NULL. */
    void (*turn)(void *ctx, int64_t now_mono_ms);
    size_t (*fds)(void *ctx, struct pollfd *fds, size_t max); /* may be NULL */
    int64_t (*deadline_ms)(void *ctx);                        /* monotonic; INT64_MAX: none. May be NULL */
    void (*free)(void *ctx);                                  /* may be NULL */
};

enum printer_state {
    PRINTER_ABSENT,
    PRINTER_UNKNOWN, /* there, but it does not say how it is */
    PRINTER_READY,
    PRINTER_PAPER_OUT,
    PRINTER_COVER_OPEN,
    PRINTER_OFFLINE,
    PRINTER_FAULT, /* cutter, head temperature: it says "error" */
};

struct printer_status {
    enum printer_state state;
    bool near_end; /* READY: the roll is nearly used up */
    bool stuck;    /* a receipt has been going out for longer than PRINTER_STUCK_MS */
};

enum printer_job_state { PRINTER_QUEUED, PRINTER_PRINTING, PRINTER_DONE, PRINTER_UNPRINTED, PRINTER_INTERRUPTED };

struct printer_job {
    char id[PRINTER_ID_MAX + 1];
    enum printer_job_state state;
    enum err why; /* UNPRINTED, INTERRUPTED */
};

enum {
    PRINTER_ANSWER_MS = 400,
    PRINTER_STUCK_MS = 8000,
    PRINTER_FRESH_MS = 250,
    PRINTER_WATCH_MS = 1000,
    PRINTER_AGAIN_MS = 3000
};

struct printer;

/* *io is copied; its ctx is freed with io->free by printer_free. `changed` (may be NULL) is called from printer_turn. ERR_NOMEM. */
enum err printer_new(const struct printer_io *io, void (*changed)(void *ctx), void *ctx, struct printer **out);
void printer_free(struct printer **p);
/* Copies. A job of the same id that did not come out is forgotten. ERR_TOO_MANY, ERR_TOO_LARGE, ERR_NOMEM. */
enum err printer_submit(struct printer *p, const char *id, const uint8_t *bytes, size_t len);
/* A job of an earlier life that did not come out: INTERRUPTED. ERR_TOO_MANY. */
enum err printer_recall(struct printer *p, const char *id, enum err why);
/* Asks anew unless the last answer is fresh. */
void printer_look(struct printer *p);
/* While it is on, somebody may confirm at any moment: a printer that answers is asked every PRINTER_WATCH_MS. */
void printer_watch(struct printer *p, bool on);
const struct printer_status *printer_status(const struct printer *p);
/* Why a receipt would not come out now: ERR_OK for READY and UNKNOWN; ERR_PRINTER_MISSING, ERR_PRINTER_PAPER_OUT,
 * ERR_PRINTER_COVER_OPEN, ERR_PRINTER_OFFLINE, ERR_PRINTER_FAULT. */
enum err printer_trouble(const struct printer *p);
/* True once a printer has been there: a shop that has none misses no receipts. */
bool printer_met(const struct printer *p);
/* Jobs from the newest on; returns how many were written. */
size_t printer_jobs(const struct printer *p, struct printer_job *out, size_t max);

size_t printer_fds(const struct printer *p, struct pollfd *fds, size_t max);
int printer_timeout_ms(const struct printer *p, int64_t now_mono_ms);
void printer_turn(struct printer *p, int64_t now_mono_ms);

/* "paper_out"; "interrupted". Static. */
const char *printer_state_name(enum printer_state s);
const char *printer_job_name(enum printer_job_state s);

/* What one answer to DLE EOT n (n: 1, 2, 4) says, added to *s; false: no such answer. Pure. */
bool printer_answer(unsigned n, uint8_t answer, struct printer_status *s);
/* What the lines of a printer's port (USB Printing Devices 1.1, 4.2.2) say: a trouble, or PRINTER_UNKNOWN. Pure. */
enum printer_state printer_lines_state(int lines);
#endif
