/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/firmware/fake_port.h"
#include "firmware/core/port.h"
#include <string.h>

struct fake_port fake_port;

void fake_port_init(void)
{
    memset(&fake_port, 0, sizeof fake_port);
    memset(fake_port.eeprom, 0xFF, sizeof fake_port.eeprom);
}

bool port_eeprom_ready(void)
{
    bool ready = !fake_port.writing && !fake_port.cut;

    fake_port.writing = false;
    return ready;
}

uint8_t port_eeprom_read(uint8_t at)
{
    fake_port.misuse += fake_port.writing;
    return fake_port.eeprom[at];
}

void port_eeprom_write(uint8_t at, uint8_t value)
{
    fake_port.misuse += fake_port.writing;
    fake_port.writing = true;
    fake_port.wear[at]++;
    fake_port.cut = fake_port.eeprom_left && !--fake_port.eeprom_left;
    fake_port.eeprom[at] = fake_port.cut ? fake_port.torn : value;
}

bool port_setup(uint8_t setup[8])
{
    if (!fake_port.setup_there)
        return false;
    memcpy(setup, fake_port.setup, 8);
    fake_port.setup_there = fake_port.out_there = false;
    fake_port.in_free = true;
    fake_port.in_len = fake_port.packets = fake_port.stalls = 0;
    return true;
}

bool port_out_ready(void)
{
    return fake_port.out_there;
}

uint8_t port_out_take(uint8_t *p, uint8_t max)
{
    fake_port.misuse += !fake_port.out_there;
    fake_port.out_there = false;
    memcpy(p, fake_port.out, fake_port.out_len < max ? fake_port.out_len : max);
    return fake_port.out_len;
}

bool port_in_ready(void)
{
    return fake_port.in_free;
}

void port_in_put(const uint8_t *p, uint8_t len)
{
    fake_port.misuse += !fake_port.in_free || len > 64 || fake_port.in_len + len > sizeof fake_port.in;
    if (fake_port.in_len + len <= sizeof fake_port.in)
        memcpy(fake_port.in + fake_port.in_len, p, len);
    fake_port.in_len += len;
    fake_port.packets++;
    fake_port.in_free = false;
}

void port_in_put_flash(const uint8_t *p, uint8_t len)
{
    port_in_put(p, len);
}

void port_stall(void)
{
    fake_port.stalls++;
}

void port_address(uint8_t address)
{
    fake_port.address = address;
}

void port_configure(bool on)
{
    fake_port.configured = on;
}

void port_halt(uint8_t ep, bool on)
{
    fake_port.misuse += ep < 1 || ep > 2;
    if (ep <= 2)
        fake_port.halted[ep] = on;
}
