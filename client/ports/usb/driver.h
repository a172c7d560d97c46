/* SPDX-License-Identifier: Apache-2.0 */
/* What a kind of device needs to say and do to be on the bus: one file per kind, one line in driver.c's table.
 *
 *     static const struct usb_driver my_driver = {.as = "scanner", .size = sizeof(struct my), .match = match, ...};
 *
 * match() looks at descriptors that the kernel already has and names what it wants claimed; the port (port.h) opens,
 * sends the setups, reads, clears stalls, re-opens with back-off and closes; the driver only sees bytes. One thread;
 * no call may block. Not here: what a scan means. */
#ifndef HUIKA_USB_DRIVER_H
#define HUIKA_USB_DRIVER_H
#include "client/ports/usb/bus.h"
#include "client/ports/usb/hid_desc.h"
#include "client/ports/usb/hid_kbd.h"
#include "client/ports/usb/hid_msr.h"
#include "client/ports/usb/hid_pos.h"
#include "client/ports/usb/known.h"
#include "client/ports/usb/sysfs.h"

enum { USB_CLAIM_INTERFACES = 2, USB_SETUPS = 3, USB_SETUP_DATA = 8, USB_IN_MAX = 4096 };

struct usb_port;

/* One interface as the kernel shows it. Borrowed for the call. */
struct usb_look {
    const struct sysfs_device *dev;
    const struct sysfs_interface *interface; /* one of dev->interfaces */
    const struct known *known;               /* its line in devices.tsv; NULL: none */
    const struct hid_desc *hid;              /* its report descriptor; NULL: not HID, or none could be had */
};

/* A control request (USB 2.0, 9.3); `data` goes out unless bit 7 of `type` says that `len` bytes come back. Its refusal (STALL) is
 * no failure: devices differ. */
struct usb_setup {
    uint8_t type, request;
    uint16_t value, index;
    uint16_t len;
    uint8_t data[USB_SETUP_DATA];
};

enum usb_pipe { USB_PIPE_NONE, USB_PIPE_INTERRUPT, USB_PIPE_BULK };

/* What is to be claimed and how it is to be spoken to. */
struct usb_claim {
    uint8_t interface_cnt, interfaces[USB_CLAIM_INTERFACES]; /* claimed in this order, released in reverse */
    uint8_t data;                                            /* the one of them that has the endpoints */
    enum usb_pipe in,
        out; /* of alternate setting 0; the first of that kind. A missing `in` is no failure if there is an `out` */
    uint16_t in_len; /* bytes in a whole report, at most USB_IN_MAX; 0: a packet */
    uint8_t setup_cnt;
    struct usb_setup setups[USB_SETUPS]; /* sent in order before the first read */
    union usb_plan {
        struct hid_pos_plan pos;
        struct hid_kbd_plan kbd;
        struct hid_msr_plan msr;
    } plan; /* the driver's own */
};

enum usb_match {
    USB_MATCH_NO,
    USB_MATCH_SENSELESS, /* it would be ours, but what it says of itself makes no sense */
    USB_MATCH_YES,
};

struct usb_driver {
    const char *as;  /* "scanner", "card", "printer": what it is to the shop */
    const char *how; /* "hid_pos": how it is spoken to; "" if there is one way only */
    size_t size;     /* bytes of `self`, which is zeroed, kept while the device is open, and wiped */
    /* Pure. *out is zeroed with interfaces[0] and data set to this interface; it counts only for USB_MATCH_YES. */
    enum usb_match (*match)(const struct usb_look *look, struct usb_claim *out);
    /* Open and set up; the first read is under way. `port` lives until detach returns. */
    void (*attach)(void *self, struct usb_port *port, const union usb_plan *plan);
    /* n bytes came, 0 allowed; wiped after the call. NULL: the driver does not listen. */
    void (*receive)(void *self, const uint8_t *bytes, size_t n, int64_t now_ms);
    /* What usb_port_write() took has gone out whole. NULL: the driver does not write. */
    void (*written)(void *self, int64_t now_ms);
    /* What usb_port_query() asked for; n 0: refused, or it failed. NULL: the driver does not ask. */
    void (*answered)(void *self, const uint8_t *bytes, size_t n);
    /* A read failed and is tried again: what came before is half a message. May be NULL. */
    void (*lost)(void *self);
    /* When tick is due, monotonic ms; INT64_MAX: never. Both may be NULL. */
    int64_t (*deadline_ms)(const void *self);
    void (*tick)(void *self, int64_t now_ms);
    /* The device went, failed (`why`), or is being closed (USB_WHY_OK). A write under way did not arrive whole. */
    void (*detach)(void *self, enum usb_why why);
};

/* In order of precedence, NULL at the end. */
extern const struct usb_driver *const usb_drivers[];

/* For drivers. A whole scan or card number: device and time are filled in. */
void usb_port_scan(struct usb_port *port, enum usb_input input, const char *text, size_t len, const char *aim);
/* A scan that was lost; `text` is a sentence (a gettext key). */
void usb_port_dropped(struct usb_port *port, const char *text);
/* Starts writing to the `out` pipe; bytes are borrowed until written() or detach(). USB_WHY_BUSY: one is under way; other reasons:
 * the device is as good as gone, detach() follows. */
enum usb_why usb_port_write(struct usb_port *port, const uint8_t *bytes, size_t len);
/* Starts a control request whose answer comes with answered(). USB_WHY_BUSY: one is under way; other reasons: it cannot be asked. */
enum usb_why usb_port_query(struct usb_port *port, const struct usb_setup *s);
/* The device's row in usb_bus_list(), and its line in devices.tsv (NULL: none). Borrowed until detach. */
const struct usb_device_info *usb_port_info(const struct usb_port *port);
const struct known *usb_port_known(const struct usb_port *port);
/* The context of the bus's events. */
void *usb_port_ctx(const struct usb_port *port);
#endif
