/* SPDX-License-Identifier: Apache-2.0 */
/* A USB controller of variables for firmware/core/port.h: what the host put in, what the core put out. */
#ifndef HUIKA_TEST_FAKE_PORT_H
#define HUIKA_TEST_FAKE_PORT_H
#include <stdbool.h>
#include <stdint.h>

/* EEPROM: a write takes until port_eeprom_ready() has said no once. */
struct fake_port {
    bool setup_there, out_there, in_free;
    uint8_t setup[8], out[64], out_len;
    uint8_t in[512];                          /* everything handed over since the last SETUP */
    unsigned in_len, packets, stalls, misuse; /* misuse: put while not free, taken while not there, over 64 bytes */
    uint8_t address;
    bool configured, halted[3];
    uint8_t eeprom[256];
    unsigned eeprom_left; /* writes until the power is cut; 0: it never is */
    uint8_t torn;         /* what the cell holds that was being written then */
    bool cut, writing;
    unsigned wear[256];
};
extern struct fake_port fake_port;
/* All as at the factory: the EEPROM empty. */
void fake_port_init(void);
#endif
