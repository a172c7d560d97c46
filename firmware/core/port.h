/* SPDX-License-Identifier: Apache-2.0 */
/* What the core needs of the chip, a USB device controller most of all: firmware/avr/usb.c, guard.c; the tests have another. Everything is
 * polled, nothing waits. A packet is at most 64 bytes. */
#ifndef HUIKA_FW_PORT_H
#define HUIKA_FW_PORT_H
#include <stdbool.h>
#include <stdint.h>

/* Control endpoint. True: a SETUP had come and is copied to `setup` (USB 2.0, 9.3); it ends whatever went before. */
bool port_setup(uint8_t setup[8]);
/* An OUT packet is there: data, or the empty one that ends a control read. */
bool port_out_ready(void);
/* Takes it: at most `max` bytes to `p`, the rest is thrown away; how many it had. */
uint8_t port_out_take(uint8_t *p, uint8_t max);
/* The host has taken what was last put; the endpoint is free. */
bool port_in_ready(void);
/* Hands over a packet of `len` bytes, 0 allowed, from memory or from flash; only when port_in_ready(). */
void port_in_put(const uint8_t *p, uint8_t len);
void port_in_put_flash(const uint8_t *p, uint8_t len);
/* Refuses the request under way; the next SETUP clears it. */
void port_stall(void);

/* The EEPROM's cells. Reading and writing only while it is ready; a write goes on by itself for 3.4 ms. */
bool port_eeprom_ready(void);
uint8_t port_eeprom_read(uint8_t at);
void port_eeprom_write(uint8_t at, uint8_t value);

/* From the next packet on the device has that address. */
void port_address(uint8_t address);
/* Endpoints 1 and 2 on, with fresh data toggles, or off. */
void port_configure(bool on);
/* Endpoint 1 or 2: halts, or lets go and resets its data toggle (USB 2.0, 9.4.5). */
void port_halt(uint8_t ep, bool on);
#endif
