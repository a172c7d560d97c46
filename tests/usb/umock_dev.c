/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/usb/umock_dev.h"
#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <sys/ioctl.h>

struct answer {
    long result;
    int error;
};

static struct answer good(void)
{
    return (struct answer){0, 0};
}

static struct answer bad(int error)
{
    return (struct answer){-1, error};
}

/* Hands one URB back; its data lie in the other process, so they go through the library. */
static void finish(struct umock_dev *d, UMockdevIoctlData *data, int status, const void *bytes, unsigned n)
{
    struct usbdevfs_urb *urb = (struct usbdevfs_urb *)data->data;
    size_t at = urb->type == USBDEVFS_URB_TYPE_CONTROL ? 8 : 0;

    urb->status = status;
    urb->actual_length = (int)n;
    if (n) {
        UMockdevIoctlData *b = umockdev_ioctl_data_resolve(
            data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), (gsize)urb->buffer_length, NULL);
        guint8 copy[4096];
        memcpy(copy, bytes, n);
        umockdev_ioctl_data_update(b, at, copy, (int)n);
        umockdev_ioctl_data_unref(b);
    }
    d->done = g_list_append(d->done, data);
}

/* The control requests that reach a device's own firmware. */
static void control(struct umock_dev *d, UMockdevIoctlData *data, const uint8_t *setup)
{
    if (!(setup[0] & 0x80)) {
        fprintf(stderr, "host: %s request ", d->name);
        for (unsigned i = 0; i < 8u + setup[6] && i < 16; i++)
            fprintf(stderr, "%02x", setup[i]);
        fputc('\n', stderr);
    }

    unsigned length = setup[6] | (unsigned)setup[7] << 8, interface = setup[4];

    if (setup[0] == 0x81 && setup[1] == 6 && setup[3] == 0x22 && interface < UMOCK_INTERFACES &&
        d->report_desc[interface]) {
        size_t n = d->report_desc_len[interface];
        finish(d, data, 0, d->report_desc[interface], (unsigned)(n < length ? n : length));
    } else if (!(setup[0] & 0x80)) {
        finish(d, data, d->refuse ? -EPIPE : 0, NULL, 0);
    } else {
        finish(d, data, -EPIPE, NULL, 0);
    }
}

static GList *find_flying(struct umock_dev *d, uint8_t endpoint)
{
    GList *l = d->flying;

    while (endpoint && l && ((struct usbdevfs_urb *)((UMockdevIoctlData *)l->data)->data)->endpoint != endpoint)
        l = l->next;
    return l;
}

static void step(struct umock_dev *d)
{
    GList *l;

    while (d->halted && (l = find_flying(d, d->halted))) {
        finish(d, l->data, -EPIPE, NULL, 0);
        d->flying = g_list_delete_link(d->flying, l);
    }
    while (!d->halted && d->queue_at != d->queue_end &&
           (l = find_flying(d, d->queue[d->queue_at % UMOCK_QUEUE].endpoint))) {
        const struct umock_act *a = &d->queue[d->queue_at++ % UMOCK_QUEUE];
        UMockdevIoctlData *data = l->data;
        struct usbdevfs_urb *urb = (struct usbdevfs_urb *)data->data;
        d->flying = g_list_delete_link(d->flying, l);
        d->halted = a->status == -EPIPE ? urb->endpoint : 0;
        if (a->length > (unsigned)urb->buffer_length)
            finish(d, data, -EOVERFLOW, NULL, 0);
        else
            finish(d, data, a->status, a->bytes, a->length);
    }
}

static struct answer submit(struct umock_dev *d, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);
    struct usbdevfs_urb *urb = (struct usbdevfs_urb *)data->data;
    bool claimed = false;

    for (int i = 0; i < UMOCK_INTERFACES; i++)
        claimed = claimed || d->claimed[i];
    if (!claimed) {
        umockdev_ioctl_data_unref(data);
        d->foreign++;
        return bad(EBUSY);
    }
    if (urb->type == USBDEVFS_URB_TYPE_CONTROL) {
        UMockdevIoctlData *b = umockdev_ioctl_data_resolve(
            data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), (gsize)urb->buffer_length, NULL);
        uint8_t setup[16] = {0};
        memcpy(setup, b->data, (size_t)urb->buffer_length < sizeof setup ? (size_t)urb->buffer_length : sizeof setup);
        umockdev_ioctl_data_unref(b);
        control(d, data, setup);
    } else {
        d->flying = g_list_append(d->flying, data);
        step(d);
    }
    return good();
}

static struct answer reap(struct umock_dev *d, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *p, *data;

    step(d);
    if (!d->done && d->gone)
        return bad(ENODEV);
    if (!d->done) {
        g_usleep(1000); /* the mock descriptor is always ready; keep the program from spinning */
        return bad(EAGAIN);
    }
    p = umockdev_ioctl_data_resolve(arg, 0, sizeof(gpointer), NULL);
    data = d->done->data;
    d->done = g_list_delete_link(d->done, d->done);
    umockdev_ioctl_data_set_ptr(p, 0, data);
    umockdev_ioctl_data_unref(p);
    umockdev_ioctl_data_unref(data);
    return good();
}

static struct answer discard(struct umock_dev *d, UMockdevIoctlData *arg)
{
    gulong address;
    GList *l = d->flying;

    memcpy(&address, arg->data, sizeof address);
    while (l && ((UMockdevIoctlData *)l->data)->client_addr != address)
        l = l->next;
    if (!l)
        return bad(EINVAL);
    UMockdevIoctlData *data = l->data;
    d->flying = g_list_delete_link(d->flying, l);
    finish(d, data, -ENOENT, NULL, 0);
    return good();
}

static bool may(struct umock_dev *d, unsigned interface)
{
    if (interface < UMOCK_INTERFACES && (d->ours & 1u << interface))
        return true;
    fprintf(stderr, "host: %s interface %u was touched\n", d->name, interface);
    d->foreign++;
    return false;
}

static struct answer claim(struct umock_dev *d, unsigned interface, bool release)
{
    if (!may(d, interface))
        return bad(EINVAL);
    if (!release && (d->deny || d->kernel_driver[interface]))
        return bad(EBUSY);
    d->claimed[interface] = !release;
    return good();
}

/* Detach and claim in one; the flag says: unless the driver is this one, usbfs, which is another program. */
static struct answer disconnect_claim(struct umock_dev *d, UMockdevIoctlData *arg)
{
    struct usbdevfs_disconnect_claim command;
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof command, NULL);

    memcpy(&command, data->data, sizeof command);
    umockdev_ioctl_data_unref(data);
    if (!may(d, command.interface))
        return bad(EINVAL);
    if (d->deny)
        return bad(EBUSY);
    d->kernel_driver[command.interface] = false;
    d->claimed[command.interface] = true;
    return good();
}

static struct answer driver_ioctl(struct umock_dev *d, const struct usbdevfs_ioctl *command)
{
    unsigned interface = (unsigned)command->ifno;

    if (!may(d, interface))
        return bad(EINVAL);
    if (command->ioctl_code == (int)USBDEVFS_DISCONNECT) {
        if (!d->kernel_driver[interface])
            return bad(ENODATA);
        d->kernel_driver[interface] = false;
        return good();
    }
    if (command->ioctl_code == (int)USBDEVFS_CONNECT) {
        if (d->claimed[interface])
            return bad(EBUSY);
        d->kernel_driver[interface] = true;
        return (struct answer){1, 0};
    }
    return bad(ENOTTY);
}

static struct answer get_driver(struct umock_dev *d, UMockdevIoctlData *arg)
{
    struct usbdevfs_getdriver g;
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof g, NULL);
    struct answer a = bad(ENODATA);

    memcpy(&g, data->data, sizeof g);
    if (g.interface < UMOCK_INTERFACES && d->kernel_driver[g.interface]) {
        snprintf(g.driver, sizeof g.driver, "%s", d->drivers[g.interface]);
        umockdev_ioctl_data_update(data, 0, (guint8 *)&g, sizeof g);
        a = good();
    }
    umockdev_ioctl_data_unref(data);
    return a;
}

static struct answer with_number(struct umock_dev *d, UMockdevIoctlData *arg, bool release)
{
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(unsigned), NULL);
    unsigned interface;

    memcpy(&interface, data->data, sizeof interface);
    umockdev_ioctl_data_unref(data);
    return claim(d, interface, release);
}

static struct answer capabilities(UMockdevIoctlData *arg)
{
    guint32 caps = USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT | USBDEVFS_CAP_ZERO_PACKET;
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof caps, NULL);

    umockdev_ioctl_data_update(data, 0, (guint8 *)&caps, sizeof caps);
    umockdev_ioctl_data_unref(data);
    return good();
}

static struct answer serve(struct umock_dev *d, gulong request, UMockdevIoctlData *arg)
{
    struct answer a = bad(ENOTTY);
    UMockdevIoctlData *data;

    d->ioctls++;
    if (!d->ours) {
        fprintf(stderr, "host: %s was touched: ioctl %#lx\n", d->name, request);
        d->foreign++;
    }
    if (request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY)
        return reap(d, arg);
    if (d->gone)
        return bad(ENODEV);
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        return capabilities(arg);
    case USBDEVFS_GETDRIVER:
        return get_driver(d, arg);
    case USBDEVFS_CLAIMINTERFACE:
        return with_number(d, arg, false);
    case USBDEVFS_DISCONNECT_CLAIM:
        return disconnect_claim(d, arg);
    case USBDEVFS_RELEASEINTERFACE:
        return with_number(d, arg, true);
    case USBDEVFS_IOCTL:
        data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_ioctl), NULL);
        a = driver_ioctl(d, (struct usbdevfs_ioctl *)data->data);
        umockdev_ioctl_data_unref(data);
        return a;
    case USBDEVFS_CLEAR_HALT:
        d->halted = 0;
        return good();
    case USBDEVFS_SUBMITURB:
        return submit(d, arg);
    case USBDEVFS_DISCARDURB:
        return discard(d, arg);
    default:
        /* Resets and configurations would disturb a neighbouring interface, so nobody may ask for them. */
        fprintf(stderr, "host: %s: unexpected ioctl %#lx\n", d->name, request);
        d->foreign++;
        return bad(ENOTTY);
    }
}

static gboolean on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer user)
{
    struct umock_dev *d = user;
    struct answer a;

    (void)handler;
    pthread_mutex_lock(&d->lock);
    a = serve(d, umockdev_ioctl_client_get_request(client), umockdev_ioctl_client_get_arg(client));
    pthread_mutex_unlock(&d->lock);
    umockdev_ioctl_client_complete(client, a.result, a.error);
    return TRUE;
}

void umock_dev_init(struct umock_dev *d)
{
    pthread_mutex_init(&d->lock, NULL);
    d->handler = umockdev_ioctl_base_new();
    g_signal_connect(d->handler, "handle-ioctl", G_CALLBACK(on_ioctl), d);
}

void umock_dev_reset(struct umock_dev *d)
{
    pthread_mutex_lock(&d->lock);
    d->gone = false;
    d->halted = 0;
    d->queue_at = d->queue_end = 0;
    for (int i = 0; i < UMOCK_INTERFACES; i++) {
        d->claimed[i] = false;
        d->kernel_driver[i] = d->drivers[i] != NULL;
    }
    pthread_mutex_unlock(&d->lock);
}

bool umock_dev_push(struct umock_dev *d, const struct umock_act *act)
{
    bool room;

    pthread_mutex_lock(&d->lock);
    room = d->queue_end - d->queue_at < UMOCK_QUEUE;
    if (room)
        d->queue[d->queue_end++ % UMOCK_QUEUE] = *act;
    pthread_mutex_unlock(&d->lock);
    return room;
}

bool umock_dev_drain(struct umock_dev *d)
{
    for (int ms = 0; ms < 20000; ms++) {
        bool drained;
        pthread_mutex_lock(&d->lock);
        drained = d->queue_at == d->queue_end && d->flying;
        pthread_mutex_unlock(&d->lock);
        if (drained)
            return true;
        g_usleep(1000);
    }
    return false;
}

void umock_dev_unplug(struct umock_dev *d)
{
    pthread_mutex_lock(&d->lock);
    d->gone = true;
    for (; d->flying; d->flying = g_list_delete_link(d->flying, d->flying))
        finish(d, d->flying->data, -ESHUTDOWN, NULL, 0);
    pthread_mutex_unlock(&d->lock);
}
