/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/bus.h"
#include "base/tm.h"
#include "client/ports/usb/device.h"
#include <stdlib.h>
#include <unistd.h>

enum {
    RESTART_MS = 5000, /* between attempts to start libusb on a machine that shows no USB (yet) */
    CLOSE_MS = 1000,
    CLOSE_STEP_US = 20000,
};

#define USBFS    "/dev/bus/usb"
#define UDEV_RUN "/run/udev/control"

struct usb_bus {
    struct usb_bus_events ev;
    struct known_table *known;
    libusb_context *ctx; /* NULL: not started, tried again at restart_ms */
    int64_t restart_ms, now_ms;
    unsigned device_cnt;
    struct usb_device *devices[USB_BUS_DEVICES];
};

static void forget(struct usb_bus *b, unsigned at)
{
    device_free(&b->devices[at]);
    b->device_cnt--;
    for (unsigned i = at; i < b->device_cnt; i++)
        b->devices[i] = b->devices[i + 1];
    b->devices[b->device_cnt] = NULL;
}

/* A scanner that comes back takes the place of its former self, which may still be closing. */
static void replace_former(struct usb_bus *b, const struct usb_device *d)
{
    for (unsigned i = 0; i < b->device_cnt; i++) {
        struct usb_device *f = b->devices[i];
        if (f->left && device_is_missed(f) && f->info.vid == d->info.vid && f->info.pid == d->info.pid) {
            f->replaced = true;
            return;
        }
    }
}

/* When the table is full, whatever is gone makes room, and else what is not ours: a scanner must always find a place.
 */
static bool make_room(struct usb_bus *b)
{
    if (b->device_cnt < USB_BUS_DEVICES)
        return true;
    for (unsigned i = 0; i < b->device_cnt; i++)
        if (device_is_closed(b->devices[i])) {
            forget(b, i);
            return true;
        }
    for (unsigned i = 0; i < b->device_cnt; i++)
        if (device_is_foreign(b->devices[i])) {
            forget(b, i);
            return true;
        }
    return false;
}

static void arrived(struct usb_bus *b, libusb_device *dev)
{
    struct usb_device *d;

    for (unsigned i = 0; i < b->device_cnt; i++)
        if (b->devices[i]->dev == dev && !b->devices[i]->left)
            return;
    if (!make_room(b) || !(d = device_new(dev, b->now_ms)))
        return;
    replace_former(b, d);
    b->devices[b->device_cnt++] = d;
}

static void left(struct usb_bus *b, libusb_device *dev)
{
    for (unsigned i = 0; i < b->device_cnt; i++)
        if (b->devices[i]->dev == dev)
            device_leave(b->devices[i]);
}

static int LIBUSB_CALL on_hotplug(libusb_context *ctx, libusb_device *dev, libusb_hotplug_event event, void *user)
{
    struct libusb_device_descriptor desc;

    (void)ctx;
    if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT)
        left(user, dev);
    else if (!libusb_get_device_descriptor(dev, &desc) && desc.bDeviceClass != LIBUSB_CLASS_HUB)
        arrived(user, dev);
    return 0;
}

static void start(struct usb_bus *b)
{
    b->restart_ms = b->now_ms + RESTART_MS;
    if (access(USBFS, F_OK) || libusb_init(&b->ctx)) {
        b->ctx = NULL;
        return;
    }
    if (libusb_hotplug_register_callback(b->ctx, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
            LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
            on_hotplug, b, NULL)) {
        libusb_exit(b->ctx);
        b->ctx = NULL;
    }
}

enum err usb_bus_new(const struct usb_bus_events *ev, struct usb_bus **out)
{
    struct usb_bus *b = calloc(1, sizeof *b);

    if (!b)
        return ERR_NOMEM;
    if (known_new(&b->known)) {
        free(b);
        return ERR_NOMEM;
    }
    b->ev = *ev;
    b->restart_ms = INT64_MIN;
    *out = b;
    return ERR_OK;
}

enum err usb_bus_known(struct usb_bus *b, const char *path, unsigned *line)
{
    return known_add_file(b->known, path, line);
}

void usb_bus_handle(struct usb_bus *b, int64_t now_mono_ms)
{
    struct timeval at_once = {0, 0};
    struct usb_env env = {.ev = &b->ev, .known = b->known};

    b->now_ms = now_mono_ms;
    if (!b->ctx && now_mono_ms >= b->restart_ms)
        start(b);
    if (!b->ctx)
        return;
    libusb_handle_events_timeout_completed(b->ctx, &at_once, NULL);
    for (unsigned i = 0; i < b->device_cnt;) {
        struct usb_device *d = b->devices[i];
        device_turn(d, &env, now_mono_ms);
        if (device_is_closed(d) && !device_is_missed(d))
            forget(b, i);
        else
            i++;
    }
}

static void close_all(struct usb_bus *b)
{
    const struct usb_bus_events nobody = {.ctx = b->ev.ctx};
    const struct usb_env env = {.ev = &nobody, .known = b->known};
    struct timeval step = {0, CLOSE_STEP_US};
    int64_t deadline = tm_mono_ms() + CLOSE_MS;

    for (unsigned i = 0; i < b->device_cnt; i++)
        device_leave(b->devices[i]);
    while (b->device_cnt) {
        for (unsigned i = b->device_cnt; i-- > 0;) {
            device_turn(b->devices[i], &env, b->now_ms);
            if (device_is_closed(b->devices[i]))
                forget(b, i);
        }
        if (!b->device_cnt || tm_mono_ms() >= deadline)
            break;
        libusb_handle_events_timeout_completed(b->ctx, &step, NULL);
    }
}

void usb_bus_free(struct usb_bus **bus)
{
    struct usb_bus *b = *bus;

    *bus = NULL;
    if (!b)
        return;
    if (b->ctx)
        close_all(b);
    /* A transfer that does not come home still belongs to libusb: then everything it may touch stays allocated. */
    if (b->device_cnt)
        return;
    if (b->ctx)
        libusb_exit(b->ctx);
    known_free(&b->known);
    free(b);
}

size_t usb_bus_fds(const struct usb_bus *b, struct pollfd *fds, size_t max)
{
    const struct libusb_pollfd **all = b->ctx ? libusb_get_pollfds(b->ctx) : NULL;
    size_t n = 0;

    for (; all && all[n] && n < max; n++)
        fds[n] = (struct pollfd){.fd = all[n]->fd, .events = all[n]->events};
    libusb_free_pollfds(all);
    return n;
}

int usb_bus_timeout_ms(const struct usb_bus *b, int64_t now_mono_ms)
{
    int64_t due = b->ctx ? INT64_MAX : b->restart_ms;
    struct timeval tv;

    for (unsigned i = 0; i < b->device_cnt; i++) {
        int64_t d = device_deadline_ms(b->devices[i]);
        if (d < due)
            due = d;
    }
    if (b->ctx && libusb_get_next_timeout(b->ctx, &tv) == 1) {
        int64_t d = now_mono_ms + tv.tv_sec * 1000 + tv.tv_usec / 1000;
        if (d < due)
            due = d;
    }
    if (due == INT64_MAX)
        return -1;
    return due <= now_mono_ms ? 0 : (int)(due - now_mono_ms);
}

size_t usb_bus_list(const struct usb_bus *b, struct usb_device_info *out, size_t max)
{
    size_t n = 0;

    for (unsigned i = 0; i < b->device_cnt; i++) {
        const struct usb_device *d = b->devices[i];
        for (unsigned k = 0; k < d->port_cnt && n < max; k++)
            out[n++] = d->ports[k]->info;
        if (!d->port_cnt && n < max)
            out[n++] = d->info;
    }
    return n;
}

void *usb_bus_find(const struct usb_bus *b, const struct usb_driver *driver, unsigned nth)
{
    for (unsigned i = 0; i < b->device_cnt; i++)
        for (unsigned k = 0; k < b->devices[i]->port_cnt; k++) {
            const struct usb_port *p = b->devices[i]->ports[k];
            if (p->driver == driver && p->phase == PORT_OPEN && p->attached && !nth--)
                return p->self;
        }
    return NULL;
}

enum usb_why usb_bus_state(const struct usb_bus *b)
{
    if (access(USBFS, F_OK))
        return USB_WHY_NO_USB;
    if (!b->ctx)
        return USB_WHY_LIBUSB;
    return access(UDEV_RUN, F_OK) ? USB_WHY_NO_UDEV : USB_WHY_OK;
}
