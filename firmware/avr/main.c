/* SPDX-License-Identifier: Apache-2.0 */
/* Bar code engine and magnetic head to USB. Interrupts fill rings (inputs.c); everything else happens here, in turns
 * that never wait, so that neither a slow host nor a long code costs an edge of a swipe. */
#include "firmware/avr/guard.h"
#include "firmware/avr/inputs.h"
#include "firmware/avr/usb.h"
#include "firmware/core/desc.h"
#include <avr/interrupt.h>
#include <avr/sleep.h>

enum { DETACHED_MS = 100 };

static struct reader reader;
static struct ep0 ep0;
static const struct ep0_features features = {&reader, reader_feature_get, reader_feature_set};

static void take_inputs(void)
{
    uint16_t ticks;
    uint8_t c;

    for (uint8_t channel = 0; channel < READER_CHANNELS; channel++)
        while (inputs_interval(channel, &ticks))
            reader_interval(&reader, channel, ticks);
    if (inputs_engine_lost())
        reader_engine_lost(&reader);
    while (reader_wants_byte(&reader) && inputs_byte(&c))
        reader_byte(&reader, c);
}

static void sleep_with_the_host(void)
{
    reader_host_gone(&reader);
    ui_host(&reader.ui, UI_ASLEEP);
    inputs_show(ui_tick(&reader.ui));
    inputs_power(false);
    guard_pause();
    usb_sleep();
    guard_resume();
    inputs_power(ep0.config);
    ui_host(&reader.ui, ep0.config ? UI_READY : UI_ABSENT);
}

static void serve_bus(void)
{
    uint8_t events = usb_events();

    if (events & USB_RESET) {
        ep0_reset(&ep0);
        reader_bus_reset(&reader);
    }
    if (events & USB_SUSPEND && !(events & (USB_RESET | USB_WAKE)))
        sleep_with_the_host();
    ep0_poll(&ep0, &features);
}

static void send_reports(void)
{
    uint8_t packet[DESC_EP_SIZE], n;

    if (!ep0.config)
        return;
    if (usb_in_free(DESC_EP_SCAN) && reader_scan_report(&reader, packet))
        usb_in_send(DESC_EP_SCAN, packet, READER_SCAN_LEN);
    if (usb_in_free(DESC_EP_MSR) && (n = reader_msr_packet(&reader, packet)))
        usb_in_send(DESC_EP_MSR, packet, n);
    for (n = 0; n < DESC_EP_SIZE; n++)
        *(volatile uint8_t *)&packet[n] = 0;
}

static void pass_time(void)
{
    static uint8_t leaving;
    static bool served;
    struct reader_quiet quiet;

    while (inputs_tick(&quiet)) {
        if (reader.boot_granted && ++leaving == DETACHED_MS) {
            usb_detach();
            guard_enter_loader();
        }
        if (served != (ep0.config != 0)) {
            served = ep0.config;
            reader_host_gone(&reader);
            inputs_power(served);
            if (!reader.boot_granted)
                ui_host(&reader.ui, served ? UI_READY : UI_ABSENT);
        }
        inputs_show(reader_tick(&reader, &quiet));
    }
}

int main(void)
{
    bool after_fault = guard_init();

    inputs_init();
    reader_init(&reader, inputs_button(), after_fault);
    usb_init();
    sei();
    for (;;) {
        guard_turn();
        take_inputs();
        pass_time();
        serve_bus();
        send_reports();
        if (ep0.state == EP0_IDLE) {
            set_sleep_mode(SLEEP_MODE_IDLE);
            sleep_mode();
        }
    }
}
