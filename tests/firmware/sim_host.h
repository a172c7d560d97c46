/* SPDX-License-Identifier: Apache-2.0 */
/* A strict USB host for the simulated reader (USB 2.0, chapters 5, 8, 9): talks to the address it gave, keeps the packet
 * sizes, stages and toggles, remembers in sim.fault what a real bus would not have forgiven. */
#ifndef HUIKA_TEST_SIM_HOST_H
#define HUIKA_TEST_SIM_HOST_H
#include "tests/firmware/sim.h"

enum { HOST_NAK = -2, HOST_STALL = -3, HOST_TIMEOUT = -4, HOST_DEAD = -5, HOST_BABBLE = -6 };
enum { HOST_PACKET = 64 };

struct host {
    struct sim *sim;
    uint8_t address;     /* 0 before SET_ADDRESS */
    unsigned gap_cycles; /* between packets of one transfer: how slow the host is */
    unsigned naks;
};

/* bmRequestType, bRequest, wValue, wIndex, wLength. */
struct host_setup {
    uint8_t type, request;
    uint16_t value, index, length;
};

void host_init(struct host *h, struct sim *s);
/* 10 ms of reset; frames run from then on. */
void host_reset(struct host *h);
/* One control transfer. `data` has setup->length bytes, in or out (NULL if 0). Bytes moved, or HOST_. Cut off after
 * `stages` packets if that is not 0: what an impatient host leaves behind. */
int host_control(struct host *h, const struct host_setup *setup, uint8_t *data);
int host_control_cut(struct host *h, const struct host_setup *setup, uint8_t *data, unsigned packets);
/* One IN transaction: bytes (0-64), HOST_NAK, HOST_STALL, HOST_TIMEOUT (no such endpoint). */
int host_in(struct host *h, uint8_t ep, uint8_t buf[HOST_PACKET]);
/* Polls each millisecond until a packet comes. */
int host_in_wait(struct host *h, uint8_t ep, uint8_t buf[HOST_PACKET], unsigned ms);
/* Reset, address, descriptors, configuration, as Linux does it. False, with sim.fault set, if anything is wrong. */
bool host_enumerate(struct host *h);
/* No frames any more: after 3 ms the device must sleep. */
void host_suspend(struct host *h);
void host_resume(struct host *h);
#endif
