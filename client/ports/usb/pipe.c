/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/pipe.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum usb_why pipe_why(int libusb_error)
{
    switch (libusb_error) {
    case LIBUSB_SUCCESS:
        return USB_WHY_OK;
    case LIBUSB_ERROR_ACCESS:
        return USB_WHY_NO_ACCESS;
    case LIBUSB_ERROR_BUSY:
        return USB_WHY_BUSY;
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
        return USB_WHY_UNPLUGGED;
    case LIBUSB_ERROR_NO_MEM:
        return USB_WHY_NO_MEMORY;
    default:
        return USB_WHY_IO;
    }
}

static void LIBUSB_CALL landed(struct libusb_transfer *t)
{
    struct pipe_flight *f = t->user_data;

    f->flying = false;
    f->landed = true;
}

static bool is_kind(const struct libusb_endpoint_descriptor *e, enum usb_pipe kind, unsigned direction)
{
    unsigned type = kind == USB_PIPE_BULK ? LIBUSB_TRANSFER_TYPE_BULK : LIBUSB_TRANSFER_TYPE_INTERRUPT;

    return kind && (e->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) == type &&
           (e->bEndpointAddress & LIBUSB_ENDPOINT_DIR_MASK) == direction && (e->wMaxPacketSize & 0x7FF);
}

/* Asks for whole packets, for a longer answer than asked for is an overflow (USB 2.0, 5.7.3). */
static bool pick_endpoints(struct pipe *p, const struct libusb_interface_descriptor *alt)
{
    const struct usb_claim *c = p->claim;

    /* Where a device's descriptors end too early, libusb counts endpoints that it has not got. */
    for (int i = 0; alt->endpoint && i < alt->bNumEndpoints; i++) {
        const struct libusb_endpoint_descriptor *e = &alt->endpoint[i];
        int packet = e->wMaxPacketSize & 0x7FF;
        if (!p->in_endpoint && is_kind(e, c->in, LIBUSB_ENDPOINT_IN)) {
            p->in_endpoint = e->bEndpointAddress;
            p->length = c->in_len ? (c->in_len + packet - 1) / packet * packet : packet;
        }
        if (!p->out_endpoint && is_kind(e, c->out, LIBUSB_ENDPOINT_OUT))
            p->out_endpoint = e->bEndpointAddress;
    }
    if (p->length > USB_IN_MAX)
        return false;
    return c->out ? p->out_endpoint : p->in_endpoint;
}

static enum usb_why find_endpoints(libusb_device *dev, struct pipe *p)
{
    enum usb_why why = USB_WHY_BAD_DESCRIPTOR;
    struct libusb_config_descriptor *config;
    int e = libusb_get_active_config_descriptor(dev, &config);

    if (e == LIBUSB_ERROR_IO) /* the descriptors cannot be parsed */
        return why;
    if (e)
        return pipe_why(e);
    for (int i = 0; why && i < config->bNumInterfaces; i++) {
        const struct libusb_interface *in = &config->interface[i];
        if (in->num_altsetting > 0 && in->altsetting[0].bInterfaceNumber == p->claim->data &&
            pick_endpoints(p, &in->altsetting[0]))
            why = USB_WHY_OK;
    }
    libusb_free_config_descriptor(config);
    return why;
}

static enum usb_why take(struct pipe_device *device, struct pipe *p)
{
    int e = device->users ? 0 : libusb_open(device->dev, &device->handle);

    if (e) {
        device->handle = NULL;
        return pipe_why(e);
    }
    device->users++;
    p->device = device;
    p->handle = device->handle;
    libusb_set_auto_detach_kernel_driver(p->handle, 1);
    while (!e && p->claimed_cnt < p->claim->interface_cnt) {
        e = libusb_claim_interface(p->handle, p->claim->interfaces[p->claimed_cnt]);
        if (!e)
            p->claimed_cnt++;
    }
    return pipe_why(e);
}

static bool prepare(struct pipe_flight *f)
{
    f->transfer = libusb_alloc_transfer(0);
    return f->transfer;
}

enum usb_why pipe_open(struct pipe_device *device, const struct usb_claim *claim, struct pipe **out)
{
    enum usb_why why;
    struct pipe *p = calloc(1, sizeof *p);

    if (!p)
        return USB_WHY_NO_MEMORY;
    p->claim = claim;
    why = find_endpoints(device->dev, p);
    if (!why && (!prepare(&p->in) || !prepare(&p->out) || !prepare(&p->query)))
        why = USB_WHY_NO_MEMORY;
    if (!why)
        why = take(device, p);
    if (why)
        pipe_close(&p);
    else
        *out = p;
    return why;
}

static enum usb_why submit(struct pipe_flight *f)
{
    int e = libusb_submit_transfer(f->transfer);

    f->landed = false;
    f->flying = e == 0;
    return pipe_why(e);
}

enum usb_why pipe_ask(struct pipe *p)
{
    /* GET_DESCRIPTOR(report) to the interface: HID 1.11, 7.1.1. */
    libusb_fill_control_setup(p->buf, LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_STANDARD | LIBUSB_RECIPIENT_INTERFACE,
        LIBUSB_REQUEST_GET_DESCRIPTOR, LIBUSB_DT_REPORT << 8, p->claim->data, HID_DESC_BYTES);
    libusb_fill_control_transfer(p->in.transfer, p->handle, p->buf, landed, &p->in, PIPE_CONTROL_MS);
    return submit(&p->in);
}

static enum usb_why control(struct pipe *p, const struct usb_setup *s, struct pipe_flight *f, uint8_t *buf)
{
    libusb_fill_control_setup(buf, s->type, s->request, s->value, s->index, s->len);
    memcpy(buf + LIBUSB_CONTROL_SETUP_SIZE, s->data, sizeof s->data);
    libusb_fill_control_transfer(f->transfer, p->handle, buf, landed, f, PIPE_CONTROL_MS);
    return submit(f);
}

enum usb_why pipe_setup(struct pipe *p, const struct usb_setup *s)
{
    return control(p, s, &p->in, p->buf);
}

enum usb_why pipe_query(struct pipe *p, const struct usb_setup *s)
{
    return control(p, s, &p->query, p->answer);
}

enum usb_why pipe_read(struct pipe *p)
{
    if (p->claim->in == USB_PIPE_BULK)
        libusb_fill_bulk_transfer(p->in.transfer, p->handle, p->in_endpoint, p->buf, p->length, landed, &p->in, 0);
    else
        libusb_fill_interrupt_transfer(p->in.transfer, p->handle, p->in_endpoint, p->buf, p->length, landed, &p->in, 0);
    return submit(&p->in);
}

enum usb_why pipe_write(struct pipe *p, const uint8_t *bytes, size_t len)
{
    unsigned char *borrowed = (unsigned char *)(uintptr_t)bytes; /* libusb's transfers know no const; OUT only reads */

    if (!p->out_endpoint || len > INT_MAX)
        return USB_WHY_BAD_DESCRIPTOR;
    libusb_fill_bulk_transfer(p->out.transfer, p->handle, p->out_endpoint, borrowed, (int)len, landed, &p->out, 0);
    return submit(&p->out);
}

void pipe_cancel(struct pipe *p)
{
    if (p->in.flying)
        libusb_cancel_transfer(p->in.transfer);
    if (p->out.flying)
        libusb_cancel_transfer(p->out.transfer);
    if (p->query.flying)
        libusb_cancel_transfer(p->query.transfer);
}

bool pipe_is_flying(const struct pipe *p)
{
    return p->in.flying || p->out.flying || p->query.flying;
}

void pipe_close(struct pipe **pp)
{
    struct pipe *p = *pp;

    *pp = NULL;
    if (!p)
        return;
    while (p->claimed_cnt)
        libusb_release_interface(p->handle, p->claim->interfaces[--p->claimed_cnt]);
    if (p->device && !--p->device->users) {
        libusb_close(p->device->handle);
        p->device->handle = NULL;
    }
    libusb_free_transfer(p->in.transfer);
    libusb_free_transfer(p->out.transfer);
    libusb_free_transfer(p->query.transfer);
    explicit_bzero(p, sizeof *p);
    free(p);
}
