/* SPDX-License-Identifier: Apache-2.0 */
/* One USB device on the bus, from "just seen" to "gone": judged from sysfs, opened if it is a scanner, read, re-opened
 * after errors. Part of the bus (bus.h); nobody else includes this.
 *
 * A device never waits and never calls back from inside libusb: completions and departures only leave a mark,
 * device_turn() does the work. At most one transfer is in flight, and nothing is freed while it is. */
#ifndef HUIKA_USB_DEVICE_H
#define HUIKA_USB_DEVICE_H
#include "client/ports/usb/bus.h"
#include <libusb.h>

struct usb_device {
    struct usb_device_info info;
    libusb_device *dev; /* referenced; NULL once the device left and is closed */
    enum device_phase {
        DEVICE_JUDGE, /* look at sysfs at due_ms */
        DEVICE_ASK,   /* the report descriptor is being asked for, no kernel driver being there to ask */
        DEVICE_READ,  /* a report is awaited */
        DEVICE_CLOSE, /* the last transfer is coming back */
        DEVICE_REST,  /* nothing to do: not ours, or gone */
    } phase;
    int64_t arrived_ms, due_ms;
    unsigned attempt; /* openings that failed in a row */
    bool left;        /* the bus said that it is gone */
    bool served;      /* was in use at some time and has not been replaced, so its departure is worth remembering */
    struct reader *reader; /* while open */
};

/* `now_ms` is monotonic, here and below. NULL if out of memory. */
struct usb_device *device_new(libusb_device *dev, int64_t now_ms);
/* Does what is due: judging, opening, one report, errors. Calls back through *ev. */
void device_turn(struct usb_device *d, const struct usb_bus_events *ev, int64_t now_ms);
/* INT64_MAX: only a completion or departure can bring news; now or earlier: a turn is due. */
int64_t device_deadline_ms(const struct usb_device *d);
/* The hub says that it was unplugged; the next turn tells why and closes. */
void device_leave(struct usb_device *d);
/* True when no transfer is in flight and nothing is open. */
bool device_is_closed(const struct usb_device *d);
/* Frees a device that has nothing open and sets *d to NULL. */
void device_free(struct usb_device **d);
#endif
