/* SPDX-License-Identifier: Apache-2.0 */
/* An open interface with its one transfer: claim, ask, read, clear, close. Part of the bus; knows libusb and nothing of
 * retries or reasons beyond the first word. */
#ifndef HUIKA_USB_READER_H
#define HUIKA_USB_READER_H
#include "client/ports/usb/bus.h"
#include "client/ports/usb/hid_pos.h"
#include <libusb.h>

enum { READER_BUF = 2 * HID_POS_REPORT + HID_DESC_BYTES + LIBUSB_CONTROL_SETUP_SIZE, READER_ASK_MS = 1000 };

struct reader {
    libusb_device_handle *handle;
    struct libusb_transfer *transfer;
    bool in_flight; /* never free while it is */
    bool landed;    /* completed, not looked at yet: transfer->status, ->actual_length, buf */
    uint8_t interface, endpoint;
    int length;              /* bytes to ask for: whole packets, at least one report */
    unsigned stalls, errors; /* in a row */
    struct hid_pos pos;
    uint8_t buf[READER_BUF];
};

/* Opens the device and claims the interface, taking it from its kernel driver; the driver gets it back at
 * reader_close(). USB_WHY_OK, or why not: NO_ACCESS, BUSY, UNPLUGGED, NO_MEMORY, BAD_DESCRIPTOR (no interrupt
 * endpoint), IO. */
enum usb_why reader_open(libusb_device *dev, uint8_t interface, struct reader **out);
/* Starts asking for the report descriptor, at most HID_DESC_BYTES; it lands behind LIBUSB_CONTROL_SETUP_SIZE bytes of
 * buf. */
enum usb_why reader_ask(struct reader *r);
/* Makes ready for scans by that plan. */
void reader_plan(struct reader *r, const struct hid_pos_plan *plan);
/* Starts waiting for one report. A failure means that the device is gone or as good as gone. */
enum usb_why reader_submit(struct reader *r);
/* Asks for the transfer back; it lands soon, cancelled or not. */
void reader_cancel(struct reader *r);
/* Wipes, gives the interface back, closes, frees, sets *r to NULL. Only when nothing is in flight. */
void reader_close(struct reader **r);
/* A libusb error in our words. */
enum usb_why reader_why(int libusb_error);
#endif
