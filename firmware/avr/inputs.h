/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in by interrupt: edges of the head, bytes of the engine, milliseconds. The interrupts only fill rings; the
 * main loop empties them. */
#ifndef HUIKA_FW_INPUTS_H
#define HUIKA_FW_INPUTS_H
#include "firmware/core/reader.h"

enum { INPUTS_EDGES = 64 }; /* a ring of intervals per channel, a power of two: 2.5 ms of the fastest swipe */

/* Pins, timers, UART; engine and head stay off. Interrupts are still disabled. */
void inputs_init(void);
/* The one supply of engine and head (docs/decisions/020), and the engine's trigger. Off leaves no current into their pins
 * and hears nothing of them; after on the head is heard when its front end has settled. */
void inputs_power(bool on);
/* An interval of that channel (reader_interval's ticks, READER_GAP where edges were lost); false: none is there. */
bool inputs_interval(uint8_t channel, uint16_t *ticks);
bool inputs_byte(uint8_t *c);
/* Bytes were lost since the last call; what is in the ring is thrown away. */
bool inputs_engine_lost(void);
/* Milliseconds since the last call, each told once. */
bool inputs_tick(struct reader_quiet *quiet);
/* Lamps and buzzer, a set of UI_. */
void inputs_show(uint8_t lamps);
bool inputs_button(void);
#endif
