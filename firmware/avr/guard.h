/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps the reader honest: watchdog, painted stack, and the only way into the factory boot loader.
 *
 * Before anything else the clock is set to 16 MHz. The brown-out detector is a fuse (4.3 V: firmware/avr/fuses.c); it and
 * the watchdog end in the same reset. */
#ifndef HUIKA_FW_GUARD_H
#define HUIKA_FW_GUARD_H
#include <stdbool.h>
#include <stdint.h>

enum { GUARD_PAINT = 0xC5, GUARD_BYTES = 16, GUARD_LOADER_WORD = 0x3800 };

/* First thing in main: starts the watchdog (250 ms). True if the last run ended in a brown-out or in a watchdog reset that
 * was not the boot loader's way out. */
bool guard_init(void);
/* Once a turn: the watchdog is content, and the stack has not reached the static data; else the reader restarts. */
void guard_turn(void);
/* While the processor is in power-down nobody could feed the watchdog. */
void guard_pause(void);
void guard_resume(void);
/* Leaves for the boot loader by way of a reset, so that it finds the chip as after power-on. Does not return. */
void guard_enter_loader(void) __attribute__((noreturn));
#endif
