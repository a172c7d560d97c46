/* SPDX-License-Identifier: Apache-2.0 */
/* Devices known by vendor and product number: hw/devices.tsv, which is built in, and the shop's own lines in the same form.
 *
 *     struct known_table *t;
 *     known_new(&t);
 *     known_add_file(t, "/etc/huika/devices.tsv", &line);
 *     k = known_find(t, vid, pid);              NULL: nothing known
 *
 * A line: vid, pid (four hexadecimal digits; * for every product), mode, quirk (- none), name, source; separated by tabs.
 * Lines that begin with # and empty ones are skipped. The last line for a device counts, one with a pid before one with *. */
#ifndef HUIKA_USB_KNOWN_H
#define HUIKA_USB_KNOWN_H
#include "err.h"
#include <stddef.h>
#include <stdint.h>

enum { KNOWN_MAX = 512, KNOWN_QUIRK = 32, KNOWN_NAME = 48, KNOWN_FILE = 65536 };

enum known_mode {
    KNOWN_UNKNOWN,      /* "unknown": a scanner whose mode nobody wrote down: judged by its descriptors alone */
    KNOWN_HID_POS,      /* "hid_pos" */
    KNOWN_HID_KEYBOARD, /* "hid_keyboard": a scanner that types; taken from the kernel */
    KNOWN_MSR_KEYBOARD, /* "msr_keyboard": a card reader that types */
    KNOWN_MAGTEK,       /* "magtek": MagTek's vendor report */
    KNOWN_CDC_ACM,      /* "cdc_acm": a scanner on a serial port */
    KNOWN_PRINTER,      /* "printer" */
    KNOWN_UNREADABLE,   /* "ibm_handheld", "vendor": a mode that Huika cannot read */
    KNOWN_IGNORE,       /* "ignore": the shop does not want it touched */
};

struct known {
    uint16_t vid;
    int32_t pid; /* -1: every product */
    enum known_mode mode;
    char quirk[KNOWN_QUIRK]; /* "" none */
    char name[KNOWN_NAME];
};

struct known_table;

/* With the built-in lines. ERR_NOMEM. */
enum err known_new(struct known_table **out);
void known_free(struct known_table **t);
/* len bytes of lines; *line is the number of the bad one for ERR_BAD_VALUE; ERR_TOO_MANY. Good lines before it stay. */
enum err known_add(struct known_table *t, const char *text, size_t len, unsigned *line);
/* As known_add; ERR_NOT_FOUND: no such file; other errors of file_read(). */
enum err known_add_file(struct known_table *t, const char *path, unsigned *line);
/* Borrowed until the next add. */
const struct known *known_find(const struct known_table *t, uint16_t vid, uint16_t pid);
#endif
