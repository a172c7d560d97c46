/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/firmware/sim_host.h"
#include "tests/firmware/sim_regs.h"
#include <simavr/sim_time.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 500, GAP = SIM_MS / 50 };

static void fault(struct host *h, const char *what)
{
    if (!h->sim->fault)
        h->sim->fault = what;
}

void host_init(struct host *h, struct sim *s)
{
    *h = (struct host){.sim = s, .gap_cycles = GAP};
}

static avr_cycle_count_t frame(avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct sim *s = param;

    if (!s->frames || (avr->data[R_UDCON] & 1))
        return 0;
    s->frame = (s->frame + 1) & 0x7FF;
    avr->data[R_UDFNUML] = (uint8_t)s->frame;
    avr->data[R_UDFNUMH] = (uint8_t)(s->frame >> 8);
    sim_usb_flag(s, 1 << SOFI);
    return when + SIM_MS;
}

void host_reset(struct host *h)
{
    struct sim *s = h->sim;

    avr_ioctl(s->avr, AVR_IOCTL_USB_RESET, NULL);
    sim_usb_flag(s, 1 << WAKEUPI);
    s->avr->data[R_UDADDR] = 0;
    h->address = 0;
    if (!s->frames)
        avr_cycle_timer_register(s->avr, SIM_MS, frame, s);
    s->frames = true;
    sim_run_ms(s, 10);
}

void host_suspend(struct host *h)
{
    h->sim->frames = false;
    sim_run_ms(h->sim, 3);
    sim_usb_flag(h->sim, 1 << SUSPI);
}

void host_resume(struct host *h)
{
    sim_usb_flag(h->sim, 1 << WAKEUPI);
    sim_run_ms(h->sim, 20);
    h->sim->frames = true;
    avr_cycle_timer_register(h->sim->avr, SIM_MS, frame, h->sim);
}

/* Would the device hear a packet to this address? */
static bool hears(struct host *h)
{
    uint8_t reg = h->sim->avr->data[R_UDADDR], wanted = h->address ? (uint8_t)(h->address | 1 << ADDEN) : 0;

    if (h->sim->avr->data[R_USBCON] & 0x20)
        return false;
    return h->address ? reg == wanted : !(reg & 1 << ADDEN);
}

static uint8_t flags(struct host *h, uint8_t ep)
{
    return sim_endpoint(h->sim, ep, R_UEINTX);
}

int host_in(struct host *h, uint8_t ep, uint8_t buf[HOST_PACKET])
{
    uint8_t packet[HOST_PACKET + 8];
    struct avr_io_usb io = {.pipe = ep, .sz = HOST_PACKET, .buf = packet};
    int r;

    if (!hears(h) || !(sim_endpoint(h->sim, ep, R_UECONX) & 1 << EPEN))
        return HOST_TIMEOUT;
    if (ep == 0 && flags(h, 0) & 1 << RXSTPI)
        return HOST_NAK;
    r = avr_ioctl(h->sim->avr, AVR_IOCTL_USB_READ, &io);
    if (r < 0)
        return r;
    memcpy(buf, packet, io.sz);
    return (int)io.sz;
}

static int wait_in(struct host *h, uint8_t ep, uint8_t *buf, uint64_t end)
{
    for (;;) {
        int r = host_in(h, ep, buf);
        if (r != HOST_NAK)
            return r;
        h->naks++;
        if (h->sim->avr->cycle >= end)
            return HOST_TIMEOUT;
        if (!sim_run(h->sim, ep ? SIM_MS : GAP))
            return HOST_DEAD;
    }
}

int host_in_wait(struct host *h, uint8_t ep, uint8_t buf[HOST_PACKET], unsigned ms)
{
    return wait_in(h, ep, buf, h->sim->avr->cycle + (uint64_t)ms * SIM_MS);
}

static int wait_out(struct host *h, uint8_t *buf, unsigned n, uint64_t end)
{
    struct avr_io_usb io = {.pipe = 0, .sz = n, .buf = buf};

    for (;;) {
        int r = HOST_NAK;
        if (!hears(h))
            return HOST_TIMEOUT;
        if (!(flags(h, 0) & 1 << RXSTPI)) /* simavr would overwrite a SETUP that is not read yet */
            r = avr_ioctl(h->sim->avr, AVR_IOCTL_USB_WRITE, &io);
        if (r != HOST_NAK)
            return r;
        h->naks++;
        if (h->sim->avr->cycle >= end)
            return HOST_TIMEOUT;
        if (!sim_run(h->sim, GAP))
            return HOST_DEAD;
    }
}

static int control_read(struct host *h, uint16_t length, uint8_t *data, uint64_t end, unsigned *packets)
{
    uint8_t packet[HOST_PACKET];
    int got = 0, r;

    do {
        if (!--*packets)
            return got;
        r = wait_in(h, 0, packet, end);
        if (r < 0)
            return r;
        if (got + r > length)
            return HOST_BABBLE;
        memcpy(data + got, packet, (size_t)r);
        got += r;
        sim_run(h->sim, h->gap_cycles);
    } while (r == HOST_PACKET && got < length);
    if (!--*packets)
        return got;
    r = wait_out(h, packet, 0, end);
    sim_run(h->sim, h->gap_cycles);
    return r < 0 ? r : got;
}

static int control_write(struct host *h, uint16_t length, uint8_t *data, uint64_t end, unsigned *packets)
{
    uint8_t packet[HOST_PACKET];
    int sent = 0, r;

    while (sent < length) {
        unsigned n = (unsigned)(length - sent) > HOST_PACKET ? HOST_PACKET : (unsigned)(length - sent);
        if (!--*packets)
            return sent;
        r = wait_out(h, data + sent, n, end);
        if (r < 0)
            return r;
        sent += (int)n;
        sim_run(h->sim, h->gap_cycles);
    }
    if (!--*packets)
        return sent;
    r = wait_in(h, 0, packet, end);
    if (r > 0)
        return HOST_BABBLE;
    return r < 0 ? r : sent;
}

/* Things that may only have happened after the status stage, and must have by a moment later. */
static void check_after(struct host *h, const struct host_setup *s, bool early_address)
{
    if (s->type == 0 && s->request == 5) {
        if (early_address)
            fault(h, "UDADDR.ADDEN set before the status stage");
        h->address = (uint8_t)s->value;
        sim_run_ms(h->sim, 2);
        if (!hears(h))
            fault(h, "UDADDR: the address is not in force 2 ms after SET_ADDRESS");
    }
    if (s->type == 2 && s->request == 1 && !(h->sim->toggled >> (s->index & 7) & 1))
        fault(h, "CLEAR_FEATURE(ENDPOINT_HALT) without data toggle reset");
    if (s->type == 0 && s->request == 9 && s->value && (h->sim->toggled & 6) != 6)
        fault(h, "SET_CONFIGURATION without data toggle reset");
}

int host_control_cut(struct host *h, const struct host_setup *s, uint8_t *data, unsigned packets)
{
    uint8_t setup[8] = {s->type, s->request, (uint8_t)s->value, (uint8_t)(s->value >> 8), (uint8_t)s->index,
        (uint8_t)(s->index >> 8), (uint8_t)s->length, (uint8_t)(s->length >> 8)};
    struct avr_io_usb io = {.pipe = 0, .sz = 8, .buf = setup};
    uint64_t end = h->sim->avr->cycle + (uint64_t)TIMEOUT_MS * SIM_MS;
    bool early;
    int r;

    if (!hears(h) || !(sim_endpoint(h->sim, 0, R_UECONX) & 1 << EPEN))
        return HOST_TIMEOUT;
    h->sim->toggled = 0;
    r = avr_ioctl(h->sim->avr, AVR_IOCTL_USB_SETUP, &io);
    if (r < 0)
        return r;
    packets = packets ? packets + 1 : ~0U;
    sim_run(h->sim, h->gap_cycles);
    early = s->type == 0 && s->request == 5 && h->sim->avr->data[R_UDADDR] & 1 << ADDEN;
    if (s->type & 0x80 && s->length)
        r = control_read(h, s->length, data, end, &packets);
    else
        r = control_write(h, s->length, data, end, &packets);
    early =
        early || (s->type == 0 && s->request == 5 && !h->address && r < 0 && h->sim->avr->data[R_UDADDR] & 1 << ADDEN);
    sim_run(h->sim, h->gap_cycles);
    if (r >= 0 && packets > 1) {
        check_after(h, s, early);
        if (flags(h, 0) & 1 << RXOUTI && !(flags(h, 0) & 1 << RXSTPI)) {
            sim_run_ms(h->sim, 3);
            if (flags(h, 0) & 1 << RXOUTI)
                fault(h, "UEINTX.RXOUTI of the status stage not acknowledged");
        }
    }
    return r;
}

int host_control(struct host *h, const struct host_setup *s, uint8_t *data)
{
    return host_control_cut(h, s, data, 0);
}

static int get_descriptor(struct host *h, uint8_t recipient, uint16_t value, uint16_t index, uint16_t n, uint8_t *out)
{
    return host_control(h, &(struct host_setup){(uint8_t)(0x80 | recipient), 6, value, index, n}, out);
}

bool host_enumerate(struct host *h)
{
    uint8_t b[512];
    unsigned total;

    for (unsigned ms = 0; !h->sim->attached && ms < 100; ms++)
        sim_run_ms(h->sim, 1);
    if (!h->sim->attached)
        fault(h, "does not attach");
    host_reset(h);
    if (get_descriptor(h, 0, 0x100, 0, 64, b) != 18 || b[7] != HOST_PACKET)
        fault(h, "first GET_DESCRIPTOR");
    host_reset(h);
    if (host_control(h, &(struct host_setup){0, 5, 7, 0, 0}, NULL))
        fault(h, "SET_ADDRESS");
    if (get_descriptor(h, 0, 0x100, 0, 18, b) != 18)
        fault(h, "device descriptor");
    if (get_descriptor(h, 0, 0x200, 0, 9, b) != 9)
        fault(h, "configuration header");
    total = b[2] | (unsigned)b[3] << 8;
    if (total > sizeof b || get_descriptor(h, 0, 0x200, 0, (uint16_t)total, b) != (int)total)
        fault(h, "configuration descriptor");
    if (host_control(h, &(struct host_setup){0, 9, 1, 0, 0}, NULL))
        fault(h, "SET_CONFIGURATION");
    sim_run_ms(h->sim, 2);
    return !h->sim->fault;
}
