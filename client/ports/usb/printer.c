/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/printer.h"
#include <stdlib.h>
#include <string.h>

enum {
    CLASS_PRINTER = 7,
    SUBCLASS_PRINTER = 1,
    INBOX = 64,
    INTERFACE_TO_HOST = 0xA1,
    GET_PORT_STATUS = 1,
};

/* One open printer. */
struct usb_printer {
    struct usb_port *port;
    uint8_t *sending; /* a copy, owned: the bus may need it longer than the queue does. NULL: idle */
    bool seen;        /* by the line, which counts it as a new one */
    uint8_t inbox[INBOX];
    size_t inbox_len;
    uint8_t interface;
    int lines; /* the port's status byte, or PRINTER_LINES_* */
};

struct line {
    struct usb_bus *bus;
    uint32_t generation, cnt;
};

static enum usb_match match(const struct usb_look *look, struct usb_claim *out)
{
    const struct sysfs_interface *i = look->interface;
    if (!look->known || look->known->mode != KNOWN_PRINTER || i->class != CLASS_PRINTER ||
        i->subclass != SUBCLASS_PRINTER)
        return USB_MATCH_NO;
    out->interface_cnt = 1;
    out->in = USB_PIPE_BULK;
    out->out = USB_PIPE_BULK;
    return USB_MATCH_YES;
}

static void attach(void *self, struct usb_port *port, const union usb_plan *plan)
{
    struct usb_printer *p = self;
    (void)plan;
    p->port = port;
    p->interface = usb_port_info(port)->interface;
    p->lines = PRINTER_LINES_NONE;
}

static void answered(void *self, const uint8_t *bytes, size_t n)
{
    ((struct usb_printer *)self)->lines = n ? bytes[0] : PRINTER_LINES_NONE;
}

/* Answers to status questions are a byte each; what nobody asked for gives way to what comes later. */
static void receive(void *self, const uint8_t *bytes, size_t n, int64_t now_ms)
{
    struct usb_printer *p = self;
    (void)now_ms;
    if (n > INBOX) {
        bytes += n - INBOX;
        n = INBOX;
    }
    if (p->inbox_len + n > INBOX)
        p->inbox_len = 0;
    memcpy(p->inbox + p->inbox_len, bytes, n);
    p->inbox_len += n;
}

static void written(void *self, int64_t now_ms)
{
    struct usb_printer *p = self;
    (void)now_ms;
    free(p->sending);
    p->sending = NULL;
}

static void detach(void *self, enum usb_why why)
{
    (void)why;
    written(self, 0);
    ((struct usb_printer *)self)->port = NULL;
}

const struct usb_driver usb_printer_driver = {
    .as = "printer",
    .size = sizeof(struct usb_printer),
    .match = match,
    .attach = attach,
    .receive = receive,
    .written = written,
    .answered = answered,
    .detach = detach,
};

static struct usb_printer *printer_of(const struct usb_bus *bus)
{
    struct usb_printer *p = usb_bus_find(bus, &usb_printer_driver, 0);
    return p && p->port ? p : NULL;
}

static void turn(void *ctx, int64_t now_ms)
{
    struct line *l = ctx;
    struct usb_printer *p = printer_of(l->bus);
    (void)now_ms;
    if (!p)
        l->generation = 0;
    else if (!p->seen) {
        p->seen = true;
        l->generation = ++l->cnt;
    }
}

static uint32_t generation(void *ctx)
{
    return ((const struct line *)ctx)->generation;
}

static enum err begin(void *ctx, const uint8_t *bytes, size_t len)
{
    struct usb_printer *p = printer_of(((const struct line *)ctx)->bus);
    if (!p || p->sending)
        return ERR_PRINTER_MISSING;
    p->sending = malloc(len);
    if (!p->sending)
        return ERR_NOMEM;
    memcpy(p->sending, bytes, len);
    if (!usb_port_write(p->port, p->sending, len))
        return ERR_OK;
    written(p, 0);
    return ERR_PRINTER_MISSING;
}

static bool idle(void *ctx)
{
    const struct usb_printer *p = printer_of(((const struct line *)ctx)->bus);
    return !p || !p->sending;
}

static size_t take(void *ctx, uint8_t *out, size_t max)
{
    struct usb_printer *p = printer_of(((const struct line *)ctx)->bus);
    size_t n = !p ? 0 : p->inbox_len < max ? p->inbox_len : max;
    if (!n)
        return 0;
    memcpy(out, p->inbox, n);
    memmove(p->inbox, p->inbox + n, p->inbox_len - n);
    p->inbox_len -= n;
    return n;
}

/* USB Printing Devices 1.1, 4.2.2; the interface is in the high byte of the index, alternate setting 0 in the low one. */
static bool ask_lines(void *ctx)
{
    struct usb_printer *p = printer_of(((const struct line *)ctx)->bus);
    const struct usb_setup s = {.type = INTERFACE_TO_HOST,
        .request = GET_PORT_STATUS,
        .index = p ? (uint16_t)(p->interface << 8) : 0,
        .len = 1};
    if (!p || usb_port_query(p->port, &s))
        return false;
    p->lines = PRINTER_LINES_WAIT;
    return true;
}

static int lines(void *ctx)
{
    const struct usb_printer *p = printer_of(((const struct line *)ctx)->bus);
    return p ? p->lines : PRINTER_LINES_NONE;
}

enum err usb_printer_io(struct usb_bus *bus, struct printer_io *out)
{
    struct line *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_NOMEM;
    l->bus = bus;
    *out = (struct printer_io){.ctx = l,
        .answers = true,
        .generation = generation,
        .write = begin,
        .idle = idle,
        .read = take,
        .ask_lines = ask_lines,
        .lines = lines,
        .turn = turn,
        .free = free};
    return ERR_OK;
}

const char *usb_printer_quirk(const struct usb_bus *bus)
{
    const struct usb_printer *p = printer_of(bus);
    const struct known *k = p ? usb_port_known(p->port) : NULL;
    return k ? k->quirk : "";
}
