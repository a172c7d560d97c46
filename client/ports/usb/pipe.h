/* SPDX-License-Identifier: Apache-2.0 */
/* Claimed interfaces with one transfer in, one out and one for questions: claim, ask, read, write, clear, close. Part of the bus; knows libusb
 * and nothing of retries or reasons beyond the first word. */
#ifndef HUIKA_USB_PIPE_H
#define HUIKA_USB_PIPE_H
#include "client/ports/usb/driver.h"
#include <libusb.h>

enum { PIPE_BYTES = USB_IN_MAX + LIBUSB_CONTROL_SETUP_SIZE, PIPE_CONTROL_MS = 1000 };

struct pipe_flight {
    struct libusb_transfer *transfer;
    bool flying; /* never free while it is */
    bool landed; /* completed, not looked at yet: transfer->status, ->actual_length */
};

/* A device's one open handle, shared by its pipes. */
struct pipe_device {
    libusb_device *dev;
    libusb_device_handle *handle; /* NULL while nobody uses it */
    unsigned users;
};

struct pipe {
    struct pipe_device *device;
    libusb_device_handle *handle;
    const struct usb_claim *claim;
    uint8_t claimed_cnt, in_endpoint, out_endpoint;
    int length; /* bytes to ask for: whole packets, at least one report */
    struct pipe_flight in, out, query;
    uint8_t buf[PIPE_BYTES];                                    /* of `in` */
    uint8_t answer[LIBUSB_CONTROL_SETUP_SIZE + USB_SETUP_DATA]; /* of `query` */
};

/* Opens the device (borrowed until pipe_close) and claims the interfaces, taking them from their kernel drivers; they get them back at
 * pipe_close(). *claim is borrowed until then. USB_WHY_OK, or why not: NO_ACCESS, BUSY, UNPLUGGED, NO_MEMORY,
 * BAD_DESCRIPTOR (no such endpoint), IO. */
enum usb_why pipe_open(struct pipe_device *device, const struct usb_claim *claim, struct pipe **out);
/* Starts asking for the report descriptor, at most HID_DESC_BYTES; it lands in `in`, behind LIBUSB_CONTROL_SETUP_SIZE
 * bytes of buf. */
enum usb_why pipe_ask(struct pipe *p);
/* Starts a control request; its end lands in `in`. */
enum usb_why pipe_setup(struct pipe *p, const struct usb_setup *s);
/* Starts a control request beside whatever else flies; its answer lands in `query`, behind LIBUSB_CONTROL_SETUP_SIZE bytes of
 * `answer`. */
enum usb_why pipe_query(struct pipe *p, const struct usb_setup *s);
/* Starts waiting for one report. A failure means that the device is gone or as good as gone. */
enum usb_why pipe_read(struct pipe *p);
/* Starts writing; bytes are borrowed until `out` lands. */
enum usb_why pipe_write(struct pipe *p, const uint8_t *bytes, size_t len);
/* Asks for the transfers back; they land soon, cancelled or not. */
void pipe_cancel(struct pipe *p);
bool pipe_is_flying(const struct pipe *p);
/* Wipes, gives the interfaces back, closes, frees, sets *p to NULL. Only when nothing flies. */
void pipe_close(struct pipe **p);
/* A libusb error in our words. */
enum usb_why pipe_why(int libusb_error);
#endif
