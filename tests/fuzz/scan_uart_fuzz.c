/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes and pauses from the engine: reports stay within their bounds, and what a host would join is what came.
 * First byte: framing and AIM; then pairs of what to do (0 byte, 1 lost, 2 silence, 3 the host fetches) and a value. */
#include "firmware/core/scan.h"
#include <stddef.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct scan *s)
{
    if (s->len > READER_SCAN_TEXT || s->before > READER_SCAN_MAX)
        abort();
    if (!scan_full(s))
        return;
    if (s->report[0] != READER_SCAN_ID || s->report[1] != s->len || !s->len || s->report[READER_SCAN_MORE_AT] > 1)
        abort();
    for (unsigned i = s->len; i < READER_SCAN_TEXT; i++)
        if (s->report[READER_SCAN_TEXT_AT + i])
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan s;

    scan_init(&s);
    if (size) {
        s.framing = data[0] % READER_FRAME_CNT;
        s.aim = data[0] & 0x80;
    }
    for (size_t i = 1; i + 1 < size; i += 2) {
        switch (data[i] & 3) {
        case 0:
            if (scan_full(&s))
                scan_sent(&s);
            scan_byte(&s, data[i + 1]);
            break;
        case 1:
            scan_lost(&s);
            break;
        case 2:
            scan_silence(&s, (uint16_t)(data[i + 1] * 4));
            break;
        default:
            if (scan_full(&s))
                scan_sent(&s);
            break;
        }
        check(&s);
    }
    return 0;
}
