/* SPDX-License-Identifier: Apache-2.0 */
/* Input: pairs of bytes, how many milliseconds pass (times two) and what comes then; what a serial port or a keyboard delivers. A scan has text, is
 * closed by 0, holds no line end, and is made of what came since the last one; nothing waits longer than it may. */
#include "client/ports/usb/scan_line.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool b)
{
    if (!b)
        abort();
}

/* Returns how many bytes a whole scan was made of, 0: none. */
static size_t check(const struct scan_line *l, enum scan_line_result r, size_t since)
{
    size_t aim = strlen(l->aim);

    must(l->len <= SCAN_LINE_TEXT && (aim == 0 || (aim == 3 && l->aim[0] == ']')));
    if (r == SCAN_LINE_LONG)
        must(since > SCAN_LINE_TEXT);
    if (r != SCAN_LINE_WHOLE)
        return 0;
    must(l->len && !l->text[l->len] && l->len + aim <= since);
    for (size_t i = 0; i < l->len; i++)
        must(l->text[i] != '\r' && l->text[i] != '\n' && l->text[i] != '\t');
    must(l->text[l->len - 1]);
    return l->len + aim;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scan_line l;
    int64_t now = 1000;
    size_t since = 0;

    memset(&l, 0, sizeof l);
    for (size_t i = 0; i + 1 < size; i += 2) {
        now += 2 * data[i];
        int64_t due = scan_line_deadline_ms(&l);
        enum scan_line_result r = scan_line_tick(&l, now);
        must(due > now ? r == SCAN_LINE_NOTHING : scan_line_deadline_ms(&l) == INT64_MAX);
        check(&l, r, since);
        if (due <= now)
            since = 0;
        since++;
        r = scan_line_add(&l, (char)data[i + 1], now);
        check(&l, r, since);
        if (r == SCAN_LINE_WHOLE)
            since = 0;
        must(scan_line_deadline_ms(&l) > now);
    }
    scan_line_reset(&l);
    must(!scan_line_reset(&l) && !l.len && scan_line_deadline_ms(&l) == INT64_MAX);
    for (size_t i = 0; i < sizeof l.text; i++)
        must(!l.text[i]);
    return 0;
}
