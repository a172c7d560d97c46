/* SPDX-License-Identifier: Apache-2.0 */
/* A USB device in software, plugged into the kernel that runs it: speaks the device's side of USB/IP (Linux
 * Documentation/usb/usbip_protocol.rst) over a socket pair whose other end vhci_hcd gets.
 *
 *     usbip_dev scanner|keyboard PORT [LAYOUT] < COMMANDS
 *
 * Commands, a line each: "scan TEXT" (scanner), "key HEX" (keyboard: HID usage, pressed and released), "stall". The end of
 * input unplugs it. */
#include "tests/usb/scanner.h"
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
    QUEUE = 512,
    FULL_SPEED = 2
};

struct header { /* big-endian */
    uint32_t command, seqnum, devid, direction, ep;
    uint32_t args[7]; /* submit: flags, length, start frame, packets, interval, setup[2]; unlink: seqnum */
};

struct report {
    int status;
    uint32_t length;
    uint8_t bytes[SCANNER_REPORT];
};

static uint8_t device_desc[18] = {18, 1, 0x00, 0x02, 0, 0, 0, 64, 0xAB, 0x1E, 0x10, 0x0D, 0x00, 0x01, 0, 1, 0, 1};
static uint8_t config_desc[34] = {9, 2, 34, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 1, 3, 0, 0, 0, 9, 0x21, 0x11, 0x01, 0, 1,
    0x22, 0, 0, 7, 5, 0x81, 3, 64, 0, 4};
static const char *product = "Test scanner";
static const uint8_t *report_desc;
static size_t report_desc_len;
static const struct scanner_layout *layout = &scanner_layouts[0];

static int sock;
static uint32_t pending[URBS];
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
    const char *s = index == 1 ? product : NULL;
    int n = 2;

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
            return copy(out, device_desc, sizeof device_desc);
        if (setup[3] == 2)
            return copy(out, config_desc, sizeof config_desc);
        return setup[3] == 3 ? string_desc(setup[2], out) : -EPIPE;
    case 0x8106:
        return setup[3] == 0x22 ? copy(out, report_desc, report_desc_len) : -EPIPE;
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
        return 0;
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
        if (pending[i] == victim) {
            memmove(pending + i, pending + i + 1, (--pending_cnt - i) * sizeof *pending);
            reply(RET_UNLINK, seqnum, -ECONNRESET, NULL, 0);
            return;
        }
    reply(RET_UNLINK, seqnum, 0, NULL, 0);
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
    else if (ntohl(h.ep) == 1 && ntohl(h.direction) == 1 && pending_cnt < URBS)
        pending[pending_cnt++] = ntohl(h.seqnum);
    else
        reply(RET_SUBMIT, ntohl(h.seqnum), -EPIPE, NULL, 0);
}

static void deliver(void)
{
    while (pending_cnt && queue_at != queue_end) {
        struct report *r = &queue[queue_at++ % QUEUE];
        uint32_t seqnum = pending[0];
        memmove(pending, pending + 1, --pending_cnt * sizeof *pending);
        reply(RET_SUBMIT, seqnum, r->status, r->status ? NULL : r->bytes, r->length);
    }
}

static struct report *next(void)
{
    if (queue_end - queue_at == QUEUE)
        exit(1);
    memset(&queue[queue_end % QUEUE], 0, sizeof *queue);
    return &queue[queue_end++ % QUEUE];
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
    else if (!strcmp(line, "stall"))
        next()->status = -EPIPE;
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

static void become_keyboard(void)
{
    product = "Test keyboard";
    report_desc = scanner_desc_keyboard;
    report_desc_len = sizeof scanner_desc_keyboard;
    memcpy(device_desc + 8, "\x25\x05\xA4\xA4", 4);
    config_desc[15] = config_desc[16] = 1; /* boot interface, keyboard */
    config_desc[31] = 8;
}

int main(int argc, char **argv)
{
    if (argc < 3 || (argc > 3 && !(layout = scanner_layout(argv[3]))))
        return 2;
    report_desc = layout->desc;
    report_desc_len = layout->desc_len;
    if (!strcmp(argv[1], "keyboard"))
        become_keyboard();
    config_desc[25] = (uint8_t)report_desc_len;
    config_desc[26] = (uint8_t)(report_desc_len >> 8);
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
