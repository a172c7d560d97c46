/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel already knows about a USB device, read from sysfs: nothing is opened, nothing is sent to the device
 * (Linux Documentation/ABI: stable/sysfs-bus-usb, testing/sysfs-driver-hid). */
#ifndef HUIKA_USB_SYSFS_H
#define HUIKA_USB_SYSFS_H
#include "base/buf.h"

enum { SYSFS_INTERFACES = 32, SYSFS_PRODUCT = 64, SYSFS_DRIVER = 24 };

struct sysfs_interface {
    uint8_t number, class, subclass, protocol;
    char driver[SYSFS_DRIVER]; /* "usbhid", "usbfs" while some program has it; "" if none is bound */
};

struct sysfs_device {
    uint16_t vid, pid;
    uint8_t config;              /* bConfigurationValue; 0 while the device is not configured */
    uint8_t expected_cnt;        /* interfaces that the configuration has; fewer are listed while the kernel is at it */
    char product[SYSFS_PRODUCT]; /* product string, cleaned, UTF-8, cut at a character; "" if it has none */
    unsigned interface_cnt;
    struct sysfs_interface interfaces[SYSFS_INTERFACES];
};

/* `root` is "/sys"; `path` the device's name there, "1-1.4". ERR_NOT_FOUND: no such device (any more). *out is
 * untouched on error. */
enum err sysfs_device_read(const char *root, const char *path, struct sysfs_device *out);
/* The report descriptor of a HID interface, appended to b (bounded by its maximum). ERR_NOT_FOUND: no HID driver is
 * bound; ERR_IO, ERR_TOO_LARGE, ERR_NOMEM. */
enum err sysfs_report_desc(const char *root, const char *path, unsigned config, unsigned interface, struct buf *b);
#endif
