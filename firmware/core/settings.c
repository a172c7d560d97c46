/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/settings.h"
#include "firmware/core/port.h"

enum { SPOILED = 0xFF, CHECK_MASK = 0x7F, CHECK_START = 0x5A, MODE_LEN = SETTINGS_SLOT_LEN - 1 };

static uint8_t check_of(const uint8_t *p, uint8_t n)
{
    uint8_t sum = CHECK_START;

    while (n--)
        sum = (uint8_t)((sum << 1 | sum >> 7) ^ *p++);
    return sum & CHECK_MASK;
}

/* False if the record's check does not agree. */
static bool read_record(uint8_t at, uint8_t *out, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++)
        out[i] = port_eeprom_read((uint8_t)(at + i));
    return port_eeprom_read((uint8_t)(at + n)) == check_of(out, n);
}

static bool is_unit(const uint8_t *unit)
{
    for (uint8_t i = 0; i < READER_UNIT_LEN; i++)
        if (!((unit[i] >= '0' && unit[i] <= '9') || (unit[i] >= 'A' && unit[i] <= 'Z')))
            return false;
    return true;
}

static void load_mode(struct settings *s)
{
    uint8_t r[MODE_LEN];
    bool found = false;

    for (uint8_t i = 0; i < SETTINGS_SLOTS; i++) {
        if (!read_record((uint8_t)(SETTINGS_MODE_AT + i * SETTINGS_SLOT_LEN), r, MODE_LEN) ||
            (r[1] & ~READER_MODE_FLAGS) || r[2] >= READER_FRAME_CNT)
            continue;
        if (found && (int8_t)(uint8_t)(r[0] - s->sequence) <= 0)
            continue;
        found = true;
        s->slot = i;
        s->sequence = r[0];
        s->flags = r[1];
        s->framing = r[2];
    }
}

void settings_load(struct settings *s)
{
    *s = (struct settings){.flags = READER_MODE_AIM, .framing = READER_FRAME_LINE, .slot = SETTINGS_SLOTS - 1};
    load_mode(s);
    if (!read_record(SETTINGS_UNIT_AT, s->unit, READER_UNIT_LEN) || !is_unit(s->unit))
        s->unit[0] = 0;
}

void settings_mode(struct settings *s, uint8_t flags, uint8_t framing)
{
    if (flags == s->flags && framing == s->framing)
        return;
    s->flags = flags;
    s->framing = framing;
    s->rest_ms = SETTINGS_REST_MS;
}

bool settings_unit(struct settings *s, const uint8_t unit[READER_UNIT_LEN])
{
    if (!is_unit(unit))
        return false;
    for (uint8_t i = 0; i < READER_UNIT_LEN; i++)
        s->unit[i] = unit[i];
    s->unit_due = true;
    return true;
}

bool settings_has_unit(const struct settings *s)
{
    return s->unit[0] && !s->unit_due && !(s->job_len && s->job_at == SETTINGS_UNIT_AT);
}

static void begin(struct settings *s, uint8_t at, const uint8_t *p, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++)
        s->job[i] = p[i];
    s->job_at = at;
    s->job_len = n;
    s->step = 0;
}

static void begin_mode(struct settings *s)
{
    const uint8_t r[MODE_LEN] = {(uint8_t)(s->sequence + 1), s->flags, s->framing};

    s->sequence = r[0];
    s->slot = (uint8_t)((s->slot + 1) % SETTINGS_SLOTS);
    begin(s, (uint8_t)(SETTINGS_MODE_AT + s->slot * SETTINGS_SLOT_LEN), r, MODE_LEN);
}

/* The record's next byte: its check spoiled, its data, its check. */
static void write_next(struct settings *s)
{
    uint8_t n = s->job_len, i = s->step, at = s->job_at, v = SPOILED;

    if (i == 0 || i == n + 1)
        at = (uint8_t)(at + n);
    else
        at = (uint8_t)(at + i - 1);
    if (i)
        v = i == n + 1 ? check_of(s->job, n) : s->job[i - 1];
    if (port_eeprom_read(at) != v)
        port_eeprom_write(at, v);
    if (++s->step == n + 2)
        s->job_len = 0;
}

void settings_poll(struct settings *s)
{
    if (s->rest_ms > 1)
        s->rest_ms--;
    if (!port_eeprom_ready())
        return;
    if (s->job_len)
        write_next(s);
    else if (s->unit_due) {
        s->unit_due = false;
        begin(s, SETTINGS_UNIT_AT, s->unit, READER_UNIT_LEN);
    } else if (s->rest_ms == 1) {
        s->rest_ms = 0;
        begin_mode(s);
    }
}
