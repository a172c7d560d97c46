/* SPDX-License-Identifier: Apache-2.0 */
/* The magnetic stripe report, byte by byte (layout: proto/reader_report.h), straight from the bits of a swipe. */
#ifndef HUIKA_FW_REPORT_H
#define HUIKA_FW_REPORT_H
#include "firmware/core/track.h"
#include "proto/reader_report.h"

/* Tracks 1, 2, 3; len 0: absent. */
struct report_msr {
    struct track track[3];
};

/* Sets all three to absent. */
void report_msr_init(struct report_msr *r);
/* Sorts a track that was read into its place: letters are track 1, digits on the head's other channel track 3. False:
 * longer than its field (ISO/IEC 7813: that is no such track). */
bool report_msr_put(struct report_msr *r, uint8_t number, const struct track *t);
/* Byte `at` < READER_MSR_LEN of the report. */
uint8_t report_msr_byte(const struct report_msr *r, uint8_t at);
#endif
