/* SPDX-License-Identifier: Apache-2.0 */
/* The USB bus: finds scanners, card readers and printers, keeps them open, hands on what they read. The one module that owns
 * libusb.
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
 * anything is opened. Only an interface that a driver (driver.h) matches is detached from its kernel driver and
 * claimed; every other interface and device is left alone. After an error a device is re-opened with back-off (backoff.h); whenever
 * one is lost or not used there is a reason in words. A machine without USB, or without the right to use it, is a
 * state, not a failure.
 *
 * One thread, the caller's. Deliberately not here: what a scan means. */
#ifndef HUIKA_USB_BUS_H
#define HUIKA_USB_BUS_H
#include "err.h"
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USB_BUS_DEVICES_FILE "/etc/huika/devices.tsv" /* the shop's lines, which the udev rule reads, too */

enum { USB_BUS_FDS = 72, USB_BUS_DEVICES = 64, USB_BUS_LABEL = 96 };

struct usb_bus;

/* What a device is to us. */
enum usb_use {
    USB_UNUSED,  /* not ours: left alone; `why` says why */
    USB_WAITING, /* ours, or perhaps so, but cannot be used now; tried again by itself */
    USB_READY,   /* in use */
    USB_GONE,    /* was in use and was unplugged; stays in the list until it comes back */
};

/* Why it is so. usb_why_code() is for programs, usb_why_text() for people. */
enum usb_why {
    USB_WHY_OK,
    USB_WHY_NOT_OURS, /* nothing that Huika reads or prints on */
    USB_WHY_KEYBOARD, /* a keyboard, or a scanner that pretends to be one and is not in devices.tsv */
    USB_WHY_MOUSE,
    USB_WHY_STORAGE,
    USB_WHY_SECURITY_KEY,   /* FIDO: usage page F1D0 */
    USB_WHY_SERIAL,         /* a serial port that is not in devices.tsv */
    USB_WHY_PRINTER,        /* a printer that devices.tsv does not name as a receipt printer */
    USB_WHY_MODE,           /* a known scanner in a mode that Huika cannot read */
    USB_WHY_NO_DRIVER,      /* HID, but no kernel driver says what it is, and its maker is not in devices.tsv */
    USB_WHY_IGNORED,        /* the shop's devices.tsv says so */
    USB_WHY_SETTLING,       /* just plugged in; the kernel is not through with it */
    USB_WHY_BAD_DESCRIPTOR, /* says that it is ours, but its report descriptor makes no sense */
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

/* One row per function: a reader for codes and cards has two. */
struct usb_device_info {
    uint16_t vid, pid;
    uint8_t interface; /* the function's; 0 for a device that is not ours */
    const char *as;    /* "scanner", "card", "printer"; "none". Static */
    const char *how;   /* "hid_pos", "hid_msr", "hid_keyboard", "cdc_acm", ...; "". Static */
    enum usb_use use;
    enum usb_why why;
    char path[32];             /* as in sysfs, "1-1.4": bus and ports */
    char label[USB_BUS_LABEL]; /* "1eab:0d10 HID POS scanner": vid:pid and product string, cleaned, UTF-8 */
    uint32_t scans;            /* scans and swipes delivered since it was plugged in */
    int64_t since_mono_ms;     /* when `use` last changed */
};

enum usb_input {
    USB_INPUT_CODE,  /* text of a code: any bytes */
    USB_INPUT_SWIPE, /* a card number off the magnetic stripe: 13-19 digits */
};

struct usb_scan {
    enum usb_input input;
    const char *text;   /* text[len] is 0; wiped after the call */
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
    /* A code or a swipe was lost; `text` is a sentence (a gettext key). May be NULL. */
    void (*dropped)(void *ctx, const char *device, enum usb_input input, const char *text);
    /* A device came, went, or changed its use; also for devices that are not ours. May be NULL. */
    void (*change)(void *ctx, const struct usb_device_info *info);
};

/* Never fails for want of USB: see usb_bus_state(). ERR_NOMEM. *ev is copied. Devices that are already there are
 * reported by the first usb_bus_handle(). */
enum err usb_bus_new(const struct usb_bus_events *ev, struct usb_bus **out);
/* Adds the shop's lines to the built-in devices.tsv (known.h); before the first usb_bus_handle(). Errors of known_add_file(). */
enum err usb_bus_known(struct usb_bus *bus, const char *path, unsigned *line);
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
/* `self` of the nth device (from 0, in order of arrival) that this driver has open; NULL: none. Valid until the next
 * usb_bus_handle() or usb_bus_free(). */
struct usb_driver;
void *usb_bus_find(const struct usb_bus *bus, const struct usb_driver *driver, unsigned nth);
/* How the bus itself is: USB_WHY_OK, _LIBUSB, _NO_USB or _NO_UDEV. */
enum usb_why usb_bus_state(const struct usb_bus *bus);

const char *usb_why_code(enum usb_why why); /* "no_access"; static */
const char *usb_why_text(
    enum usb_why why); /* English sentence, a gettext key: what is the matter, what to do; static */
const char *usb_use_code(enum usb_use use); /* "ready"; static */
#endif
