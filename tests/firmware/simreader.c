/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated reader as a USB device of the kernel that runs this program: the shipped ELF in simavr, USB/IP (Linux
 * Documentation/usb/usbip_protocol.rst) on a socket pair whose other end vhci_hcd gets. Simulated time follows wall time.
 *
 *     simreader ELF PORT < COMMANDS
 *
 * Commands, a line each: "scan TEXT", what the engine reads; "swipe TEXT", a card's track 2; "back TEXT", swiped the other
 * way. The end of input unplugs it. */
#include "tests/firmware/sim_host.h"
#include "tests/firmware/swipe.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ATTACH "/sys/devices/platform/vhci_hcd.0/attach"
enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4, HEADER = 48, URBS = 32, DATA = 4096 };
enum { FULL_SPEED = 2, ENDPOINTS = 3, BEHIND_MS = 200, TICK = 8 };

struct header { /* big-endian */
    uint32_t command, seqnum, devid, direction, ep;
    uint32_t args[7]; /* submit: flags, length, start frame, packets, interval, setup[2]; unlink: seqnum */
};
struct urb {
    uint32_t seqnum, ep, length, got;
    uint8_t data[DATA];
};

static struct sim sim;
static struct host host;
static struct swipe_rng rng;
static struct urb urbs[URBS];
static unsigned urb_cnt;
static int sock;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void read_all(void *p, size_t n)
{
    for (uint8_t *at = p; n;) {
        ssize_t r = read(sock, at, n);
        if (r <= 0)
            exit(0);
        at += r;
        n -= (size_t)r;
    }
}

static void reply(uint32_t command, uint32_t seqnum, int status, const void *data, uint32_t length)
{
    uint8_t out[HEADER + DATA];
    struct header h = {.command = htonl(command), .seqnum = htonl(seqnum)};
    size_t n = HEADER + (data ? length : 0);

    h.args[0] = htonl((uint32_t)status);
    h.args[1] = command == RET_SUBMIT ? htonl(length) : 0;
    memcpy(out, &h, HEADER);
    if (data)
        memcpy(out + HEADER, data, length);
    if (write(sock, out, n) != (ssize_t)n)
        exit(0);
}

static int status_of(int r)
{
    return r >= 0 ? 0 : r == HOST_STALL ? -EPIPE : r == HOST_BABBLE ? -EOVERFLOW : -EPROTO;
}

static void serve_control(const struct header *h)
{
    uint8_t s[8], data[DATA] = {0};
    uint32_t length = ntohl(h->args[1]);
    bool in;
    int r;

    memcpy(s, &h->args[5], sizeof s);
    in = s[0] & 0x80;
    if (length > sizeof data)
        exit(1);
    if (!in)
        read_all(data, length);
    r = host_control(&host,
        &(struct host_setup){
            s[0], s[1], (uint16_t)(s[2] | s[3] << 8), (uint16_t)(s[4] | s[5] << 8), (uint16_t)(s[6] | s[7] << 8)},
        data);
    reply(RET_SUBMIT, ntohl(h->seqnum), status_of(r), in && r > 0 ? data : NULL, r > 0 ? (uint32_t)r : 0);
}

static void drop_urb(unsigned i)
{
    memmove(urbs + i, urbs + i + 1, (--urb_cnt - i) * sizeof *urbs);
}

static void unlink_urb(uint32_t seqnum, uint32_t victim)
{
    for (unsigned i = 0; i < urb_cnt; i++)
        if (urbs[i].seqnum == victim) {
            drop_urb(i);
            reply(RET_UNLINK, seqnum, -ECONNRESET, NULL, 0);
            return;
        }
    reply(RET_UNLINK, seqnum, 0, NULL, 0);
}

static void serve_kernel(void)
{
    struct header h;

    read_all(&h, HEADER);
    if (ntohl(h.command) == CMD_UNLINK)
        unlink_urb(ntohl(h.seqnum), ntohl(h.args[0]));
    else if (h.ep == 0)
        serve_control(&h);
    else if (ntohl(h.direction) == 1 && urb_cnt < URBS && ntohl(h.args[1]) <= DATA)
        urbs[urb_cnt++] = (struct urb){ntohl(h.seqnum), ntohl(h.ep), ntohl(h.args[1]), 0, {0}};
    else
        reply(RET_SUBMIT, ntohl(h.seqnum), -EPIPE, NULL, 0);
}

/* One IN token per endpoint and frame, for the oldest transfer that waits there. */
static void poll_endpoints(void)
{
    for (uint8_t ep = 1; ep < ENDPOINTS; ep++)
        for (unsigned i = 0; i < urb_cnt; i++) {
            struct urb *u = &urbs[i];
            uint8_t packet[HOST_PACKET];
            int r;
            if (u->ep != ep)
                continue;
            r = host_in(&host, ep, packet);
            if (r == HOST_NAK)
                break;
            if (r > 0 && u->got + (uint32_t)r > u->length)
                r = HOST_BABBLE;
            if (r > 0)
                memcpy(u->data + u->got, packet, (size_t)r);
            u->got += r > 0 ? (uint32_t)r : 0;
            if (r == HOST_PACKET && u->got < u->length)
                break;
            reply(RET_SUBMIT, u->seqnum, status_of(r), r < 0 ? NULL : u->data, r < 0 ? 0 : u->got);
            drop_urb(i);
            break;
        }
}

static void swipe(const char *text, bool back)
{
    struct swipe_how how = {.cm_s = 45, .change = 0.3, .jitter = 0.10, .back = back};
    struct swipe_card card;
    struct swipe s;

    swipe_encode(&card, text, 5);
    swipe_make(&s, &card, &how, &rng);
    for (unsigned i = 0; i + 1 < s.cnt; i++)
        sim_edge(&sim, 0, (uint64_t)swipe_ticks(&s, i) * TICK);
}

static bool serve_input(void)
{
    char line[4096];

    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\n")] = 0;
    if (!strncmp(line, "scan ", 5)) {
        sim_engine(&sim, "]Q1", 3);
        sim_engine(&sim, line + 5, strlen(line + 5));
        sim_engine(&sim, "\r", 1);
    } else if (!strncmp(line, "swipe ", 6))
        swipe(line + 6, false);
    else if (!strncmp(line, "back ", 5))
        swipe(line + 5, true);
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

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* Runs up to the present; a machine that was too busy lets the simulation fall behind instead of rushing after. */
static void catch_up(int64_t *start)
{
    int64_t due = now_ms() - *start, at = (int64_t)(sim.avr->cycle / SIM_MS);

    if (due - at > BEHIND_MS)
        *start += due - at - BEHIND_MS;
    for (; at < due; at++) {
        if (!sim_run_ms(&sim, 1))
            exit(1);
        poll_endpoints();
    }
}

int main(int argc, char **argv)
{
    int64_t start;

    if (argc != 3 || !sim_open(&sim, argv[1], false))
        return 2;
    host_init(&host, &sim);
    swipe_seed(&rng, 1);
    setvbuf(stdin, NULL, _IONBF, 0);
    if (!host_enumerate(&host)) { /* vhci_hcd never forwards SET_ADDRESS */
        fprintf(stderr, "simreader: %s\n", sim.fault);
        return 1;
    }
    attach(argv[2]);
    start = now_ms() - (int64_t)(sim.avr->cycle / SIM_MS);
    for (;;) {
        struct pollfd p[2] = {{sock, POLLIN, 0}, {0, POLLIN, 0}};
        if (poll(p, 2, 1) < 0)
            die("poll");
        if (p[0].revents)
            serve_kernel();
        if (p[1].revents && !serve_input())
            return 0;
        catch_up(&start);
    }
}
