/* SPDX-License-Identifier: Apache-2.0 */
/* What the cashier sees and hears.
 *   green steady             ready
 *   green off a moment, beep read, sent to the computer
 *   red a second, two beeps  not read: swipe or scan again
 *   red blinking slowly      the computer is not listening
 *   red blinking fast        restarted after a fault
 *   both                     waiting for new firmware
 *   dark                     the computer sleeps */
#ifndef HUIKA_FW_UI_H
#define HUIKA_FW_UI_H
#include <stdbool.h>
#include <stdint.h>

enum { UI_GREEN = 1, UI_RED = 2, UI_SOUND = 4 };
enum ui_host { UI_ABSENT, UI_READY, UI_ASLEEP, UI_LOADER };

struct ui {
    enum ui_host host;
    bool quiet;
    uint16_t good_ms, bad_ms, fault_ms; /* what is left of showing it */
    uint16_t sound_ms;                  /* left of beeps and the pauses between them */
    uint16_t clock_ms;
};

void ui_init(struct ui *u);
void ui_host(struct ui *u, enum ui_host host);
void ui_good(struct ui *u);
void ui_bad(struct ui *u);
void ui_fault(struct ui *u);
/* `times` 1-5. */
void ui_beep(struct ui *u, uint8_t times);
/* A millisecond later: what is on, a set of UI_. */
uint8_t ui_tick(struct ui *u);
#endif
