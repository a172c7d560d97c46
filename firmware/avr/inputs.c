/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/avr/inputs.h"
#include "firmware/avr/board.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

/* Timers 1 and 3 run freely at 2 MHz (F2F_TICK_NS) and capture; timer 0 counts time in 4 us and, when the buzzer sounds,
 * turns its pin on each match: 2717 Hz. */
enum { STEP_SILENT = 250, STEP_SOUND = 46, STEPS_PER_MS = 250 };
enum { FOR_EVER = UINT16_MAX };
enum { HEAD_SETTLE_MS = 300 }; /* the front end's middle voltage needs five times 50 ms (hw/README.md) */
#define UBRR_VALUE (BOARD_F_CPU / 8 / BOARD_ENGINE_BAUD - 1) /* double speed: 0.16 % off at 9600 */

struct ring {
    uint16_t ticks[INPUTS_EDGES];
    uint8_t in, out;
    uint16_t last;
    bool lost;
};
static volatile struct ring rings[READER_CHANNELS];
static volatile uint8_t bytes[256], byte_in, byte_out;
static volatile bool bytes_lost;
static volatile uint8_t ms_due;
static volatile uint16_t steps, head_quiet, engine_quiet;
static uint16_t settle_ms; /* until the head is listened to; 0: it is, or has no supply */

/* `t` is the time of the edge as the timer caught it; after READER_SWIPE_MS the timer may have gone round. A full ring
 * turns its interrupt off until the main loop has emptied it: a head that oscillates must not eat all time. */
static inline __attribute__((always_inline)) void edge(volatile struct ring *r, uint16_t t, volatile uint8_t *timsk)
{
    uint8_t in = r->in, next = (in + 1) & (INPUTS_EDGES - 1);
    uint16_t d = t - r->last;

    r->last = t;
    if (next == r->out) {
        r->lost = true;
        *timsk = 0;
    } else {
        r->ticks[in] = head_quiet >= READER_SWIPE_MS ? READER_GAP : d;
        r->in = next;
    }
    head_quiet = 0;
}

ISR(TIMER1_CAPT_vect)
{
    uint16_t t = ICR1;

    TCCR1B ^= 1 << ICES1;
    TIFR1 = 1 << ICF1; /* turning the edge round may have raised it (data sheet, 14.6.3) */
    edge(&rings[0], t, &TIMSK1);
}

ISR(TIMER3_CAPT_vect)
{
    uint16_t t = ICR3;

    TCCR3B ^= 1 << ICES3;
    TIFR3 = 1 << ICF3;
    edge(&rings[1], t, &TIMSK3);
}

ISR(USART1_RX_vect)
{
    uint8_t status = UCSR1A, c = UDR1, next = (uint8_t)(byte_in + 1);

    if ((status & (1 << FE1 | 1 << DOR1 | 1 << UPE1)) || next == byte_out)
        bytes_lost = true;
    else {
        bytes[byte_in] = c;
        byte_in = next;
    }
    engine_quiet = 0;
}

ISR(TIMER0_COMPA_vect)
{
    uint16_t now = steps + OCR0A + 1;

    if (now >= STEPS_PER_MS) {
        now -= STEPS_PER_MS;
        ms_due++;
        if (head_quiet != FOR_EVER)
            head_quiet++;
        if (engine_quiet != FOR_EVER)
            engine_quiet++;
    }
    steps = now;
}

static void head_init(void)
{
    head_quiet = engine_quiet = FOR_EVER;
    TCCR1A = TCCR3A = 0;
    TCCR1B = 1 << ICNC1 | 1 << CS11;
    TCCR3B = 1 << ICNC3 | 1 << CS31;
}

static void head_listen(bool on)
{
    TIMSK1 = TIMSK3 = 0;
    for (uint8_t i = 0; i < READER_CHANNELS; i++) {
        rings[i].out = rings[i].in;
        rings[i].lost = false;
    }
    head_quiet = FOR_EVER;
    if (!on)
        return;
    TIFR1 = 1 << ICF1;
    TIFR3 = 1 << ICF3;
    TIMSK1 = 1 << ICIE1;
    TIMSK3 = 1 << ICIE3;
}

static void unused_pins(void)
{
    MCUCR = 1 << JTD; /* four pins of port F; twice within four cycles (data sheet, 26.5.1) */
    MCUCR = 1 << JTD;
    PORTB |= BOARD_UNUSED_B;
    PORTC |= BOARD_UNUSED_C;
    PORTD |= BOARD_UNUSED_D;
    PORTE |= BOARD_UNUSED_E;
    PORTF |= BOARD_UNUSED_F;
}

void inputs_init(void)
{
    unused_pins();
    BOARD_REG(DDR, LED_GREEN) |= BOARD_MASK(LED_GREEN);
    BOARD_REG(DDR, LED_RED) |= BOARD_MASK(LED_RED);
    BOARD_REG(DDR, BUZZER) |= BOARD_MASK(BUZZER);
    BOARD_REG(DDR, ENGINE_POWER) |= BOARD_MASK(ENGINE_POWER);
    BOARD_REG(PORT, BUTTON) |= BOARD_MASK(BUTTON);
    TCCR0A = 1 << WGM01;
    OCR0A = STEP_SILENT - 1;
    TCCR0B = 1 << CS01 | 1 << CS00;
    TIMSK0 = 1 << OCIE0A;
    head_init();
    UBRR1 = UBRR_VALUE;
    UCSR1A = 1 << U2X1;
    UCSR1C = 1 << UCSZ11 | 1 << UCSZ10;
}

void inputs_power(bool on)
{
    head_listen(false);
    settle_ms = on ? HEAD_SETTLE_MS : 0;
    if (on) {
        BOARD_REG(PORT, ENGINE_POWER) |= BOARD_MASK(ENGINE_POWER);
        BOARD_REG(PORT, ENGINE_TRIGGER) &= (uint8_t)~BOARD_MASK(ENGINE_TRIGGER);
        BOARD_REG(DDR, ENGINE_TRIGGER) |= BOARD_MASK(ENGINE_TRIGGER);
        UCSR1B = 1 << RXEN1 | 1 << TXEN1 | 1 << RXCIE1;
    } else {
        UCSR1B = 0;
        BOARD_REG(DDR, ENGINE_TRIGGER) &= (uint8_t)~BOARD_MASK(ENGINE_TRIGGER);
        BOARD_REG(PORT, ENGINE_POWER) &= (uint8_t)~BOARD_MASK(ENGINE_POWER);
    }
}

bool inputs_interval(uint8_t channel, uint16_t *ticks)
{
    volatile struct ring *r = &rings[channel];
    uint8_t out = r->out;

    if (out == r->in) {
        if (!r->lost)
            return false;
        r->lost = false;
        *(channel ? &TIMSK3 : &TIMSK1) = 1 << ICIE1;
        *ticks = READER_GAP;
        return true;
    }
    *ticks = r->ticks[out];
    r->ticks[out] = 0;
    r->out = (out + 1) & (INPUTS_EDGES - 1);
    return true;
}

bool inputs_byte(uint8_t *c)
{
    uint8_t out = byte_out;

    if (out == byte_in)
        return false;
    *c = bytes[out];
    bytes[out] = 0;
    byte_out = (uint8_t)(out + 1);
    return true;
}

bool inputs_engine_lost(void)
{
    uint8_t c;

    if (!bytes_lost)
        return false;
    while (inputs_byte(&c)) /* with interrupts on: an edge would not wait */
        ;
    bytes_lost = false;
    return true;
}

bool inputs_tick(struct reader_quiet *quiet)
{
    if (!ms_due)
        return false;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        ms_due--;
        quiet->head = head_quiet;
        quiet->engine = byte_in == byte_out ? engine_quiet : 0;
    }
    if (settle_ms && !--settle_ms)
        head_listen(true);
    return true;
}

static void show(uint8_t on, volatile uint8_t *port, uint8_t mask)
{
    if (on)
        *port |= mask;
    else
        *port &= (uint8_t)~mask;
}

/* The timer may be beyond the new step already, and would go round: what it has counted is kept, and it begins anew. */
static void sound(bool on)
{
    uint8_t last = (on ? STEP_SOUND : STEP_SILENT) - 1;

    if (OCR0A == last)
        return;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        steps += TCNT0;
        TCNT0 = 0;
        OCR0A = last;
        TCCR0A = on ? 1 << WGM01 | 1 << COM0A0 : 1 << WGM01;
    }
}

void inputs_show(uint8_t lamps)
{
    show(lamps & UI_GREEN, &BOARD_REG(PORT, LED_GREEN), BOARD_MASK(LED_GREEN));
    show(lamps & UI_RED, &BOARD_REG(PORT, LED_RED), BOARD_MASK(LED_RED));
    sound(lamps & UI_SOUND);
}

bool inputs_button(void)
{
    return !(BOARD_REG(PIN, BUTTON) & BOARD_MASK(BUTTON));
}
