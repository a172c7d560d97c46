/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/judge.h"
#include <stdlib.h>
#include <string.h>

enum {
    CLASS_COMM = 2,
    CLASS_HID = 3,
    CLASS_PRINTER = 7,
    CLASS_STORAGE = 8,
    BOOT_SUBCLASS = 1,
    FIDO_PAGE = 0xF1D0,
    MOUSE = 0x010002
};

static enum judgement by_drivers(const struct usb_look *look, struct judge_port *out)
{
    enum judgement best = JUDGE_NO;

    if (look->known && look->known->mode == KNOWN_IGNORE)
        return JUDGE_NO;
    for (size_t i = 0; usb_drivers[i]; i++) {
        struct usb_claim claim = {
            .interface_cnt = 1, .interfaces = {look->interface->number}, .data = look->interface->number};
        enum usb_match m = usb_drivers[i]->match(look, &claim);
        if (m == USB_MATCH_SENSELESS)
            best = JUDGE_SENSELESS;
        if (m == USB_MATCH_YES) {
            out->driver = usb_drivers[i];
            out->claim = claim;
            return JUDGE_YES;
        }
    }
    return best;
}

static bool has_page(const struct hid_desc *d, unsigned page)
{
    for (unsigned i = 0; i < d->app_cnt; i++)
        if (d->apps[i] >> 16 == page)
            return true;
    return false;
}

/* What it is instead, for people. */
static enum usb_why what_else(const struct usb_look *look)
{
    const struct sysfs_interface *i = look->interface;

    if (look->known && look->known->mode == KNOWN_IGNORE)
        return USB_WHY_IGNORED;
    if (look->known && look->known->mode != KNOWN_HID_POS)
        return USB_WHY_MODE;
    if (look->hid && has_page(look->hid, FIDO_PAGE))
        return USB_WHY_SECURITY_KEY;
    if ((look->hid && (hid_desc_has_app(look->hid, HID_KBD_KEYBOARD) || hid_desc_has_app(look->hid, HID_KBD_KEYPAD))) ||
        (!look->hid && i->class == CLASS_HID && i->subclass == BOOT_SUBCLASS && i->protocol == 1))
        return USB_WHY_KEYBOARD;
    if ((look->hid && hid_desc_has_app(look->hid, MOUSE)) ||
        (!look->hid && i->class == CLASS_HID && i->subclass == BOOT_SUBCLASS && i->protocol == 2))
        return USB_WHY_MOUSE;
    if (!look->hid && i->class == CLASS_HID)
        return USB_WHY_NO_DRIVER;
    if (i->class == CLASS_STORAGE)
        return USB_WHY_STORAGE;
    if (i->class == CLASS_PRINTER)
        return USB_WHY_PRINTER;
    return i->class == CLASS_COMM && i->subclass == 2 ? USB_WHY_SERIAL : USB_WHY_NOT_OURS;
}

enum judgement judge_desc(
    const struct usb_look *look, const uint8_t *desc, size_t len, struct judge_port *out, enum usb_why *why)
{
    struct usb_look l = *look;
    enum judgement j = JUDGE_SENSELESS;
    struct hid_desc *d = malloc(sizeof *d);

    *why = USB_WHY_BAD_DESCRIPTOR;
    if (d && !hid_desc_parse(d, desc, len)) {
        l.hid = d;
        j = by_drivers(&l, out);
        if (j == JUDGE_NO)
            *why = what_else(&l);
    }
    free(d);
    return j;
}

/* A HID interface that no kernel driver tells about. */
static enum judgement without_driver(const struct usb_look *look, struct judge *all, struct judge_port *out)
{
    const struct sysfs_interface *i = look->interface;

    if (!strcmp(i->driver, "usbfs"))
        return JUDGE_TAKEN;
    all->unsettled = true;
    if (by_drivers(look, out) == JUDGE_YES)
        return JUDGE_YES;
    if ((i->subclass == BOOT_SUBCLASS && i->protocol) || !look->known)
        return JUDGE_NO;
    out->driver = NULL;
    out->claim =
        (struct usb_claim){.interface_cnt = 1, .interfaces = {i->number}, .data = i->number, .in = USB_PIPE_INTERRUPT};
    return JUDGE_UNKNOWN;
}

static enum judgement judge_interface(const char *root, const char *path, const struct usb_look *look,
    struct judge *all, struct judge_port *out, enum usb_why *why)
{
    enum judgement j = JUDGE_SENSELESS;
    struct buf b;
    enum err e;

    *why = USB_WHY_BAD_DESCRIPTOR;
    if (look->interface->class == CLASS_HID) {
        buf_init(&b, HID_DESC_BYTES);
        e = sysfs_report_desc(root, path, look->dev->config, look->interface->number, &b);
        if (!e)
            j = judge_desc(look, b.data, b.len, out, why);
        buf_release(&b);
        if (e != ERR_NOT_FOUND)
            return j;
        j = without_driver(look, all, out);
    } else {
        j = by_drivers(look, out);
    }
    if (j == JUDGE_NO)
        *why = what_else(look);
    if (j == JUDGE_TAKEN)
        *why = USB_WHY_BUSY;
    return j;
}

/* An interface that a claim before it brought along. */
static bool is_claimed(const struct judge *j, uint8_t interface)
{
    for (unsigned p = 0; p < j->port_cnt; p++)
        for (unsigned i = 0; i < j->ports[p].claim.interface_cnt; i++)
            if (j->best == JUDGE_YES && j->ports[p].claim.interfaces[i] == interface)
                return true;
    return false;
}

void judge_device(
    const char *root, const char *path, const struct sysfs_device *s, const struct known *known, struct judge *out)
{
    *out = (struct judge){.best = JUDGE_NO, .why = USB_WHY_NOT_OURS};
    out->unsettled = !s->config || s->interface_cnt < s->expected_cnt;
    for (unsigned i = 0; i < s->interface_cnt; i++) {
        struct usb_look look = {.dev = s, .interface = &s->interfaces[i], .known = known};
        struct judge_port port = {0};
        enum usb_why why;
        if (is_claimed(out, look.interface->number))
            continue;
        enum judgement j = judge_interface(root, path, &look, out, &port, &why);
        if (j > out->best || (j == out->best && out->why == USB_WHY_NOT_OURS))
            out->why = why;
        if (j > out->best) {
            out->best = j;
            out->port_cnt = 0;
        }
        if (j == out->best && (j == JUDGE_YES || (j == JUDGE_UNKNOWN && !out->port_cnt)) && out->port_cnt < JUDGE_PORTS)
            out->ports[out->port_cnt++] = port;
    }
}
