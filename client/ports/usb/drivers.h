/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of device that there are, one file each. */
#ifndef HUIKA_USB_DRIVERS_H
#define HUIKA_USB_DRIVERS_H

struct usb_driver;
extern const struct usb_driver driver_pos;     /* bar code scanners, HID POS */
extern const struct usb_driver driver_msr;     /* magnetic stripe readers, HID */
extern const struct usb_driver driver_kbd;     /* scanners that type, those in devices.tsv */
extern const struct usb_driver driver_kbd_msr; /* card readers that type, those in devices.tsv */
extern const struct usb_driver driver_cdc;     /* scanners on a serial port, those in devices.tsv */
#endif
