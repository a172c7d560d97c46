/* SPDX-License-Identifier: Apache-2.0 */
/* Magnetic stripe readers: hid_msr.h on the bus. */
#include "base/i18n.h"
#include "client/ports/usb/driver.h"
#include "client/ports/usb/drivers.h"
#include <string.h>

struct msr {
    struct usb_port *port;
    struct hid_msr_plan plan;
};

static enum usb_match match(const struct usb_look *look, struct usb_claim *out)
{
    enum err e = look->hid ? hid_msr_plan_init(&out->plan.msr, look->hid) : ERR_NOT_FOUND;

    if (e == ERR_NOT_FOUND && look->hid && look->known && look->known->mode == KNOWN_MAGTEK)
        e = hid_msr_plan_magtek(&out->plan.msr, look->hid);
    if (e)
        return e == ERR_NOT_FOUND ? USB_MATCH_NO : USB_MATCH_SENSELESS;
    out->in = USB_PIPE_INTERRUPT;
    out->in_len = out->plan.msr.report_len;
    return USB_MATCH_YES;
}

static void attach(void *self, struct usb_port *port, const union usb_plan *plan)
{
    struct msr *m = self;

    m->port = port;
    m->plan = plan->msr;
}

static void receive(void *self, const uint8_t *bytes, size_t n, int64_t now_ms)
{
    struct msr *m = self;
    char number[TRACK2_PAN + 1] = "";
    enum hid_msr_result r = hid_msr_read(&m->plan, bytes, n, number);

    (void)now_ms;
    if (r == HID_MSR_SWIPE)
        usb_port_scan(m->port, USB_INPUT_SWIPE, number, strlen(number), NULL);
    else if (r == HID_MSR_BAD)
        usb_port_dropped(m->port, N_("The card's stripe could not be read; swipe again."));
    explicit_bzero(number, sizeof number);
}

const struct usb_driver driver_msr = {
    .as = "card", .how = "hid_msr", .size = sizeof(struct msr), .match = match, .attach = attach, .receive = receive};
