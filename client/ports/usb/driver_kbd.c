/* SPDX-License-Identifier: Apache-2.0 */
/* Scanners and card readers that type: hid_kbd.h on the bus. Only those that devices.tsv names: a real keyboard is never
 * touched. While claimed, nothing they type reaches the screen. */
#include "client/ports/usb/driver.h"
#include "client/ports/usb/drivers.h"
#include "client/ports/usb/line_scan.h"
#include <string.h>

enum {
    BOOT_SUBCLASS = 1,
    BOOT_KEYBOARD = 1,
    CLASS_HID = 3,
    SET_IDLE = 0x0A,
    SET_PROTOCOL = 0x0B,
    HOST_TO_INTERFACE = 0x21
};

struct kbd {
    struct line_scan scan;
    struct hid_kbd keys;
};

static void add_setup(struct usb_claim *c, uint8_t request, uint16_t value)
{
    c->setups[c->setup_cnt++] =
        (struct usb_setup){.type = HOST_TO_INTERFACE, .request = request, .value = value, .index = c->data};
}

static enum usb_match match(const struct usb_look *look, enum known_mode mode, struct usb_claim *out)
{
    const struct sysfs_interface *i = look->interface;
    bool boot = i->subclass == BOOT_SUBCLASS && i->protocol == BOOT_KEYBOARD;
    enum err e;

    if (!look->known || look->known->mode != mode || i->class != CLASS_HID || (!look->hid && !boot))
        return USB_MATCH_NO;
    e = look->hid ? hid_kbd_plan_init(&out->plan.kbd, look->hid) : ERR_BAD_VALUE;
    if (e == ERR_NOT_FOUND || (e && !boot))
        return e == ERR_NOT_FOUND ? USB_MATCH_NO : USB_MATCH_SENSELESS;
    if (e)
        out->plan.kbd = hid_kbd_boot;
    if (boot)
        add_setup(out, SET_PROTOCOL, e ? 0 : 1); /* 0 boot, 1 report (HID 1.11, 7.2.6) */
    add_setup(out, SET_IDLE, 0);                 /* no report without a change (7.2.4) */
    out->in = USB_PIPE_INTERRUPT;
    out->in_len = out->plan.kbd.report_len;
    return USB_MATCH_YES;
}

static enum usb_match match_scanner(const struct usb_look *look, struct usb_claim *out)
{
    return match(look, KNOWN_HID_KEYBOARD, out);
}

static enum usb_match match_card(const struct usb_look *look, struct usb_claim *out)
{
    return match(look, KNOWN_MSR_KEYBOARD, out);
}

static void attach(void *self, struct usb_port *port, const union usb_plan *plan)
{
    struct kbd *k = self;

    k->scan.port = port;
    k->scan.swipes = usb_port_known(port)->mode == KNOWN_MSR_KEYBOARD;
    hid_kbd_init(&k->keys, &plan->kbd);
}

static void receive(void *self, const uint8_t *bytes, size_t n, int64_t now_ms)
{
    struct kbd *k = self;
    char typed[HID_KBD_OUT];
    size_t cnt = hid_kbd_feed(&k->keys, bytes, n, typed);

    line_scan_add(&k->scan, typed, cnt, now_ms);
    explicit_bzero(typed, cnt);
}

static void lost(void *self)
{
    struct kbd *k = self;

    hid_kbd_reset(&k->keys);
    line_scan_lost(&k->scan);
}

static int64_t deadline_ms(const void *self)
{
    return scan_line_deadline_ms(&((const struct kbd *)self)->scan.line);
}

static void tick(void *self, int64_t now_ms)
{
    line_scan_tick(&((struct kbd *)self)->scan, now_ms);
}

static void detach(void *self, enum usb_why why)
{
    (void)why;
    lost(self);
}

const struct usb_driver driver_kbd = {.as = "scanner",
    .how = "hid_keyboard",
    .size = sizeof(struct kbd),
    .match = match_scanner,
    .attach = attach,
    .receive = receive,
    .lost = lost,
    .deadline_ms = deadline_ms,
    .tick = tick,
    .detach = detach};

const struct usb_driver driver_kbd_msr = {.as = "card",
    .how = "hid_keyboard",
    .size = sizeof(struct kbd),
    .match = match_card,
    .attach = attach,
    .receive = receive,
    .lost = lost,
    .deadline_ms = deadline_ms,
    .tick = tick,
    .detach = detach};
