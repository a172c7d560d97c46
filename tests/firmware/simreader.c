/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated reader as a USB device of the kernel that runs this program: the shipped ELF in simavr, USB/IP (Linux
 * Documentation/usb/usbip_protocol.rst) on a socket pair whose other end vhci_hcd gets. Simulated time follows wall time.
 *
 *     simreader ELF PORT < COMMANDS
 *
 * When the firmware goes into the boot loader, the loader is plugged in in its place, until it starts what was flashed.
 *
 * Commands, a line each: "hold", "release" (the button); "power" (unplugged and plugged in again); "spoil N" (the loader writes
 * a bit of the Nth block from now wrong); "slow N" (a simulated second takes N, so that a busy machine meets its deadlines); "scan TEXT", what the engine reads; "swipe TEXT", a card's track 2; "back TEXT", swiped the other
 * way. The end of input unplugs it. */
#include "tests/firmware/dfu_loader.h"
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
enum { FULL_SPEED = 2, ENDPOINTS = 3, BEHIND_MS = 200, TICK = 8, ATTACH_TRIES = 500, START_MS = 300 };

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
static struct dfu_loader loader;
static const char *port;
static struct swipe_rng rng;
static struct urb urbs[URBS];
static unsigned urb_cnt;
static int sock = -1; /* -1: unplugged */
static int64_t start; /* when the simulation was at cycle 0 */
static unsigned spoil;
static int64_t slow = 1; /* wall time for each simulated */

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
    if (sim.loader)
        r = (r = dfu_control(&loader, s, data)) == DFU_STALL ? HOST_STALL : r ? r : (int)(in ? 0 : length);
    else
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

/* One IN token per endpoint and frame, for the oldest transfer that waits there. True if one is through. */
static bool poll_endpoints(void)
{
    bool through = false;

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
            through = true;
            break;
        }
    return through;
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

static void attach(void)
{
    int pair[2], f = open(ATTACH, O_WRONLY), n, tries = 0;
    char line[64];

    if (f < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        die(ATTACH);
    n = snprintf(line, sizeof line, "%s %d 65537 %d", port, pair[1], FULL_SPEED);
    while (write(f, line, (size_t)n) != n) { /* what was plugged in before may not be cleared away yet */
        if (++tries == ATTACH_TRIES)
            die("attach");
        poll(NULL, 0, 20);
    }
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

static void unplug(void)
{
    if (sock >= 0)
        close(sock);
    sock = -1;
    urb_cnt = 0;
}

static void plug_loader(void)
{
    unplug();
    dfu_init(&loader, sim.avr->flash);
    loader.spoil = (uint16_t)spoil;
    spoil = 0;
    attach();
}

/* The chip starts. Without a whole application it ends up in the loader, and so it does if asked to before. */
static void plug(uint8_t cause)
{
    unplug();
    sim_restart(&sim, cause);
    sim.loader =
        sim.avr->flash[0] == 0xFF && sim.avr->flash[1] == 0xFF; /* through erased flash the chip runs into it */
    for (unsigned ms = 0; !sim.attached && !sim.loader && ms < START_MS; ms++)
        sim_run_ms(&sim, 1);
    if (sim.loader) {
        plug_loader();
        return;
    }
    host_init(&host, &sim);
    if (!host_enumerate(&host)) { /* vhci_hcd never forwards SET_ADDRESS */
        fprintf(stderr, "simreader: %s\n", sim.fault);
        exit(1);
    }
    attach();
    start = now_ms() - (int64_t)(sim.avr->cycle / SIM_MS) * slow;
}

static void restart(uint8_t cause)
{
    if (sim.loader)
        memcpy(sim.avr->flash, loader.flash, sizeof loader.flash);
    loader.launched = false;
    plug(cause);
}

/* Runs up to the present; a machine that was too busy lets the simulation fall behind instead of rushing after, and
 * whoever waits for a report gets it, and a turn, before the next. */
static void catch_up(void)
{
    int64_t due = (now_ms() - start) / slow, at = (int64_t)(sim.avr->cycle / SIM_MS);

    if (due - at > BEHIND_MS)
        start += (due - at - BEHIND_MS) * slow;
    for (; at < due && !sim.loader; at++) {
        if (!sim_run_ms(&sim, 1))
            exit(1);
        if (!sim.attached)
            unplug();
        if (poll_endpoints())
            return;
        if (sim.loader)
            plug_loader();
    }
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
    else if (!strcmp(line, "hold") || !strcmp(line, "release"))
        sim_button(&sim, line[0] == 'h');
    else if (!strcmp(line, "power"))
        restart(SIM_POWER);
    else if (!strncmp(line, "spoil ", 6))
        spoil = (unsigned)strtoul(line + 6, NULL, 10);
    else if (!strncmp(line, "slow ", 5)) {
        slow = strtol(line + 5, NULL, 10);
        start = now_ms() - (int64_t)(sim.avr->cycle / SIM_MS) * slow;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 3 || !sim_open(&sim, argv[1], false))
        return 2;
    port = argv[2];
    swipe_seed(&rng, 1);
    setvbuf(stdin, NULL, _IONBF, 0);
    plug(SIM_POWER);
    for (;;) {
        struct pollfd p[2] = {{sock, POLLIN, 0}, {0, POLLIN, 0}};
        if (poll(p, 2, 1) < 0)
            die("poll");
        if (p[0].revents)
            serve_kernel();
        if (p[1].revents && !serve_input())
            return 0;
        if (loader.launched)
            restart(SIM_WATCHDOG);
        catch_up();
    }
}
