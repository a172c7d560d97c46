/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/ui.h"

enum { GOOD_MS = 120, BAD_MS = 1000, FAULT_MS = 3000, BEEP_MS = 80, PAUSE_MS = 80, SLOW_MS = 1024, FAST_MS = 128 };

void ui_init(struct ui *u)
{
    *u = (struct ui){.host = UI_ABSENT};
}

void ui_host(struct ui *u, enum ui_host host)
{
    u->host = host;
}

void ui_beep(struct ui *u, uint8_t times)
{
    if (!u->quiet)
        u->sound_ms = (uint16_t)(times * (BEEP_MS + PAUSE_MS));
}

void ui_good(struct ui *u)
{
    u->good_ms = GOOD_MS;
    u->bad_ms = 0;
    ui_beep(u, 1);
}

void ui_bad(struct ui *u)
{
    u->bad_ms = BAD_MS;
    ui_beep(u, 2);
}

void ui_fault(struct ui *u)
{
    u->fault_ms = FAULT_MS;
}

static void count_down(uint16_t *ms)
{
    if (*ms)
        (*ms)--;
}

static uint8_t lights(const struct ui *u)
{
    if (u->host == UI_LOADER)
        return UI_GREEN | UI_RED;
    if (u->host == UI_ASLEEP)
        return 0;
    if (u->fault_ms)
        return u->clock_ms & FAST_MS ? UI_RED : 0;
    if (u->bad_ms)
        return UI_RED;
    if (u->host == UI_ABSENT)
        return u->clock_ms & SLOW_MS ? UI_RED : 0;
    return u->good_ms ? 0 : UI_GREEN;
}

uint8_t ui_tick(struct ui *u)
{
    uint8_t on = lights(u);

    if (u->sound_ms && u->host != UI_ASLEEP && (u->sound_ms - 1) % (BEEP_MS + PAUSE_MS) >= PAUSE_MS)
        on |= UI_SOUND;
    u->clock_ms++;
    count_down(&u->good_ms);
    count_down(&u->bad_ms);
    count_down(&u->fault_ms);
    count_down(&u->sound_ms);
    return on;
}
