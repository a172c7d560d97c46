/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/avr/usb.h"
#include "firmware/core/desc.h"
#include "firmware/core/flash.h"
#include "firmware/core/port.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

enum { SIZE_64 = 3 << EPSIZE0, TYPE_INTERRUPT = 3 << EPTYPE0 };

static void clock_on(void)
{
    PLLCSR = 1 << PINDIV | 1 << PLLE;
    while (!(PLLCSR & 1 << PLOCK))
        ;
    USBCON = 1 << USBE | 1 << OTGPADE;
}

void usb_init(void)
{
    UHWCON = 1 << UVREGE;
    USBCON = 1 << USBE | 1 << FRZCLK;
    clock_on();
    UDCON = 0; /* full speed, attached */
}

void usb_detach(void)
{
    UDCON = 1 << DETACH;
}

/* Flags are cleared by writing zeros; ones leave a flag as it is, so that none is lost. */
static void clear(uint8_t bit)
{
    UEINTX = (uint8_t) ~(1 << bit);
}

static void ep0_on(void)
{
    UENUM = 0;
    UECONX = 1 << EPEN;
    UECFG0X = 0;
    UECFG1X = SIZE_64 | 1 << ALLOC;
}

uint8_t usb_events(void)
{
    uint8_t flags = UDINT, events = 0;

    if (flags & 1 << EORSTI) {
        UDINT = (uint8_t) ~(1 << EORSTI) & flags;
        UDADDR = 0;
        ep0_on();
        events |= USB_RESET;
    }
    if (flags & 1 << SUSPI) {
        UDINT = (uint8_t) ~(1 << SUSPI) & flags;
        events |= USB_SUSPEND;
    }
    if (flags & 1 << WAKEUPI) {
        UDINT = (uint8_t) ~(1 << WAKEUPI) & flags;
        events |= USB_WAKE;
    }
    return events;
}

bool usb_in_free(uint8_t ep)
{
    bool free;

    UENUM = ep;
    free = (UECONX & 1 << EPEN) && (UEINTX & 1 << TXINI);
    UENUM = 0;
    return free;
}

void usb_in_send(uint8_t ep, const uint8_t *p, uint8_t len)
{
    UENUM = ep;
    clear(TXINI);
    while (len--)
        UEDATX = *p++;
    clear(FIFOCON);
    UENUM = 0;
}

bool port_setup(uint8_t setup[8])
{
    if (!(UEINTX & 1 << RXSTPI))
        return false;
    for (uint8_t i = 0; i < 8; i++)
        setup[i] = UEDATX;
    clear(RXSTPI);
    return true;
}

bool port_out_ready(void)
{
    return UEINTX & 1 << RXOUTI;
}

uint8_t port_out_take(uint8_t *p, uint8_t max)
{
    uint8_t n = UEBCLX;

    for (uint8_t i = 0; i < n && i < max; i++)
        p[i] = UEDATX;
    clear(RXOUTI);
    return n;
}

bool port_in_ready(void)
{
    return UEINTX & 1 << TXINI;
}

void port_in_put(const uint8_t *p, uint8_t len)
{
    while (len--)
        UEDATX = *p++;
    clear(TXINI);
}

void port_in_put_flash(const uint8_t *p, uint8_t len)
{
    while (len--)
        UEDATX = flash_byte(p++);
    clear(TXINI);
}

void port_stall(void)
{
    UECONX = 1 << STALLRQ | 1 << EPEN;
}

void port_address(uint8_t address)
{
    UDADDR = address;
    if (address)
        UDADDR = address | 1 << ADDEN;
}

void port_configure(bool on)
{
    for (uint8_t ep = DESC_EP_SCAN; ep <= DESC_EP_MSR; ep++) {
        UENUM = ep;
        UECONX = 0;
        UECFG1X = 0;
        if (on) {
            UECONX = 1 << EPEN;
            UECFG0X = TYPE_INTERRUPT | 1 << EPDIR;
            UECFG1X = SIZE_64 | 1 << ALLOC;
            UERST = (uint8_t)(1 << ep);
            UERST = 0;
            UECONX = 1 << RSTDT | 1 << EPEN;
        }
    }
    UENUM = 0;
}

void port_halt(uint8_t ep, bool on)
{
    UENUM = ep;
    UECONX = on ? 1 << STALLRQ | 1 << EPEN : 1 << STALLRQC | 1 << RSTDT | 1 << EPEN;
    UENUM = 0;
}

/* Wakes the processor from power-down; usb_events() tells what it was. */
ISR(USB_GEN_vect)
{
    UDIEN = 0;
}

void usb_sleep(void)
{
    USBCON |= 1 << FRZCLK;
    PLLCSR = 0;
    cli();
    UDIEN = 1 << WAKEUPE;
    set_sleep_mode(SLEEP_MODE_PWR_DOWN);
    sleep_enable();
    while (!(UDINT & 1 << WAKEUPI)) {
        sei();
        sleep_cpu();
        cli();
    }
    sleep_disable();
    sei();
    clock_on();
    UDIEN = 0;
}
