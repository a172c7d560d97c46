/* SPDX-License-Identifier: Apache-2.0 */
/* What a port does for its driver (driver.h). */
#include "client/ports/usb/port.h"
#include <string.h>

void usb_port_scan(struct usb_port *p, enum usb_input input, const char *text, size_t len, const char *aim)
{
    struct usb_scan scan = {.input = input, .text = text, .len = len, .device = p->info.label, .mono_ms = p->now};

    strncpy(scan.aim, aim ? aim : "", sizeof scan.aim - 1);
    p->info.scans++;
    p->env->ev->scan(p->env->ev->ctx, &scan);
}

void usb_port_dropped(struct usb_port *p, const char *text)
{
    enum usb_input input = strcmp(p->info.as, "card") ? USB_INPUT_CODE : USB_INPUT_SWIPE;

    if (p->env->ev->dropped)
        p->env->ev->dropped(p->env->ev->ctx, p->info.label, input, text);
}

enum usb_why usb_port_write(struct usb_port *p, const uint8_t *bytes, size_t len)
{
    if (p->phase != PORT_OPEN)
        return USB_WHY_UNPLUGGED;
    if (p->pipe->out.flying || p->pipe->out.landed)
        return USB_WHY_BUSY;
    enum usb_why why = pipe_write(p->pipe, bytes, len);
    if (why) { /* not from inside the driver's own call: the next turn closes it */
        p->drain_why = why;
        pipe_cancel(p->pipe);
        p->phase = PORT_DRAIN;
    }
    return why;
}

/* A device that cannot be asked now is no reason to close it: its other transfers tell. */
enum usb_why usb_port_query(struct usb_port *p, const struct usb_setup *s)
{
    if (p->phase != PORT_OPEN || s->len > USB_SETUP_DATA)
        return USB_WHY_UNPLUGGED;
    if (p->pipe->query.flying || p->pipe->query.landed)
        return USB_WHY_BUSY;
    return pipe_query(p->pipe, s);
}

const struct usb_device_info *usb_port_info(const struct usb_port *p)
{
    return &p->info;
}

const struct known *usb_port_known(const struct usb_port *p)
{
    return p->known;
}

void *usb_port_ctx(const struct usb_port *p)
{
    return p->env->ev->ctx;
}
