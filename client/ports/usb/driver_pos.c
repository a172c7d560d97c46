/* SPDX-License-Identifier: Apache-2.0 */
/* HID POS bar code scanners: hid_pos.h on the bus. */
#include "client/ports/usb/driver.h"
#include "client/ports/usb/drivers.h"
#include <string.h>

struct pos {
    struct usb_port *port;
    struct hid_pos assembler;
};

/* SET_REPORT (HID 1.11, 7.2.2) of feature report FE = 01: Honeywell and Youjie enter HID POS mode by it. */
static void add_mode_switch(struct usb_claim *c)
{
    c->setups[c->setup_cnt++] =
        (struct usb_setup){.type = 0x21, .request = 9, .value = 0x03FE, .index = c->data, .len = 2, .data = {0xFE, 1}};
}

static enum usb_match match(const struct usb_look *look, struct usb_claim *out)
{
    enum err e = look->hid ? hid_pos_plan_init(&out->plan.pos, look->hid) : ERR_NOT_FOUND;

    if (e)
        return e == ERR_NOT_FOUND ? USB_MATCH_NO : USB_MATCH_SENSELESS;
    out->in = USB_PIPE_INTERRUPT;
    out->in_len = out->plan.pos.report_len;
    if (look->known && !strcmp(look->known->quirk, "feature_fe_01"))
        add_mode_switch(out);
    return USB_MATCH_YES;
}

static void attach(void *self, struct usb_port *port, const union usb_plan *plan)
{
    struct pos *p = self;

    p->port = port;
    hid_pos_init(&p->assembler, &plan->pos);
}

static void tell(struct pos *p, enum hid_pos_result r)
{
    struct hid_pos *a = &p->assembler;

    if (r == HID_POS_DROPPED)
        usb_port_dropped(p->port, hid_pos_drop_text(a->why));
    if (r != HID_POS_SCAN)
        return;
    usb_port_scan(p->port, USB_INPUT_CODE, a->text, a->len, a->aim);
    hid_pos_reset(a);
}

static void receive(void *self, const uint8_t *bytes, size_t n, int64_t now_ms)
{
    struct pos *p = self;

    tell(p, hid_pos_feed(&p->assembler, bytes, n, now_ms));
}

static void lost(void *self)
{
    struct pos *p = self;

    tell(p, hid_pos_reset(&p->assembler));
}

static int64_t deadline_ms(const void *self)
{
    return hid_pos_deadline_ms(&((const struct pos *)self)->assembler);
}

static void tick(void *self, int64_t now_ms)
{
    struct pos *p = self;

    tell(p, hid_pos_tick(&p->assembler, now_ms));
}

static void detach(void *self, enum usb_why why)
{
    (void)why;
    lost(self);
}

const struct usb_driver driver_pos = {.as = "scanner",
    .how = "hid_pos",
    .size = sizeof(struct pos),
    .match = match,
    .attach = attach,
    .receive = receive,
    .lost = lost,
    .deadline_ms = deadline_ms,
    .tick = tick,
    .detach = detach};
