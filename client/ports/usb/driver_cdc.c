/* SPDX-License-Identifier: Apache-2.0 */
/* Scanners on a serial port over USB (CDC PSTN 1.2, abstract control model). Only those that devices.tsv names: a modem or
 * somebody's Arduino is the same class. Both interfaces are claimed, so that no tty is left for another program. */
#include "client/ports/usb/driver.h"
#include "client/ports/usb/drivers.h"
#include "client/ports/usb/line_scan.h"

enum {
    CLASS_COMM = 2,
    SUBCLASS_ACM = 2,
    CLASS_DATA = 0x0A,
    HOST_TO_INTERFACE = 0x21,
    SET_LINE_CODING = 0x20,
    SET_CONTROL_LINE_STATE = 0x22,
    DTR_RTS = 3,
};

static const struct sysfs_interface *data_interface(const struct usb_look *look)
{
    const struct sysfs_interface *best = NULL;

    for (unsigned i = 0; i < look->dev->interface_cnt; i++) {
        const struct sysfs_interface *d = &look->dev->interfaces[i];
        if (d->class == CLASS_DATA && d->number > look->interface->number && (!best || d->number < best->number))
            best = d;
    }
    return best;
}

static enum usb_match match(const struct usb_look *look, struct usb_claim *out)
{
    const struct sysfs_interface *i = look->interface, *data;

    if (!look->known || look->known->mode != KNOWN_CDC_ACM || i->class != CLASS_COMM || i->subclass != SUBCLASS_ACM)
        return USB_MATCH_NO;
    data = data_interface(look);
    if (!data)
        return USB_MATCH_SENSELESS;
    out->interface_cnt = 2;
    out->interfaces[1] = out->data = data->number;
    out->in = USB_PIPE_BULK;
    /* 9600 baud little-endian, one stop bit, no parity, eight bits (6.3.11) */
    out->setups[out->setup_cnt++] = (struct usb_setup){.type = HOST_TO_INTERFACE,
        .request = SET_LINE_CODING,
        .index = i->number,
        .len = 7,
        .data = {0x80, 0x25, 0, 0, 0, 0, 8}};
    out->setups[out->setup_cnt++] = (struct usb_setup){
        .type = HOST_TO_INTERFACE, .request = SET_CONTROL_LINE_STATE, .value = DTR_RTS, .index = i->number};
    return USB_MATCH_YES;
}

static void attach(void *self, struct usb_port *port, const union usb_plan *plan)
{
    (void)plan;
    ((struct line_scan *)self)->port = port;
}

static void receive(void *self, const uint8_t *bytes, size_t n, int64_t now_ms)
{
    line_scan_add(self, (const char *)bytes, n, now_ms);
}

static void lost(void *self)
{
    line_scan_lost(self);
}

static int64_t deadline_ms(const void *self)
{
    return scan_line_deadline_ms(&((const struct line_scan *)self)->line);
}

static void tick(void *self, int64_t now_ms)
{
    line_scan_tick(self, now_ms);
}

static void detach(void *self, enum usb_why why)
{
    (void)why;
    lost(self);
}

const struct usb_driver driver_cdc = {.as = "scanner",
    .how = "cdc_acm",
    .size = sizeof(struct line_scan),
    .match = match,
    .attach = attach,
    .receive = receive,
    .lost = lost,
    .deadline_ms = deadline_ms,
    .tick = tick,
    .detach = detach};
