/* SPDX-License-Identifier: Apache-2.0 */
/* One function of a USB device on the bus, from "ours" to "closed": opened, set up, read, re-opened after errors. Part of
 * the bus; drivers see of it what driver.h shows.
 *
 * A port never waits and never calls back from inside libusb: completions only leave a mark, port_turn() does the work.
 * Nothing is freed while a transfer is in flight. */
#ifndef HUIKA_USB_PORT_H
#define HUIKA_USB_PORT_H
#include "client/ports/backoff.h"
#include "client/ports/usb/pipe.h"

enum { PORT_RETRY_FIRST_MS = 250, PORT_RETRY_LAST_MS = 30000 };

/* What all ports of a bus share. */
struct usb_env {
    const struct usb_bus_events *ev;
    const struct known_table *known;
};

struct usb_port {
    struct usb_device_info info;
    const struct usb_driver *driver; /* NULL: the report descriptor is being asked for, to find one */
    const struct known *known;
    struct usb_claim claim;
    struct pipe_device *device; /* borrowed from the device */
    enum port_phase {
        PORT_SHUT,  /* to be opened at due_ms */
        PORT_ASK,   /* the report descriptor is on its way */
        PORT_SETUP, /* control requests are on their way */
        PORT_OPEN,
        PORT_DRAIN, /* the last transfers are coming back; then it opens anew, or stays closed */
        PORT_REST,  /* not ours after all, or left */
    } phase;
    int64_t arrived_ms, due_ms;
    struct backoff backoff;               /* of openings that fail in a row */
    unsigned stalls, errors, setups_done; /* the first two in a row */
    enum usb_why drain_why;
    bool left, attached;
    bool served;       /* was in use at some time */
    struct pipe *pipe; /* while open */
    void *self;        /* the driver's, while open */
    /* for the turn under way */
    const struct usb_env *env;
    int64_t now;
    /* Finds driver and claim for an answered report descriptor: the device's. */
    bool (*judge)(struct usb_port *p, const uint8_t *desc, size_t len, enum usb_why *why);
    const void *judge_ctx;
};

/* Starts SHUT and due at once. *claim is copied; the rest of *init (info, driver, known, dev, judge) too. NULL: out of memory. */
struct usb_port *port_new(const struct usb_port *init, int64_t now_ms);
/* Does what is due. Calls back through env->ev. */
void port_turn(struct usb_port *p, const struct usb_env *env, int64_t now_ms);
/* INT64_MAX: only a completion can bring news; now or earlier: a turn is due. */
int64_t port_deadline_ms(const struct usb_port *p);
/* Unplugged, or the bus is being closed; the next turns bring the transfers home and close. */
void port_leave(struct usb_port *p);
/* True when nothing is open. */
bool port_is_closed(const struct usb_port *p);
/* Frees a closed port, sets *p to NULL. */
void port_free(struct usb_port **p);
#endif
