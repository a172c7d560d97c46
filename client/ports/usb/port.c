/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/port.h"
#include <stdlib.h>
#include <string.h>

enum {
    SETTLE_MS = 2000, /* that long udev may take to be through with its rules */
    SETTLE_LOOK_MS = 50,
    IN_A_ROW = 5, /* stalls or errors before the device is closed and opened anew */
};

static void set_use(struct usb_port *p, enum usb_use use, enum usb_why why)
{
    struct usb_device_info *i = &p->info;

    if (i->use == use && i->why == why)
        return;
    if (i->use != use)
        i->since_mono_ms = p->now;
    i->use = use;
    i->why = why;
    if (p->env->ev->change)
        p->env->ev->change(p->env->ev->ctx, i);
}

/* Closed for now: the next attempt comes after a pause that doubles each time. */
static void retry(struct usb_port *p, enum usb_why why)
{
    p->phase = PORT_SHUT;
    p->due_ms = p->now + backoff_next(&p->backoff);
    set_use(p, USB_WAITING, why);
}

static void rest(struct usb_port *p, enum usb_use use, enum usb_why why)
{
    p->phase = PORT_REST;
    set_use(p, use, why);
}

static void drop_driver(struct usb_port *p, enum usb_why why)
{
    if (p->driver && p->attached && p->driver->detach)
        p->driver->detach(p->self, why);
    p->attached = false;
    if (p->self && p->driver)
        explicit_bzero(p->self, p->driver->size);
    free(p->self);
    p->self = NULL;
}

/* The transfers that still fly are called home first; what they were for is lost. */
static void shut(struct usb_port *p)
{
    if (p->pipe && pipe_is_flying(p->pipe)) {
        if (p->phase != PORT_DRAIN)
            pipe_cancel(p->pipe);
        p->phase = PORT_DRAIN;
        return;
    }
    drop_driver(p, p->drain_why);
    pipe_close(&p->pipe);
    if (p->left)
        rest(p, USB_GONE, USB_WHY_UNPLUGGED);
    else
        retry(p, p->drain_why);
}

static void fail(struct usb_port *p, enum usb_why why)
{
    p->drain_why = why;
    shut(p);
}

static void await(struct usb_port *p)
{
    enum usb_why why = p->pipe->in_endpoint ? pipe_read(p->pipe) : USB_WHY_OK;

    if (why)
        fail(p, why);
}

static void begin(struct usb_port *p)
{
    p->self = calloc(1, p->driver->size ? p->driver->size : 1);
    if (!p->self) {
        fail(p, USB_WHY_NO_MEMORY);
        return;
    }
    p->phase = PORT_OPEN;
    p->stalls = p->errors = 0;
    await(p);
    if (p->phase != PORT_OPEN)
        return;
    p->served = p->attached = true;
    p->driver->attach(p->self, p, &p->claim.plan);
    set_use(p, USB_READY, USB_WHY_OK);
}

static void next_setup(struct usb_port *p)
{
    enum usb_why why;

    if (p->setups_done == p->claim.setup_cnt) {
        begin(p);
        return;
    }
    p->phase = PORT_SETUP;
    why = pipe_setup(p->pipe, &p->claim.setups[p->setups_done++]);
    if (why)
        fail(p, why);
}

static void open_port(struct usb_port *p)
{
    enum usb_why why = pipe_open(p->device, &p->claim, &p->pipe);

    if (why == USB_WHY_NO_ACCESS && p->now - p->arrived_ms < SETTLE_MS) {
        p->due_ms = p->now + SETTLE_LOOK_MS;
        return;
    }
    if (why) {
        retry(p, why);
        return;
    }
    p->setups_done = 0;
    if (p->driver) {
        next_setup(p);
        return;
    }
    p->phase = PORT_ASK;
    why = pipe_ask(p->pipe);
    if (why)
        fail(p, why);
}

static void asked(struct usb_port *p)
{
    const struct libusb_transfer *t = p->pipe->in.transfer;
    const uint8_t *desc = p->pipe->buf + LIBUSB_CONTROL_SETUP_SIZE;
    enum usb_why why = USB_WHY_NOT_OURS;

    if (t->status != LIBUSB_TRANSFER_COMPLETED) {
        fail(p, t->status == LIBUSB_TRANSFER_NO_DEVICE ? USB_WHY_UNPLUGGED : USB_WHY_IO);
        return;
    }
    if (p->judge(p, desc, (size_t)t->actual_length, &why)) {
        pipe_close(&p->pipe); /* what is read from now on may have another size */
        p->phase = PORT_SHUT;
        p->due_ms = p->now;
        return;
    }
    pipe_close(&p->pipe);
    rest(p, USB_UNUSED, why);
}

static void set_up(struct usb_port *p)
{
    enum libusb_transfer_status s = p->pipe->in.transfer->status;

    if (s == LIBUSB_TRANSFER_COMPLETED || s == LIBUSB_TRANSFER_STALL)
        next_setup(p);
    else
        fail(p, s == LIBUSB_TRANSFER_NO_DEVICE ? USB_WHY_UNPLUGGED : USB_WHY_IO);
}

static void lost(struct usb_port *p)
{
    if (p->driver->lost)
        p->driver->lost(p->self);
}

static void received(struct usb_port *p)
{
    size_t n = (size_t)p->pipe->in.transfer->actual_length;

    p->stalls = p->errors = 0;
    backoff_reset(&p->backoff);
    if (p->driver->receive)
        p->driver->receive(p->self, p->pipe->buf, n, p->now);
    explicit_bzero(p->pipe->buf, n);
    if (p->phase == PORT_OPEN)
        await(p);
}

static void stalled(struct usb_port *p)
{
    lost(p);
    if (++p->stalls > IN_A_ROW || libusb_clear_halt(p->pipe->handle, p->pipe->in_endpoint))
        fail(p, USB_WHY_STALLED);
    else
        await(p);
}

static void read_landed(struct usb_port *p)
{
    switch (p->pipe->in.transfer->status) {
    case LIBUSB_TRANSFER_COMPLETED:
        received(p);
        return;
    case LIBUSB_TRANSFER_STALL:
        stalled(p);
        return;
    case LIBUSB_TRANSFER_NO_DEVICE:
        fail(p, USB_WHY_UNPLUGGED);
        return;
    default:
        /* Some controllers report an unplugged device as errors first; then the next submission fails. */
        lost(p);
        if (++p->errors > IN_A_ROW)
            fail(p, USB_WHY_IO);
        else
            await(p);
    }
}

static void in_landed(struct usb_port *p)
{
    p->pipe->in.landed = false;
    if (p->phase == PORT_ASK)
        asked(p);
    else if (p->phase == PORT_SETUP)
        set_up(p);
    else if (p->phase == PORT_OPEN)
        read_landed(p);
}

/* Half of what was written may have arrived, so nothing is written again here: the driver hears of it by detach(). */
static void out_landed(struct usb_port *p)
{
    const struct libusb_transfer *t = p->pipe->out.transfer;

    p->pipe->out.landed = false;
    if (p->phase != PORT_OPEN)
        return;
    if (t->status == LIBUSB_TRANSFER_COMPLETED && t->actual_length == t->length) {
        backoff_reset(&p->backoff);
        if (p->driver->written)
            p->driver->written(p->self, p->now);
        return;
    }
    if (t->status == LIBUSB_TRANSFER_STALL)
        libusb_clear_halt(p->pipe->handle, p->pipe->out_endpoint);
    fail(p, t->status == LIBUSB_TRANSFER_NO_DEVICE ? USB_WHY_UNPLUGGED
            : t->status == LIBUSB_TRANSFER_STALL   ? USB_WHY_STALLED
                                                   : USB_WHY_IO);
}

static void query_landed(struct usb_port *p)
{
    const struct libusb_transfer *t = p->pipe->query.transfer;
    bool good = t->status == LIBUSB_TRANSFER_COMPLETED;

    p->pipe->query.landed = false;
    if (p->phase == PORT_OPEN && p->driver->answered)
        p->driver->answered(p->self, p->pipe->answer + LIBUSB_CONTROL_SETUP_SIZE, good ? (size_t)t->actual_length : 0);
}

static bool tick_due(const struct usb_port *p)
{
    return p->phase == PORT_OPEN && p->attached && p->driver->tick && p->driver->deadline_ms;
}

void port_turn(struct usb_port *p, const struct usb_env *env, int64_t now_ms)
{
    p->env = env;
    p->now = now_ms;
    if (p->phase == PORT_REST) {
        if (p->left)
            set_use(p, USB_GONE, USB_WHY_UNPLUGGED);
        return;
    }
    if (p->left || p->phase == PORT_DRAIN) {
        shut(p);
        return;
    }
    if (p->phase == PORT_SHUT && now_ms >= p->due_ms)
        open_port(p);
    if (p->pipe && p->pipe->out.landed)
        out_landed(p);
    if (p->pipe && p->pipe->query.landed)
        query_landed(p);
    if (p->pipe && p->pipe->in.landed)
        in_landed(p);
    if (tick_due(p) && now_ms >= p->driver->deadline_ms(p->self))
        p->driver->tick(p->self, now_ms);
}

int64_t port_deadline_ms(const struct usb_port *p)
{
    if (p->phase == PORT_REST)
        return p->left && p->info.use != USB_GONE ? INT64_MIN : INT64_MAX;
    if (p->left || p->phase == PORT_DRAIN)
        return !p->pipe || !pipe_is_flying(p->pipe) || p->phase != PORT_DRAIN ? INT64_MIN : INT64_MAX;
    if (p->phase == PORT_SHUT)
        return p->due_ms;
    if (p->pipe && (p->pipe->in.landed || p->pipe->out.landed || p->pipe->query.landed))
        return INT64_MIN;
    return tick_due(p) ? p->driver->deadline_ms(p->self) : INT64_MAX;
}

struct usb_port *port_new(const struct usb_port *init, int64_t now_ms)
{
    struct usb_port *p = malloc(sizeof *p);

    if (!p)
        return NULL;
    *p = *init;
    p->backoff = (struct backoff){.first_ms = PORT_RETRY_FIRST_MS, .max_ms = PORT_RETRY_LAST_MS};
    p->phase = PORT_SHUT;
    p->due_ms = now_ms;
    return p;
}

void port_leave(struct usb_port *p)
{
    p->left = true;
    p->drain_why = USB_WHY_UNPLUGGED;
}

bool port_is_closed(const struct usb_port *p)
{
    return !p->pipe && !p->self;
}

void port_free(struct usb_port **p)
{
    free(*p);
    *p = NULL;
}
