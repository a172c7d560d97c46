/* SPDX-License-Identifier: Apache-2.0 */
/* The ATmega32U4's factory boot loader as a USB device (DFU 1.0 with Atmel's commands: AVR4023, and data sheet 7618), as
 * strict as it must be for Debian's dfu-programmer to prove itself on it.
 *
 *     dfu_init(&d, flash)                     after power-on: nothing but erasing and identifying is allowed
 *     dfu_control(&d, setup, data)            each control transfer
 *     d.launched                              the host has started the application: d.flash is what runs now
 *
 * Strict: a command in the wrong state, of the wrong length, outside the application's flash or before the full erase stalls
 * and puts the device into dfuERROR; programming clears bits and never sets one. Not modelled: time, EEPROM, lock bits. */
#ifndef HUIKA_TEST_DFU_LOADER_H
#define HUIKA_TEST_DFU_LOADER_H
#include <stdbool.h>
#include <stdint.h>

enum { DFU_FLASH = 0x8000, DFU_LOADER_AT = 0x7000, DFU_READ_MAX = 1024, DFU_STALL = -1 };
enum dfu_state { DFU_IDLE = 2, DFU_DNLOAD_SYNC = 3, DFU_DNLOAD_IDLE = 5, DFU_UPLOAD_IDLE = 9, DFU_ERROR = 10 };

struct dfu_loader {
    uint8_t flash[DFU_FLASH];
    enum dfu_state state;
    uint8_t status;  /* DFU 1.0, 6.1.2 */
    uint8_t config;  /* chosen by the host */
    bool secured;    /* until the full erase */
    bool launch_due; /* the start command came; an empty download makes it so */
    bool launched;   /* by a reset, as after power-on */
    uint16_t from;   /* what the next upload reads, */
    uint16_t cnt;    /* bytes of it; */
    uint8_t id;      /* or this one, */
    bool id_due;     /* if so */
    uint16_t spoil;  /* a test's: how many blocks from now a bit is not written; 0: never */
    unsigned erases, blocks;
};

void dfu_init(struct dfu_loader *d, const uint8_t flash[DFU_FLASH]);
/* Bytes of an answer (in `data`, room for setup's wLength), 0 for a request without one, DFU_STALL. */
int dfu_control(struct dfu_loader *d, const uint8_t setup[8], uint8_t *data);
#endif
