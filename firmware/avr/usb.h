/* SPDX-License-Identifier: Apache-2.0 */
/* The ATmega32U4's USB controller, polled (data sheet, chapters 21-22). core/port.h is implemented here, too. */
#ifndef HUIKA_FW_USB_H
#define HUIKA_FW_USB_H
#include <stdbool.h>
#include <stdint.h>

enum { USB_RESET = 1, USB_SUSPEND = 2, USB_WAKE = 4 };

/* Regulator, PLL from the 16 MHz crystal, pads, attach at full speed. */
void usb_init(void);
/* Off the bus: the host sees an unplugging. */
void usb_detach(void);
/* What has happened on the bus since the last call, a set of USB_; a reset has put the control endpoint up again. */
uint8_t usb_events(void);
/* True if the endpoint (DESC_EP_) can take a packet. */
bool usb_in_free(uint8_t ep);
/* Hands over `len` bytes, 1-64; only when usb_in_free(ep). */
void usb_in_send(uint8_t ep, const uint8_t *p, uint8_t len);
/* Sleeps until the host resumes or resets: clock frozen, PLL off, about 100 uA. */
void usb_sleep(void);
#endif
