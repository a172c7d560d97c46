/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/device.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETTLE_MS = 2000, /* that long the kernel may take to configure a device and bind its drivers */
    SETTLE_LOOK_MS = 50,
    REFUSE_MS = 500, /* that long a refusal is thought over */
};

struct call {
    struct usb_device *d;
    const struct usb_env *env;
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
    if (c->env->ev->change)
        c->env->ev->change(c->env->ev->ctx, i);
}

static void later(const struct call *c, int64_t ms)
{
    c->d->judging = true;
    c->d->due_ms = c->now + ms;
}

static void retry(const struct call *c, enum usb_why why)
{
    later(c, backoff_next(&c->d->backoff));
    set_use(c, USB_WAITING, why);
}

/* By the report descriptor that a port asked for: does it have a driver? */
static bool judge_answer(struct usb_port *p, const uint8_t *desc, size_t len, enum usb_why *why)
{
    const struct sysfs_device *s = p->judge_ctx;
    struct usb_look look = {.dev = s, .known = p->known};
    struct judge_port found;

    for (unsigned i = 0; i < s->interface_cnt; i++)
        if (s->interfaces[i].number == p->claim.data)
            look.interface = &s->interfaces[i];
    if (!look.interface || judge_desc(&look, desc, len, &found, why) != JUDGE_YES)
        return false;
    p->driver = found.driver;
    p->claim = found.claim;
    p->info.as = found.driver->as;
    p->info.how = found.driver->how ? found.driver->how : "";
    return true;
}

static void make_ports(const struct call *c, const struct judge *j, const struct known *known)
{
    struct usb_device *d = c->d;

    for (unsigned i = 0; i < j->port_cnt; i++) {
        struct usb_port init = {.info = d->info,
            .driver = j->ports[i].driver,
            .known = known,
            .claim = j->ports[i].claim,
            .device = &d->open,
            .arrived_ms = d->arrived_ms,
            .judge = judge_answer,
            .judge_ctx = &d->sys};
        init.info.interface = init.claim.interfaces[0];
        init.info.as = init.driver ? init.driver->as : "none";
        init.info.how = init.driver && init.driver->how ? init.driver->how : "";
        struct usb_port *p = port_new(&init, c->now);
        if (p)
            d->ports[d->port_cnt++] = p;
    }
    if (!d->port_cnt)
        retry(c, USB_WHY_NO_MEMORY);
}

/* udev may tell of a device before all its files are filled, so a refusal is thought over a few times. */
static void refuse(const struct call *c, enum usb_why why)
{
    set_use(c, USB_UNUSED, why);
    if (c->now - c->d->arrived_ms < REFUSE_MS)
        later(c, SETTLE_LOOK_MS);
}

static void judge(const struct call *c)
{
    struct usb_device *d = c->d;
    const struct known *known;
    struct sysfs_device *s = &d->sys;
    struct judge j;

    d->judging = false;
    if (sysfs_device_read("/sys", d->info.path, s)) {
        retry(c, USB_WHY_UNPLUGGED);
        return;
    }
    snprintf(
        d->info.label, sizeof d->info.label, "%04x:%04x%s%s", s->vid, s->pid, s->product[0] ? " " : "", s->product);
    known = known_find(c->env->known, s->vid, s->pid);
    judge_device("/sys", d->info.path, s, known, &j);
    if (j.unsettled && c->now - d->arrived_ms < SETTLE_MS)
        later(c, SETTLE_LOOK_MS);
    else if (j.best == JUDGE_YES || j.best == JUDGE_UNKNOWN)
        make_ports(c, &j, known);
    else if (j.best == JUDGE_TAKEN)
        retry(c, USB_WHY_BUSY);
    else
        refuse(c, j.why);
}

static bool ports_closed(const struct usb_device *d)
{
    for (unsigned i = 0; i < d->port_cnt; i++)
        if (!port_is_closed(d->ports[i]) || d->ports[i]->info.use != USB_GONE)
            return false;
    return true;
}

void device_turn(struct usb_device *d, const struct usb_env *env, int64_t now_ms)
{
    struct call c = {d, env, now_ms};

    if (!d->dev)
        return;
    if (!d->left && d->judging && now_ms >= d->due_ms)
        judge(&c);
    for (unsigned i = 0; i < d->port_cnt; i++)
        port_turn(d->ports[i], env, now_ms);
    if (!d->left || !ports_closed(d))
        return;
    libusb_unref_device(d->dev);
    d->dev = NULL;
    d->judging = false;
    if (!d->port_cnt)
        set_use(&c, USB_GONE, USB_WHY_UNPLUGGED);
}

int64_t device_deadline_ms(const struct usb_device *d)
{
    int64_t due = INT64_MAX;

    if (!d->dev)
        return INT64_MAX;
    if (d->left && ports_closed(d))
        return INT64_MIN;
    if (!d->left && d->judging)
        due = d->due_ms;
    for (unsigned i = 0; i < d->port_cnt; i++) {
        int64_t p = port_deadline_ms(d->ports[i]);
        if (p < due)
            due = p;
    }
    return due;
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
    d->open.dev = d->dev = libusb_ref_device(dev);
    d->judging = true;
    d->backoff = (struct backoff){.first_ms = PORT_RETRY_FIRST_MS, .max_ms = PORT_RETRY_LAST_MS};
    d->info.vid = desc.idVendor;
    d->info.pid = desc.idProduct;
    d->info.as = "none";
    d->info.how = "";
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
    for (unsigned i = 0; i < d->port_cnt; i++)
        port_leave(d->ports[i]);
}

bool device_is_closed(const struct usb_device *d)
{
    return !d->dev;
}

bool device_is_missed(const struct usb_device *d)
{
    for (unsigned i = 0; i < d->port_cnt; i++)
        if (d->ports[i]->served)
            return !d->replaced;
    return false;
}

bool device_is_foreign(const struct usb_device *d)
{
    if (!d->port_cnt)
        return d->info.use == USB_UNUSED;
    for (unsigned i = 0; i < d->port_cnt; i++)
        if (d->ports[i]->info.use != USB_UNUSED)
            return false;
    return true;
}

void device_free(struct usb_device **d)
{
    for (unsigned i = 0; i < (*d)->port_cnt; i++)
        port_free(&(*d)->ports[i]);
    if ((*d)->dev)
        libusb_unref_device((*d)->dev);
    free(*d);
    *d = NULL;
}
