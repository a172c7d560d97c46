/* SPDX-License-Identifier: Apache-2.0 */
/* USB printers (USB Printing Devices 1.1: class 07, subclass 01, bulk OUT, and bulk IN where the protocol is not 01) as a line to
 * a printer. Only those that devices.tsv names (mode "printer"): an office printer is the same class, and receipts would come out of
 * it as pages of garbage. The first one on the bus is used. */
#ifndef HUIKA_USB_PRINTER_H
#define HUIKA_USB_PRINTER_H
#include "client/ports/printer.h"
#include "client/ports/usb/driver.h"

extern const struct usb_driver usb_printer_driver;

/* `bus` is borrowed and must live until io->free. ERR_NOMEM. */
enum err usb_printer_io(struct usb_bus *bus, struct printer_io *out);
/* The quirks of the printer in use, from devices.tsv; "" none, or no printer. Borrowed until the bus turns. */
const char *usb_printer_quirk(const struct usb_bus *bus);
#endif
