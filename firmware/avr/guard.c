/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/avr/guard.h"
#include "firmware/core/port.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>
#include <util/atomic.h>

enum { LOADER_WISH = 0x4B1D, RUNNING = 0x5EAD };

static uint16_t wish __attribute__((section(".noinit")));
static uint16_t running __attribute__((section(".noinit"))); /* else a watchdog reset is the boot loader's way out */
static uint8_t reset_cause __attribute__((section(".noinit")));
extern uint8_t _end[], __stack[]; /* the linker's: end of static data, last byte of RAM */

/* Before main and before static data: after a watchdog reset the watchdog still runs, with its shortest time. */
static void start(void) __attribute__((naked, used, section(".init3")));
static void start(void)
{
    CLKPR = 1 << CLKPCE; /* the crystal's 16 MHz, whatever the fuse CKDIV8 says; */
    CLKPR = 0;           /* within four cycles (data sheet, 6.11.2) */
    reset_cause = MCUSR;
    MCUSR = 0;
    wdt_disable();
    if ((reset_cause & 1 << WDRF) && wish == LOADER_WISH) {
        wish = 0;
        ((void (*)(void))GUARD_LOADER_WORD)();
    }
    wish = 0;
    for (uint8_t *p = _end; (uintptr_t)p < (uintptr_t)__stack - 8; p++)
        *p = GUARD_PAINT;
}

static void restart(void) __attribute__((noreturn));
static void restart(void)
{
    cli();
    wdt_enable(WDTO_15MS);
    for (;;)
        ;
}

bool guard_init(void)
{
    bool brown_out = (reset_cause & (1 << PORF | 1 << BORF)) == 1 << BORF; /* both: it was plugged in */
    bool fault = brown_out || (reset_cause & 1 << WDRF && running == RUNNING);

    wdt_enable(WDTO_250MS);
    running = RUNNING;
    return fault;
}

void guard_turn(void)
{
    wdt_reset();
    for (uint8_t i = 0; i < GUARD_BYTES; i++)
        if (_end[i] != GUARD_PAINT)
            restart();
}

/* core/port.h: what survives the guard's restarts. */
bool port_eeprom_ready(void)
{
    return !(EECR & 1 << EEPE);
}

uint8_t port_eeprom_read(uint8_t at)
{
    EEAR = at;
    EECR |= 1 << EERE;
    return EEDR;
}

void port_eeprom_write(uint8_t at, uint8_t value)
{
    EEAR = at;
    EEDR = value;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        EECR = 1 << EEMPE; /* erase and write; within four cycles (data sheet, 5.3) */
        EECR |= 1 << EEPE;
    }
}

void guard_pause(void)
{
    wdt_disable();
}

void guard_resume(void)
{
    wdt_enable(WDTO_250MS);
}

void guard_enter_loader(void)
{
    wish = LOADER_WISH;
    running = 0;
    restart();
}
