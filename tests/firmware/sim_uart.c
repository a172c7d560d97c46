/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver of USART 1 as the data sheet has it (18.7): two bytes deep, and a third is an overrun; framing errors come
 * with their byte. It takes the place of simavr's. */
#include "tests/firmware/sim.h"
#include "tests/firmware/sim_regs.h"
#include <simavr/sim_interrupts.h>

enum { BAUD = 9600, BITS_PER_BYTE = 10, V_RX = 25, DEPTH = 2 };
#define BYTE_CYCLES ((uint64_t)SIM_MS * 1000 * BITS_PER_BYTE / BAUD)

static void raise(struct sim *s)
{
    avr_t *avr = s->avr;

    for (int i = 0; i < avr->interrupts.vector_count; i++)
        if (avr->interrupts.vector[i]->vector == V_RX)
            avr_raise_interrupt(avr, avr->interrupts.vector[i]);
}

static uint8_t read_status(struct avr_t *avr, avr_io_addr_t address, void *param)
{
    struct sim *s = param;
    uint8_t v = avr->data[address] & 0x63; /* TXC, UDRE, U2X, MPCM */

    v |= s->received_cnt ? 0x80 : 0;
    v |= s->received_cnt && s->received[0] & SIM_BAD_FRAME ? 0x10 : 0;
    return v | (s->overrun ? 0x08 : 0);
}

static uint8_t read_data(struct avr_t *avr, avr_io_addr_t address, void *param)
{
    struct sim *s = param;
    uint8_t v = (uint8_t)s->received[0];

    (void)address;
    if (!s->received_cnt)
        return 0;
    s->received[0] = s->received[1];
    s->received_cnt--;
    s->overrun = false;
    avr->data[R_UCSR1A] &= 0x7F;
    if (s->received_cnt)
        raise(s);
    return v;
}

static avr_cycle_count_t receive(avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct sim *s = param;
    uint16_t byte = s->engine[s->engine_next++ % SIM_BYTES];

    s->last_byte = avr->cycle;
    if (!(avr->data[R_UCSR1B] & 0x10))
        s->received_cnt = 0;
    else if (s->received_cnt == DEPTH)
        s->overrun = true;
    else {
        s->received[s->received_cnt++] = byte;
        raise(s);
    }
    return s->engine_next == s->engine_cnt ? 0 : when + BYTE_CYCLES;
}

void sim_uart_init(struct sim *s)
{
    avr_t *avr = s->avr;

    avr->io[AVR_DATA_TO_IO(R_UCSR1A)].r.c = read_status;
    avr->io[AVR_DATA_TO_IO(R_UCSR1A)].r.param = s;
    avr->io[AVR_DATA_TO_IO(R_UDR1)].r.c = read_data;
    avr->io[AVR_DATA_TO_IO(R_UDR1)].r.param = s;
}

void sim_engine_raw(struct sim *s, uint16_t value)
{
    bool idle = sim_engine_idle(s);

    s->engine[s->engine_cnt++ % SIM_BYTES] = value;
    if (idle)
        avr_cycle_timer_register(s->avr, BYTE_CYCLES, receive, s);
}

void sim_engine(struct sim *s, const char *p, size_t n)
{
    while (n--)
        sim_engine_raw(s, (uint8_t)*p++);
}

bool sim_engine_idle(const struct sim *s)
{
    return s->engine_next == s->engine_cnt;
}
