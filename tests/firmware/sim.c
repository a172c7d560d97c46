/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/firmware/sim.h"
#include "tests/firmware/sim_regs.h"
#include <simavr/avr_ioport.h>
#include <simavr/avr_timer.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_interrupts.h>
#include <simavr/sim_io.h>
#include <simavr/sim_time.h>
#include <string.h>

enum { PAINT = 0xC5, CLEAN_RUN = 24 };

static void fault(struct sim *s, const char *what)
{
    if (!s->fault)
        s->fault = what;
}

static void on_attach(struct avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    ((struct sim *)param)->attached = value;
}

static void on_buzzer(struct avr_irq_t *irq, uint32_t value, void *param)
{
    struct sim *s = param;

    (void)irq;
    s->sounds += (value & 1) != s->buzzer; /* above it simavr keeps a mark of its own */
    s->buzzer = value & 1;
}

static void on_ueconx(struct avr_irq_t *irq, uint32_t value, void *param)
{
    struct sim *s = param;

    (void)irq;
    if (value & 1 << RSTDT)
        s->toggled |= (uint8_t)(1 << (s->avr->data[R_UENUM] & 7));
}

/* A one written to UDINT does nothing on the chip and sets the flag in simavr: whoever does it misunderstood. */
static void on_udint(struct avr_irq_t *irq, uint32_t value, void *param)
{
    struct sim *s = param;

    (void)irq;
    if (value & ~(uint32_t)s->avr->data[R_UDINT] & 0x7D)
        fault(s, "UDINT: a one written where no flag was");
}

static void on_pending(struct avr_irq_t *irq, uint32_t value, void *param)
{
    struct sim *s = param;

    if (value)
        s->raised[irq->irq % SIM_VECTORS] = s->avr->cycle;
}

static void on_running(struct avr_irq_t *irq, uint32_t value, void *param)
{
    struct sim *s = param;
    uint64_t since = s->raised[irq->irq % SIM_VECTORS];

    if (value && since && s->avr->cycle - since > s->latency_max)
        s->latency_max = (unsigned)(s->avr->cycle - since);
}

/* Simulated time only. */
static void no_sleep(avr_t *avr, avr_cycle_count_t cycles)
{
    (void)avr;
    (void)cycles;
}

static avr_irq_t *port(struct sim *s, char name, int bit)
{
    return avr_io_getirq(s->avr, AVR_IOCTL_IOPORT_GETIRQ(name), bit);
}

static void watch(struct sim *s)
{
    avr_t *avr = s->avr;

    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_USB_GETIRQ(), USB_IRQ_ATTACH), on_attach, s);
    avr_irq_register_notify(avr_iomem_getirq(avr, R_UECONX, NULL, AVR_IOMEM_IRQ_ALL), on_ueconx, s);
    avr_irq_register_notify(avr_iomem_getirq(avr, R_UDINT, NULL, AVR_IOMEM_IRQ_ALL), on_udint, s);
    avr_irq_register_notify(port(s, 'B', 7), on_buzzer, s);
    for (int v = 1; v < SIM_VECTORS; v++) {
        avr_irq_t *irq = avr_get_interrupt_irq(avr, (uint8_t)v);
        if (!irq)
            continue;
        irq[AVR_INT_IRQ_PENDING].irq = irq[AVR_INT_IRQ_RUNNING].irq = (uint32_t)v;
        avr_irq_register_notify(irq + AVR_INT_IRQ_PENDING, on_pending, s);
        avr_irq_register_notify(irq + AVR_INT_IRQ_RUNNING, on_running, s);
    }
}

bool sim_open(struct sim *s, const char *elf, bool button_held)
{
    elf_firmware_t f;

    memset(s, 0, sizeof *s);
    memset(&f, 0, sizeof f);
    if (elf_read_firmware(elf, &f))
        return false;
    s->avr = avr_make_mcu_by_name("atmega32u4");
    if (!s->avr || avr_init(s->avr))
        return false;
    f.frequency = SIM_MS * 1000;
    s->avr->log = LOG_NONE;
    avr_load_firmware(s->avr, &f);
    s->avr->sleep = no_sleep;
    sim_uart_init(s);
    s->head[0] = (struct sim_head){.sim = s, .pin = port(s, 'D', 4)};
    s->head[1] = (struct sim_head){.sim = s, .pin = port(s, 'C', 7)};
    s->avr->data[R_USBSTA] |= 1 << VBUS;
    watch(s);
    sim_button(s, button_held);
    return true;
}

void sim_close(struct sim *s)
{
    if (s->avr)
        avr_terminate(s->avr);
    s->avr = NULL;
}

bool sim_run(struct sim *s, uint64_t cycles)
{
    uint64_t end = s->avr->cycle + cycles;

    while (s->avr->cycle < end && !s->dead && !s->loader) {
        int state = avr_run(s->avr);
        s->loader = s->avr->pc >= LOADER_BYTE;
        s->dead = state == cpu_Done || state == cpu_Crashed;
    }
    return !s->dead;
}

bool sim_run_ms(struct sim *s, unsigned ms)
{
    return sim_run(s, (uint64_t)ms * SIM_MS);
}

void sim_button(struct sim *s, bool held)
{
    avr_ioport_external_t pull = {.name = 'B', .mask = 1 << 6, .value = held ? 0 : 1 << 6};

    avr_ioctl(s->avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('B'), &pull);
    avr_raise_irq(port(s, 'B', 6), !held);
}

static avr_cycle_count_t head_edge(avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct sim_head *h = param;

    (void)avr;
    (void)when;
    avr_raise_irq(h->pin, (uint32_t)(h->level = !h->level));
    return ++h->next == h->cnt ? 0 : h->at[h->next % SIM_EDGES];
}

void sim_edge(struct sim *s, unsigned channel, uint64_t after)
{
    struct sim_head *h = &s->head[channel];
    bool idle = h->next == h->cnt;
    uint64_t from = idle ? s->avr->cycle : h->at[(h->cnt - 1) % SIM_EDGES];

    h->at[h->cnt++ % SIM_EDGES] = from + after;
    if (idle)
        avr_cycle_timer_register(s->avr, after, head_edge, h);
}

bool sim_head_idle(const struct sim *s)
{
    return s->head[0].next == s->head[0].cnt && s->head[1].next == s->head[1].cnt;
}

uint64_t sim_last_edge(const struct sim *s, unsigned channel)
{
    const struct sim_head *h = &s->head[channel];

    return h->cnt ? h->at[(h->cnt - 1) % SIM_EDGES] : 0;
}

unsigned sim_lamps(const struct sim *s)
{
    const uint8_t *d = s->avr->data;
    unsigned on = 0;

    on |= d[R_PORTD] & 1 << 6 ? SIM_GREEN : 0;
    on |= d[R_PORTD] & 1 << 7 ? SIM_RED : 0;
    on |= d[R_PORTB] & d[R_DDRB] & 1 << 5 ? SIM_ENGINE : 0;
    return on | (d[R_DDRB] & ~d[R_PORTB] & 1 << 4 ? SIM_TRIGGER : 0);
}

void sim_usb_flag(struct sim *s, uint8_t mask)
{
    avr_t *avr = s->avr;

    avr->data[R_UDINT] |= mask;
    if (!(avr->data[R_UDIEN] & mask))
        return;
    for (int i = 0; i < avr->interrupts.vector_count; i++)
        if (avr->interrupts.vector[i]->vector == V_USB_GEN)
            avr_raise_interrupt(avr, avr->interrupts.vector[i]);
}

unsigned sim_stack(const struct sim *s)
{
    unsigned at = s->avr->ramend, clean = 0;

    for (; at > 0x100 && clean < CLEAN_RUN; at--)
        clean = s->avr->data[at] == PAINT ? clean + 1 : 0;
    return s->avr->ramend - at - CLEAN_RUN;
}

bool sim_holds(const struct sim *s, const void *p, size_t n)
{
    for (size_t at = 0x100; at + n <= (size_t)s->avr->ramend + 1; at++)
        if (!memcmp(s->avr->data + at, p, n))
            return true;
    return false;
}

uint8_t sim_endpoint(struct sim *s, uint8_t ep, uint16_t address)
{
    avr_t *avr = s->avr;
    uint8_t saved = avr->data[R_UENUM], value;

    avr->data[R_UENUM] = ep;
    value = avr->io[AVR_DATA_TO_IO(address)].r.c(avr, (avr_io_addr_t)address, avr->io[AVR_DATA_TO_IO(address)].r.param);
    avr->data[R_UENUM] = saved;
    return value;
}
