/* SPDX-License-Identifier: Apache-2.0 */
/* Input: u16 length (big-endian) and a report descriptor of that length (0: the boot keyboard), then reports: one byte n, n bytes.
 * What is typed goes through scan_line, ten milliseconds a report; whatever comes, a line is whole and bounded. */
#include "client/ports/usb/hid_kbd.h"
#include "client/ports/usb/scan_line.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
    if (!ok)
        abort();
}

static bool prepare(struct hid_kbd *k, const uint8_t *desc, size_t len)
{
    static struct hid_desc d;
    struct hid_kbd_plan plan = hid_kbd_boot;

    if (len && (hid_desc_parse(&d, desc, len) || hid_kbd_plan_init(&plan, &d)))
        return false;
    hid_kbd_init(k, &plan);
    return true;
}

static void check_line(const struct scan_line *l, enum scan_line_result r, int64_t now)
{
    check(l->len <= SCAN_LINE_TEXT);
    if (r == SCAN_LINE_WHOLE)
        check(l->len > 0 && l->text[l->len] == 0 && scan_line_deadline_ms(l) == INT64_MAX);
    else
        check(scan_line_deadline_ms(l) > now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hid_kbd k;
    static struct scan_line line;
    char typed[HID_KBD_OUT];
    size_t len;
    int64_t now = 0;

    memset(&line, 0, sizeof line);
    if (size < 2)
        return 0;
    len = (size_t)data[0] << 8 | data[1];
    if (len > size - 2 || !prepare(&k, data + 2, len))
        return 0;
    for (size_t at = 2 + len; at < size; now += 10) {
        size_t n = data[at++];
        n = n < size - at ? n : size - at;
        size_t cnt = hid_kbd_feed(&k, data + at, n, typed);
        check(cnt <= sizeof typed);
        for (size_t i = 0; i < cnt; i++)
            check_line(&line, scan_line_add(&line, typed[i], now), now);
        at += n;
        now += n ? 0 : SCAN_LINE_PATIENCE_MS;
        check_line(&line, scan_line_tick(&line, now), now);
    }
    return 0;
}
