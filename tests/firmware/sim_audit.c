/* SPDX-License-Identifier: Apache-2.0 */
/* What simavr 1.6 takes without a word and the chip would not. */
#include "tests/firmware/sim.h"
#include "tests/firmware/sim_regs.h"

enum { EP0_CFG1 = 0x30, EP_CFG0 = 0xC1, MAX_PPM = 20000, BAUD = 9600, ENDPOINTS = 3 };

static const char *audit_clock(const uint8_t *d)
{
    if (!(d[R_UHWCON] & 0x01))
        return "UHWCON.UVREGE off: no USB pad regulator";
    if ((d[R_PLLCSR] & 0x12) != 0x12)
        return "PLLCSR: not PINDIV and PLLE, which a 16 MHz crystal needs";
    if (!(d[R_USBCON] & 0x80))
        return "USBCON.USBE off";
    if (d[R_USBCON] & 0x20)
        return "USBCON.FRZCLK left set";
    if (!(d[R_USBCON] & 0x10))
        return "USBCON.OTGPADE off: VBUS is not seen";
    if (d[R_UDCON] & 0x04)
        return "UDCON.LSM: low speed";
    return NULL;
}

static const char *audit_endpoints(struct sim *s)
{
    for (uint8_t ep = 0; ep < ENDPOINTS; ep++) {
        uint8_t cfg0 = sim_endpoint(s, ep, R_UECFG0X), cfg1 = sim_endpoint(s, ep, R_UECFG1X);
        if (!(sim_endpoint(s, ep, R_UECONX) & 1 << EPEN))
            continue;
        if (!(cfg1 & 1 << ALLOC))
            return "endpoint enabled without ALLOC";
        if ((cfg1 & 0x7C) != EP0_CFG1)
            return "endpoint is not one bank of 64 bytes";
        if (cfg0 != (ep ? EP_CFG0 : 0))
            return "endpoint has not the type of its descriptor";
        if (sim_endpoint(s, ep, R_UEIENX) & 1 << TXINI)
            return "UEIENX.TXINE: never fires in simavr, so it is not tested";
    }
    return NULL;
}

static const char *audit_inputs(const uint8_t *d)
{
    unsigned ubrr = d[R_UBRR1L] | (unsigned)d[R_UBRR1H] << 8, divisor = d[R_UCSR1A] & 2 ? 8 : 16;
    double baud = (double)SIM_MS * 1000 / divisor / (ubrr + 1), ppm = (baud / BAUD - 1) * 1e6;

    if (ppm > MAX_PPM || ppm < -MAX_PPM)
        return "UART 1: more than 2 % off";
    if (d[R_UCSR1C] != 0x06)
        return "UART 1: not 8 data bits, no parity, 1 stop bit";
    if ((d[R_UCSR1B] & 0x90) != 0x90)
        return "UART 1: receiver or its interrupt off";
    if ((d[R_TCCR1B] & 0x87) != 0x82 || (d[R_TCCR3B] & 0x87) != 0x82)
        return "timers 1, 3: not at 2 MHz with noise canceller";
    if ((d[R_TIMSK1] & 0x20) != 0x20 || (d[R_TIMSK3] & 0x20) != 0x20)
        return "timers 1, 3: capture interrupt off";
    return NULL;
}

static const char *audit_pins(const struct sim *s)
{
    static const struct {
        uint8_t ddr, port, unused;
    } ports[] = {{R_DDRB, R_PORTB, 0x0F}, {R_DDRC, R_PORTC, 0x40}, {R_DDRD, R_PORTD, 0x23}, {R_DDRE, R_PORTE, 0x40},
        {R_DDRF, R_PORTF, 0xF3}};
    const uint8_t *d = s->avr->data;

    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        if (d[ports[i].ddr] & ports[i].unused)
            return "an unused pin is an output";
        if ((d[ports[i].port] & ports[i].unused) != ports[i].unused)
            return "an unused pin floats";
    }
    if (d[R_MCUCR] & 0x10)
        return "MCUCR.PUD: no pull-up anywhere";
    if (s->jtag)
        return "MCUCR.JTD: pins of port F are the debugger's, their pull-ups without effect";
    return NULL;
}

const char *sim_audit(struct sim *s)
{
    const uint8_t *d = s->avr->data;
    const char *why = s->fault;

    if (!why)
        why = audit_clock(d);
    if (!why)
        why = audit_endpoints(s);
    if (!why)
        why = audit_inputs(d);
    if (!why)
        why = audit_pins(s);
    if (!why && !(d[R_WDTCSR] & 0x08))
        why = "WDTCSR.WDE off: no watchdog";
    return why;
}
