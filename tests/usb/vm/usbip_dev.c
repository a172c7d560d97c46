/* SPDX-License-Identifier: Apache-2.0 */
/* A USB device in software, plugged into the kernel that runs it: speaks the device's side of USB/IP (Linux
 * Documentation/usb/usbip_protocol.rst) over a socket pair whose other end vhci_hcd gets.
 *
 *     usbip_dev scanner PORT LAYOUT < COMMANDS       a HID POS scanner
 *     usbip_dev KIND PORT < COMMANDS                 keyboard, or one of kinds.h
 *     usbip_dev printer PORT PAPER < COMMANDS        a receipt printer; what it prints is appended to PAPER (usbip_printer.h)
 *     usbip_dev desc LAYOUT, usbip_dev reports LAYOUT TEXT
 *                                                    only writes what a scanner would say, for other people's gadgets
 *
 * Commands, a line each: "scan TEXT" (HID POS), "key HEX" (keyboard: HID usage, pressed and released), "type TEXT" (with
 * Enter), "swipe TRACK2", "serial TEXT" (with CR LF), "stall"; those of a printer. The end of input unplugs it. */
#include "tests/usb/kinds.h"
#include "tests/usb/vm/usbip_printer.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTACH "/sys/devices/platform/vhci_hcd.0/attach"
enum {
    CMD_SUBMIT = 1,
    CMD_UNLINK = 2,
    RET_SUBMIT = 3,
    RET_UNLINK = 4,
    HEADER = 48,
    URBS = 64,
    QUEUE = 1024,
    WRITE_MAX = 1 << 20,
    FULL_SPEED = 2
};

struct header { /* big-endian */
    uint32_t command, seqnum, devid, direction, ep;
    uint32_t args[7]; /* submit: flags, length, start frame, packets, interval, setup[2]; unlink: seqnum */
};

struct report {
    int status;
    uint32_t length;
    uint8_t endpoint; /* 0: any */
    uint8_t bytes[KIND_REPORT];
};

static const uint8_t keyboard_dev[] = {
    KIND_DEVICE(0x0525, 0xA4A4), KIND_CONFIG(KIND_HID_BYTES, 1), KIND_HID(0, 1, 1, scanner_desc_keyboard, 0x81)};
static struct kind dev = {.name = "keyboard",
    .descriptors = keyboard_dev,
    .descriptors_len = sizeof keyboard_dev,
    .report_desc = {scanner_desc_keyboard},
    .report_desc_len = {sizeof scanner_desc_keyboard},
    .endpoint = 0x81};
static uint8_t scanner_dev[] = {
    KIND_DEVICE(0x1EAB, 0x0D10), KIND_CONFIG(KIND_HID_BYTES, 1), KIND_HID(0, 0, 0, scanner_desc_aim, 0x81)};
static const struct scanner_layout *layout = &scanner_layouts[0];

static int sock;
static struct {
    uint32_t seqnum;
    uint8_t endpoint;
} pending[URBS];
static unsigned pending_cnt, queue_at, queue_end;
static struct report queue[QUEUE];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static bool read_all(void *p, size_t n)
{
    for (uint8_t *at = p; n;) {
        ssize_t r = read(sock, at, n);
        if (r <= 0)
            return false;
        at += r;
        n -= (size_t)r;
    }
    return true;
}

static void reply(uint32_t command, uint32_t seqnum, int status, const void *data, uint32_t length)
{
    uint8_t out[HEADER + 4096];
    struct header h = {.command = htonl(command), .seqnum = htonl(seqnum)};

    h.args[0] = htonl((uint32_t)status);
    h.args[1] = command == RET_SUBMIT ? htonl(length) : 0;
    memcpy(out, &h, HEADER);
    if (data)
        memcpy(out + HEADER, data, length);
    if (write(sock, out, HEADER + (data ? length : 0)) < 0)
        exit(0);
}

static int string_desc(unsigned index, uint8_t *out)
{
    char product[40];
    const char *s = index == 1 ? product : NULL;
    int n = 2;

    snprintf(product, sizeof product, "Test %s", dev.name);
    if (index == 0)
        memcpy(out, "\x04\x03\x09\x04", (size_t)(n = 4));
    else if (!s)
        return -EPIPE;
    for (; s && *s; s++, n += 2) {
        out[n] = (uint8_t)*s;
        out[n + 1] = 0;
    }
    out[0] = (uint8_t)n;
    out[1] = 3;
    return n;
}

static bool is(const char *name)
{
    return !strcmp(dev.name, name);
}

static int copy(uint8_t *out, const void *p, size_t n)
{
    memcpy(out, p, n);
    return (int)n;
}

/* USB 2.0, 9.4, and HID 1.11, 7.1-7.2: bytes in the answer, or -EPIPE for what the device does not know. */
static int control(const uint8_t *setup, uint8_t *out)
{
    switch (setup[0] << 8 | setup[1]) {
    case 0x8006:
        if (setup[3] == 1)
            return copy(out, dev.descriptors, 18);
        if (setup[3] == 2)
            return copy(out, dev.descriptors + 18, dev.descriptors_len - 18);
        return setup[3] == 3 ? string_desc(setup[2], out) : -EPIPE;
    case 0x8106:
        if (setup[3] == 0x22 && setup[4] < 2 && dev.report_desc[setup[4]])
            return copy(out, dev.report_desc[setup[4]], dev.report_desc_len[setup[4]]);
        return -EPIPE;
    case 0x8000:
    case 0x8100:
    case 0x8200:
        return copy(out, "\0", 2);
    case 0x0009: /* SET_CONFIGURATION */
    case 0x010B: /* SET_INTERFACE */
    case 0x0201: /* CLEAR_FEATURE(ENDPOINT_HALT) */
    case 0x2109: /* SET_REPORT */
    case 0x210A: /* SET_IDLE */
    case 0x210B: /* SET_PROTOCOL */
    case 0x2120: /* SET_LINE_CODING (CDC PSTN 1.2, 6.3.10) */
    case 0x2122: /* SET_CONTROL_LINE_STATE */
    case 0x21FF: /* mass storage reset (Bulk-Only Transport 1.0, 3.1) */
        return 0;
    case 0xA121: /* GET_LINE_CODING */
        return copy(out, "\x80\x25\0\0\0\0\x08", 7);
    case 0xA101: /* GET_PORT_STATUS (USB Printing Devices 1.1, 4.2.2) */
        *out = usbip_printer_lines();
        return is("printer") ? 1 : -EPIPE;
    case 0xA1FE: /* the highest logical unit */
        return copy(out, "", 1);
    default:
        return -EPIPE;
    }
}

static void serve_control(const struct header *h)
{
    uint8_t setup[8], data[4096];
    uint32_t length = ntohl(h->args[1]);
    int n;

    memcpy(setup, &h->args[5], sizeof setup);
    if (!(setup[0] & 0x80) && length && (length > sizeof data || !read_all(data, length)))
        exit(0);
    n = control(setup, data);
    if (n > (int)length)
        n = (int)length;
    if (n < 0)
        reply(RET_SUBMIT, ntohl(h->seqnum), n, NULL, 0);
    else
        reply(RET_SUBMIT, ntohl(h->seqnum), 0, setup[0] & 0x80 ? data : NULL, setup[0] & 0x80 ? (uint32_t)n : length);
}

static void unlink_urb(uint32_t seqnum, uint32_t victim)
{
    for (unsigned i = 0; i < pending_cnt; i++)
        if (pending[i].seqnum == victim) {
            memmove(pending + i, pending + i + 1, (--pending_cnt - i) * sizeof *pending);
            reply(RET_UNLINK, seqnum, -ECONNRESET, NULL, 0);
            return;
        }
    reply(RET_UNLINK, seqnum, 0, NULL, 0);
}

static struct report *next(void)
{
    if (queue_end - queue_at == QUEUE)
        exit(1);
    memset(&queue[queue_end % QUEUE], 0, sizeof *queue);
    queue[queue_end % QUEUE].endpoint = dev.endpoint;
    return &queue[queue_end++ % QUEUE];
}

/* Answered later, or never. */
static void pend(const struct header *h, uint8_t direction)
{
    if (pending_cnt == URBS)
        exit(1);
    pending[pending_cnt].endpoint = (uint8_t)(direction | ntohl(h->ep));
    pending[pending_cnt++].seqnum = ntohl(h->seqnum);
}

/* A printer prints or keeps it waiting; nobody reads what is written to the others. */
static void swallow(const struct header *h)
{
    static uint8_t data[WRITE_MAX];
    uint32_t length = ntohl(h->args[1]);
    uint8_t answer;

    if (length > sizeof data || !read_all(data, length))
        exit(0);
    if (is("printer") && usbip_printer_answer(data, length, &answer)) {
        struct report *r = next();
        r->length = 1;
        r->bytes[0] = answer;
    } else if (is("printer") && !usbip_printer_print(data, length)) {
        pend(h, 0);
        return;
    }
    reply(RET_SUBMIT, ntohl(h->seqnum), is("serial") || is("printer") ? 0 : -EPIPE, NULL, length);
}

static void serve_kernel(void)
{
    struct header h;

    if (!read_all(&h, HEADER))
        exit(0);
    if (ntohl(h.command) == CMD_UNLINK)
        unlink_urb(ntohl(h.seqnum), ntohl(h.args[0]));
    else if (h.ep == 0)
        serve_control(&h);
    else if (ntohl(h.direction) == 0)
        swallow(&h);
    else if (!is("storage"))
        pend(&h, 0x80);
    else
        reply(RET_SUBMIT, ntohl(h.seqnum), -EPIPE, NULL, 0);
}

static unsigned waiting(uint8_t endpoint)
{
    unsigned i = 0;

    while (i < pending_cnt && endpoint && pending[i].endpoint != endpoint)
        i++;
    return i;
}

static void deliver(void)
{
    while (queue_at != queue_end) {
        struct report *r = &queue[queue_at % QUEUE];
        unsigned i = waiting(r->endpoint);
        if (i == pending_cnt)
            return;
        uint32_t seqnum = pending[i].seqnum;
        memmove(pending + i, pending + i + 1, (--pending_cnt - i) * sizeof *pending);
        reply(RET_SUBMIT, seqnum, r->status, r->status ? NULL : r->bytes, r->length);
        queue_at++;
    }
}

static void scan(const char *text)
{
    size_t n = strlen(text);

    for (size_t at = 0, k; at < n; at += k) {
        struct report *r = next();
        k = n - at < SCANNER_DATA ? n - at : SCANNER_DATA;
        scanner_report(layout, r->bytes, "]Q1", text + at, k, at + k < n);
        r->length = SCANNER_REPORT;
    }
}

static void key(const char *hex)
{
    struct report *r = next();

    r->length = 8;
    r->bytes[2] = (uint8_t)strtoul(hex, NULL, 16);
    next()->length = 8;
}

static void press(uint8_t code, bool shift)
{
    bool bitmap = dev.report_desc[0] == kind_desc_bitmap;
    struct report *r = next();

    r->length = bitmap ? kind_bitmap_report(r->bytes, code, shift) : kind_key_report(r->bytes, code, shift);
}

static void type(const char *text)
{
    for (size_t n = strlen(text), i = 0; i <= n; i++) {
        bool shift;
        uint8_t code = kind_key(i < n ? text[i] : '\r', &shift);
        press(code, shift);
        press(0, false);
    }
}

static void swipe(const char *track2)
{
    struct report *r = next();

    r->endpoint = dev.endpoint2 ? dev.endpoint2 : dev.endpoint;
    r->length = kind_swipe_report(r->bytes, track2, dev.report_desc[0] == kind_desc_magtek);
}

static void serial(const char *text)
{
    for (size_t n = strlen(text) + 2, i = 0; i < n;) {
        struct report *r = next();
        for (; r->length < 64 && i < n; i++)
            r->bytes[r->length++] = (uint8_t)(i < n - 2 ? text[i] : i == n - 2 ? '\r' : '\n');
    }
}

static bool serve_input(void)
{
    char line[8192];

    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\n")] = 0;
    if (!strncmp(line, "scan ", 5))
        scan(line + 5);
    else if (!strncmp(line, "key ", 4))
        key(line + 4);
    else if (!strncmp(line, "type ", 5))
        type(line + 5);
    else if (!strncmp(line, "swipe ", 6))
        swipe(line + 6);
    else if (!strncmp(line, "serial ", 7))
        serial(line + 7);
    else if (!strcmp(line, "stall"))
        next()->status = -EPIPE;
    else if (is("printer"))
        usbip_printer_command(line);
    return true;
}

static void attach(const char *port)
{
    char line[64];
    int pair[2], f = open(ATTACH, O_WRONLY), n;

    if (f < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        die(ATTACH);
    n = snprintf(line, sizeof line, "%s %d 65537 %d", port, pair[1], FULL_SPEED);
    if (write(f, line, (size_t)n) != n)
        die("attach");
    close(f);
    close(pair[1]);
    sock = pair[0];
}

static void become(const char *name)
{
    const struct kind *k = kind_named(name);

    if (k)
        dev = *k;
    if (strcmp(name, "scanner") != 0)
        return;
    dev.name = "scanner";
    dev.descriptors = scanner_dev;
    dev.descriptors_len = sizeof scanner_dev;
    dev.report_desc[0] = layout->desc;
    dev.report_desc_len[0] = layout->desc_len;
    scanner_dev[sizeof scanner_dev - 9] = (uint8_t)layout->desc_len;
    scanner_dev[sizeof scanner_dev - 8] = (uint8_t)(layout->desc_len >> 8);
}

/* One write each: a gadget's node takes a report at a time. */
static int write_reports(const char *text)
{
    scan(text);
    for (; queue_at != queue_end; queue_at++)
        if (write(1, queue[queue_at % QUEUE].bytes, SCANNER_REPORT) != SCANNER_REPORT)
            die("write");
    return 0;
}

int main(int argc, char **argv)
{
    bool writes = argc > 2 && (!strcmp(argv[1], "desc") || !strcmp(argv[1], "reports"));

    bool prints = argc == 4 && !strcmp(argv[1], "printer");

    if (argc < 3 || ((writes || (argc > 3 && !prints)) && !(layout = scanner_layout(argv[writes ? 2 : 3]))))
        return 2;
    if (prints)
        usbip_printer_paper(argv[3]);
    if (writes && argc > 3)
        return write_reports(argv[3]);
    if (writes)
        return write(1, layout->desc, layout->desc_len) < 0;
    become(argv[1]);
    setvbuf(stdin, NULL, _IONBF, 0);
    attach(argv[2]);
    for (;;) {
        struct pollfd p[2] = {{sock, POLLIN, 0}, {0, POLLIN, 0}};
        if (poll(p, 2, -1) < 0)
            die("poll");
        if (p[0].revents)
            serve_kernel();
        if (p[1].revents && !serve_input())
            return 0;
        deliver();
    }
}
