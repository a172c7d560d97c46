/* SPDX-License-Identifier: Apache-2.0 */
/* What a printer says of itself, and our words for it. */
#include "client/ports/printer.h"

const char *printer_state_name(enum printer_state s)
{
    static const char *const names[] = {[PRINTER_ABSENT] = "absent",
        [PRINTER_UNKNOWN] = "unknown",
        [PRINTER_READY] = "ready",
        [PRINTER_PAPER_OUT] = "paper_out",
        [PRINTER_COVER_OPEN] = "cover_open",
        [PRINTER_OFFLINE] = "offline",
        [PRINTER_FAULT] = "fault"};
    return names[s];
}

const char *printer_job_name(enum printer_job_state s)
{
    static const char *const names[] = {[PRINTER_QUEUED] = "queued",
        [PRINTER_PRINTING] = "printing",
        [PRINTER_DONE] = "done",
        [PRINTER_UNPRINTED] = "unprinted",
        [PRINTER_INTERRUPTED] = "interrupted"};
    return names[s];
}

/* The cause that a person can mend goes before the one that it brings about: an open cover makes the printer go offline. */
static void worse(struct printer_status *s, enum printer_state state)
{
    static const unsigned rank[] = {[PRINTER_READY] = 0,
        [PRINTER_OFFLINE] = 1,
        [PRINTER_FAULT] = 2,
        [PRINTER_PAPER_OUT] = 3,
        [PRINTER_COVER_OPEN] = 4};
    if (rank[state] > rank[s->state])
        s->state = state;
}

/* Bits 5 paper empty, 4 selected, 3 no error; the others are zero. All three off is a port that is not connected to anything. */
enum printer_state printer_lines_state(int lines)
{
    enum { EMPTY = 0x20, SELECTED = 0x10, NO_ERROR = 0x08 };
    if (lines <= 0 || lines & ~(EMPTY | SELECTED | NO_ERROR))
        return PRINTER_UNKNOWN;
    if (lines & EMPTY)
        return PRINTER_PAPER_OUT;
    if (!(lines & NO_ERROR))
        return PRINTER_FAULT;
    return lines & SELECTED ? PRINTER_UNKNOWN : PRINTER_OFFLINE;
}

/* Fixed bits and meanings: "ESC/POS Command Reference", DLE EOT. */
bool printer_answer(unsigned n, uint8_t answer, struct printer_status *s)
{
    if ((answer & 0x93) != 0x12)
        return false;
    if (n == 1 && answer & 0x08)
        worse(s, PRINTER_OFFLINE);
    if (n == 2 && answer & 0x04)
        worse(s, PRINTER_COVER_OPEN);
    if ((n == 2 && answer & 0x20) || (n == 4 && (answer & 0x60) == 0x60))
        worse(s, PRINTER_PAPER_OUT);
    if (n == 2 && answer & 0x40)
        worse(s, PRINTER_FAULT);
    if (n == 4 && (answer & 0x0C) == 0x0C)
        s->near_end = true;
    return n == 1 || n == 2 || n == 4;
}
