/* SPDX-License-Identifier: Apache-2.0 */
/* The bus alone, as a program: prints arrivals, departures and scans, a line each, until SIGTERM. --devices FILE: more
 * known devices. For
 * the harnesses beside it, which take the program under test as a parameter. */
#include "base/tm.h"
#include "client/ports/usb/bus.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
    (void)sig;
    stopped = 1;
}

static void on_scan(void *ctx, const struct usb_scan *s)
{
    (void)ctx;
    printf(s->input == USB_INPUT_SWIPE ? "swipe %s%s %zu " : "scan %s [%s] %zu ", s->device, s->aim, s->len);
    for (size_t i = 0; i < s->len; i++)
        if (s->text[i] >= 0x20 && s->text[i] < 0x7F)
            putchar(s->text[i]);
        else
            printf("\\x%02x", (unsigned)(unsigned char)s->text[i]);
    putchar('\n');
}

static void on_dropped(void *ctx, const char *device, enum usb_input input, const char *text)
{
    (void)input;
    (void)ctx;
    printf("dropped %s: %s\n", device, text);
}

static void on_change(void *ctx, const struct usb_device_info *i)
{
    (void)ctx;
    printf("device %s %s %s %s %s%s%s\n", i->path, usb_use_code(i->use), usb_why_code(i->why), i->label, i->as,
        *i->how ? " " : "", i->how);
}

int main(int argc, char **argv)
{
    struct usb_bus_events ev = {.scan = on_scan, .dropped = on_dropped, .change = on_change};
    struct sigaction sa = {.sa_handler = on_signal};
    struct usb_bus *bus;
    unsigned line;

    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    if (usb_bus_new(&ev, &bus) || (argc > 2 && usb_bus_known(bus, argv[2], &line)))
        return 3;
    usb_bus_handle(bus, tm_mono_ms());
    printf("bus %s\n", usb_why_code(usb_bus_state(bus)));
    while (!stopped) {
        struct pollfd fds[USB_BUS_FDS];
        size_t n = usb_bus_fds(bus, fds, USB_BUS_FDS);
        int wait = usb_bus_timeout_ms(bus, tm_mono_ms());
        poll(fds, n, wait < 0 || wait > 200 ? 200 : wait);
        usb_bus_handle(bus, tm_mono_ms());
    }
    usb_bus_free(&bus);
    puts("end");
    return 0;
}
