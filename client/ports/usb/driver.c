/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/driver.h"
#include "client/ports/usb/drivers.h"
#include "client/ports/usb/printer.h"

const struct usb_driver *const usb_drivers[] = {
    &driver_pos, &driver_msr, &driver_kbd, &driver_kbd_msr, &driver_cdc, &usb_printer_driver, NULL};
