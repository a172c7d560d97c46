/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/device.h"
#include "client/ports/usb/judge.h"
#include "client/ports/usb/reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETTLE_MS = 2000, /* that long the kernel may take to configure a device and bind its drivers */
    SETTLE_LOOK_MS = 50,
    RETRY_FIRST_MS = 250,
    RETRY_LAST_MS = 30000,
    IN_A_ROW = 5, /* stalls or errors before the device is closed and opened anew */
};

struct call {
    struct usb_device *d;
    const struct usb_bus_events *ev;
    int64_t now;
};

static void set_use(const struct call *c, enum usb_use use, enum usb_why why)
{
    struct usb_device_info *i = &c->d->info;

    if (i->use == use && i->why == why)
        return;
    if (i->use != use)
        i->since_mono_ms = c->now;
    i->use = use;
    i->why = why;
    if (c->ev->change)
        c->ev->change(c->ev->ctx, i);
}

static void later(const struct call *c, enum device_phase phase, int64_t ms)
{
    c->d->phase = phase;
    c->d->due_ms = c->now + ms;
}

/* Closed for now: the next attempt comes after a pause that doubles each time. */
static void retry(const struct call *c, enum usb_why why)
{
    struct usb_device *d = c->d;
    unsigned doublings = d->attempt < 8 ? d->attempt : 8;
    int64_t pause = (int64_t)RETRY_FIRST_MS << doublings;

    d->attempt++;
    later(c, DEVICE_JUDGE, pause < RETRY_LAST_MS ? pause : RETRY_LAST_MS);
    set_use(c, USB_WAITING, why);
}

static void rest(const struct call *c, enum usb_use use, enum usb_why why)
{
    c->d->phase = DEVICE_REST;
    set_use(c, use, why);
}

static void tell_dropped(const struct call *c, enum hid_pos_result r)
{
    if (r == HID_POS_DROPPED && c->ev->dropped)
        c->ev->dropped(c->ev->ctx, c->d->info.label, hid_pos_drop_text(c->d->reader->pos.why));
}

static void close_reader(const struct call *c)
{
    if (c->d->reader)
        tell_dropped(c, hid_pos_reset(&c->d->reader->pos));
    reader_close(&c->d->reader);
}

static void fail(const struct call *c, enum usb_why why)
{
    close_reader(c);
    retry(c, why);
}

static void await(const struct call *c)
{
    enum usb_why why = reader_submit(c->d->reader);

    if (why)
        fail(c, why);
}

static void begin_reading(const struct call *c, const struct hid_pos_plan *plan)
{
    enum usb_why why;

    reader_plan(c->d->reader, plan);
    why = reader_submit(c->d->reader);
    if (why) {
        fail(c, why);
        return;
    }
    c->d->phase = DEVICE_READ;
    c->d->served = true;
    set_use(c, USB_READY, USB_WHY_OK);
}

static void ask(const struct call *c, uint8_t interface)
{
    enum usb_why why = reader_open(c->d->dev, interface, &c->d->reader);

    if (why) {
        retry(c, why);
        return;
    }
    why = reader_ask(c->d->reader);
    if (why)
        fail(c, why);
    else
        c->d->phase = DEVICE_ASK;
}

static bool settling(const struct call *c)
{
    return c->now - c->d->arrived_ms < SETTLE_MS;
}

static void open_scanner(const struct call *c, uint8_t interface, const struct hid_pos_plan *plan)
{
    enum usb_why why = reader_open(c->d->dev, interface, &c->d->reader);

    if (why == USB_WHY_NO_ACCESS && settling(c)) /* udev is not through with its rules */
        later(c, DEVICE_JUDGE, SETTLE_LOOK_MS);
    else if (why)
        retry(c, why);
    else
        begin_reading(c, plan);
}

static void judge(const struct call *c)
{
    struct usb_device *d = c->d;
    struct hid_pos_plan plan;
    struct sysfs_device s;
    uint8_t interface = 0;
    enum judgement j;

    if (sysfs_device_read("/sys", d->info.path, &s)) {
        retry(c, USB_WHY_UNPLUGGED);
        return;
    }
    snprintf(d->info.label, sizeof d->info.label, "%04x:%04x%s%s", s.vid, s.pid, s.product[0] ? " " : "", s.product);
    j = judge_device("/sys", d->info.path, &s, &interface, &plan);
    if (j == JUDGE_YES)
        open_scanner(c, interface, &plan);
    else if (settling(c) && (j == JUDGE_UNKNOWN || !s.config || s.interface_cnt < s.expected_cnt))
        later(c, DEVICE_JUDGE, SETTLE_LOOK_MS);
    else if (j == JUDGE_UNKNOWN)
        ask(c, interface);
    else if (j == JUDGE_TAKEN)
        retry(c, USB_WHY_BUSY);
    else
        rest(c, USB_UNUSED, j == JUDGE_SENSELESS ? USB_WHY_BAD_DESCRIPTOR : USB_WHY_NOT_SCANNER);
}

static void asked(const struct call *c)
{
    struct reader *r = c->d->reader;
    struct hid_pos_plan plan;
    enum judgement j;

    if (r->transfer->status != LIBUSB_TRANSFER_COMPLETED) {
        fail(c, r->transfer->status == LIBUSB_TRANSFER_NO_DEVICE ? USB_WHY_UNPLUGGED : USB_WHY_IO);
        return;
    }
    j = judge_desc(r->buf + LIBUSB_CONTROL_SETUP_SIZE, (size_t)r->transfer->actual_length, &plan);
    if (j == JUDGE_YES) {
        begin_reading(c, &plan);
        return;
    }
    close_reader(c);
    rest(c, USB_UNUSED, j == JUDGE_NO ? USB_WHY_NOT_SCANNER : USB_WHY_BAD_DESCRIPTOR);
}

static void report(const struct call *c)
{
    struct usb_device *d = c->d;
    struct reader *r = d->reader;
    size_t n = (size_t)r->transfer->actual_length;
    enum hid_pos_result result = hid_pos_feed(&r->pos, r->buf, n, c->now);

    d->attempt = r->stalls = r->errors = 0;
    explicit_bzero(r->buf, n);
    tell_dropped(c, result);
    if (result == HID_POS_SCAN) {
        struct usb_scan scan = {.text = r->pos.text, .len = r->pos.len, .device = d->info.label, .mono_ms = c->now};
        memcpy(scan.aim, r->pos.aim, sizeof scan.aim);
        d->info.scans++;
        c->ev->scan(c->ev->ctx, &scan);
        hid_pos_reset(&r->pos);
    }
    await(c);
}

static void stalled(const struct call *c)
{
    struct reader *r = c->d->reader;

    tell_dropped(c, hid_pos_reset(&r->pos));
    if (++r->stalls > IN_A_ROW || libusb_clear_halt(r->handle, r->endpoint))
        fail(c, USB_WHY_STALLED);
    else
        await(c);
}

static void landed(const struct call *c)
{
    struct reader *r = c->d->reader;

    r->landed = false;
    if (c->d->phase == DEVICE_ASK) {
        asked(c);
        return;
    }
    switch (r->transfer->status) {
    case LIBUSB_TRANSFER_COMPLETED:
        report(c);
        return;
    case LIBUSB_TRANSFER_STALL:
        stalled(c);
        return;
    case LIBUSB_TRANSFER_NO_DEVICE:
        fail(c, USB_WHY_UNPLUGGED);
        return;
    default:
        /* Some controllers report an unplugged device as errors first; then the next submission fails. */
        tell_dropped(c, hid_pos_reset(&r->pos));
        if (++r->errors > IN_A_ROW)
            fail(c, USB_WHY_IO);
        else
            await(c);
    }
}

/* Unplugged, or the bus is being closed: brings the last transfer home, then lets go of the device. */
static void leave(const struct call *c)
{
    struct usb_device *d = c->d;

    if (d->reader && d->reader->in_flight) {
        if (d->phase != DEVICE_CLOSE)
            reader_cancel(d->reader);
        d->phase = DEVICE_CLOSE;
        return;
    }
    close_reader(c);
    libusb_unref_device(d->dev);
    d->dev = NULL;
    rest(c, USB_GONE, USB_WHY_UNPLUGGED);
}

void device_turn(struct usb_device *d, const struct usb_bus_events *ev, int64_t now_ms)
{
    struct call c = {d, ev, now_ms};

    if (d->left) {
        if (d->dev)
            leave(&c);
        return;
    }
    if (d->phase == DEVICE_JUDGE && now_ms >= d->due_ms)
        judge(&c);
    else if (d->reader && d->reader->landed)
        landed(&c);
    else if (d->reader && d->phase == DEVICE_READ)
        tell_dropped(&c, hid_pos_tick(&d->reader->pos, now_ms));
}

int64_t device_deadline_ms(const struct usb_device *d)
{
    bool returned = d->reader && !d->reader->in_flight;

    if (d->left)
        return d->dev && (!d->reader || returned || d->phase != DEVICE_CLOSE) ? INT64_MIN : INT64_MAX;
    if (d->phase == DEVICE_JUDGE)
        return d->due_ms;
    if (d->reader && d->reader->landed)
        return INT64_MIN;
    return d->phase == DEVICE_READ ? hid_pos_deadline_ms(&d->reader->pos) : INT64_MAX;
}

/* "1-1.4", as the kernel names devices in sysfs. */
static void device_path(libusb_device *dev, char *out, size_t size)
{
    uint8_t ports[7]; /* USB 3.0: at most seven tiers */
    int cnt = libusb_get_port_numbers(dev, ports, sizeof ports);
    size_t n = (size_t)snprintf(out, size, "%u", libusb_get_bus_number(dev));

    for (int i = 0; i < cnt && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%c%u", i ? '.' : '-', ports[i]);
}

struct usb_device *device_new(libusb_device *dev, int64_t now_ms)
{
    struct libusb_device_descriptor desc = {0};
    struct usb_device *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    libusb_get_device_descriptor(dev, &desc);
    d->dev = libusb_ref_device(dev);
    d->info.vid = desc.idVendor;
    d->info.pid = desc.idProduct;
    d->info.use = USB_WAITING;
    d->info.why = USB_WHY_SETTLING;
    d->info.since_mono_ms = d->arrived_ms = d->due_ms = now_ms;
    device_path(dev, d->info.path, sizeof d->info.path);
    snprintf(d->info.label, sizeof d->info.label, "%04x:%04x", desc.idVendor, desc.idProduct);
    return d;
}

void device_leave(struct usb_device *d)
{
    d->left = true;
}

bool device_is_closed(const struct usb_device *d)
{
    return !d->dev;
}

void device_free(struct usb_device **d)
{
    if ((*d)->dev)
        libusb_unref_device((*d)->dev);
    free(*d);
    *d = NULL;
}
