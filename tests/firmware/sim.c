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

enum {
    PAINT = 0xC5,
    CLEAN_RUN = 24,
    CKDIV8 = 3,
    KEY_CYCLES = 4,
    FIRST_CYCLES = 100,
    JTD = 0x80,
    CLKPCE = 0x80,
    EEPE = 1,
    EEPROM_CYCLES = 34 * SIM_MS / 10,
    RAM = 0x100
};

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

/* A cell takes 3.4 ms; simavr is through at once and would take the next. */
static uint8_t read_eecr(struct avr_t *avr, avr_io_addr_t address, void *param)
{
    struct sim *s = param;
    bool busy = s->stored && avr->cycle - s->stored < EEPROM_CYCLES;

    return (uint8_t)((avr->data[address] & ~(1 << EEPE)) | busy << EEPE);
}

static void write_eecr(struct avr_t *avr, avr_io_addr_t address, uint8_t v, void *param)
{
    struct sim *s = param;

    (void)avr;
    (void)address;
    if (!(v & 1 << EEPE))
        return;
    if (s->stored && s->avr->cycle - s->stored < EEPROM_CYCLES)
        fault(s, "EECR: a cell written while the one before still is");
    s->stored = s->avr->cycle;
}

/* The data sheet, 6.11.2: CLKPCE alone, then within four cycles the divisor. */
static void write_clkpr(struct avr_t *avr, avr_io_addr_t address, uint8_t v, void *param)
{
    struct sim *s = param;

    if (v == CLKPCE)
        s->key[0] = avr->cycle;
    else if (!(v & CLKPCE) && s->key[0] && avr->cycle - s->key[0] <= KEY_CYCLES)
        s->prescale = v & 0x0F;
    else
        fault(s, "CLKPR: not CLKPCE alone and then the divisor within four cycles");
    if (v != CLKPCE)
        s->key[0] = 0;
    avr->data[address] = s->prescale;
}

/* 26.5.1: JTD twice within four cycles. */
static void write_mcucr(struct avr_t *avr, avr_io_addr_t address, uint8_t v, void *param)
{
    struct sim *s = param;

    if (v & JTD && s->key[1] && avr->cycle - s->key[1] <= KEY_CYCLES)
        s->jtag = false;
    s->key[1] = v & JTD ? avr->cycle : 0;
    avr->data[address] = v;
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

static void start(struct sim *s, uint8_t cause)
{
    s->reset_at = s->avr->cycle;
    s->prescale = CKDIV8;
    s->jtag = true;
    s->loader = false;
    s->key[0] = s->key[1] = s->stored = 0;
    s->avr->data[R_CLKPR] = CKDIV8;
    s->avr->data[R_MCUSR] |= cause;
    s->avr->data[R_USBSTA] |= 1 << VBUS;
}

/* A watchdog reset happens within simavr, which tells only the part. */
static void (*reset_part)(struct avr_t *avr);
static void on_reset(struct avr_t *avr)
{
    reset_part(avr);
    if (avr->custom.data)
        start(avr->custom.data, 0);
}

void sim_restart(struct sim *s, uint8_t cause)
{
    uint32_t noise = 0x2545F491;

    avr_reset(s->avr);
    s->avr->data[R_MCUSR] = 0;
    start(s, cause);
    for (unsigned at = RAM; cause & SIM_POWER && at <= s->avr->ramend; at++) {
        noise = noise * 1664525 + 1013904223;
        s->avr->data[at] = (uint8_t)(noise >> 24);
    }
    s->frames = s->attached = false;
    for (unsigned i = 0; i < 2; i++)
        s->head[i].next = s->head[i].cnt;
    s->engine_next = s->engine_cnt;
    s->received_cnt = 0;
    sim_button(s, s->button);
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
    avr_register_io_read(s->avr, R_EECR, read_eecr, s);
    avr_register_io_write(s->avr, R_EECR, write_eecr, s);
    avr_register_io_write(s->avr, R_CLKPR, write_clkpr, s);
    avr_register_io_write(s->avr, R_MCUCR, write_mcucr, s);
    s->avr->custom.data = s;
    if (s->avr->reset != on_reset)
        reset_part = s->avr->reset;
    s->avr->reset = on_reset;
    start(s, SIM_POWER);
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
        if (s->avr->data[R_PORTB] & 1 << 4)
            fault(s, "PORTB4: ENGINE_TRIGGER is open drain, 5 V never go there");
        if (s->prescale && s->avr->cycle - s->reset_at > FIRST_CYCLES)
            fault(s, "CLKPR: not the first thing, and the chip runs at 2 MHz");
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

    s->button = held;
    avr_ioctl(s->avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('B'), &pull);
    avr_raise_irq(port(s, 'B', 6), held); /* or a level that was there before a reset would not be told again */
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
