/* SPDX-License-Identifier: Apache-2.0 */
/* ATmega32U4: data addresses and bits that the harness looks at (data sheet, chapter 31). */
#ifndef HUIKA_TEST_SIM_REGS_H
#define HUIKA_TEST_SIM_REGS_H

enum {
    R_DDRB = 0x24,
    R_PORTB = 0x25,
    R_DDRC = 0x27,
    R_PORTC = 0x28,
    R_DDRD = 0x2A,
    R_PORTD = 0x2B,
    R_DDRE = 0x2D,
    R_PORTE = 0x2E,
    R_DDRF = 0x30,
    R_PORTF = 0x31,
    R_EECR = 0x3F,
    R_PLLCSR = 0x49,
    R_MCUSR = 0x54,
    R_MCUCR = 0x55,
    R_WDTCSR = 0x60,
    R_CLKPR = 0x61,
    R_TIMSK0 = 0x6E,
    R_TIMSK1 = 0x6F,
    R_TIMSK3 = 0x71,
    R_TCCR1B = 0x81,
    R_TCCR3B = 0x91,
    R_UCSR1A = 0xC8,
    R_UCSR1B = 0xC9,
    R_UCSR1C = 0xCA,
    R_UBRR1L = 0xCC,
    R_UBRR1H = 0xCD,
    R_UDR1 = 0xCE,
    R_UHWCON = 0xD7,
    R_USBCON = 0xD8,
    R_USBSTA = 0xD9,
    R_UDCON = 0xE0,
    R_UDINT = 0xE1,
    R_UDIEN = 0xE2,
    R_UDADDR = 0xE3,
    R_UDFNUML = 0xE4,
    R_UDFNUMH = 0xE5,
    R_UEINTX = 0xE8,
    R_UENUM = 0xE9,
    R_UECONX = 0xEB,
    R_UECFG0X = 0xEC,
    R_UECFG1X = 0xED,
    R_UEIENX = 0xF0,
};
enum { V_USB_GEN = 10, LOADER_BYTE = 0x7000 };
enum { EPEN = 0, RSTDT = 3, STALLRQ = 5, ALLOC = 1, TXINI = 0, RXOUTI = 2, RXSTPI = 3, VBUS = 0, ADDEN = 7 };
enum { SUSPI = 0, SOFI = 2, EORSTI = 3, WAKEUPI = 4 };
#endif
