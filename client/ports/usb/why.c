/* SPDX-License-Identifier: Apache-2.0 */
/* The words of bus.h. */
#include "base/i18n.h"
#include "client/ports/usb/bus.h"

static const struct {
    const char *code, *text;
} whys[] = {
    [USB_WHY_OK] = {"ok", N_("In order.")},
    [USB_WHY_NOT_OURS] = {"not_ours", N_("Nothing that Huika reads or prints on; left alone.")},
    [USB_WHY_KEYBOARD] = {"keyboard",
        N_("A keyboard; left alone. If it is a scanner, switch it to HID POS by its manual, or name it in "
           "/etc/huika/devices.tsv.")},
    [USB_WHY_MOUSE] = {"mouse", N_("A mouse; left alone.")},
    [USB_WHY_STORAGE] = {"storage", N_("Storage; left alone.")},
    [USB_WHY_SECURITY_KEY] = {"security_key", N_("A security key; left alone.")},
    [USB_WHY_SERIAL] = {"serial",
        N_("A serial port; left alone. If it is a scanner, name it in /etc/huika/devices.tsv.")},
    [USB_WHY_PRINTER] = {"printer",
        N_("A printer; left alone. If it is a receipt printer (ESC/POS), name it in /etc/huika/devices.tsv.")},
    [USB_WHY_MODE] = {"mode",
        N_("A known device in a mode that Huika does not read; switch it to HID POS by the code in its manual.")},
    [USB_WHY_NO_DRIVER] = {"no_driver", N_("No kernel driver says what it is; left alone. If it is a reader, load "
                                           "usbhid, or name it in /etc/huika/devices.tsv.")},
    [USB_WHY_IGNORED] = {"ignored", N_("Left alone, as /etc/huika/devices.tsv says.")},
    [USB_WHY_SETTLING] = {"settling", N_("Just plugged in; the system is still setting it up.")},
    [USB_WHY_BAD_DESCRIPTOR] = {"bad_descriptor",
        N_("Its description of itself makes no sense, so it is left alone. Plug it in again, without a hub; if that "
           "does not help, it is broken.")},
    [USB_WHY_NO_ACCESS] = {"no_access", N_("No permission to open it; install 60-huika.rules for udev, put the user "
                                           "into the group huika, and plug it in "
                                           "again.")},
    [USB_WHY_BUSY] = {"busy", N_("Another program is using it; close that program.")},
    [USB_WHY_IO] = {"io", N_("The connection to it fails; check cable and hub. It is tried again by itself.")},
    [USB_WHY_STALLED] = {"stalled", N_("It refuses to deliver; plug it in again. It is tried again by itself.")},
    [USB_WHY_UNPLUGGED] = {"unplugged", N_("It was unplugged; plug it in again.")},
    [USB_WHY_NO_MEMORY] = {"no_memory", N_("Out of memory; it is tried again by itself.")},
    [USB_WHY_LIBUSB] = {"libusb", N_("The USB library cannot start; it is tried again by itself.")},
    [USB_WHY_NO_USB] = {"no_usb", N_("This machine has no USB, or the container does not show it.")},
    [USB_WHY_NO_UDEV] = {"no_udev",
        N_("udev is not running, so devices plugged in later are not noticed; start udev, then the terminal anew.")},
};

const char *usb_why_code(enum usb_why why)
{
    return whys[why].code;
}

const char *usb_why_text(enum usb_why why)
{
    return whys[why].text;
}

const char *usb_use_code(enum usb_use use)
{
    static const char *const codes[] = {
        [USB_UNUSED] = "unused", [USB_WAITING] = "waiting", [USB_READY] = "ready", [USB_GONE] = "gone"};

    return codes[use];
}
