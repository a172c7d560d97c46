/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's board in simavr: the shipped ELF on an ATmega32U4 with head, engine, button and lamps. Mends simavr 1.6
 * where it is not the chip (no frames, no VBUS, sleep in wall time, a UART of 64 bytes that lags and never overruns).
 *
 *     struct sim s;
 *     sim_open(&s, elf)
 *     sim_run_ms(&s, 20);
 *     sim_engine(&s, "text\r", 5);
 *     sim_close(&s);
 *
 * All times are cycles of 62.5 ns since power-on. simavr is GPL-3: it is linked into tests only. */
#ifndef HUIKA_TEST_SIM_H
#define HUIKA_TEST_SIM_H
#include <simavr/avr_usb.h>
#include <simavr/sim_avr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_MS = 16000, SIM_EDGES = 4096, SIM_BYTES = 8192, SIM_VECTORS = 43 };
/* Bits of what sim_lamps() tells. */
enum { SIM_GREEN = 1, SIM_RED = 2, SIM_ENGINE = 4, SIM_TRIGGER = 8 };

struct sim_head { /* edges that are still to come, one channel */
    struct sim *sim;
    avr_irq_t *pin;
    uint64_t at[SIM_EDGES];
    unsigned next, cnt;
    int level;
};

struct sim {
    avr_t *avr;
    bool attached;     /* the pull-up is on */
    bool dead;         /* simavr gave up */
    bool loader;       /* the processor went into the boot loader's section */
    uint64_t reset_at; /* when the processor last started */
    uint8_t prescale;  /* CLKPR's CLKPS: after a reset 3, as the factory's fuse CKDIV8 makes it */
    bool jtag;         /* the interface has four pins of port F, until MCUCR.JTD */
    uint64_t stored;   /* when the last cell of the EEPROM was begun */
    uint64_t key[2];   /* when CLKPCE was set; when JTD was first written */
    const char *fault; /* the first thing that the chip would not have forgiven */

    bool frames;
    unsigned frame;

    uint16_t engine[SIM_BYTES]; /* bytes that are still to come */
    unsigned engine_next, engine_cnt;
    uint64_t last_byte;   /* when the last byte was complete */
    uint16_t received[2]; /* the UART's two, as the chip has them */
    unsigned received_cnt;
    bool overrun;

    bool button;
    struct sim_head head[2];
    unsigned sounds; /* edges of the buzzer's pin */
    uint32_t buzzer;

    uint8_t toggled; /* endpoints whose data toggle was reset (UECONX.RSTDT) since it was last cleared */
    uint64_t raised[SIM_VECTORS];
    unsigned latency_max; /* worst, from an interrupt's flag to its vector */
};

/* False if the ELF cannot be read. The button is up, the head quiet, VBUS there. */
bool sim_open(struct sim *s, const char *elf, bool button_held);
void sim_close(struct sim *s);
/* Power off and on again (`cause` SIM_POWER: what was in RAM is noise), or another cause of MCUSR with RAM as it was. The
 * EEPROM is kept. The bus begins anew, a card on its way over the head is gone. */
enum { SIM_POWER = 1, SIM_BROWN_OUT = 4, SIM_WATCHDOG = 8 };
void sim_restart(struct sim *s, uint8_t cause);
/* False once the processor is dead. */
bool sim_run(struct sim *s, uint64_t cycles);
bool sim_run_ms(struct sim *s, unsigned ms);
void sim_button(struct sim *s, bool held);
/* `n` bytes from the engine at 9600 baud; with SIM_BAD_FRAME the stop bit is missing. */
enum { SIM_BAD_FRAME = 0x8000 };
void sim_engine(struct sim *s, const char *p, size_t n);
void sim_engine_raw(struct sim *s, uint16_t value);
void sim_uart_init(struct sim *s); /* sim_open does it */
bool sim_engine_idle(const struct sim *s);
/* An edge of that channel `after` cycles after the previous one, or from now if none is due. */
void sim_edge(struct sim *s, unsigned channel, uint64_t after);
bool sim_head_idle(const struct sim *s);
/* Cycles at which the last edge handed in comes. */
uint64_t sim_last_edge(const struct sim *s, unsigned channel);
unsigned sim_lamps(const struct sim *s);
/* A start-of-frame, suspend or wake-up flag, with its interrupt. */
void sim_usb_flag(struct sim *s, uint8_t mask);
/* Bytes of stack ever used. */
unsigned sim_stack(const struct sim *s);
/* What is wrong with the chip's set-up, NULL if nothing: what simavr does not check. */
const char *sim_audit(struct sim *s);
/* True if `n` bytes stand anywhere in RAM. */
bool sim_holds(const struct sim *s, const void *p, size_t n);
/* An endpoint's register as the processor would read it. */
uint8_t sim_endpoint(struct sim *s, uint8_t ep, uint16_t address);
#endif
