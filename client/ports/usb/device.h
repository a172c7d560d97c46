/* SPDX-License-Identifier: Apache-2.0 */
/* One USB device on the bus, from "just seen" to "gone": judged from sysfs; each of its functions that is ours becomes a
 * port. Part of the bus (bus.h); nobody else includes this. Never waits. */
#ifndef HUIKA_USB_DEVICE_H
#define HUIKA_USB_DEVICE_H
#include "client/ports/usb/judge.h"
#include "client/ports/usb/port.h"

struct usb_device {
    struct usb_device_info info; /* while it has no ports */
    libusb_device *dev;          /* referenced; NULL once the device left and is closed */
    struct pipe_device open;
    struct sysfs_device sys;
    bool judging; /* look at sysfs at due_ms */
    int64_t arrived_ms, due_ms;
    struct backoff backoff;
    bool left;     /* the bus said that it is gone */
    bool replaced; /* it, or its like, came back */
    unsigned port_cnt;
    struct usb_port *ports[JUDGE_PORTS];
};

/* `now_ms` is monotonic, here and below. NULL if out of memory. */
struct usb_device *device_new(libusb_device *dev, int64_t now_ms);
/* Does what is due: judging, and the turns of its ports. Calls back through *env. */
void device_turn(struct usb_device *d, const struct usb_env *env, int64_t now_ms);
/* INT64_MAX: only a completion or departure can bring news; now or earlier: a turn is due. */
int64_t device_deadline_ms(const struct usb_device *d);
/* The hub says that it was unplugged; the next turn tells why and closes. */
void device_leave(struct usb_device *d);
/* True when it left, no transfer is in flight and nothing is open. */
bool device_is_closed(const struct usb_device *d);
/* True if its departure is worth remembering: it was in use at some time and has not come back. */
bool device_is_missed(const struct usb_device *d);
/* True if nothing of it is ours. */
bool device_is_foreign(const struct usb_device *d);
/* Frees a device that has nothing open and sets *d to NULL. */
void device_free(struct usb_device **d);
#endif
