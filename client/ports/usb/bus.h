/* SPDX-License-Identifier: Apache-2.0 */
/* The USB bus: finds bar code scanners, keeps them open, hands their scans on. The one module that owns libusb.
 *
 *     struct usb_bus_events ev = {.ctx = t, .scan = on_scan, .change = on_change};
 *     usb_bus_new(&ev, &bus);
 *     for (;;) {
 *         n = usb_bus_fds(bus, fds, USB_BUS_FDS);           again each turn: the set changes
 *         poll(fds, n, usb_bus_timeout_ms(bus, tm_mono_ms()));
 *         usb_bus_handle(bus, tm_mono_ms());                whatever poll said; never blocks, calls the callbacks
 *     }
 *     usb_bus_free(&bus);
 *
 * Each device is judged by what sysfs says of it (descriptors, the report descriptors of its HID interfaces) before
 * anything is opened. Only an interface with the application usage 8C:02 is detached from its kernel driver and
 * claimed; every other interface and device is left alone. After an error a device is re-opened with back-off; whenever
 * one is lost or not used there is a reason in words. A machine without USB, or without the right to use it, is a
 * state, not a failure.
 *
 * One thread, the caller's. Deliberately not here: what a scan means, keyboards, printers. */
#ifndef HUIKA_USB_BUS_H
#define HUIKA_USB_BUS_H
#include "err.h"
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { USB_BUS_FDS = 72, USB_BUS_DEVICES = 64, USB_BUS_LABEL = 96 };

struct usb_bus;

/* What a device is to us. */
enum usb_use {
    USB_UNUSED,  /* not ours: left alone; `why` says why */
    USB_WAITING, /* a scanner, or perhaps one, that cannot be used now; tried again by itself */
    USB_READY,   /* in use */
    USB_GONE,    /* was in use and was unplugged; stays in the list until it comes back */
};

/* Why it is so. usb_why_code() is for programs, usb_why_text() for people. */
enum usb_why {
    USB_WHY_OK,
    USB_WHY_NOT_SCANNER,    /* no interface with usage 8C:02 */
    USB_WHY_SETTLING,       /* just plugged in; the kernel is not through with it */
    USB_WHY_BAD_DESCRIPTOR, /* says that it is a scanner, but its report descriptor makes no sense */
    USB_WHY_NO_ACCESS,      /* the user may not open it: udev rule or group missing */
    USB_WHY_BUSY,           /* another program has claimed it */
    USB_WHY_IO,             /* transfers fail; cable, hub or device */
    USB_WHY_STALLED,        /* the device refuses to deliver */
    USB_WHY_UNPLUGGED,
    USB_WHY_NO_MEMORY,
    USB_WHY_LIBUSB,  /* bus: libusb cannot start */
    USB_WHY_NO_USB,  /* bus: this machine has no USB, or the container does not show it */
    USB_WHY_NO_UDEV, /* bus: udev is not running, so devices plugged in later are not noticed */
};

struct usb_device_info {
    uint16_t vid, pid;
    enum usb_use use;
    enum usb_why why;
    char path[32];             /* as in sysfs, "1-1.4": bus and ports */
    char label[USB_BUS_LABEL]; /* "1eab:0d10 HID POS scanner": vid:pid and product string, cleaned, UTF-8 */
    uint32_t scans;            /* delivered since it was plugged in */
    int64_t since_mono_ms;     /* when `use` last changed */
};

struct usb_scan {
    const char *text;   /* any bytes; text[len] is 0 */
    size_t len;         /* 1-4096 */
    char aim[4];        /* AIM identifier, "]Q1" for a QR, "" if unknown */
    const char *device; /* label */
    int64_t mono_ms;    /* when the last report came */
};

/* Called from usb_bus_handle() only; pointers are borrowed for the call. They may call usb_bus_list() and
 * usb_bus_state(), nothing else of this module. */
struct usb_bus_events {
    void *ctx;
    void (*scan)(void *ctx, const struct usb_scan *scan);
    /* A scan was lost half way; `text` is a sentence (a gettext key). May be NULL. */
    void (*dropped)(void *ctx, const char *device, const char *text);
    /* A device came, went, or changed its use; also for devices that are not ours. May be NULL. */
    void (*change)(void *ctx, const struct usb_device_info *info);
};

/* Never fails for want of USB: see usb_bus_state(). ERR_NOMEM. *ev is copied. Devices that are already there are
 * reported by the first usb_bus_handle(). */
enum err usb_bus_new(const struct usb_bus_events *ev, struct usb_bus **out);
/* Cancels what is in flight (waits for it, at most a second), gives interfaces back to the kernel, frees. Accepts NULL.
 */
void usb_bus_free(struct usb_bus **bus);

/* The descriptors to poll, with events; returns how many, at most max. */
size_t usb_bus_fds(const struct usb_bus *bus, struct pollfd *fds, size_t max);
/* Milliseconds until usb_bus_handle() is due though no descriptor is ready; -1: no such time. */
int usb_bus_timeout_ms(const struct usb_bus *bus, int64_t now_mono_ms);
/* One turn: arrivals, departures, reports, retries. Does not wait; a device that floods gets one report in per turn. */
void usb_bus_handle(struct usb_bus *bus, int64_t now_mono_ms);

/* Devices seen, hubs left out; returns how many were written, at most max. */
size_t usb_bus_list(const struct usb_bus *bus, struct usb_device_info *out, size_t max);
/* How the bus itself is: USB_WHY_OK, _LIBUSB, _NO_USB or _NO_UDEV. */
enum usb_why usb_bus_state(const struct usb_bus *bus);

const char *usb_why_code(enum usb_why why); /* "no_access"; static */
const char *usb_why_text(
    enum usb_why why); /* English sentence, a gettext key: what is the matter, what to do; static */
const char *usb_use_code(enum usb_use use); /* "ready"; static */
#endif
