/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/report.h"

enum { TRACKS = 3 };

static uint8_t room(uint8_t track)
{
    return track == 0 ? READER_T1_MAX : track == 1 ? READER_T2_MAX : READER_T3_MAX;
}

void report_msr_init(struct report_msr *r)
{
    *r = (struct report_msr){0};
}

bool report_msr_put(struct report_msr *r, uint8_t number, const struct track *t)
{
    if (!t->len || t->len >= room(number - 1)) /* the field counts the LRC, too, which is not told */
        return false;
    r->track[number - 1] = *t;
    return true;
}

uint8_t report_msr_byte(const struct report_msr *r, uint8_t at)
{
    if (at == 0)
        return READER_MSR_ID;
    if (at <= TRACKS)
        return r->track[at - 1].len;
    at -= READER_MSR_T1_AT;
    for (uint8_t i = 0; i < TRACKS; i++) {
        if (at < room(i))
            return at < r->track[i].len ? (uint8_t)track_char(&r->track[i], at) : 0;
        at -= room(i);
    }
    return 0;
}
