/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives a power cycle, in EEPROM: the mode that a host chose, and the unit number that tells two readers apart.
 *
 *     settings_load(&s);                         at the start: s.flags, s.framing, s.unit
 *     settings_mode(&s, flags, framing);         a new mode, in force at once
 *     settings_poll(&s);                         each millisecond: writes a byte at most
 *
 * Wear: a mode is written SETTINGS_REST_MS after its last change, only if it differs, into SETTINGS_SLOTS places by turns; a
 * cell is good for 100,000 writes, so a host that plays with the mode day and night needs a month to spoil it.
 * Torn writes: a record's check byte becomes 0xFF, which is never valid, then come the data, then the check. A power cut
 * at any point leaves the record before it or the new one, never a mixture. */
#ifndef HUIKA_FW_SETTINGS_H
#define HUIKA_FW_SETTINGS_H
#include "proto/reader_report.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    SETTINGS_REST_MS = 2000,
    SETTINGS_UNIT_AT = 0x10, /* unit number, check; cells below stay empty: address 0 suffers first from a bad supply */
    SETTINGS_MODE_AT = 0x20, /* slots of sequence, flags, framing, check */
    SETTINGS_SLOTS = 16,
    SETTINGS_SLOT_LEN = 4,
    SETTINGS_END = SETTINGS_MODE_AT + SETTINGS_SLOTS * SETTINGS_SLOT_LEN
};

struct settings {
    uint8_t flags, framing;        /* READER_MODE_, READER_FRAME_ */
    uint8_t unit[READER_UNIT_LEN]; /* letters and digits; unit[0] 0: none was given */
    uint8_t slot, sequence;        /* of the mode that is stored */
    uint16_t rest_ms;              /* until the mode is written; 0: it is */
    bool unit_due;                 /* the unit number is to be written */
    uint8_t job[READER_UNIT_LEN];  /* a record on its way, */
    uint8_t job_at, job_len;       /* where; 0: none */
    uint8_t step;                  /* bytes of it that are through, the spoiled check included */
};

/* The defaults, READER_FRAME_LINE and READER_MODE_AIM, where nothing good is stored. */
void settings_load(struct settings *s);
void settings_mode(struct settings *s, uint8_t flags, uint8_t framing);
/* False, and nothing changed, unless it is READER_UNIT_LEN of A-Z, 0-9. */
bool settings_unit(struct settings *s, const uint8_t unit[READER_UNIT_LEN]);
/* There is one, and it is stored. */
bool settings_has_unit(const struct settings *s);
void settings_poll(struct settings *s);
#endif
