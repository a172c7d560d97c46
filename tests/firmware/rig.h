/* SPDX-License-Identifier: Apache-2.0 */
/* A reader on the bench of the simulator tests: chip, board and host in one. HUIKA_READER_ELF names the ELF. */
#ifndef HUIKA_TEST_RIG_H
#define HUIKA_TEST_RIG_H
#include "proto/reader_report.h"
#include "tests/firmware/sim_host.h"
#include "tests/firmware/swipe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RIG_CARD  ";6200000000000001=30122010000000000?"
#define RIG_CARD1 "%B6200000000000001^ZHANG/JIANTAO^30122010000000000?"
#define RIG_CARD3 ";996200000000000001=1561560000000000000003000000114000030120=000000000000=000000000000=000000000?"

enum { RIG_SCAN = 1, RIG_MSR = 2, RIG_TICK = 8 /* cycles */, RIG_SETTLE_MS = 320 };

struct rig {
    struct sim sim;
    struct host host;
    struct swipe_rng rng;
};

/* Powered and, if `configured`, enumerated. Fails the test if the host found fault. */
void rig_open(struct rig *r, bool button, bool configured);
/* Enumerates; when it returns the head is listened to. Fails the test if the host found fault. */
void rig_enumerate(struct rig *r);
/* Fails the test if the host or the audit found fault. */
void rig_close(struct rig *r);
void rig_assert_good(const struct rig *r);
/* Hands a swipe's edges to a channel (0: track 2, 1: the other), beginning 2 ms from now. */
void rig_swipe(struct rig *r, unsigned channel, const struct swipe *s);
/* Makes and hands over a swipe of `text`. */
void rig_swipe_text(struct rig *r, unsigned channel, const char *text, unsigned width, double cm_s, bool back);
/* Runs until the head is idle and `ms` more. */
void rig_run_out(struct rig *r, unsigned ms);
/* The whole stripe report within `ms`: READER_MSR_LEN, or what the host saw instead. */
int rig_msr(struct rig *r, uint8_t report[READER_MSR_LEN], unsigned ms);
/* Fails unless that track (1-3) of the report is `text` ("": absent). */
void rig_assert_track(const uint8_t *report, unsigned track, const char *text);
/* Engine bytes of a string, then one report that must hold `text` whole. */
void rig_assert_scan(struct rig *r, const char *bytes, const char *text);
/* GET_REPORT, SET_REPORT of a feature report; bytes moved or HOST_. */
int rig_get(struct rig *r, uint8_t id, uint8_t *data, uint16_t n);
int rig_set(struct rig *r, uint8_t id, const uint8_t *data, uint16_t n);
/* A number of the statistics report, in its order from 0. */
unsigned rig_stat(struct rig *r, unsigned which);
#endif
