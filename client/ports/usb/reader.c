/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/reader.h"
#include <stdlib.h>
#include <string.h>

enum usb_why reader_why(int libusb_error)
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
    struct reader *r = t->user_data;

    r->in_flight = false;
    r->landed = true;
}

/* The interrupt IN endpoint of the interface; asks for whole packets, for a longer answer than asked for is an overflow
 * (USB 2.0, 5.7.3). */
static bool pick_endpoint(struct reader *r, const struct libusb_interface_descriptor *alt)
{
    for (int i = 0; i < alt->bNumEndpoints; i++) {
        const struct libusb_endpoint_descriptor *e = &alt->endpoint[i];
        if ((e->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != LIBUSB_TRANSFER_TYPE_INTERRUPT ||
            !(e->bEndpointAddress & LIBUSB_ENDPOINT_IN))
            continue;
        r->endpoint = e->bEndpointAddress;
        r->length = e->wMaxPacketSize & 0x7FF;
        return r->length > 0 && r->length <= HID_POS_REPORT;
    }
    return false;
}

static enum usb_why find_endpoint(libusb_device *dev, struct reader *r)
{
    enum usb_why why = USB_WHY_BAD_DESCRIPTOR;
    struct libusb_config_descriptor *config;
    int e = libusb_get_active_config_descriptor(dev, &config);

    if (e)
        return reader_why(e);
    for (int i = 0; i < config->bNumInterfaces; i++) {
        const struct libusb_interface *in = &config->interface[i];
        if (in->num_altsetting > 0 && in->altsetting[0].bInterfaceNumber == r->interface &&
            pick_endpoint(r, &in->altsetting[0]))
            why = USB_WHY_OK;
    }
    libusb_free_config_descriptor(config);
    return why;
}

static enum usb_why claim(libusb_device *dev, struct reader *r)
{
    int e = libusb_open(dev, &r->handle);

    if (e)
        return reader_why(e);
    libusb_set_auto_detach_kernel_driver(r->handle, 1);
    e = libusb_claim_interface(r->handle, r->interface);
    if (e) {
        libusb_close(r->handle);
        r->handle = NULL;
    }
    return reader_why(e);
}

enum usb_why reader_open(libusb_device *dev, uint8_t interface, struct reader **out)
{
    enum usb_why why;
    struct reader *r = calloc(1, sizeof *r);

    if (!r)
        return USB_WHY_NO_MEMORY;
    r->interface = interface;
    why = find_endpoint(dev, r);
    if (!why && !(r->transfer = libusb_alloc_transfer(0)))
        why = USB_WHY_NO_MEMORY;
    if (!why)
        why = claim(dev, r);
    if (why)
        reader_close(&r);
    else
        *out = r;
    return why;
}

static enum usb_why submit(struct reader *r)
{
    int e = libusb_submit_transfer(r->transfer);

    r->landed = false;
    r->in_flight = e == 0;
    return reader_why(e);
}

enum usb_why reader_ask(struct reader *r)
{
    /* GET_DESCRIPTOR(report) to the interface: HID 1.11, 7.1.1. */
    libusb_fill_control_setup(r->buf, LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_STANDARD | LIBUSB_RECIPIENT_INTERFACE,
        LIBUSB_REQUEST_GET_DESCRIPTOR, LIBUSB_DT_REPORT << 8, r->interface, HID_DESC_BYTES);
    libusb_fill_control_transfer(r->transfer, r->handle, r->buf, landed, r, READER_ASK_MS);
    return submit(r);
}

void reader_plan(struct reader *r, const struct hid_pos_plan *plan)
{
    hid_pos_init(&r->pos, plan);
    r->length = (plan->report_len + r->length - 1) / r->length * r->length;
}

enum usb_why reader_submit(struct reader *r)
{
    libusb_fill_interrupt_transfer(r->transfer, r->handle, r->endpoint, r->buf, r->length, landed, r, 0);
    return submit(r);
}

void reader_cancel(struct reader *r)
{
    if (r->in_flight)
        libusb_cancel_transfer(r->transfer);
}

void reader_close(struct reader **rp)
{
    struct reader *r = *rp;

    *rp = NULL;
    if (!r)
        return;
    if (r->handle) {
        libusb_release_interface(r->handle, r->interface);
        libusb_close(r->handle);
    }
    libusb_free_transfer(r->transfer);
    explicit_bzero(r, sizeof *r);
    free(r);
}
