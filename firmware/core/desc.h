/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of the reader (USB 2.0, 9.6; HID 1.11, 6.2; HID Point of Sale Usage Tables 1.02): one configuration, two
 * HID interfaces, each with one interrupt IN endpoint of 64 bytes. All in flash. */
#ifndef HUIKA_FW_DESC_H
#define HUIKA_FW_DESC_H
#include <stdint.h>

enum { DESC_INTERFACES = 2, DESC_EP0_SIZE = 64, DESC_EP_SIZE = 64, DESC_EP_SCAN = 1, DESC_EP_MSR = 2 };
#ifndef HUIKA_FW_PATCH /* firmware.mk says it */
#define HUIKA_FW_PATCH 0
#endif
enum { DESC_VERSION_MAJOR = 0, DESC_VERSION_MINOR = 1, DESC_VERSION_PATCH = HUIKA_FW_PATCH, DESC_BOARD = 1 };

/* Where the device descriptor names the serial number, and its string's index: in flash there is none, core/ep0.c knows
 * whether the reader has one. */
enum { DESC_DEVICE = 1, DESC_STRING = 3, DESC_SERIAL_AT = 16, DESC_SERIAL = 3, DESC_DEVICE_LEN = 18 };

/* The descriptor that GET_DESCRIPTOR asks for: `type` and `index` from wValue, `interface` from wIndex (HID types
 * only). Its length and *at, in flash (firmware/core/flash.h); 0: there is none. */
uint16_t desc_get(uint8_t type, uint8_t index, uint8_t interface, const uint8_t **at);
#endif
